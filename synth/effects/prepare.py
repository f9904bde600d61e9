"""From a stored sample to what a network is fed: crop, 256×256, [0, 1], as the source paper does."""

from __future__ import annotations

from typing import Any, Literal

import cv2
import numpy as np
import numpy.typing as npt

from synth.effects.checks import check_box, check_choice, check_number, check_range, check_rgb, check_whole
from synth.errors import UsageError

Resize = Literal["nearest", "smooth"]
RESIZES: tuple[Resize, ...] = ("nearest", "smooth")

SIZE_PX = 256
NEAR_MM = 500.0
SPAN_MM = 1100.0
_MAX_SIZE_PX = 8192


def prepare_rgb(
    rgb: npt.NDArray[np.uint8], size: int = SIZE_PX, grey: bool = True, crop_px: npt.ArrayLike | None = None
) -> npt.NDArray[np.float32]:
    """A picture as a network takes it.

    `rgb`: (H, W, 3) uint8, sRGB. `crop_px`: x0, y0, x1, y1 in pixels of this picture, None for all of it. Gives
    (size, size) float32 if `grey` (0.299 R + 0.587 G + 0.114 B of the sRGB levels), else (size, size, 3); [0, 1] is
    black to white, still sRGB-encoded. Shrunk by areas, enlarged linearly; a crop that isn't square is stretched.
    Raises `UsageError`.
    """
    check_rgb(rgb)
    side = check_whole("size", size, 1, _MAX_SIZE_PX)
    part = np.ascontiguousarray(_cropped(rgb, crop_px))
    levels = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY) if grey else part
    scaled = cv2.resize(levels.astype(np.float32), (side, side), interpolation=_interpolation(part, side))
    return np.asarray(scaled * np.float32(1 / 255), dtype=np.float32)


def prepare_depth(
    range_mm: npt.NDArray[np.float32],
    size: int = SIZE_PX,
    crop_px: npt.ArrayLike | None = None,
    resize: Resize = "nearest",
    near_mm: float = NEAR_MM,
    span_mm: float = SPAN_MM,
) -> npt.NDArray[np.float32]:
    """A depth map as a network takes it: 1 - (d - near) / span, clipped to [0, 1]; missing is 0 and so reads as far.

    `range_mm`: (H, W) float32, mm, 0 = missing (planar depth will do as well). `crop_px` as in `prepare_rgb`. Gives
    (size, size) float32. `resize`: "nearest" makes no value that wasn't there; "smooth" takes areas or interpolates
    over the pixels that aren't missing, and is missing where these make less than half. Raises `UsageError`.
    """
    check_range(range_mm)
    side = check_whole("size", size, 1, _MAX_SIZE_PX)
    check_choice("resize", resize, RESIZES)
    check_number("near_mm", near_mm, 0, 1e6)
    check_number("span_mm", span_mm, 1e-3, 1e6)
    part = np.ascontiguousarray(_cropped(range_mm, crop_px))
    scaled = _resized_nearest(part, side) if resize == "nearest" else _resized_smooth(part, side)
    nearness = np.clip(1 - (scaled - np.float32(near_mm)) / np.float32(span_mm), 0, 1)
    return np.where(scaled > 0, nearness, 0).astype(np.float32)


def _resized_nearest(part: npt.NDArray[np.float32], side: int) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.resize(part, (side, side), interpolation=cv2.INTER_NEAREST_EXACT))


def _resized_smooth(part: npt.NDArray[np.float32], side: int) -> npt.NDArray[np.float32]:
    method = _interpolation(part, side)
    seen = cv2.resize((part > 0).astype(np.float32), (side, side), interpolation=method)
    total = cv2.resize(part, (side, side), interpolation=method)
    return np.where(seen >= 0.5, total / np.maximum(seen, np.float32(0.5)), 0).astype(np.float32)


def _interpolation(part: npt.NDArray[Any], side: int) -> int:
    return int(cv2.INTER_AREA if min(part.shape[:2]) > side else cv2.INTER_LINEAR)


def _cropped(picture: npt.NDArray[Any], crop_px: npt.ArrayLike | None) -> npt.NDArray[Any]:
    if crop_px is None:
        return picture
    x0, y0, x1, y1 = (round(float(edge)) for edge in check_box("crop_px", crop_px))
    height, width = picture.shape[:2]
    if x0 < 0 or y0 < 0 or x1 > width or y1 > height or x0 >= x1 or y0 >= y1:
        raise UsageError(
            f"The crop {(x0, y0, x1, y1)} doesn't lie in the picture of {width}×{height} pixels.",
            where="crop_px",
            mend="Give it in pixels of this picture, not of the full frame.",
        )
    return picture[y0:y1, x0:x1]
