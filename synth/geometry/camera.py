"""The pinhole camera: exact intrinsics, projection, pixel rays, crops.

OpenCV frame: x right, y down, z forward, millimetres. The centre of the pixel in column u, row v has the image
coordinates (u + 0.5, v + 0.5); `K` maps camera millimetres to those coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import UsageError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Box:
    """Half-open pixel box [x0, x1) × [y0, y1) in the full frame."""

    x0: int
    y0: int
    x1: int
    y1: int

    def __post_init__(self) -> None:
        if self.x1 <= self.x0 or self.y1 <= self.y0:
            raise UsageError(f"A box needs x0 < x1 and y0 < y1, not {self.as_tuple()}.", where="box")

    @property
    def width(self) -> int:
        return self.x1 - self.x0

    @property
    def height(self) -> int:
        return self.y1 - self.y0

    def as_tuple(self) -> tuple[int, int, int, int]:
        return self.x0, self.y0, self.x1, self.y1


@dataclass(frozen=True)
class Camera:
    """A pinhole camera without distortion; all numbers in pixels."""

    width_px: int
    height_px: int
    fx_px: float
    fy_px: float
    cx_px: float
    cy_px: float

    @property
    def K(self) -> Floats:  # noqa: N802
        """(3, 3) float64, camera mm → full-frame pixel coordinates."""
        return np.array([[self.fx_px, 0, self.cx_px], [0, self.fy_px, self.cy_px], [0, 0, 1]])

    @property
    def frame(self) -> Box:
        return Box(0, 0, self.width_px, self.height_px)


def project(K: ArrayLike, points_mm: ArrayLike) -> Floats:
    """(..., 3) camera-frame points with z > 0 → (..., 2) pixel coordinates."""
    homogeneous = np.asarray(points_mm, dtype=np.float64) @ np.asarray(K, dtype=np.float64).T
    return np.asarray(homogeneous[..., :2] / homogeneous[..., 2:])


def pixel_rays(K: ArrayLike, width_px: int, height_px: int) -> Floats:
    """Unit rays through the pixel centres, (height, width, 3) float64, camera frame."""
    matrix = np.asarray(K, dtype=np.float64)
    x = (np.arange(width_px) + 0.5 - matrix[0, 2]) / matrix[0, 0]
    y = (np.arange(height_px) + 0.5 - matrix[1, 2]) / matrix[1, 1]
    length = np.sqrt((x * x)[None, :] + (y * y)[:, None] + 1.0)
    rays = np.empty((height_px, width_px, 3))
    np.divide(x[None, :], length, out=rays[..., 0])
    np.divide(y[:, None], length, out=rays[..., 1])
    np.divide(1.0, length, out=rays[..., 2])
    return rays


def crop_intrinsics(K: ArrayLike, crop: Box) -> Floats:
    """K of the picture that is the box `crop` cut out of the frame, unscaled: only the principal point moves."""
    shifted = np.array(K, dtype=np.float64)
    shifted[0, 2] -= crop.x0
    shifted[1, 2] -= crop.y0
    return shifted


def bounding_box(points_px: ArrayLike) -> Floats:
    """The tight box (x0, y0, x1, y1), float64, around (N, 2) points."""
    points = np.asarray(points_px, dtype=np.float64)
    return np.concatenate([points.min(axis=0), points.max(axis=0)])


def square_crop(box_px: ArrayLike, margin: float, frame: Box) -> Box:
    """The square around a box, `margin` times its longer side, moved inside the frame where it sticks out.

    The side is an even number of whole pixels, at most the frame's shorter side: the crop is always square and whole.
    """
    x0, y0, x1, y1 = (float(v) for v in np.asarray(box_px))
    side = 2 * int(np.ceil(margin * max(x1 - x0, y1 - y0) / 2))
    side = max(2, min(side, frame.width - frame.width % 2, frame.height - frame.height % 2))
    left = min(max(round((x0 + x1) / 2 - side / 2), frame.x0), frame.x1 - side)
    top = min(max(round((y0 + y1) / 2 - side / 2), frame.y0), frame.y1 - side)
    return Box(left, top, left + side, top + side)
