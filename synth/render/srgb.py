"""Linear light to the 8-bit sRGB that is stored."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

# Linear values in 16 steps a level of the darkest slope: the look-up is exact to 0.05 levels.
_STEPS = 65535


def _srgb_levels() -> NDArray[np.uint8]:
    linear = np.arange(_STEPS + 1) / _STEPS
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(255 * encoded).astype(np.uint8)


_LEVELS = _srgb_levels()


def to_srgb8(linear: Floats) -> NDArray[np.uint8]:
    """Linear sRGB, 1 = white, any shape → 8-bit sRGB (IEC 61966-2-1), clipped."""
    steps = np.clip(linear, 0, 1) * np.float32(_STEPS) + np.float32(0.5)
    return _LEVELS[steps.astype(np.uint16)]
