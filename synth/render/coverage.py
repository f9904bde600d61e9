"""Alpha: how much of each pixel the person covers, by rays through sixteen places in it.

Only pixels that may be covered in part are cast at: those at the outline of the range map, and from there on the
neighbours of each pixel that proves to be mixed, so that a thin strand is followed to its end.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from synth.render.raycast import Posed, into_target, window

Floats = NDArray[np.floating]
SAMPLES = 16
_AROUND = np.ones((3, 3), np.uint8)


def _places() -> Floats:
    """(16, 2) in (0, 1): Hammersley's points, one in each sixteenth of both axes, so that any edge is cut evenly."""
    turned = [int(f"{k:04b}"[::-1], 2) for k in range(SAMPLES)]
    return (np.stack([np.arange(SAMPLES), turned], axis=1) + 0.5) / SAMPLES


def alpha_map(targets: Sequence[Posed], K: Floats, hit: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """(height, width) uint8: the share of each pixel that is covered, 255 = all.

    hit: (height, width), where the ray through the pixel's centre meets something.
    """
    height, width = hit.shape
    alpha = np.where(hit, 255, 0).astype(np.uint8)
    sampled = np.zeros(hit.shape, bool)
    windows = [window(posed, K, width, height) for posed in targets]
    levels = hit.astype(np.uint8)
    pending = cv2.dilate(levels, _AROUND) != cv2.erode(levels, _AROUND, borderType=cv2.BORDER_REPLICATE)
    while pending.any():
        y, x = np.nonzero(pending)
        sampled |= pending
        covered = _covered(targets, windows, K, x, y)
        alpha[y, x] = np.rint(255 * covered / SAMPLES)
        mixed = np.zeros(hit.shape, np.uint8)
        mixed[y, x] = (covered > 0) & (covered < SAMPLES)
        pending = (cv2.dilate(mixed, _AROUND) > 0) & ~sampled
    return alpha


def _covered(
    targets: Sequence[Posed],
    windows: Sequence[tuple[slice, slice]],
    K: Floats,
    x: NDArray[np.intp],
    y: NDArray[np.intp],
) -> NDArray[np.int64]:
    """(N,) how many of the places in each pixel (x, y) are covered."""
    at = np.stack([x, y], axis=1)[:, None] + _places()
    rays = np.ones((len(x), SAMPLES, 3))
    rays[..., :2] = (at - K[:2, 2]) / K[[0, 1], [0, 1]]
    met = np.zeros((len(x), SAMPLES), bool)
    for posed, (rows, columns) in zip(targets, windows, strict=True):
        near = (y >= rows.start) & (y < rows.stop) & (x >= columns.start) & (x < columns.stop)
        open_ = near[:, None] & ~met
        if open_.any():
            met[open_] = posed[0].meets(*into_target(posed[1], rays[open_]))
    return np.count_nonzero(met, axis=1)
