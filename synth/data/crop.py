"""The square of a picture that a network is shown: cut out, scaled, turned and mirrored in one resampling."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from synth.errors import UsageError

_MOST_SAMPLES = 4  # along each side of an output pixel; beyond, whole blocks of pixels are averaged first


@dataclass(frozen=True)
class Crop:
    """A square of a picture, in its pixels (centres at integer + 0.5); it may stick out.

    The network's picture shows the square, first mirrored left to right if `mirrored`, then turned clockwise by
    `turn_deg` about its centre. Raises `UsageError` for a square without a size.
    """

    center_x_px: float
    center_y_px: float
    side_px: float
    turn_deg: float = 0.0
    mirrored: bool = False

    def __post_init__(self) -> None:
        numbers = (self.center_x_px, self.center_y_px, self.side_px, self.turn_deg)
        if not all(map(math.isfinite, numbers)) or self.side_px <= 0:
            raise UsageError(f"{numbers} is no square.", where="crop", mend="Check the head box that it is made from.")

    def picture_from_output(self, size_px: int) -> npt.NDArray[np.float64]:
        """(2, 3) float64: output pixel coordinates → picture pixel coordinates, both with centres at integer + 0.5."""
        angle = math.radians(self.turn_deg)
        scale = self.side_px / size_px
        turned_back = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
        linear = scale * (np.diag([-1.0 if self.mirrored else 1.0, 1.0]) @ turned_back)
        offset = np.array([self.center_x_px, self.center_y_px]) - linear @ np.full(2, size_px / 2)
        return np.column_stack([linear, offset])

    def to_output(self, points_px: npt.ArrayLike, size_px: int) -> npt.NDArray[np.float64]:
        """(..., 2) picture coordinates → (..., 2) output coordinates, pixels."""
        matrix = self.picture_from_output(size_px)
        back = np.linalg.inv(matrix[:, :2])
        return np.asarray((np.asarray(points_px, dtype=np.float64) - matrix[:, 2]) @ back.T)

    def box_in_output(self, box_px: npt.ArrayLike, size_px: int) -> npt.NDArray[np.float64]:
        """A box x0, y0, x1, y1 of the picture → the box around where it comes to lie in the output, (4,) float64."""
        x0, y0, x1, y1 = (float(edge) for edge in np.asarray(box_px))
        corners = self.to_output([[x0, y0], [x1, y0], [x0, y1], [x1, y1]], size_px)
        return np.concatenate([corners.min(axis=0), corners.max(axis=0)])

    def shifted(self, x_px: float, y_px: float) -> Crop:
        return replace(self, center_x_px=self.center_x_px + x_px, center_y_px=self.center_y_px + y_px)


def crop_around(box_px: npt.ArrayLike, margin: float) -> Crop:
    """The square of `margin` times the longer side of the box x0, y0, x1, y1, around its centre.

    Raises `UsageError` if it is no box.
    """
    box = np.asarray(box_px, dtype=np.float64)
    if box.shape != (4,) or not np.isfinite(box).all() or box[0] >= box[2] or box[1] >= box[3]:
        raise UsageError(
            f"{np.asarray(box_px).tolist()} is no box.",
            where="head_box_px",
            mend="Give x0 < x1 and y0 < y1, in pixels.",
        )
    side = margin * max(box[2] - box[0], box[3] - box[1])
    return Crop(float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2, float(side))


def cut_levels(picture: npt.NDArray[np.uint8], crop: Crop, size_px: int) -> npt.NDArray[np.uint8]:
    """The crop of a (H, W) or (H, W, 3) uint8 picture as (size, size[, 3]) uint8; outside, edge pixels go on.

    Each output pixel is the average of n×n linear samples spread over it, n the smallest number that leaves them no
    more than a pixel apart: linear where it is enlarged, free of aliasing where it is shrunk, and resampled once.
    """
    matrix = crop.picture_from_output(size_px)
    picture, matrix, scale = _blocks(picture, crop, matrix, crop.side_px / size_px)
    samples = max(1, math.ceil(scale - 1e-6))
    side = samples * size_px
    fine = np.column_stack([matrix[:, :2] / samples, matrix[:, 2]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(picture, _of_indices(fine), (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    if samples > 1:
        warped = cv2.resize(warped, (size_px, size_px), interpolation=cv2.INTER_AREA)
    return np.asarray(warped, dtype=np.uint8)


def cut_range(range_mm: npt.NDArray[np.float32], crop: Crop, size_px: int) -> npt.NDArray[np.float32]:
    """The crop of a (H, W) float32 map as (size, size): the nearest pixel's value, outside 0 = missing."""
    matrix = _of_indices(crop.picture_from_output(size_px))
    flags = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
    warped = cv2.warpAffine(
        range_mm, matrix, (size_px, size_px), flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=0
    )
    return np.asarray(warped, dtype=np.float32)


def _of_indices(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The same map for OpenCV, which counts pixel centres at integers."""
    return np.column_stack([matrix[:, :2], matrix[:, 2] + matrix[:, :2] @ np.full(2, 0.5) - 0.5])


def _blocks(
    picture: npt.NDArray[np.uint8], crop: Crop, matrix: npt.NDArray[np.float64], scale: float
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float64], float]:
    """For a much larger picture: the part around the crop, averaged over blocks; with the map and scale to that."""
    block = int(scale // (_MOST_SAMPLES / 2)) if scale > _MOST_SAMPLES else 1
    if block == 1:
        return picture, matrix, scale
    height, width = picture.shape[:2]
    reach = crop.side_px * math.sqrt(0.5) + 2 * block
    x0, x1 = _span(crop.center_x_px, reach, width, block)
    y0, y1 = _span(crop.center_y_px, reach, height, block)
    part: Any = picture[y0 : min(y1, height), x0 : min(x1, width)]
    beyond_x, beyond_y = max(0, x1 - width), max(0, y1 - height)
    if beyond_x or beyond_y:
        part = cv2.copyMakeBorder(part, 0, beyond_y, 0, beyond_x, cv2.BORDER_REPLICATE)
    small = cv2.resize(part, ((x1 - x0) // block, (y1 - y0) // block), interpolation=cv2.INTER_AREA)
    moved = np.column_stack([matrix[:, :2], matrix[:, 2] - [x0, y0]]) / block
    return np.asarray(small), moved, scale / block


def _span(center: float, reach: float, count: int, block: int) -> tuple[int, int]:
    """Whole blocks of pixels around `center`, beginning within the picture; at least one block."""
    first = min(max(0, math.floor(center - reach)), count - 1)
    end = min(max(first + 1, math.ceil(center + reach)), count)
    return first, first + block * math.ceil((end - first) / block)
