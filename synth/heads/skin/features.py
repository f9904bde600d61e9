"""Features of a face's skin, each a function of the template surface: redness, freckles, wrinkles, brows, stubble.

Every painter returns arrays (K,) float32 over `Surface`'s texels; lengths are metres on the template.
"""

from __future__ import annotations

import cv2
import numpy as np

from synth.heads.colour import smooth_step
from synth.heads.noise import value_noise
from synth.heads.part import FloatArray
from synth.heads.person import Person
from synth.heads.skin.uvmap import Surface

THROAT_TONE = 0.012
"""Extra tone of throat and torso."""


def spot(surface: Surface, x: float, y: float, width: float, height: float) -> FloatArray:
    """A soft blob on both sides of the face's front, centred at (±x, y) above the eyes."""
    front = smooth_step(0.05, 0.10, surface.z)
    return np.exp(-(((surface.x - x) / width) ** 2) - ((surface.y - y) / height) ** 2) * front


def redness(surface: Surface, person: Person) -> FloatArray:
    """Extra blood by region: cheeks, nose tip, ears, chin more; forehead less; a flush round the eyes."""
    more = 0.24 * spot(surface, 0.042, -0.036, 0.024, 0.020) + 0.26 * spot(surface, 0, -0.042, 0.015, 0.014)
    more += 0.10 * spot(surface, 0, -0.098, 0.022, 0.014) + 0.16 * surface.ears
    more += 0.08 * spot(surface, 0, 0.0, 0.10, 0.06) - 0.07 * spot(surface, 0, 0.055, 0.06, 0.028)
    lids = 0.10 * surface.eyelids + 0.22 * np.exp(-((surface.lid_m / 0.0022) ** 2))
    return person.skin_redness * more + lids


def darkening(surface: Surface, person: Person) -> FloatArray:
    """Extra melanin by region: under the eyes, the fold of the upper lid, the side of the nose, and the throat."""
    under = spot(surface, 0.030, -0.0185, 0.016, 0.007)
    tone = (0.018 + 0.045 * person.oldness) * under + 0.015 * surface.eyelids
    tone += 0.02 * spot(surface, 0.016, -0.052, 0.005, 0.008)
    return tone + THROAT_TONE * smooth_step(-0.09, -0.12, surface.y)


def freckles(surface: Surface, person: Person, rng: np.random.Generator) -> FloatArray:
    """Extra tone of freckles, age spots and moles."""
    tone = np.zeros_like(surface.x)
    freckle = value_noise(surface.points, 430, rng)
    where = spot(surface, 0.025, -0.028, 0.04, 0.024) + 0.3 * spot(surface, 0, 0.0, 0.09, 0.09)
    tone += person.freckles * 0.15 * smooth_step(1.1, 1.9, freckle) * np.clip(where, 0, 1)
    tone += person.oldness * 0.07 * smooth_step(1.3, 2.1, value_noise(surface.points, 140, rng, 2))
    for _ in range(person.moles):
        centre = surface.points[int(rng.integers(len(surface.x)))]
        distance = np.linalg.norm(surface.points - centre, axis=1)
        tone += rng.uniform(0.12, 0.32) * smooth_step(0.0020, 0.0007, distance)
    return tone


def wrinkles(surface: Surface, person: Person, rng: np.random.Generator) -> FloatArray:
    """Depth of wrinkles, 0 to about -2 (before scaling by age): forehead, crow's feet, mouth folds, lids, neck."""
    x, y = surface.x, surface.y
    warp = 0.004 * value_noise(surface.points, 40, rng)
    lines = np.zeros_like(x)
    brow = spot(surface, 0, 0.052, 0.042, 0.017)
    for height in 0.034 + 0.009 * np.arange(4) + rng.uniform(-0.002, 0.002, 4):
        lines -= 0.8 * np.exp(-(((y + warp * 0.6 - height - 1.6 * x * x) / 0.0011) ** 2)) * brow
    for tilt in (0.0, 1.0):  # frown lines between the brows
        lines -= 0.5 * np.exp(-(((x - 0.0065 - tilt * warp) / 0.0010) ** 2)) * spot(surface, 0, 0.021, 0.012, 0.008)
    corner_x, corner_y = 0.052, -0.002
    out, up = np.ascontiguousarray(x - corner_x), np.ascontiguousarray(y - corner_y)
    angle, radius = np.arctan2(up, out), np.hypot(up, out)
    reach = smooth_step(0.003, 0.006, radius) * smooth_step(0.026, 0.012, radius) * (np.abs(angle) < 1.2)
    for direction in np.radians([-38, -15, 8, 30]):
        lines -= 0.8 * np.exp(-(((angle - direction) * radius / 0.0009) ** 2)) * reach
    return lines + _folds(surface, warp) + _neck_lines(surface, warp, rng)


def _folds(surface: Surface, warp: FloatArray) -> FloatArray:
    """The folds from the nose to the mouth's corners and below the lower lids."""
    x, y = surface.x, surface.y
    front = smooth_step(0.05, 0.10, surface.z)
    along = np.clip((-0.036 - y) / 0.042, 0, 1)
    off = np.abs(x) - (0.018 + 0.017 * along**0.8) + warp * 0.3
    fold = 1.1 * np.exp(-((off / 0.0020) ** 2)) * smooth_step(0, 0.12, along) * smooth_step(1, 0.75, along)
    below = y + 0.017 + 6 * (x - 0.03) ** 2 + warp * 0.1
    bag = 0.7 * np.exp(-((below / 0.0013) ** 2)) * smooth_step(0.02, 0.012, np.abs(x - 0.032))
    return -(fold + bag) * front


def _neck_lines(surface: Surface, warp: FloatArray, rng: np.random.Generator) -> FloatArray:
    lines = np.zeros_like(surface.x)
    for height in rng.uniform(-0.16, -0.115, 3):
        lines -= 0.5 * np.exp(-(((surface.y + warp * 1.2 - height) / 0.0015) ** 2))
    return lines * smooth_step(-0.105, -0.12, surface.y)


BROW_INNER_M, BROW_LENGTH_M = 0.0095, 0.046
CANVAS_W, CANVAS_H = 384, 96


def brows(surface: Surface, person: Person, rng: np.random.Generator) -> FloatArray:
    """How much brow hair covers each texel, 0..1: strokes drawn on a strip that is bent along the brow ridge."""
    male = person.sex == "male"
    height = rng.uniform(0.0172, 0.0198) + (-0.0008 if male else 0.0010)
    cover = np.zeros_like(surface.x)
    texel_m = float(np.median(surface.texel_m))
    for sign in (1, -1):
        strip = _brow_strip(rng, int((520 if male else 760) * person.brow_density), texel_m, person.brow_thickness)
        along = (sign * surface.side - BROW_INNER_M) / BROW_LENGTH_M
        arch = person.brow_arch * np.sin(np.clip(along, 0, 1) ** 1.25 * np.pi * 0.95)
        inner = 0.0016 * np.clip(1 - 2.5 * along, 0, 1) ** 2
        middle = height + arch + inner - 0.0040 * smooth_step(0.6, 1.0, along) + 0.0006 * along
        across = (middle - surface.y) / (person.brow_thickness * 1.9)
        u, v = (along * CANVAS_W).astype(np.float32), ((across * 0.5 + 0.5) * CANVAS_H).astype(np.float32)
        near = (surface.z > 0.07) & (u > -1) & (u < CANVAS_W) & (v > -1) & (v < CANVAS_H)
        drawn = cv2.remap(strip, u[near][None], v[near][None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        cover[near] += drawn[0]
    return np.clip(cover, 0, 1)


def _brow_strip(rng: np.random.Generator, strokes: int, texel_m: float, thickness_m: float) -> FloatArray:
    """A brow (CANVAS_H, CANVAS_W) float32 from its inner end (left) to its tail, drawn as hairs over a soft base.

    It is blurred to the size of the texels that will show it: finer hairs would alias into patches.
    """
    strip = np.zeros((CANVAS_H, CANVAS_W), np.float32)
    for _ in range(strokes):
        along = rng.beta(1.15, 1.35)
        spread = 0.62 * (1 - 0.62 * along) * min(1.0, 0.55 + 3 * along)
        down = float(np.clip(rng.normal(0, 0.36), -0.9, 0.9)) * spread
        x, y = along * CANVAS_W, CANVAS_H / 2 + down * CANVAS_H / 2
        angle = np.radians(np.interp(along, [0, 0.15, 0.5, 1], [80, 52, 20, -8]) + rng.normal(0, 10) - down * 30)
        length = rng.uniform(13, 24) * (1 - 0.3 * along)
        rise = np.sin(angle) * length
        start = (int(x * 8), int((y + rise * 0.5) * 8))
        end = (int((x + np.cos(angle) * length) * 8), int((y - rise * 0.5) * 8))
        layer = np.zeros_like(strip)
        weight = rng.uniform(0.35, 0.8) * np.interp(along, [0, 0.18, 0.8, 1], [0.4, 1, 1, 0.7])
        cv2.line(layer, start, end, float(weight), 1 if rng.random() < 0.5 else 2, cv2.LINE_AA, 3)
        strip += layer * (1 - strip)
    soft = cv2.GaussianBlur(strip, (0, 0), 6)
    across, up = 0.4 * texel_m * CANVAS_W / BROW_LENGTH_M, 0.4 * texel_m * CANVAS_H / (2 * 1.9 * thickness_m)
    hairs = cv2.GaussianBlur(strip, (0, 0), max(0.8, across), sigmaY=max(0.8, up))
    return np.clip(0.72 * hairs + 0.55 * soft, 0, 1)


def stubble(everywhere: FloatArray, worn: FloatArray, grain: FloatArray, person: Person) -> FloatArray:
    """Cover 0..1 of shaven growth and of the skin-deep shadow under a beard.

    `everywhere` says where a beard could grow, `worn` where it isn't shaven.
    """
    dots = smooth_step(0.2, 1.6, grain)
    shadow = min(1.0, 0.45 + 0.8 * person.beard) * (person.beard > 0)
    shaven, under = person.stubble * (0.10 + 0.34 * dots), shadow * (0.66 + 0.24 * dots)
    return np.clip(everywhere * shaven + worn * under, 0, 0.92)
