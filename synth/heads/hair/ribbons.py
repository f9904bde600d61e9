"""Ribbons: the triangles of hair. Opaque, a pair of vertices wide, tapering to one point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synth.heads.hair.strands import Strands, unit
from synth.heads.part import FloatArray, IntArray

TONE_LOW, TONE_HIGH = 0.14, 0.995
"""The strand picture's columns for ribbons. Left of them lies the shell's."""
U_PER_M, NARROWEST_U, WIDEST_U = 14.0, 0.014, 0.35
"""How much of the picture's width a ribbon shows: hairs are about as thick on a wide one as on a narrow one."""

STRAND_PROFILE = ((0.0, 0.3, 0.65, 1.0), (0.55, 1.0, 0.8, 0.0))
CARD_PROFILE = ((0.0, 0.15, 0.75, 1.0), (0.5, 1.0, 1.0, 0.0))
"""Width along a ribbon, as (where, share of the widest)."""


@dataclass(frozen=True)
class Ribbons:
    """Ribbons as a mesh: `vertices` (N, 3) m, `triangles` (M, 3), `uv` (N, 2), unit `normals` (N, 3)."""

    vertices: FloatArray
    triangles: IntArray
    uv: FloatArray
    normals: FloatArray

    @staticmethod
    def joined(pieces: Sequence[Ribbons]) -> Ribbons:
        """All of them as one mesh, in order."""
        starts = np.cumsum([0, *(len(piece.vertices) for piece in pieces)])
        triangles = [piece.triangles + start for piece, start in zip(pieces, starts, strict=False)]
        vertices, uv, normals = (
            np.concatenate([getattr(piece, name) for piece in pieces]) for name in ("vertices", "uv", "normals")
        )
        return Ribbons(vertices, np.concatenate(triangles), uv, normals)


def ribbons(
    strands: Strands,
    width_m: FloatArray,
    tone: FloatArray,
    rng: np.random.Generator,
    *,
    roll: float = 0.15,
    stray: float = 0.2,
    rounding: float = 0.30,
    profile: tuple[tuple[float, ...], tuple[float, ...]] = STRAND_PROFILE,
) -> Ribbons:
    """Each strand a flat ribbon of 2 (K - 1) + 1 vertices that ends in a point.

    `width_m` (S,) at the widest; `tone` (S,) 0..1 chooses where across the strand picture a ribbon lies. Ribbons lie
    flat on the hair, so that light falls on them as on one smooth volume, but for a small random `roll` (standard
    deviation, radians); the share `stray` of them stands about on edge, which is what closes an outline. `rounding`
    turns the normals of the two edges apart, as if a ribbon were a round lock.
    """
    points = strands.points
    count, length = points.shape[:2]
    tangent = unit(np.gradient(points, axis=1))
    across = unit(np.cross(tangent, strands.outward))
    turn = rng.normal(0.0, 1.0, count) * np.where(rng.random(count) < stray, 0.8, roll)
    turn = turn[:, None, None]
    shading = unit(strands.outward - 0.6 * (strands.outward * tangent).sum(-1, keepdims=True) * tangent)
    shading = shading + np.clip(rng.normal(0.0, 0.10, (count, 1, 3)), -0.3, 0.3)
    normals = np.stack([shading - rounding * across, shading + rounding * across], axis=2)
    normals = np.concatenate([normals[:, :-1].reshape(count, -1, 3), shading[:, -1:]], axis=1)
    across = across * np.cos(turn) + strands.outward * np.sin(turn)
    shape = np.interp(np.linspace(0, 1, length), *profile)
    half = 0.5 * across * (width_m[:, None] * shape[None])[..., None]
    left, right = points - half, points + half
    body = np.stack([left[:, :-1], right[:, :-1]], axis=2).reshape(count, -1, 3)
    vertices = np.concatenate([body, points[:, -1:]], axis=1)
    u_width = np.clip(width_m * U_PER_M, NARROWEST_U, WIDEST_U)
    u_left = TONE_LOW + tone * (TONE_HIGH - TONE_LOW - u_width)
    v = np.repeat(np.linspace(0.01, 0.99, length)[:-1], 2)
    u = u_left[:, None] + u_width[:, None] * np.tile([0.0, 1.0], length - 1)[None]
    uv = np.stack([np.c_[u, u_left + 0.5 * u_width], np.tile(np.r_[v, 0.99], (count, 1))], axis=2)
    offsets = (np.arange(count) * (2 * length - 1))[:, None, None]
    triangles = (_ribbon_triangles(length)[None] + offsets).reshape(-1, 3)
    return Ribbons(vertices.reshape(-1, 3), triangles, uv.reshape(-1, 2), unit(normals).reshape(-1, 3))


def _ribbon_triangles(length: int) -> IntArray:
    triangles = []
    for k in range(length - 2):
        a = 2 * k
        triangles += [(a, a + 1, a + 2), (a + 1, a + 3, a + 2)]
    last = 2 * (length - 2)
    return np.array([*triangles, (last, last + 1, last + 2)])
