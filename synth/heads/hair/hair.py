"""Hair of a body: a closed shell under strands, all opaque triangles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synth.heads.body import Body
from synth.heads.hair.fuzz import afro_parts, buzz_parts
from synth.heads.hair.knot import bun_part
from synth.heads.hair.ribbons import CARD_PROFILE, Ribbons, ribbons
from synth.heads.hair.scalp import EYE_HEIGHT_M, SKULL_CENTRE_M, azimuth_deg, scalp_field, smoothstep
from synth.heads.hair.strands import Strands, fill, grow_locks, settle
from synth.heads.hair.styles import Style, draw_style, fringe_roots, hanging_wave
from synth.heads.hair.surface import HairSurface, Roots
from synth.heads.hair.tails import braid_parts, ponytail_part
from synth.heads.hair.texture import SHELL_U, hair_material
from synth.heads.hair.waves import waved
from synth.heads.noise import value_noise
from synth.heads.part import FloatArray, Material, Part


def hair_parts(body: Body, rng: np.random.Generator) -> list[Part]:
    """The hair that `body.person` wears; none where bald. The same body and generator state give the same arrays."""
    person = body.person
    if person.hair_style == "bald":
        return []
    surface = HairSurface(body)
    material = hair_material("hair", np.array(person.hair_rgb), rng, person.hair_grey)
    if person.hair_style == "buzz":
        return buzz_parts(surface, material, person.recession, rng)
    if person.hair_style == "afro":
        return afro_parts(surface, material, person.recession, rng)
    style = draw_style(person.hair_style, person.recession, person.hair_wave, rng)
    parts = [hair_shell(surface, style, person.recession, material, rng)]
    parts.append(_Cut(surface, style, person.recession, rng).part(material))
    return [*parts, *_gathered_parts(surface, style, material, rng)]


def _gathered_parts(surface: HairSurface, style: Style, material: Material, rng: np.random.Generator) -> list[Part]:
    """What becomes of hair beyond the knots it is drawn to."""
    if style.knots_m is None:
        return []
    worn, wave = surface.body.person.hair_style, surface.body.person.hair_wave
    if worn == "braids":
        return braid_parts(surface, style.knots_m, material, rng)
    if worn == "ponytail":
        return [ponytail_part(surface, style.knots_m[0], hanging_wave(wave), material, rng)]
    return [bun_part(surface, style.knots_m[0], material, rng)]


def hair_shell(
    surface: HairSurface, style: Style, recession: float, material: Material, rng: np.random.Generator
) -> Part:
    """The scalp lifted by about the style's shell height, in the dark tone of depths; it ends inside the hairline."""
    body = surface.body
    quads = body.base.quads["head"]
    depth = scalp_field(body.base.vertices, recession)
    # Noise on the edge, so that it never shows as a line between the strands.
    ragged = depth + 0.003 * value_noise(body.base.vertices, 90.0, rng)
    inner = quads[(ragged[quads] > 0.006).all(1)]
    rows, inverse = np.unique(inner, return_inverse=True)
    triangles = inverse.reshape(-1, 4)[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)
    lift = style.shell_m * surface.scale * smoothstep(0.002, 0.030, depth[rows])
    if style.parted:
        # The shell dips at the parting, where strands leave the skin to both sides.
        lift = lift * smoothstep(0.002, 0.018, np.abs(body.base.vertices[rows, 0] - style.parting_x_m))
    lift = lift * (1.0 + 0.2 * value_noise(body.base.vertices[rows], 70.0, rng)) + 0.0005
    vertices = body.vertices[rows] + surface.normals[rows] * lift[:, None]
    return Part("hair.shell", vertices, triangles, _shell_uv(body.base.vertices[rows]), material, joint="head")


def _shell_uv(template: FloatArray) -> FloatArray:
    relative = template - SKULL_CENTRE_M
    turns = azimuth_deg(template) / 15.0
    u = SHELL_U[0] + (SHELL_U[1] - SHELL_U[0]) * np.abs(turns % 2.0 - 1.0)
    return np.c_[u, np.clip(0.45 - 2.0 * relative[:, 1], 0.2, 0.8)]


@dataclass(frozen=True)
class _Cut:
    """One head of hair in the making."""

    surface: HairSurface
    style: Style
    recession: float
    rng: np.random.Generator

    def part(self, material: Material) -> Part:
        surface, style, rng, groom = self.surface, self.style, self.rng, self.style.groom
        lock_roots, roots = (_scalp_roots(surface, style, n, self.recession, rng) for n in (style.locks, style.strands))
        lock_side, side = (_side(r, style, rng) for r in (lock_roots, roots))
        locks = grow_locks(surface, lock_roots, lock_side, groom, rng)
        strands, lock = fill(locks, lock_roots, lock_side, roots, side, groom, style.points, rng)
        strands = waved(strands, lock, style.wave, surface.body.joints["head"], surface.scale, rng)
        if groom.over_ears:
            beside = side != 0
            strands[beside] = surface.beside_face(strands[beside].reshape(-1, 3)).reshape(strands[beside].shape)
        pieces = [self._ribbons(strands, roots, side)]
        if style.cards:
            pieces.insert(0, self._cards(lock_roots, lock_side, locks))
        made = Ribbons.joined(pieces)
        # A ribbon's edges are not where its middle is: they, too, must stay out of the skin.
        vertices = surface.clear(made.vertices, 0.0)
        if style.hangs:
            weights = surface.drape_weights(vertices)
            return Part("hair", vertices, made.triangles, made.uv, material, weights=weights, normals=made.normals)
        return Part("hair", vertices, made.triangles, made.uv, material, joint="head", normals=made.normals)

    def _ribbons(self, strands: FloatArray, roots: Roots, side: FloatArray) -> Ribbons:
        style, surface, rng, count = self.style, self.surface, self.rng, len(strands)
        # Many narrow ribbons over a few wide ones, which are what closes the hair cheaply.
        size = np.clip(np.exp(rng.normal(-0.15, style.width_spread, count)), 0.4, 4.5)
        depth = np.clip(1.15 - 0.3 * size + 0.25 * rng.standard_normal(count), 0.05, 1.0)
        layer = (style.shell_m + 0.0003 + depth * style.layer_m) * surface.scale
        settled = settle(surface, strands, layer, style.groom.over_ears)
        edge = smoothstep(-0.004, 0.020, scalp_field(roots.template, self.recession))
        width = style.width_m * surface.scale * (size ** (0.3 + 0.7 * edge)) * (0.35 + 0.65 * edge)
        width = np.where(side == 0, 0.62, 1.0) * width  # a fringe of wide ribbons looks like teeth
        fringe_m = np.where(side == 0, style.long_fringe_m, style.fringe_m)
        keep = _visible(surface, style, self.recession, settled.points, fringe_m)
        kept = Strands(settled.points[keep], settled.outward[keep])
        tone = tones(roots.template[keep], surface.body.person.hair_grey, rng)
        return ribbons(kept, width[keep], tone, rng, roll=style.roll, stray=style.stray)

    def _cards(self, lock_roots: Roots, lock_side: FloatArray, locks: FloatArray) -> Ribbons:
        """Wide ribbons along some locks, under the strands: they close hair that no shell closes."""
        style, surface, rng = self.style, self.surface, self.rng
        # Not from the hairline: a wide ribbon there would show its edge.
        deep = np.flatnonzero(scalp_field(lock_roots.template, self.recession) > 0.010)
        chosen = rng.permutation(deep)[: style.cards]
        # They end before the strands do, which then make the ends look soft.
        ends = rng.uniform(0.78, 0.92, (len(chosen), 1)) * (locks.shape[1] - 1)
        at = np.linspace(0, 1, min(style.points, 13))[None] * ends
        low = np.minimum(at.astype(int), locks.shape[1] - 2)
        share = (at - low)[..., None]
        rows = chosen[:, None]
        paths = locks[rows, low] * (1 - share) + locks[rows, low + 1] * share
        paths = waved(paths, np.arange(len(chosen)), style.wave, surface.body.joints["head"], surface.scale, rng)
        layer = np.full(len(chosen), style.shell_m * surface.scale)
        outward = settle(surface, paths, layer, style.groom.over_ears).outward
        settled = settle(surface, paths - style.card_depth_m * surface.scale * outward, layer, style.groom.over_ears)
        fringe_m = np.where(lock_side[chosen] == 0, style.long_fringe_m, style.fringe_m)
        keep = _visible(surface, style, self.recession, settled.points, fringe_m)
        kept = Strands(settled.points[keep], settled.outward[keep])
        width = style.card_width_m * surface.scale * rng.uniform(0.7, 1.2, len(chosen))
        width = np.where(lock_side[chosen] == 0, 0.5, 1.0)[keep] * width[keep]
        tone = tones(lock_roots.template[chosen][keep], surface.body.person.hair_grey, rng)
        return ribbons(kept, width, tone, rng, roll=0.08, stray=0.0, rounding=0.2, profile=CARD_PROFILE)


def tones(template: FloatArray, grey: float, rng: np.random.Generator) -> FloatArray:
    """(N,) 0..1, where in the picture hair rooted at `template` (N, 3) lies: hair greys from the temples."""
    tone = rng.beta(1.6, 1.6, len(template))
    if grey <= 0.0:
        return np.asarray(tone)
    height = template[:, 1] - EYE_HEIGHT_M
    azimuth = np.abs(azimuth_deg(template))
    temple = smoothstep(25.0, 60.0, azimuth) * smoothstep(150.0, 105.0, azimuth) * smoothstep(0.070, 0.020, height)
    return np.asarray(np.clip(0.45 * tone + 0.55 * temple + 0.10, 0.0, 1.0))


def _scalp_roots(surface: HairSurface, style: Style, count: int, recession: float, rng: np.random.Generator) -> Roots:
    def density(template: FloatArray) -> FloatArray:
        grown = smoothstep(-0.004, 0.007, scalp_field(template, recession))
        if style.long_fringe_m:
            grown = grown * np.where(fringe_roots(template), 3.0, 1.0)
        if not style.parted:
            return grown
        # Hair leaves the parting to both sides: more roots there close it.
        return grown * (1.0 + 1.5 * np.exp(-(((template[:, 0] - style.parting_x_m) / 0.007) ** 2)))

    return surface.scatter(count, density, rng)


def _side(roots: Roots, style: Style, rng: np.random.Generator) -> FloatArray:
    """±1: which side of the parting each root falls to, 0: into the fringe.

    The parting is a little mixed, so that it isn't a ruled line.
    """
    across = roots.template[:, 0] + rng.normal(0, 0.0025, len(roots.template))
    side = np.where(across > style.parting_x_m, 1.0, -1.0)
    return side if style.long_fringe_m == 0 else np.where(fringe_roots(roots.template), 0.0, side)


def _visible(
    surface: HairSurface, style: Style, recession: float, points: FloatArray, fringe_m: FloatArray
) -> np.ndarray:
    """(S,) which strands (S, K, 3) neither cross face or throat, nor run into an ear or the body, nor stand off."""
    contact = surface.touch(points.reshape(-1, 3))
    depth = scalp_field(contact.template, recession).reshape(points.shape[:2])
    front = (np.abs(azimuth_deg(contact.template)) < 60.0) & (contact.template[:, 1] > EYE_HEIGHT_M)
    hidden = crosses_face(surface, points) | (front.reshape(depth.shape) & (depth < -fringe_m[:, None]))
    hidden |= (contact.height < -0.002).reshape(depth.shape)
    if not style.groom.over_ears:
        hidden[:, 1:] |= surface.near_ear(points[:, 1:], 0.0055 * surface.scale)
        allowed = (1.7 * style.groom.volume_m(contact.template) + 0.005) * surface.scale
        hidden |= (contact.height > allowed).reshape(depth.shape)
    # A strand between a lock that falls before the shoulder and one that falls behind it is torn: one long segment.
    segment = np.linalg.norm(np.diff(points, axis=1), axis=2)
    return np.asarray(~hidden.any(1) & (segment.max(1) < 2.2 * np.median(segment, axis=1) + 0.004))


def crosses_face(surface: HairSurface, points: FloatArray) -> np.ndarray:
    """(...,) whether `points` (..., 3) stand before the face from the brows down, or before throat and chest."""
    joints, scale = surface.body.joints, surface.scale
    eye = 0.5 * (joints["eye.L"] + joints["eye.R"])
    x, y, z = np.abs(points[..., 0]) / scale, (points[..., 1] - eye[1]) / scale, (points[..., 2] - eye[2]) / scale
    face = (y < 0.030) & (y > -0.14) & (z > -0.045) & (x < 0.062)
    throat = (y <= -0.10) & (z > -0.075) & (x < 0.060)
    return np.asarray(face | throat)


__all__ = ["crosses_face", "hair_parts", "hair_shell"]
