"""Paint a person's skin: base colour, roughness and normal pictures of the head."""

from __future__ import annotations

import numpy as np

from synth.heads.body import Body
from synth.heads.colour import linear_to_srgb, smooth_step, to_bytes
from synth.heads.hair.scalp import beard_field, scalp_field
from synth.heads.mesh import vertex_normals
from synth.heads.noise import value_noise
from synth.heads.part import FloatArray, Material
from synth.heads.person import Person
from synth.heads.skin import features as features
from synth.heads.skin.colour import RESTING_BLOOD, skin_rgb
from synth.heads.skin.makeup import make_up
from synth.heads.skin.uvmap import Surface, head_surface

DETAIL_PX = 512
"""Roughness and normal pictures are at most this large: colour carries the look, these carry the gloss."""

SCALP_COVER = {"bald": 0.0, "buzz": 0.72}
"""How opaquely the scalp is painted in the hair's colour, by style; 0.92 for the others."""

SLOPE_LIMIT = 1.2
LIP_LINES = np.array([1.0, 0.2, 0.2], np.float32)
"""Lips are lined from edge to edge: their noise is stretched across."""


def skin_material(body: Body, rng: np.random.Generator, ground_rng: np.random.Generator, texture_px: int) -> Material:
    """The painted skin of `body.person`; pictures of `texture_px` (colour) and at most DETAIL_PX (the others).

    `ground_rng` drives the noise that the torso's skin shares.
    """
    colour = paint_colour(body, head_surface(texture_px), rng.spawn(1)[0], ground_rng)
    rough, normal = paint_detail(body.person, head_surface(min(texture_px, DETAIL_PX)), rng.spawn(1)[0])
    return Material("skin", base_colour_texture=colour, roughness=rough, normal_texture=normal, specular=0.36)


def _ground(points: FloatArray, person: Person, rng: np.random.Generator) -> tuple[FloatArray, ...]:
    """Unevenness of skin at template points: the noises `patch` and `grain`, and `tone` and `blood` with them on."""
    broad = value_noise(points, 25, rng, 2)
    patch = value_noise(points, 120, rng, 3)
    grain = value_noise(points, 620, rng, 2)
    tone = person.skin_tone + 0.012 * broad + 0.008 * patch + 0.005 * grain
    return patch, grain, tone, RESTING_BLOOD + 0.06 * broad + 0.07 * patch + 0.03 * grain


def ground_colour(points: FloatArray, person: Person, rng: np.random.Generator) -> FloatArray:
    """Linear RGB (K, 3) of plain skin at template points; meets the head's paint where `rng` is in the same state."""
    _, _, tone, blood = _ground(points, person, rng)
    return skin_rgb(tone + features.THROAT_TONE, blood)


def paint_colour(body: Body, surface: Surface, rng: np.random.Generator, ground_rng: np.random.Generator) -> np.ndarray:
    """Base colour (size, size, 3) uint8 sRGB."""
    person = body.person
    wrinkle_rng, spot_rng, brow_rng, lip_rng = rng.spawn(4)
    patch, grain, tone, blood = _ground(surface.points, person, ground_rng)
    tone = tone + features.darkening(surface, person) + features.freckles(surface, person, spot_rng)
    blood = blood + features.redness(surface, person)
    hollow = np.clip(surface.uv_map.spread(cavity(body)), -1, 1)
    blood += 0.22 * np.clip(hollow, 0, 1) * (1 - surface.lips)
    colour = skin_rgb(tone, blood) * np.exp(-0.30 * np.clip(hollow, -0.15, 1))[:, None]
    colour *= np.exp(0.26 * person.oldness * np.clip(features.wrinkles(surface, person, wrinkle_rng), -1.5, 0))[:, None]
    colour = _paint_lips(colour, surface, person, patch, lip_rng)
    colour = make_up(colour, surface, person)
    rim = (0.5 + 0.9 * (surface.y > 0)) * (0.8 if person.sex == "male" else 1.15)
    shade = np.exp(-rim * np.exp(-((surface.lid_m / 0.0016) ** 2)) - 0.8 * np.exp(-((surface.mouth_m / 0.0016) ** 2)))
    colour *= shade[:, None]
    colour = _paint_hair(colour, surface, person, (patch, grain), brow_rng)
    return to_bytes(linear_to_srgb(surface.uv_map.fill(colour.astype(np.float32))))


def cavity(body: Body) -> FloatArray:
    """How hollow the head is at each template vertex (V,): about 1 in deep creases, negative on ridges.

    The offset of a vertex from the mean of its neighbours along its normal, in units of 1.6 mm, smoothed once.
    """
    quads = np.concatenate([body.base.quads["head"], body.base.quads["mouth"]])
    edges = np.concatenate([quads[:, [0, 1]], quads[:, [1, 2]], quads[:, [2, 3]], quads[:, [3, 0]]])
    edges = np.concatenate([edges, edges[:, ::-1]])
    count = np.maximum(np.bincount(edges[:, 0], minlength=len(body.vertices)), 1)

    def mean_of_neighbours(values: FloatArray) -> FloatArray:
        columns = values.reshape(len(values), -1).T
        sums = [np.bincount(edges[:, 0], column[edges[:, 1]], minlength=len(values)) for column in columns]
        return (np.array(sums) / count).T.reshape(values.shape)

    wide = mean_of_neighbours(mean_of_neighbours(body.vertices))
    normals = vertex_normals(body.vertices, quads)
    hollow = ((wide - body.vertices) * normals).sum(1) / (0.0016 * body.scale)
    return 0.5 * hollow + 0.5 * mean_of_neighbours(hollow)


def _paint_lips(
    colour: FloatArray, surface: Surface, person: Person, patch: FloatArray, rng: np.random.Generator
) -> FloatArray:
    lines = 0.5 * value_noise(surface.points * LIP_LINES, 900, rng)
    natural = skin_rgb(person.skin_tone + 0.055 + 0.012 * lines, 0.92 + rng.uniform(-0.15, 0.2) + 0.05 * lines)
    painted = natural * (1 - person.lipstick) + np.array(person.lip_rgb, np.float32) * person.lipstick
    strength = max(rng.uniform(0.62, 0.92), 0.95 * (person.lipstick > 0))
    cover = (surface.lips * strength)[:, None]
    return colour * (1 - cover) + painted * cover


def _paint_hair(
    colour: FloatArray,
    surface: Surface,
    person: Person,
    noises: tuple[FloatArray, FloatArray],
    rng: np.random.Generator,
) -> FloatArray:
    """Brows, stubble and the scalp under the hair, over `colour` (K, 3)."""
    patch, grain = noises
    hair = np.array(person.hair_rgb, np.float32) * 0.75

    def over(under: FloatArray, cover: FloatArray, paint: FloatArray) -> FloatArray:
        share = cover[:, None]
        return np.asarray(under * (1 - share) + paint * share, np.float32)

    brow = np.clip(features.brows(surface, person, rng), 0, 0.94)
    colour = over(colour, brow, np.array(person.brow_rgb, np.float32))
    everywhere = beard_field(surface.points).astype(np.float32)
    worn = beard_field(surface.points, person.beard).astype(np.float32) if person.beard else everywhere
    colour = over(colour, features.stubble(everywhere, worn, grain, person), hair)
    field = scalp_field(surface.points, person.recession).astype(np.float32) + 0.0025 * patch + 0.0015 * grain
    scalp = smooth_step(-0.003, 0.006, field) * SCALP_COVER.get(person.hair_style, 0.92)
    return over(colour, np.clip(scalp * (1 + 0.04 * grain), 0, 0.97), hair)


def paint_detail(person: Person, surface: Surface, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Roughness (size, size) and normals (size, size, 3), both uint8."""
    wrinkle_rng, noise_rng = rng.spawn(2)
    pores = value_noise(surface.points, 420, noise_rng, 2)
    patch = value_noise(surface.points, 110, noise_rng, 2)
    height = 0.00005 * pores + 0.0007 * person.oldness * features.wrinkles(surface, person, wrinkle_rng)
    oily = features.spot(surface, 0, -0.02, 0.016, 0.05) + 0.7 * features.spot(surface, 0, 0.045, 0.034, 0.022)
    oily += 0.3 * features.spot(surface, 0, -0.095, 0.014, 0.012)
    rough = 0.62 + 0.015 * patch + 0.02 * pores - person.skin_oil * 0.16 * np.clip(oily, 0, 1)
    rough += 0.04 * person.oldness - surface.lips * (0.16 + 0.10 * (person.lipstick > 0.2))
    rough -= 0.25 * np.exp(-((surface.lid_m / 0.0010) ** 2))
    return to_bytes(np.clip(surface.uv_map.fill(rough), 0.25, 0.85)), _normal_picture(surface, height)


def _normal_picture(surface: Surface, height_m: FloatArray) -> np.ndarray:
    """Tangent-space normals (size, size, 3) uint8 of a height (K,) m; +Y points up the picture (OpenGL)."""
    relief = surface.uv_map.fill(height_m)
    slope_u = np.gradient(relief, axis=1) / surface.texel_m[..., 0]
    slope_v = -np.gradient(relief, axis=0) / surface.texel_m[..., 1]
    slopes = np.clip(np.stack([-slope_u, -slope_v], -1), -SLOPE_LIMIT, SLOPE_LIMIT)
    normal = np.concatenate([slopes, np.ones_like(slopes[..., :1])], -1)
    return to_bytes(0.5 + 0.5 * normal / np.linalg.norm(normal, axis=-1, keepdims=True))
