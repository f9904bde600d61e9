"""Cloth wound or tied around the head: turbans and bandanas."""

from __future__ import annotations

import numpy as np

from synth.heads.colour import smooth_step
from synth.heads.noise import value_noise
from synth.heads.part import FloatArray, Part
from synth.heads.worn.dome import Dome, sheet_part
from synth.heads.worn.fabric import woven


def turban(dome: Dome, rng: np.random.Generator) -> list[Part]:
    """Wound in many layers that cross over the forehead."""
    person, size = dome.skull.body.person, dome.skull.size
    up = np.r_[0.02, 0.0, np.linspace(0.015, 0.97, 38), 1.0]
    high = rng.uniform(0.024, 0.040) if person.sex == "female" else rng.uniform(0.016, 0.028)
    turns = rng.uniform(4.5, 6.5)
    around = np.abs(dome.azimuth_deg) / 90.0
    # Each layer climbs from the sides to the middle of the forehead, and lies on the one below it.
    phase = turns * (up[:, None] - 0.20 * np.exp(-((around / 0.55) ** 2))[None]) + 0.25 * np.sin(2 * around)[None]
    layer = np.abs(np.sin(np.pi * phase)) ** 0.7
    swell = np.sin(np.pi * (0.10 + 0.80 * up.clip(0, 1)) ** 0.75)[:, None]
    top = smooth_step(1.0, 0.86, up)[:, None]
    off = 0.005 + high * swell * (0.65 + 0.35 * top) + 0.0095 * layer * (0.2 + 0.8 * top)
    off[0] = 0.0005
    radius = dome.pressed_m(up) + off * size
    crinkle = value_noise(dome.place(up, radius) * np.array([0.5, 3.0, 0.5]), 30.0, rng, 2)
    crinkle[:, -1], crinkle[-1] = crinkle[:, 0], crinkle[-1, 0]
    crinkle[0] = 0.0
    radius = radius + 0.0008 * size * crinkle
    radius[-1] = radius[-1].mean()
    cloth = woven("hat", np.array(person.hat_rgb), np.array(person.hat_second_rgb), "plain", rng)
    return [sheet_part("hat", dome.place(up, radius), cloth, 10)]


def bandana(dome: Dome, rng: np.random.Generator) -> list[Part]:
    """A square of cloth tied tight, with a knot and two ends at the nape."""
    person, size = dome.skull.body.person, dome.skull.size
    first, second = np.array(person.hat_rgb), np.array(person.hat_second_rgb)
    up = np.r_[0.02, 0.0, 0.02, 0.05, np.linspace(0.09, 0.97, 20), 1.0]
    off = np.r_[0.0002, np.full(4, 0.0026), np.full(20, 0.0024)][: len(up)]
    # Drawn towards the knot: creases run forwards from the nape.
    behind = smooth_step(60.0, 160.0, np.abs(dome.azimuth_deg))
    crease = np.sin(np.abs(dome.azimuth_deg)[None] / 9.0 + 22.0 * up[:, None])
    radius = dome.pressed_m(up) + size * (off[:, None] + 0.0009 * behind * (1 + crease) * (up[:, None] < 0.8))
    radius[-1] = radius[-1].mean()
    cloth = woven("hat", first, second, person.hat_pattern, rng)
    points = dome.place(up, radius)
    parts = [sheet_part("hat", points, cloth, 8)]
    knot = points[3, 0] + np.array([0.0, 0.0, -0.004 * size])
    parts.append(sheet_part("hat.knot", _blob(knot, np.array([0.017, 0.013, 0.011]) * size, rng), cloth, 1))
    for side in (1.0, -1.0):
        parts.append(sheet_part(f"hat.end.{'L' if side > 0 else 'R'}", _tail(knot, side, size, rng), cloth, 1))
    return parts


def _blob(centre: FloatArray, radii: FloatArray, rng: np.random.Generator) -> FloatArray:
    polar, around = np.linspace(np.pi, 0, 9)[:, None], np.linspace(-np.pi, np.pi, 15)[None]
    ball = np.stack(
        np.broadcast_arrays(np.sin(polar) * np.sin(around), np.cos(polar), np.sin(polar) * np.cos(around)), -1
    )
    lumps = 1 + 0.12 * np.sin(3 * around + rng.uniform(0, 6)) * np.sin(polar)
    return np.asarray(centre + radii * ball * lumps[..., None])


def _tail(knot: FloatArray, side: float, size: float, rng: np.random.Generator) -> FloatArray:
    """(R, C, 3) a strip that falls from the knot, widens, and ends in a point."""
    length, spread = rng.uniform(0.055, 0.085) * size, rng.uniform(0.25, 0.6)
    t = np.linspace(1, 0, 9)[:, None]
    across = np.linspace(-1, 1, 5)[None]
    half = 0.019 * size * np.interp(t, [0, 0.2, 0.7, 1], [0.35, 0.8, 1.0, 0.25])
    x = side * spread * length * t + half * across
    y = -length * t * (1 - 0.12 * across * side)
    z = -0.012 * size * np.sin(np.pi * np.minimum(1.0, 1.4 * t)) + 0.004 * size * np.cos(3 * across + 4 * t)
    return np.asarray(knot + np.stack(np.broadcast_arrays(x, y, z), -1))
