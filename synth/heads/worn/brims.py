"""Hats with a brim all around: felt hats with a creased crown, and bucket hats of cotton."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from synth.heads.colour import smooth_step
from synth.heads.noise import value_noise
from synth.heads.part import FloatArray, Part
from synth.heads.worn.dome import Dome, sheet_part
from synth.heads.worn.fabric import plain, woven

CLOTH_M = 0.003
"""Least distance of the crown from the pressed hair, at template size."""


@dataclass(frozen=True)
class _Crown:
    """A tapered oval wall with a lid; lengths in m on a skull of template size."""

    height: float
    taper: float
    """How much narrower the lid is than the edge, as a share."""
    crease: float
    """How deep the lid is folded in, from front to back."""
    pinch: float
    """How deep the front's two dents are."""
    sharp: float
    """How sharply wall and lid meet: larger is sharper."""


def felt_hat(dome: Dome, rng: np.random.Generator) -> list[Part]:
    """A fedora or trilby: creased and pinched crown, a ribbon, a brim whose sides curl up."""
    person, size = dome.skull.body.person, dome.skull.size
    rgb, ribbon = np.array(person.hat_rgb), np.array(person.hat_second_rgb)
    height = 0.112 * rng.uniform(0.94, 1.08)
    crown = _Crown(height, rng.uniform(0.14, 0.22), rng.uniform(0.010, 0.020), rng.uniform(0.004, 0.009), 16.0)
    up = np.r_[0.03, 0.0, np.linspace(0.03, 0.97, 23), 1.0]
    radius = _crown_m(dome, crown, up)
    radius[0] -= 0.003 * size
    points = dome.place(up, radius)
    felt = woven("hat", rgb, rgb, "plain", rng, roughness=0.95)
    band_up = np.array([0.0, 0.012, 0.10, 0.185, 0.195])
    band_off = np.array([0.0004, 0.0012, 0.0012, 0.0012, -0.0005])[:, None] * size
    band = dome.place(band_up, _crown_m(dome, crown, band_up) + band_off)
    red, green, blue = (float(c) for c in 0.8 * ribbon)
    width = rng.uniform(0.046, 0.064)
    turned = np.array([rng.uniform(0.010, 0.024), rng.uniform(-0.012, 0.004), rng.uniform(0.004, 0.018)])
    return [
        sheet_part("hat", points, felt, 8),
        sheet_part("hat.band", band, plain("hat.band", (red, green, blue), 0.55), 8),
        sheet_part("hat.brim", _brim(dome, points[1], width, turned, -0.05), felt, 8),
    ]


def bucket_hat(dome: Dome, rng: np.random.Generator) -> list[Part]:
    """A soft crown with a flat lid, and a brim that slopes down."""
    person, size = dome.skull.body.person, dome.skull.size
    first, second = np.array(person.hat_rgb), np.array(person.hat_second_rgb)
    crown = _Crown(0.088 * rng.uniform(0.95, 1.05), rng.uniform(0.10, 0.2), 0.0, 0.0, 11.0)
    up = np.r_[0.03, 0.0, np.linspace(0.03, 0.97, 21), 1.0]
    radius = _crown_m(dome, crown, up)
    radius[0] -= 0.003 * size
    soft = value_noise(dome.place(up, radius), 26.0, rng, 2)
    soft[:, -1] = soft[:, 0]
    soft[-1] = soft[-1, 0]
    points = dome.place(up, radius + 0.0013 * size * np.abs(soft) * smooth_step(0.0, 0.2, up)[:, None])
    cloth = woven("hat", first, second, person.hat_pattern, rng)
    width, slope = rng.uniform(0.040, 0.056), rng.uniform(0.45, 0.75)
    turned = np.array([-0.002, 0.0, 0.0])
    brim = _brim(dome, points[1], width, turned, slope)
    return [
        sheet_part("hat", points, cloth, 8),
        sheet_part("hat.brim", brim, woven("hat.brim", first, second, "plain", rng), 8),
    ]


def _crown_m(dome: Dome, crown: _Crown, up: FloatArray) -> FloatArray:
    """(R, C) distance of the crown from the skull's centre at shares `up` of the way from edge to top."""
    size = dome.skull.size
    a = np.radians(dome.azimuth_deg)[None]
    e = np.radians(dome.elevation_deg(up)).clip(0.02, np.pi / 2 - 1e-4)
    edge = np.radians(dome.edge_deg)
    rim_m = dome.pressed_m(np.array([0.0]))[0] + CLOTH_M * size
    out, foot = rim_m * np.cos(edge), rim_m * np.sin(edge)
    # An even oval: the skull's bumps don't show in felt.
    out = np.maximum(ndimage.gaussian_filter1d(out[:-1], 3.0, mode="wrap"), out[:-1])
    out, height = np.append(out, out[0])[None], crown.height * size
    lean = out * crown.taper / height
    wall = (out + lean * foot) / (np.cos(e) + lean * np.sin(e))
    top = float(foot.mean()) + height
    x, z = top / np.tan(e) * np.sin(a), top / np.tan(e) * np.cos(a)
    fold = np.exp(-((x / (0.021 * size)) ** 2)) * smooth_step(0.105 * size, 0.060 * size, np.abs(z + 0.01 * size))
    # Highest in front, a little lower behind.
    lid = (top - crown.crease * size * fold + 0.10 * z.clip(-0.1 * size, 0.1 * size)) / np.sin(e)
    high = smooth_step(0.25, 0.75, np.asarray(up))[:, None] * smooth_step(1.0, 0.85, np.asarray(up))[:, None]
    dents = np.exp(-(((np.abs(dome.azimuth_deg) - 32.0) / 15.0) ** 2))[None]
    made = (wall**-crown.sharp + lid**-crown.sharp) ** (-1 / crown.sharp) - crown.pinch * size * dents * high
    return np.asarray(np.maximum(made, dome.pressed_m(up) + CLOTH_M * size))


def _brim(dome: Dome, edge: FloatArray, width: float, turned: FloatArray, slope: float) -> FloatArray:
    """(R, C, 3) from the edge (C, 3) outwards and back below.

    `turned` (3,) m: how far sides, front and back curl up. `slope`: how steeply it falls.
    """
    size = dome.skull.size
    a = np.radians(dome.azimuth_deg)
    outward = np.stack([np.sin(a), np.zeros_like(a), np.cos(a)], -1)
    s = np.linspace(0, 1, 8)[:, None]
    sides, front, back = np.sin(a) ** 2, np.cos(a).clip(0) ** 2, (-np.cos(a)).clip(0) ** 2
    curl = turned[0] * sides + turned[1] * front + turned[2] * back
    # Shorter behind, where shoulders are near when the head is thrown back.
    reach = width * (1 + 0.08 * np.cos(a) ** 2 - 0.26 * back)
    rise = curl * s**2 - slope * reach * s
    top = edge + (s * reach)[..., None] * size * outward
    top[..., 1] += rise * size
    thick = np.array([0.0, 0.0020 * size, 0.0])
    outer = top[-1:] + outward * 0.0010 * size - 0.5 * thick
    return np.concatenate([top[[0, 3, 6]] - thick, outer, top[::-1]])
