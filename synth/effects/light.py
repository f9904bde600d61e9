"""8-bit sRGB to linear light and back (IEC 61966-2-1).

Whatever happens in front of or on the sensor (exposure, motion, defocus, photon noise) adds up in linear light; what
happens to the finished file (JPEG, scaling, the usual "Gaussian blur" of a picture) in its 8-bit levels.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

Space = Literal["linear", "srgb"]
SPACES: tuple[Space, ...] = ("linear", "srgb")

# The look-up back is exact to 0.05 levels where the curve is steepest.
_STEPS = 65535


def _linear_of_levels() -> npt.NDArray[np.float32]:
    encoded = np.arange(256) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return linear.astype(np.float32)


def _levels_of_linear() -> npt.NDArray[np.uint8]:
    linear = np.arange(_STEPS + 1) / _STEPS
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(255 * encoded).astype(np.uint8)


_LINEAR = _linear_of_levels()
_LEVELS = _levels_of_linear()


def to_linear(rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """8-bit sRGB, any shape → linear light, float32, 0 = black, 1 = white."""
    return _LINEAR.take(rgb)


def to_srgb8(linear: npt.NDArray[np.floating]) -> npt.NDArray[np.uint8]:
    """Linear light, any shape, 1 = white → 8-bit sRGB, clipped."""
    steps = np.clip(linear, 0, 1)
    return _LEVELS.take((steps * np.float32(_STEPS) + np.float32(0.5)).astype(np.uint16))


def scale_light(rgb: npt.NDArray[np.uint8], gains: tuple[float, float, float]) -> npt.NDArray[np.uint8]:
    """Multiply the three channels' linear light, (H, W, 3) uint8 sRGB in and out, clipped at white."""
    table = to_srgb8(_LINEAR[:, None] * np.asarray(gains, dtype=np.float32))
    return np.asarray(cv2.LUT(rgb, table[None]))
