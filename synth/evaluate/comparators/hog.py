"""Histograms of oriented gradients of a 64×64 grey picture, as the regressors before deep learning took them."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from synth.errors import UsageError

SIDE_PX = 64
ORIENTATIONS = 8
PYRAMID_CELLS_PX = (8, 16, 32)


def hog_size(cells_px: tuple[int, ...] = PYRAMID_CELLS_PX) -> int:
    """How long the feature is: per level (64/cell − 1)² overlapping blocks of 2×2 cells of 8 orientations.

    1,888 for the pyramid 8, 16, 32 (the length that Drouard et al. state); 1,568 for cells of 8 alone.
    """
    return sum((SIDE_PX // cell - 1) ** 2 * 4 * ORIENTATIONS for cell in cells_px)


def hog(pictures: npt.NDArray[np.uint8], cells_px: tuple[int, ...] = PYRAMID_CELLS_PX) -> npt.NDArray[np.float32]:
    """(N, 1, 64, 64) uint8 grey levels → (N, hog_size) float32, each block of unit length at most.

    OpenCV's descriptor: gradients, 8 unsigned orientations, blocks of 2×2 cells that overlap by one, L2-Hys. The
    pyramid concatenates cells of 8, 16 and 32 px. Raises `UsageError` for another shape or type.
    """
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[1:] != (1, SIDE_PX, SIDE_PX):
        raise UsageError(
            f"HOG takes (N, 1, {SIDE_PX}, {SIDE_PX}) uint8, not {pictures.shape} {pictures.dtype}.",
            where="pictures",
            mend="Prepare the pictures with the comparator's own input.",
        )
    levels = [
        cv2.HOGDescriptor((SIDE_PX, SIDE_PX), (2 * cell, 2 * cell), (cell, cell), (cell, cell), ORIENTATIONS)
        for cell in cells_px
    ]
    features = np.empty((len(pictures), hog_size(cells_px)), np.float32)
    for row, picture in zip(features, pictures, strict=True):
        grey = np.ascontiguousarray(picture[0])
        row[:] = np.concatenate([np.ravel(level.compute(grey)) for level in levels])
    return features
