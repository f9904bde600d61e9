"""What SIFT-HOG takes of a depth picture: SIFT on its levels, and histograms of its surface's normals."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

SIDE_PX = 64
_SIFT_CENTRES_PX, _SIFT_SIZE_PX = (12, 25, 39, 52), 14.0
_CELL_PX = 8
_AZIMUTHS, _TILTS = 8, 3
SIFT_SIZE = len(_SIFT_CENTRES_PX) ** 2 * 128
HOG3D_SIZE = (SIDE_PX // _CELL_PX - 1) ** 2 * 4 * _AZIMUTHS * _TILTS
# A level is 1100 mm / 255, a pixel about 240 mm · 1.2 / 64: so many mm of depth for one mm across.
_STEEPNESS = (1100 / 255) / (240 * 1.2 / SIDE_PX)


def sift_on_a_grid(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(N, 1, 64, 64) uint8 → (N, 2048) float32: 4×4 upright descriptors of fixed size, levels stretched to 0 … 255."""
    points = [cv2.KeyPoint(float(x), float(y), _SIFT_SIZE_PX, 0.0) for y in _SIFT_CENTRES_PX for x in _SIFT_CENTRES_PX]
    sift = cv2.SIFT_create()  # type: ignore[attr-defined]  # missing in OpenCV's stubs
    features = np.empty((len(pictures), SIFT_SIZE), np.float32)
    for row, picture in zip(features, pictures, strict=True):
        _, descriptors = sift.compute(_stretched(picture[0]), points)
        row[:] = descriptors.ravel() / 512  # OpenCV's descriptors have length 512
    return features


def hog_of_normals(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(N, 1, 64, 64) uint8 → (N, 4704) float32: 8 azimuths × 3 tilts of the surface's normal in 8 px cells, in
    overlapping blocks of 2×2 cells, each of unit length. Pixels without depth, and those next to one, count nothing.
    """
    features = [_normals(picture[0]) for picture in pictures]
    return np.stack(features) if features else np.empty((0, HOG3D_SIZE), np.float32)


def _stretched(levels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The seen levels spread over 64 … 255, so that a face's relief has contrast; missing stays 0."""
    seen = levels > 0
    if not seen.any():
        return levels
    low, high = (float(v) for v in np.percentile(levels[seen], (2, 98)))
    spread = 64 + (levels - low) / max(high - low, 1.0) * 191
    return np.where(seen, spread.clip(64, 255), 0).astype(np.uint8)


def _normals(levels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    smooth = cv2.GaussianBlur(levels.astype(np.float32), (0, 0), 1.0)
    dx, dy = (cv2.Sobel(smooth, cv2.CV_32F, x, 1 - x, ksize=3, scale=_STEEPNESS / 8) for x in (1, 0))
    inside = cv2.erode((levels > 0).astype(np.uint8), np.ones((5, 5), np.uint8), borderValue=0) > 0
    azimuth = (np.arctan2(dy, dx) / (2 * np.pi) % 1 * _AZIMUTHS).astype(np.int64) % _AZIMUTHS
    # 0 … 90° from the viewing axis in equal parts; a slope of 1 is 45°.
    tilt = np.minimum(np.arctan(np.hypot(dx, dy)) / (np.pi / 2) * _TILTS, _TILTS - 1).astype(np.int64)
    cells = SIDE_PX // _CELL_PX
    row, column = np.divmod(np.arange(SIDE_PX * SIDE_PX), SIDE_PX)
    cell = (row // _CELL_PX * cells + column // _CELL_PX).reshape(levels.shape)
    bins = (cell * _AZIMUTHS + azimuth) * _TILTS + tilt
    counts = np.bincount(bins[inside], minlength=cells * cells * _AZIMUTHS * _TILTS).astype(np.float32)
    grid = counts.reshape(cells, cells, -1)
    blocks = np.concatenate([grid[:-1, :-1], grid[:-1, 1:], grid[1:, :-1], grid[1:, 1:]], axis=2)
    return np.asarray(blocks / (np.linalg.norm(blocks, axis=2, keepdims=True) + 1), dtype=np.float32).ravel()
