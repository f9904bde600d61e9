"""A bun: strands wound around a ball on the scalp."""

from __future__ import annotations

import numpy as np

from synth.heads.hair.flows import from_skull
from synth.heads.hair.ribbons import Ribbons, ribbons
from synth.heads.hair.strands import Strands, unit
from synth.heads.hair.surface import HairSurface
from synth.heads.hair.texture import SHELL_U
from synth.heads.part import FloatArray, Material, Part

STRANDS, POINTS = 260, 6


def bun_part(surface: HairSurface, knot_m: FloatArray, material: Material, rng: np.random.Generator) -> Part:
    """The bun at `knot_m` (3,), relative to the skull's centre on the template."""
    scale = surface.scale
    skull = surface.body.joints["head"] + np.array([0.0, 0.043, 0.036]) * scale
    radius = 0.031 * scale * rng.uniform(0.85, 1.2)
    centre = knot_place(surface, knot_m, 0.62 * radius)[0]
    axis = unit(centre - skull)
    helper = unit(np.cross(axis, np.array([1.0, 0.0, 0.0])))
    frame = np.stack([helper, np.cross(axis, helper), axis])
    # Each strand winds around the axis on the ball, rising or falling a little.
    start = rng.uniform(0, 2 * np.pi, STRANDS)[:, None]
    height = rng.uniform(-0.75, 0.97, STRANDS)[:, None]
    t = np.linspace(0, 1, POINTS)[None]
    around = start + t * rng.uniform(0.9, 1.5, (STRANDS, 1))
    level = np.clip(height + t * rng.normal(0, 0.18, (STRANDS, 1)), -0.95, 0.995)
    reach = radius * rng.uniform(0.95, 1.05, (STRANDS, 1)) * (1.0 + 0.05 * np.sin(3 * around + 4 * level))
    ring = np.sqrt(1 - level**2)
    local = np.stack([ring * np.cos(around), ring * np.sin(around), 0.82 * level], axis=-1)
    outward = local @ frame
    strands = Strands(centre + reach[..., None] * outward, unit(outward))
    wound = ribbons(strands, np.full(STRANDS, 0.007 * scale), rng.random(STRANDS), rng)
    made = Ribbons.joined([_ball(centre, 0.93 * radius, frame), wound])
    return Part("hair.bun", surface.clear(made.vertices, 0.0005), made.triangles, made.uv, material, joint="head")


def knot_place(surface: HairSurface, knot_m: FloatArray, height_m: float) -> tuple[FloatArray, FloatArray]:
    """A place over the scalp in the template's direction of the knot, and the direction outwards there, (3,) each."""
    body = surface.body
    rows = np.unique(body.base.quads["head"])
    nearest = rows[np.argmax(unit(from_skull(body.base.vertices[rows])) @ unit(knot_m))]
    normal = np.asarray(surface.normals[nearest])
    return np.asarray(body.vertices[nearest] + normal * height_m), normal


def _ball(centre: FloatArray, radius: float, frame: FloatArray) -> Ribbons:
    rings, sectors = 7, 12
    polar = np.linspace(0, np.pi, rings)[:, None]
    around = np.linspace(0, 2 * np.pi, sectors, endpoint=False)[None]
    local = np.stack(
        np.broadcast_arrays(np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), 0.82 * np.cos(polar)), -1
    )
    vertices = centre + radius * local.reshape(-1, 3) @ frame
    i, j = np.meshgrid(np.arange(rings - 1), np.arange(sectors), indexing="ij")
    a, b = i * sectors + j, i * sectors + (j + 1) % sectors
    triangles = np.concatenate(
        [np.stack(t, -1).reshape(-1, 3) for t in ((a, a + sectors, b), (b, a + sectors, b + sectors))]
    )
    u = np.full(len(vertices), 0.5 * (SHELL_U[0] + SHELL_U[1]))
    uv = np.c_[u, np.repeat(np.linspace(0.2, 0.8, rings), sectors)]
    return Ribbons(vertices, triangles, uv, unit(vertices - centre))
