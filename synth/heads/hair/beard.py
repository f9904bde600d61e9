"""Beards: tapered ribbons rooted on the jaw, the cheeks and the upper lip, skinned like the skin under them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.spatial import cKDTree

from synth.heads.body import Body
from synth.heads.colour import WHITE_HAIR
from synth.heads.hair.ribbons import ribbons
from synth.heads.hair.scalp import EYE_HEIGHT_M, GOATEE_BELOW, MOUSTACHE_BELOW, beard_field, smoothstep
from synth.heads.hair.strands import Groom, Strands, fill, grow_locks, settle, unit
from synth.heads.hair.surface import HairSurface, Roots
from synth.heads.hair.texture import hair_material, pigment
from synth.heads.mesh import quads_to_triangles
from synth.heads.part import FloatArray, Part
from synth.heads.person import Person

STRANDS = 1750
"""Of the fullest beard."""
LEAST_BEARD = 0.1
"""Less than this is painted stubble, not a beard."""
_MOUTH_Y_M = EYE_HEIGHT_M - 0.0655


def beard_parts(body: Body, rng: np.random.Generator) -> list[Part]:
    """The beard that `body.person` wears, one part or none. It follows the jaw and, by `base_vertex`, the actions."""
    fullness = float(body.person.beard)
    if fullness < LEAST_BEARD:
        return []
    surface = HairSurface(body)
    colour, grey = _colour(body.person)
    material = hair_material("beard", colour, rng, grey, variation=0.09)

    def density(template: FloatArray) -> FloatArray:
        return smoothstep(0.30, 0.75, beard_field(template, fullness))

    chin_m = _chin_length_m(fullness, rng)
    groom = _groom(chin_m, rng)
    points = 4 if chin_m > 0.014 else 3
    count = round(STRANDS * _share(body, density))
    lock_roots, roots = surface.scatter(max(40, count // 7), density, rng), surface.scatter(count, density, rng)
    lock_side, side = np.sign(lock_roots.template[:, 0]), np.sign(roots.template[:, 0])
    locks = grow_locks(surface, lock_roots, lock_side, groom, rng)
    strands = settle(
        surface,
        fill(locks, lock_roots, lock_side, roots, side, groom, points, rng)[0],
        rng.uniform(0.0006, 0.0034, len(side)) * surface.scale,
    )
    keep = ~(_covers_lips(surface, strands.points) | surface.near_ear(strands.points, 0.0025 * surface.scale)).any(1)
    keep &= ~_stands_alone(strands.points[:, -1], surface.scale)
    thin = 0.55 + 0.45 * density(roots.template)
    width = 0.0019 * surface.scale * thin * np.exp(rng.normal(-0.1, 0.4, len(side)))
    kept = Strands(strands.points[keep], strands.outward[keep])
    made = ribbons(kept, width[keep], rng.random(int(keep.sum())), rng, roll=0.25, stray=0.15)
    vertices = surface.clear(made.vertices, 0.0)
    per_strand = 2 * points - 1
    return [
        Part(
            "beard",
            vertices,
            made.triangles,
            made.uv,
            material,
            weights=np.repeat(_skin_weights(body, roots)[keep], per_strand, axis=0),
            base_vertex=np.repeat(roots.nearest_vertex()[keep], per_strand),
            normals=made.normals,
        )
    ]


def _colour(person: Person) -> tuple[FloatArray, float]:
    """Mean linear RGB and share of white hairs: a little redder and darker than the head's hair, and sooner grey."""
    hair, grey = np.array(person.hair_rgb), person.hair_grey
    own = pigment(hair, grey) * (0.80, 0.74, 0.70)
    sooner = min(1.0, 1.25 * grey + 0.05 * (grey > 0.0))
    return own + sooner * (np.maximum(WHITE_HAIR, own) - own), sooner


def _chin_length_m(fullness: float, rng: np.random.Generator) -> float:
    """Cut short up to a boxed beard; the fuller, the longer after that. Some goatees are long."""
    grown = rng.uniform(0.5, 1.1)
    if fullness < GOATEE_BELOW:
        return float(0.005 + 0.012 * grown * (fullness > MOUSTACHE_BELOW))
    return float(0.0065 + 0.032 * np.clip((fullness - 0.47) / 0.53, 0, 1) ** 1.3 * grown)


def _share(body: Body, density: Callable[[FloatArray], FloatArray]) -> float:
    """How much of what the fullest beard covers this one does: about as many hairs in each square centimetre."""
    place = body.base.vertices[quads_to_triangles(body.base.quads["head"])]
    area = np.linalg.norm(np.cross(place[:, 1] - place[:, 0], place[:, 2] - place[:, 0]), axis=1)
    middle = place.mean(1)
    whole = (area * smoothstep(0.30, 0.75, beard_field(middle, 1.0))).sum()
    return float((area * density(middle)).sum() / whole)


def _groom(chin_m: float, rng: np.random.Generator) -> Groom:
    def length(template: FloatArray) -> FloatArray:
        below = smoothstep(_MOUTH_Y_M + 0.005, _MOUTH_Y_M - 0.030, template[:, 1])
        front = smoothstep(0.06, 0.11, template[:, 2])
        edge = smoothstep(0.2, 0.9, beard_field(template, 1.0))
        return np.asarray((0.0070 + (chin_m - 0.0070) * below * (0.35 + 0.65 * front)) * (0.5 + 0.5 * edge))

    def volume(template: FloatArray) -> FloatArray:
        return np.asarray(0.0012 + 0.28 * length(template))

    def flow(template: FloatArray, side: FloatArray) -> FloatArray:
        moustache = smoothstep(_MOUTH_Y_M + 0.004, _MOUTH_Y_M + 0.010, template[:, 1])[:, None]
        moustache = moustache * (np.abs(template[:, :1]) < 0.036)
        down = np.array([0.0, -1.0, 0.15]) + np.zeros_like(template)
        return unit(down * (1.0 - 0.35 * moustache) + moustache * np.c_[1.1 * side, 0 * side, 0 * side])

    return Groom(
        flow=flow,
        length_m=length,
        volume_m=volume,
        lift=0.22,
        gravity=0.3,
        tuck=0.45,
        wander=0.07,
        steps=5,
        clump=0.25,
        spread=0.0010 * float(rng.uniform(0.8, 1.3)),
        length_spread=0.12,
    )


def _skin_weights(body: Body, roots: Roots) -> FloatArray:
    return np.asarray(np.einsum("nk,nkj->nj", roots.share, body.weights[roots.corners]))


def _stands_alone(tips: FloatArray, scale: float) -> np.ndarray:
    """(N,) which tips (N, 3) no others end near: single spikes."""
    among = min(7, len(tips))
    distance, _ = cKDTree(tips).query(tips, k=among, workers=1)
    return np.asarray(np.asarray(distance).reshape(len(tips), among)[:, -1] > 0.0065 * scale)


def _covers_lips(surface: HairSurface, points: FloatArray) -> np.ndarray:
    """(...,) whether points (..., 3) lie on the lips: by the template place of the nearest skin."""
    template = surface.touch(points.reshape(-1, 3)).template
    x, y = np.abs(template[:, 0]), template[:, 1] - _MOUTH_Y_M
    on_lips = (x < 0.022) & (y > -0.0115) & (y < 0.0050) & (template[:, 2] > 0.12)
    return np.asarray(on_lips.reshape(points.shape[:-1]))
