"""Cloth wound or tied around the head: turbans and bandanas."""

from __future__ import annotations

import numpy as np

from synth.heads.colour import smooth_step
from synth.heads.noise import value_noise
from synth.heads.part import FloatArray, Material, Part
from synth.heads.worn.dome import Dome, sheet_part
from synth.heads.worn.fabric import woven


def turban(dome: Dome, rng: np.random.Generator) -> list[Part]:
    """Men's: many layers that climb to a peak over the forehead. Women's: a tight wrap, full behind, knotted."""
    person, size = dome.skull.body.person, dome.skull.size
    up = np.r_[0.02, 0.0, np.linspace(0.012, 0.97, 38), 1.0]
    radius = dome.pressed_m(up) + (_knotted_m if person.sex == "female" else _peaked_m)(dome, up, rng) * size
    crinkle = value_noise(dome.place(up, radius) * np.array([0.5, 3.0, 0.5]), 30.0, rng, 2)
    crinkle[:, -1], crinkle[-1] = crinkle[:, 0], crinkle[-1, 0]
    crinkle[0] = 0.0
    radius = radius + 0.0008 * size * crinkle
    radius[-1] = radius[-1].mean()
    cloth = woven("hat", np.array(person.hat_rgb), np.array(person.hat_second_rgb), "plain", rng)
    points = dome.place(up, radius)
    parts = [sheet_part("hat", points, cloth, 10)]
    if person.sex == "female":
        parts += _front_knot(points, up, size, cloth, rng)
    return parts


def _peaked_m(dome: Dome, up: FloatArray, rng: np.random.Generator) -> FloatArray:
    """(R, C) m of cloth over the hair, at template size: layers from both sides meet over the forehead."""
    azimuth, high = dome.azimuth_deg, rng.uniform(0.85, 1.15)
    steep, turns = rng.uniform(0.20, 0.30), rng.uniform(5.5, 7.5)
    # One side's layers lie between the other's; behind, where they pass into each other, nobody sees a seam.
    between = smooth_step(-7.0, 7.0, azimuth) - smooth_step(110.0, 175.0, azimuth)
    phase = turns * (up[:, None] + steep * np.minimum(np.abs(azimuth), 105.0)[None] / 90.0) + 0.5 * between
    front = np.exp(-((azimuth / 48.0) ** 2))[None]
    rise = smooth_step(-0.02, 0.30, up)[:, None]
    full = rise * high * (0.016 + 0.012 * front * smooth_step(0.05, 0.5, up)[:, None])
    crown = 0.020 * high * smooth_step(0.30, 0.88, up)[:, None]
    folds = 0.0085 * _overlap(phase) * smooth_step(0.0, 0.06, up)[:, None] * smooth_step(0.98, 0.80, up)[:, None]
    thick = 0.0045 + full + crown + folds
    thick[0] = 0.0005
    return np.asarray(thick)


def _knotted_m(dome: Dome, up: FloatArray, rng: np.random.Generator) -> FloatArray:
    """(R, C) m of cloth over the hair, at template size: drawn tight to the forehead, hair gathered high behind."""
    azimuth, high = dome.azimuth_deg, rng.uniform(0.8, 1.2)
    steep, turns = rng.uniform(0.35, 0.5), rng.uniform(4.0, 5.5)
    behind = (0.5 - 0.5 * np.cos(np.radians(azimuth)))[None]
    # Creases run from the knot in front back around the head: the other way round than a peak's.
    phase = turns * (up[:, None] - steep * np.minimum(np.abs(azimuth), 120.0)[None] / 120.0)
    full = smooth_step(0.0, 0.35, up)[:, None] * (0.006 + 0.012 * high * behind)
    gathered = 0.030 * high * np.exp(-(((up[:, None] - 0.80) / 0.26) ** 2)) * (0.35 + 0.65 * behind)
    folds = 0.0045 * _overlap(phase) * smooth_step(0.0, 0.08, up)[:, None] * smooth_step(1.0, 0.85, up)[:, None]
    thick = 0.0040 + full + gathered + folds
    thick[0] = 0.0005
    return np.asarray(thick)


def _overlap(phase: FloatArray) -> FloatArray:
    """0 … 1: layer upon layer, each ending in a soft edge over the one below."""
    part = phase - np.floor(phase)
    return np.asarray(smooth_step(0.0, 0.30, part) * (1.0 - 0.85 * smooth_step(0.30, 1.0, part)))


def _front_knot(
    points: FloatArray, up: FloatArray, size: float, cloth: Material, rng: np.random.Generator
) -> list[Part]:
    """Two turns of cloth that cross over the forehead."""
    row, front = int(np.argmin(np.abs(up[2:] - 0.17))) + 2, points.shape[1] // 2
    centre = points[row, front] + np.array([0.0, 0.002, 0.007]) * size
    made = []
    for name, lean in (("hat.knot.R", -1.0), ("hat.knot.L", 1.0)):
        ball = _blob(np.zeros(3), np.array([0.015, 0.027, 0.012]) * size * rng.uniform(0.9, 1.1), rng)
        turn = np.radians(lean * rng.uniform(22.0, 34.0))
        across, along = ball[..., 0], ball[..., 1]
        ball[..., 0] = across * np.cos(turn) - along * np.sin(turn) + lean * 0.005 * size
        ball[..., 1] = across * np.sin(turn) + along * np.cos(turn)
        ball[..., 2] += (0.003 if lean < 0 else -0.001) * size
        made.append(sheet_part(name, centre + ball, cloth, 1))
    return made


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
