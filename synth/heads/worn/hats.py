"""Knitted and peaked hats."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from synth.heads.colour import smooth_step
from synth.heads.noise import value_noise
from synth.heads.part import FloatArray, Part
from synth.heads.worn.dome import Dome, sheet_part, welded_normals
from synth.heads.worn.fabric import knit, plain, woven


def beanie(dome: Dome, rng: np.random.Generator) -> list[Part]:
    """Ribbed, with a folded cuff; some hang a little over at the back, some bear a pompom."""
    person, size = dome.skull.body.person, dome.skull.size
    first, second = np.array(person.hat_rgb), np.array(person.hat_second_rgb)
    cuff_top = rng.uniform(0.30, 0.42)
    slouch = rng.choice([0.004, 0.012, 0.026]) * size
    up = np.r_[np.linspace(cuff_top - 0.06, 0.98, 17), 1.0]
    rise = smooth_step(0.35, 1.0, up)[:, None]
    back = 0.5 - 0.5 * np.cos(np.radians(dome.azimuth_deg))
    radius = dome.pressed_m(up) + 0.0035 * size + slouch * rise * (0.75 + 0.5 * back * (1 - rise))
    points = dome.place(up, radius)
    crumple = value_noise(points, 34.0, rng, 2) * (0.0006 + 0.0022 * rise * (1 - 0.9 * (up[:, None] > 0.97)))
    points = dome.place(up, radius + _seamless(np.abs(crumple) * size))
    parts = [sheet_part("hat", points, knit("hat", first, second, person.hat_pattern, rng), 24)]
    cuff_up = cuff_top * np.array([0.02, -0.004, 0.0, 0.035, 0.12, 0.5, 0.88, 0.97, 1.0, 0.985, 0.93])
    off = np.array([0.0, 0.002, 0.006, 0.0088, 0.0098, 0.0098, 0.0095, 0.0082, 0.0062, 0.0045, 0.0020]) * size
    off = off[:, None] + _seamless(0.0012 * value_noise(dome.place(cuff_up, dome.pressed_m(cuff_up)), 22.0, rng)) * 0.6
    off = np.maximum(off, 0.0)
    other = second if rng.random() < 0.25 else first
    cuff = dome.place(cuff_up, dome.pressed_m(cuff_up) + off)
    parts.append(sheet_part("hat.cuff", cuff, knit("hat.cuff", other, first, "plain", rng), 24))
    if rng.random() < 0.3:
        parts.append(_pompom(dome, points[-1, 0], second if rng.random() < 0.5 else first, rng))
    return parts


def _seamless(values: FloatArray) -> FloatArray:
    """Values (R, C) with the last column like the first."""
    closed = values.copy()
    closed[:, -1] = closed[:, 0]
    return closed


def _pompom(dome: Dome, top: FloatArray, rgb: FloatArray, rng: np.random.Generator) -> Part:
    size = dome.skull.size
    rings, columns = 15, 25
    polar = np.linspace(np.pi, 0, rings)[:, None]
    around = np.linspace(-np.pi, np.pi, columns)[None]
    ball = np.stack(
        np.broadcast_arrays(np.sin(polar) * np.sin(around), np.cos(polar), np.sin(polar) * np.cos(around)), -1
    )
    radius = 0.025 * size * rng.uniform(0.8, 1.15) * (1 + 0.10 * rng.standard_normal((rings, columns)))
    radius = _seamless(radius)
    radius[0], radius[-1] = radius[0, 0], radius[-1, 0]
    centre = top + np.array([0.0, 0.018 * size, 0.0])
    points = centre + radius[..., None] * ball
    return sheet_part("hat.pompom", points, knit("hat.pompom", rgb, rgb, "plain", rng, 0.3), 6)


def cap(dome: Dome, rng: np.random.Generator, turned: bool = False) -> list[Part]:
    """Six panels with seams, a button, a peak that is bent at its sides; `turned`: it points backwards."""
    person, size = dome.skull.body.person, dome.skull.size
    first, second = np.array(person.hat_rgb), np.array(person.hat_second_rgb)
    peak_rgb = second if rng.random() < 0.45 else first
    up = np.r_[0.02, 0.0, 0.03, 0.08, np.linspace(0.14, 0.97, 15), 1.0]
    front = (0.5 + (-0.5 if turned else 0.5) * np.cos(np.radians(dome.azimuth_deg))) ** 3
    # The front panels are stiff: they stand up before they turn back to the crown.
    stiff = smooth_step(0.02, 0.35, up) * smooth_step(1.02, 0.45, up)
    crown = 0.006 * smooth_step(0.1, 0.7, up)
    off = np.r_[0.0, np.full(len(up) - 1, 0.0028)]
    lift = (off + crown)[:, None] + rng.uniform(0.006, 0.013) * front * stiff[:, None]
    points = dome.place(up, dome.pressed_m(up) + lift * size)
    parts = [sheet_part("hat", points, woven("hat", first, second, "plain", rng, seam=True), 6)]
    parts.append(_button(points[-1, 0], peak_rgb, size))
    edge = dome.place(np.array([0.015]), dome.pressed_m(np.array([0.015])) + 0.0034 * size)[0]
    if not turned:
        return [*parts, _peak(dome, edge, peak_rgb, rng)]
    # Made as if in front, and turned as a whole.
    half = len(edge) // 2
    ahead = _half_turned(np.concatenate([edge[half:], edge[1 : half + 1]]) - dome.skull.centre) + dome.skull.centre
    peak = _peak(dome, ahead, peak_rgb, rng)
    back = _half_turned(peak.vertices - dome.skull.centre) + dome.skull.centre
    return [*parts, replace(peak, vertices=back, normals=welded_normals(back, peak.triangles))]


def cap_back(dome: Dome, rng: np.random.Generator) -> list[Part]:
    """A cap turned back to front, its peak over the nape."""
    return cap(dome, rng, turned=True)


def _half_turned(values: FloatArray) -> FloatArray:
    """(N, 3) turned by 180 degrees about the vertical."""
    return np.asarray(values * np.array([-1.0, 1.0, -1.0]))


def _button(top: FloatArray, rgb: FloatArray, size: float) -> Part:
    polar, around = np.linspace(0.5 * np.pi, 0, 5)[:, None], np.linspace(-np.pi, np.pi, 13)[None]
    flat = np.stack(
        np.broadcast_arrays(np.sin(polar) * np.sin(around), 0.5 * np.cos(polar), np.sin(polar) * np.cos(around)), -1
    )
    red, green, blue = (float(c) for c in rgb)
    return sheet_part("hat.button", top + 0.007 * size * flat, plain("hat.button", (red, green, blue)), 1)


def _peak(dome: Dome, edge: FloatArray, rgb: FloatArray, rng: np.random.Generator) -> Part:
    """The peak: from the edge forwards and a little down, its sides bent, with an upper and a lower side."""
    size = dome.skull.size
    half_deg, steps, rows = 62.0, 29, 9
    azimuth = np.linspace(-half_deg, half_deg, steps)
    root = np.stack([np.interp(azimuth, dome.azimuth_deg, edge[:, axis]) for axis in range(3)], -1)
    length = 0.072 * size * rng.uniform(0.92, 1.08) * (1 - (np.abs(azimuth) / half_deg) ** 2.6) ** 0.62
    dip, bend = np.radians(rng.uniform(10, 22)), rng.uniform(0.10, 0.26)
    out = np.linspace(0, 1, rows)[:, None]
    reach = out * length
    x = root[:, 0] * (1 - 0.10 * out)
    z = root[:, 2] + reach * np.cos(dip)
    # Bent about the line from front to back, more so further out, where no forehead holds it.
    sag = bend * (root[:, 0] / (0.07 * size)) ** 2 * 0.055 * size * (reach / (0.072 * size))
    y = root[:, 1] - reach * np.sin(dip) - sag + 0.004 * size * np.sin(np.pi * out)
    top = np.stack(np.broadcast_arrays(x, y, z), -1)
    thick = 0.0026 * size
    rim = top[-1:] + np.array([0.0, -0.5 * thick, 0.35 * thick])
    lower = top[::-1] - np.array([0.0, thick, 0.0])
    inner = np.concatenate([lower[:, :1], lower, lower[:, -1:]], 1)[:, 1:-1]
    points = np.concatenate([top, rim, inner])[::-1]
    material = woven("hat.peak", rgb, rgb, "plain", rng)
    return sheet_part("hat.peak", points, material, 3)
