"""sRGB and linear light, the white of hair, and the smooth step that all painted features use."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from synth.heads.part import ByteArray, FloatArray

WHITE_HAIR = np.array((0.62, 0.60, 0.565))
"""Linear RGB of a hair without pigment."""


def srgb_to_linear(srgb: ArrayLike) -> FloatArray:
    """sRGB 0..1 to linear light 0..1 (IEC 61966-2-1)."""
    value = np.asarray(srgb, dtype=np.float64)
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(linear: ArrayLike) -> FloatArray:
    """Linear light 0..1 to sRGB 0..1; negative values count as 0. Keeps float32 pictures float32."""
    value = np.clip(np.asarray(linear), 0, None)
    return np.where(value <= 0.0031308, value * 12.92, 1.055 * np.power(value, 1 / 2.4) - 0.055)


def to_bytes(values: ArrayLike) -> ByteArray:
    """0..1 to uint8, rounded and clipped."""
    return np.clip(np.asarray(values) * 255 + 0.5, 0, 255).astype(np.uint8)


def smooth_step(edge0: float, edge1: float, x: FloatArray) -> FloatArray:
    """0 at `edge0`, 1 at `edge1`, smooth between; the edges may be given in falling order."""
    t = np.clip((x - edge0) / (edge1 - edge0), 0, 1)
    return t * t * (3 - 2 * t)
