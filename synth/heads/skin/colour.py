"""The colour of skin: a melanin axis and blood, both in log-linear light."""

from __future__ import annotations

import numpy as np

from synth.heads.colour import srgb_to_linear
from synth.heads.part import FloatArray

TONE_ANCHORS_SRGB = np.array(
    [
        (229, 195, 174),
        (221, 180, 154),
        (206, 160, 128),
        (181, 131, 98),
        (148, 103, 75),
        (118, 80, 59),
        (92, 63, 48),
    ]
)
"""Albedo of bloodless skin from the lightest to the darkest tone, evenly spaced over 0..1."""

LOG_ANCHORS = np.log(srgb_to_linear(TONE_ANCHORS_SRGB / 255)).astype(np.float32)
BLOOD_ABSORPTION = np.array([0.06, 0.55, 0.42], np.float32)
"""Absorption of red, green and blue by one unit of blood."""

RESTING_BLOOD = 0.24


def skin_rgb(tone: FloatArray, blood: FloatArray) -> FloatArray:
    """Linear RGB (..., 3) float32 of skin of `tone` 0..1 (...,) with `blood` (...,)."""
    position = np.clip(tone, 0, 1) * (len(LOG_ANCHORS) - 1)
    index = np.arange(len(LOG_ANCHORS))
    log = np.stack([np.interp(position, index, LOG_ANCHORS[:, c]).astype(np.float32) for c in range(3)], -1)
    return np.exp(log - np.asarray(blood, np.float32)[..., None] * BLOOD_ABSORPTION)


def plain_skin_rgb(tone: float) -> FloatArray:
    """Linear RGB (3,) of a person's even skin."""
    return skin_rgb(np.array(tone), np.array(RESTING_BLOOD))
