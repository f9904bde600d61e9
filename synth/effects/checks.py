"""What every effect asks of its input, said in the same words."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from synth.errors import UsageError
from synth.geometry.camera import Box

MAX_SIDE_PX = 16384


def check_rgb(rgb: npt.NDArray[np.uint8]) -> None:
    """Raises `UsageError` unless `rgb` is ``(H, W, 3) uint8`` with at least one pixel."""
    if not isinstance(rgb, np.ndarray) or rgb.dtype != np.uint8 or rgb.ndim != 3 or rgb.shape[2] != 3 or not rgb.size:
        raise UsageError(
            f"The picture has to be (H, W, 3) uint8, sRGB, not {_described(rgb)}.",
            where="rgb",
            mend="Convert it first; grey pictures are stacked to three channels.",
        )


def check_range(range_mm: npt.NDArray[np.float32]) -> None:
    """Raises `UsageError` unless it is ``(H, W) float32``, finite, ≥ 0, with at least one pixel."""
    if not isinstance(range_mm, np.ndarray) or range_mm.dtype != np.float32 or range_mm.ndim != 2 or not range_mm.size:
        raise UsageError(
            f"The range map has to be (H, W) float32 in mm with 0 = missing, not {_described(range_mm)}.",
            where="range_mm",
            mend="Convert it first, e.g. with astype(np.float32).",
        )
    low, high = float(range_mm.min()), float(range_mm.max())
    if not (low >= 0 and high < math.inf):  # NaN fails the comparison
        raise UsageError(
            f"The range map holds values from {low} to {high}.",
            where="range_mm",
            mend="Missing pixels are 0; every other one is a finite distance in mm.",
        )


def check_number(name: str, value: float, low: float, high: float) -> float:
    """`value` as a float; raises `UsageError` if it is no finite number in [low, high]."""
    if isinstance(value, bool | str) or not np.isscalar(value) or not (low <= float(value) <= high):
        raise UsageError(f"{value!r} is out of range.", where=name, mend=f"Give a number from {low:g} to {high:g}.")
    return float(value)


def check_whole(name: str, value: int, low: int, high: int) -> int:
    """`value` as an int; raises `UsageError` if it is no whole number in [low, high]."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= int(value) <= high:
        raise UsageError(f"{value!r} is out of range.", where=name, mend=f"Give a whole number from {low} to {high}.")
    return int(value)


def check_choice(name: str, value: str, options: Sequence[str]) -> str:
    """`value`; raises `UsageError` if it is none of `options`."""
    if value not in options:
        raise UsageError(f"{value!r} is unknown.", where=name, mend=f"There are {', '.join(options)}.")
    return value


def check_K(K: npt.ArrayLike) -> npt.NDArray[np.float64]:  # noqa: N802
    """`K` as (3, 3) float64; raises `UsageError` if it is no pinhole matrix."""
    matrix = np.asarray(K, dtype=np.float64)
    if matrix.shape != (3, 3) or not np.isfinite(matrix).all() or matrix[0, 0] <= 0 or matrix[1, 1] <= 0:
        raise UsageError(
            "These are no intrinsics.", where="K", mend="Give the (3, 3) matrix of the picture, in pixels."
        )
    return matrix


def check_box(name: str, box_px: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """x0, y0, x1, y1 as (4,) float64; raises `UsageError` if it is no box."""
    box = np.asarray(box_px.as_tuple() if isinstance(box_px, Box) else box_px, dtype=np.float64)
    if box.shape != (4,) or not np.isfinite(box).all() or box[0] >= box[2] or box[1] >= box[3]:
        raise UsageError(f"{box.tolist()} is no box.", where=name, mend="Give x0, y0, x1, y1 with x0 < x1 and y0 < y1.")
    return box


def _described(value: object) -> str:
    return f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
