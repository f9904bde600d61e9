"""A hand-like shape: a smooth palm with fingers, rotated, with the shading of something round.

It is no anatomy, only what makes a hand a harder occluder than a square: a skin-coloured, soft, branching outline.
Drawn as a signed distance field of rounded lines (Quilez, "2D distance functions") joined smoothly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

# Each bone: x0, y0 → x1, y1 and the radii there; the upright hand fills [-0.5, 0.5] × [0, 1], wrist down (y = 1).
_FINGERS = (
    (-0.25, 0.50, -0.37, 0.17, 0.088, 0.066),
    (-0.09, 0.46, -0.13, 0.08, 0.093, 0.070),
    (0.07, 0.46, 0.09, 0.07, 0.093, 0.068),
    (0.22, 0.52, 0.30, 0.22, 0.085, 0.060),
)
_THUMB = (-0.20, 0.72, -0.44, 0.50, 0.105, 0.062)
_PALM = ((-0.15, 0.60, 0.14, 0.60, 0.19, 0.17), (-0.07, 0.72, 0.07, 0.72, 0.22, 0.20))
_WRIST = (0.0, 0.80, 0.0, 1.40, 0.22, 0.20)  # goes on beyond y = 1, where the picture of it is cut off

_LIGHT = np.array([-0.45, -0.65, 0.61], dtype=np.float32)  # from the upper left, toward the viewer
_ROUNDNESS = 0.13  # depth of the rounded rim, of the hand's length


@dataclass(frozen=True, eq=False)
class Hand:
    """`alpha`: (h, w) float32, 0 … 1, anti-aliased; `shade`: (h, w) float32, the factor on the skin's light."""

    alpha: Floats
    shade: Floats


@lru_cache(maxsize=8)
def draw_hand(width_px: int, height_px: int, angle_deg: float, mirrored: bool) -> Hand:
    """A hand that is `width_px` × `height_px` when it stands upright, turned counter-clockwise by `angle_deg`.

    The arrays end where the turned hand does, so they are larger or smaller than the upright one.
    """
    side = math.ceil(math.hypot(width_px, height_px)) + 4
    cells = side // 2  # distances are smooth: every second pixel is enough
    along = (np.arange(cells, dtype=np.float32) + np.float32(0.5)) * np.float32(side / cells) - np.float32(side / 2)
    turn = math.radians(angle_deg)
    x = (along[None] * math.cos(turn) - along[:, None] * math.sin(turn)).astype(np.float32)
    y = (along[None] * math.sin(turn) + along[:, None] * math.cos(turn)).astype(np.float32)
    x = (-x if mirrored else x) / np.float32(width_px)
    y = y / np.float32(height_px) + np.float32(0.5)
    body = cv2.resize(_distance(x, y), (side, side), interpolation=cv2.INTER_LINEAR)
    cut = cv2.resize(y - 1, (side, side), interpolation=cv2.INTER_LINEAR)
    scale_px = math.sqrt(width_px * height_px)
    alpha = np.clip(0.5 - np.maximum(body, cut) * scale_px, 0, 1).astype(np.float32)
    shade = _shade(body, scale_px)
    inside = alpha >= 0.5
    if not inside.any():  # a hand of a few pixels
        inside[side // 2, side // 2] = True
        alpha = np.maximum(alpha, inside)
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    hand = Hand(np.ascontiguousarray(alpha[part], dtype=np.float32), np.ascontiguousarray(shade[part]))
    hand.alpha.flags.writeable = hand.shade.flags.writeable = False
    return hand


def _distance(x: Floats, y: Floats) -> Floats:
    """Signed distance to the hand's outline, in parts of its length, negative inside."""
    body = _smooth_union([_bone(x, y, *bone) for bone in (*_PALM, _WRIST, _THUMB)], 0.08)
    return _smooth_union([body, *(_bone(x, y, *bone) for bone in _FINGERS)], 0.025)


def _bone(x: Floats, y: Floats, x0: float, y0: float, x1: float, y1: float, r0: float, r1: float) -> Floats:
    length_squared = (x1 - x0) ** 2 + (y1 - y0) ** 2
    t = np.clip(((x - x0) * (x1 - x0) + (y - y0) * (y1 - y0)) / length_squared, 0, 1)
    dx, dy = x - x0 - t * (x1 - x0), y - y0 - t * (y1 - y0)
    distance: Floats = np.sqrt(dx * dx + dy * dy) - (r0 + t * (r1 - r0))
    return distance


def _smooth_union(distances: list[Floats], width: float) -> Floats:
    joined = distances[0]
    for distance in distances[1:]:
        share = np.clip(0.5 + 0.5 * (distance - joined) / width, 0, 1)
        joined = distance + (joined - distance) * share - width * share * (1 - share)
    return joined


def _shade(distance: Floats, scale_px: float) -> Floats:
    """Lambert's cosine on a surface whose rim is round, over a fixed ambient part."""
    depth = np.clip(-distance / _ROUNDNESS, 0, 1)
    height = np.sqrt(1 - (1 - depth) ** 2) * np.float32(_ROUNDNESS * scale_px)
    down, right = np.gradient(height)
    toward_light = _LIGHT[2] - _LIGHT[0] * right - _LIGHT[1] * down  # the normal is (-right, -down, 1)
    cosine = np.clip(toward_light, 0, None) / np.sqrt(right * right + down * down + 1)
    shade: Floats = (0.35 + 0.85 * cosine).astype(np.float32)
    return shade
