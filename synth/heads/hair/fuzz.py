"""Hair without locks: the clipped fuzz of a buzz cut, and the fine curls of an afro."""

from __future__ import annotations

import numpy as np

from synth.heads.hair.ribbons import TONE_HIGH, TONE_LOW, ribbons
from synth.heads.hair.scalp import SKULL_CENTRE_M, scalp_field, smoothstep
from synth.heads.hair.strands import Strands, unit
from synth.heads.hair.surface import HairSurface
from synth.heads.hair.texture import SHELL_U
from synth.heads.mesh import quads_to_triangles, vertex_normals
from synth.heads.noise import value_noise
from synth.heads.part import FloatArray, IntArray, Material, Part

AFRO_CURLS = 3600


def buzz_parts(surface: HairSurface, material: Material, recession: float, rng: np.random.Generator) -> list[Part]:
    """Thousands of single triangles, a few millimetres high, leaning down and forward."""
    length = rng.uniform(0.0035, 0.0065) * surface.scale

    def density(template: FloatArray) -> FloatArray:
        return smoothstep(-0.003, 0.010, scalp_field(template, recession))

    roots = surface.scatter(7500, density, rng)
    count = len(roots.place)
    relative = roots.template - SKULL_CENTRE_M
    lean = unit(relative - np.array([0.01, 0.088, -0.052])) + rng.normal(0, 0.30, (count, 3))
    lean = lean - (lean * roots.normal).sum(1, keepdims=True) * roots.normal
    direction = unit(0.55 * roots.normal + unit(lean))
    along = unit(lean) + rng.normal(0, 0.15, (count, 3))
    across = unit(np.cross(along, roots.normal))
    edge = smoothstep(-0.003, 0.015, scalp_field(roots.template, recession))
    reach = length * rng.uniform(0.7, 1.15, count) * (0.55 + 0.45 * edge)
    half = 0.5 * 0.0025 * surface.scale * across
    base = roots.place - 0.0001 * roots.normal
    corners = np.stack([base - half, base + half, roots.place + reach[:, None] * direction], axis=1)
    tone = TONE_LOW + rng.random(count) * (TONE_HIGH - TONE_LOW - 0.02)
    u = np.stack([tone, tone + 0.015, tone + 0.008], axis=1)
    v = np.tile([0.12, 0.12, 0.6], (count, 1))
    uv = np.stack([u, v], axis=2).reshape(-1, 2)
    vertices = surface.clear(corners.reshape(-1, 3), 0.0)
    return [Part("hair", vertices, np.arange(3 * count).reshape(-1, 3), uv, material, joint="head")]


def afro_parts(surface: HairSurface, material: Material, recession: float, rng: np.random.Generator) -> list[Part]:
    """A bumpy hull at the hair's height, covered with short curls that lie in and just above it."""
    hull, triangles = _afro_hull(surface, recession, rng)
    normals = vertex_normals(hull, triangles)
    u = SHELL_U[0] + (SHELL_U[1] - SHELL_U[0]) * rng.random(len(hull))
    shell = Part("hair.shell", hull, triangles, np.c_[u, np.full(len(hull), 0.5)], material, joint="head")
    curls = _curls(surface, hull, triangles, normals, rng)
    tone = rng.beta(2.0, 2.0, len(curls.points))
    width = 0.0025 * surface.scale * rng.uniform(0.7, 1.3, len(tone))
    made = ribbons(curls, width, tone, rng, roll=0.35)
    curled = Part(
        "hair", surface.clear(made.vertices, 0.0), made.triangles, made.uv, material, joint="head", normals=made.normals
    )
    return [shell, curled]


def _afro_hull(surface: HairSurface, recession: float, rng: np.random.Generator) -> tuple[FloatArray, IntArray]:
    """(vertices (N, 3), triangles (M, 3)) of the scalp, blown up to the hair's height."""
    body = surface.body
    depth = scalp_field(body.base.vertices, recession)
    quads = body.base.quads["head"]
    rows, inverse = np.unique(quads[(depth[quads] > -0.012).all(1)], return_inverse=True)
    triangles = quads_to_triangles(inverse.reshape(-1, 4))
    stacked = np.c_[body.vertices[rows], surface.normals[rows], body.base.vertices[rows]]
    stacked, triangles = _subdivided(stacked, triangles)
    # Cut at the hairline only now, where the triangles are fine enough for a smooth edge.
    grown = scalp_field(stacked[:, 6:], recession) > 0.0
    triangles = triangles[grown[triangles].any(1)]
    kept, inverse = np.unique(triangles, return_inverse=True)
    stacked, triangles = stacked[kept], inverse.reshape(-1, 3)
    skin, normal, template = stacked[:, :3], unit(stacked[:, 3:6]), stacked[:, 6:]
    relative = template - SKULL_CENTRE_M
    inside = np.clip(scalp_field(template, recession), 0.0, None)
    top = smoothstep(-0.05, 0.08, relative[:, 1])
    full = rng.uniform(0.020, 0.048) * (0.62 + 0.38 * top)
    rise = np.sqrt(1.0 - (1.0 - np.clip(inside / 0.060, 0.0, 1.0)) ** 2)
    bumps = 1.0 + 0.07 * value_noise(template, 60.0, rng) + 0.05 * value_noise(template, 140.0, rng)
    # Up and out rather than along the normal alone: an afro is rounder than the skull.
    outward = unit(normal + 0.35 * unit(relative * np.array([1.0, 1.0, 0.6])))
    # The rim dips under the skin: the edge that shows is where they cross, a smooth line rather than triangles' teeth.
    height = np.where(scalp_field(template, recession) > 0.0, 0.0006 + full * rise * bumps * surface.scale, -0.0008)
    return skin + outward * height[:, None], triangles


def _subdivided(rows: FloatArray, triangles: IntArray) -> tuple[FloatArray, IntArray]:
    """Each triangle cut in four; new rows are the means of the edges' ends."""
    edges = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    unique, inverse = np.unique(edges, axis=0, return_inverse=True)
    ab, bc, ca = len(rows) + inverse.reshape(3, -1)
    a, b, c = triangles.T
    cut = [np.stack(t, axis=1) for t in ((a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca))]
    return np.concatenate([rows, rows[unique].mean(1)]), np.concatenate(cut)


def _curls(
    surface: HairSurface, hull: FloatArray, triangles: IntArray, normals: FloatArray, rng: np.random.Generator
) -> Strands:
    """Short arcs of about a turn on and around the hull, in planes that hold a random direction along it."""
    corner = hull[triangles]
    area = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    count, points = AFRO_CURLS, 5
    # More at the hairline, where the hull is thin and its edge would show.
    height = surface.touch(corner.mean(1)).height / surface.scale
    area = area * (1.0 + 2.0 * np.exp(-np.clip(height, 0.0, None) / 0.008))
    levels = (np.arange(count) + rng.random(count)) / count
    chosen = np.minimum(np.searchsorted(np.cumsum(area) / area.sum(), levels), len(area) - 1)
    share = rng.dirichlet([1.0, 1.0, 1.0], count)
    centre = np.einsum("nk,nkd->nd", share, corner[chosen])
    normal = unit(np.einsum("nk,nkd->nd", share, normals[triangles[chosen]]))
    first = unit(np.cross(normal, rng.standard_normal((count, 3))))
    second = unit(np.cross(first, normal) + rng.normal(0, 0.8, (count, 1)) * normal)
    turn = rng.uniform(0, 2 * np.pi, (count, 1)) + np.linspace(0, 1, points)[None] * rng.uniform(3.0, 5.0, (count, 1))
    radius = rng.uniform(0.0022, 0.0046, (count, 1)) * surface.scale
    # A few curls stand off: a soft outline, not spikes.
    height = np.where(rng.random(count) < 0.15, rng.uniform(0.002, 0.006, count), rng.uniform(-0.002, 0.0022, count))
    place = centre + normal * (height * surface.scale)[:, None]
    path = place[:, None] + (radius * np.cos(turn))[..., None] * first[:, None]
    path = path + (radius * np.sin(turn))[..., None] * second[:, None]
    path = path + normal[:, None] * np.linspace(-0.001, 0.001, points)[None, :, None]
    flat = surface.clear(path.reshape(-1, 3), 0.0004).reshape(path.shape)
    return Strands(flat, np.repeat(normal[:, None], points, axis=1))
