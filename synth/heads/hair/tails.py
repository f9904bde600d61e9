"""Gathered hair that hangs: a ponytail, or two braids."""

from __future__ import annotations

import numpy as np

from synth.heads.hair.knot import knot_place
from synth.heads.hair.ribbons import Ribbons, ribbons
from synth.heads.hair.strands import Strands, settle, unit
from synth.heads.hair.surface import HairSurface
from synth.heads.hair.waves import Wave, waved
from synth.heads.part import FloatArray, IntArray, Material, Part

STRANDS, POINTS = 330, 11
"""Of a ponytail."""
SIDES, PLAITS = 6, 3
_DOWN = np.array([0.0, -1.0, 0.0])


def ponytail_part(
    surface: HairSurface, knot_m: FloatArray, wave: Wave, material: Material, rng: np.random.Generator
) -> Part:
    """A tail that leaves the scalp at `knot_m` (3,), relative to the skull's centre on the template, and falls."""
    scale = surface.scale
    centre, axis = knot_place(surface, knot_m, 0.004 * scale)
    length = rng.uniform(0.15, 0.26) * scale
    t = np.linspace(0.0, 1.0, POINTS)
    # The higher a tail is tied, the further behind the head it falls.
    reach = (rng.uniform(0.030, 0.042) + 0.035 * max(0.0, float(axis[1]))) * scale
    spine = _fall(centre, unit(axis + np.array([0.0, 0.1, -0.7]) * max(0.0, float(axis[1]))), length, reach, t)
    thick = np.interp(t, (0.0, 0.10, 0.45, 1.0), (0.010, 0.015, 0.019, 0.013)) * scale * rng.uniform(0.85, 1.15)
    # Each strand keeps its place in the tail's cross-section, more of them near its outside.
    around, out = rng.uniform(0, 2 * np.pi, STRANDS), np.sqrt(rng.uniform(0.05, 1.0, STRANDS))
    first, second = _frame(spine)
    ring = np.cos(around)[:, None, None] * first[None] + np.sin(around)[:, None, None] * second[None]
    ends = np.clip(rng.normal(0.92, 0.07, STRANDS), 0.6, 1.0)[:, None] * t[None]
    core = np.stack([np.interp(ends, t, spine[:, axis]) for axis in range(3)], -1)
    paths = core + (out[:, None] * thick[None])[..., None] * ring
    paths = waved(paths, rng.integers(0, 24, STRANDS), wave, centre, scale, rng)
    settled = settle(surface, paths, np.full(STRANDS, 0.002 * scale))
    width = 0.0042 * scale * np.exp(rng.normal(-0.1, 0.4, STRANDS))
    made = ribbons(Strands(settled.points, unit(ring + 0.2 * settled.outward)), width, rng.random(STRANDS), rng)
    made = Ribbons.joined([_tie(centre, axis, scale), made])
    return _hanging(surface, "hair.tail", made, material)


def braid_parts(surface: HairSurface, knots_m: FloatArray, material: Material, rng: np.random.Generator) -> list[Part]:
    """A braid of three plaits from each of `knots_m` (N, 3)."""
    length, thick = rng.uniform(0.15, 0.24) * surface.scale, rng.uniform(0.0075, 0.0095) * surface.scale
    return [_braid(surface, knot_m, length, thick, material, rng) for knot_m in knots_m]


def _braid(
    surface: HairSurface, knot_m: FloatArray, length: float, thick: float, material: Material, rng: np.random.Generator
) -> Part:
    scale = surface.scale
    centre, axis = knot_place(surface, knot_m, 0.0)
    rings = 44
    t = np.linspace(0.0, 1.0, rings)
    spine = _fall(centre, axis, length, 0.012 * scale, t)
    spine = settle(surface, spine[None], np.array([1.9 * thick])).points[0]
    first, second = _frame(spine)
    size = thick * np.interp(t, (0.0, 0.05, 0.75, 0.90, 0.93, 1.0), (0.8, 1.0, 0.85, 0.62, 0.75, 0.35))
    turns = length / (4.4 * thick)
    pieces = []
    for plait in range(PLAITS):
        # Three plaits run the same figure of eight, a third of it apart.
        phase = 2 * np.pi * (turns * t + plait / PLAITS)
        held = np.interp(t, (0.88, 0.93), (1.0, 0.35))
        path = spine + (held * size * np.sin(phase))[:, None] * first
        path = path + (0.5 * held * size * np.sin(2 * phase))[:, None] * second
        pieces.append(_tube(path, 0.80 * size, rng))
    return _hanging(surface, f"hair.braid.{'L' if knot_m[0] > 0 else 'R'}", Ribbons.joined(pieces), material)


def _fall(start: FloatArray, axis: FloatArray, length: float, reach: float, t: FloatArray) -> FloatArray:
    """(len(t), 3): out along `axis`, then bent down by its own weight."""
    out = reach * (1.0 - np.exp(-t * length / reach))
    down = length * t - 0.8 * out
    return np.asarray(start + out[:, None] * axis + np.clip(down, 0.0, None)[:, None] * _DOWN)


def _frame(spine: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Two unit vectors (K, 3) each, across the spine: to the side, and the other way."""
    along = unit(np.gradient(spine, axis=0))
    away = unit(spine.mean(0) * np.array([1.0, 0.0, 1.0]) - np.array([0.0, 0.0, 0.05]))
    side = unit(np.cross(along, away))
    return side, unit(np.cross(side, along))


def _tube(path: FloatArray, radius: FloatArray, rng: np.random.Generator) -> Ribbons:
    first, second = _frame(path)
    around = np.linspace(0, 2 * np.pi, SIDES, endpoint=False)
    outward = np.cos(around)[None, :, None] * first[:, None] + np.sin(around)[None, :, None] * second[:, None]
    vertices = (path[:, None] + radius[:, None, None] * outward).reshape(-1, 3)
    u = rng.uniform(0.2, 0.8) + 0.11 * np.abs(around / np.pi - 1.0)
    v = np.linspace(0.25, 0.9, len(path))
    uv = np.stack(np.broadcast_arrays(u[None], v[:, None]), -1).reshape(-1, 2)
    return Ribbons(vertices, _rings(len(path), SIDES), uv, outward.reshape(-1, 3))


def _tie(centre: FloatArray, axis: FloatArray, scale: float) -> Ribbons:
    """A dark band around a tail's root."""
    side = unit(np.cross(axis, np.array([1.0, 0.0, 0.0])))
    around, along = np.linspace(0, 2 * np.pi, 12, endpoint=False), np.array([-0.006, 0.0, 0.006, 0.011]) * scale
    ring = np.cos(around)[None, :, None] * side + np.sin(around)[None, :, None] * np.cross(axis, side)
    radius = np.array([0.016, 0.0155, 0.0150, 0.0110]) * scale
    vertices = (centre + along[:, None, None] * axis + radius[:, None, None] * ring).reshape(-1, 3)
    normals = np.broadcast_to(ring, (4, 12, 3)).reshape(-1, 3)
    return Ribbons(vertices, _rings(4, 12), np.full((48, 2), (0.06, 0.5)), normals)


def _rings(rings: int, sides: int) -> IntArray:
    i, k = np.meshgrid(np.arange(rings - 1), np.arange(sides), indexing="ij")
    a, b = (i * sides + k).ravel(), (i * sides + (k + 1) % sides).ravel()
    return np.concatenate([np.stack([a, b, a + sides], 1), np.stack([b, b + sides, a + sides], 1)])


def _hanging(surface: HairSurface, name: str, made: Ribbons, material: Material) -> Part:
    vertices = surface.clear(made.vertices, 0.0005)
    weights = surface.drape_weights(vertices)
    return Part(name, vertices, made.triangles, made.uv, material, weights=weights, normals=unit(made.normals))
