"""Procedural colour textures: smooth noise in several octaves between random colours."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

_COARSEST_CELLS = 3
_OCTAVES = 5


def draw_texture(rng: np.random.Generator, width_px: int, height_px: int) -> npt.NDArray[np.uint8]:
    """(height, width, 3) uint8, sRGB: value noise that runs between three random colours.

    Patches from a third of the texture's side down to a few pixels, in amounts drawn from `rng`.
    """
    colours = (rng.random((3, 3)) * 255).astype(np.float32)
    roughness = 0.35 + 0.5 * float(rng.random())  # how much of each octave's strength the next finer one keeps
    first, second = (_octaves(rng, width_px, height_px, roughness) for _ in range(2))
    mixed = colours[0] + (colours[1] - colours[0]) * first[..., None]
    mixed = mixed + (colours[2] - mixed) * second[..., None]
    return np.clip(np.round(mixed), 0, 255).astype(np.uint8)


def _octaves(rng: np.random.Generator, width: int, height: int, roughness: float) -> npt.NDArray[np.float32]:
    """(height, width) float32 that fills [0, 1]."""
    total = np.zeros((height, width), dtype=np.float32)
    strength, cells = 1.0, _COARSEST_CELLS
    for _ in range(_OCTAVES):
        coarse = rng.random((cells, cells)).astype(np.float32)
        total += np.float32(strength) * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        strength, cells = strength * roughness, 2 * cells
    low, high = float(total.min()), float(total.max())
    return (total - np.float32(low)) / np.float32(high - low) if high > low else np.full_like(total, 0.5)
