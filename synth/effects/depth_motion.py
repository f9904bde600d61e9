"""Motion blur on range maps: what a depth camera gives of a head that moves during the exposure.

The source paper leaves this to future work. Ranges aren't light: a missing pixel adds nothing, and across an edge a
camera gives neither side's range. What it gives depends on the camera, so that is a choice.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from synth.effects.blur import motion_kernel
from synth.effects.checks import check_choice, check_number, check_range
from synth.effects.depth import EDGE_MM

Edges = Literal["mix", "nearest", "drop"]
EDGES: tuple[Edges, ...] = ("mix", "nearest", "drop")


def motion_blur_depth(
    range_mm: npt.NDArray[np.float32],
    length_px: float,
    angle_deg: float,
    edges: Edges = "mix",
    min_seen: float = 0.5,
    edge_mm: float = EDGE_MM,
) -> npt.NDArray[np.float32]:
    """Average the ranges that pass a pixel while the head moves `length_px` along `angle_deg`.

    `range_mm`: (H, W) float32, mm, 0 = missing, and so is the result. `length_px`, `angle_deg`: as in `motion_blur`.
    Missing pixels have no weight; a pixel is missing if less than `min_seen` (0 … 1) of the motion showed anything
    there. `edges`: where an edge passes, two neighbours whose ranges differ by more than `edge_mm`, "mix" averages all
    the same (flying pixels, as time-of-flight cameras give), "nearest" averages only what is within `edge_mm` of the
    nearest, "drop" makes the pixel missing, as structured light does that can't match its pattern. Beyond the border
    the outermost pixels go on. Raises `UsageError`.
    """
    check_range(range_mm)
    check_choice("edges", edges, EDGES)
    check_number("min_seen", min_seen, 0, 1)
    check_number("edge_mm", edge_mm, 0, 1e6)
    kernel = motion_kernel(length_px, angle_deg)
    if kernel.size == 1:
        return range_mm.copy()
    seen = range_mm > 0
    seen_share = _filter(seen.astype(np.float32), kernel)
    mean = _mean(range_mm, seen, kernel)
    if edges != "mix":
        under = (kernel > 0.01 * kernel.max()).astype(np.uint8)
        near_edge = cv2.dilate(_at_jump(range_mm, seen, edge_mm), under, borderType=cv2.BORDER_REPLICATE) > 0
        kept = _near_mean(range_mm, seen, kernel, under, edge_mm) if edges == "nearest" else np.float32(0)
        mean = np.where(near_edge, kept, mean)
    return np.where(seen_share >= max(min_seen, 1e-6), mean, 0).astype(np.float32)


def _filter(values: npt.NDArray[np.float32], kernel: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return np.asarray(cv2.filter2D(values, -1, kernel, borderType=cv2.BORDER_REPLICATE))


def _mean(
    range_mm: npt.NDArray[np.float32], used: npt.NDArray[np.bool_], kernel: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """The kernel's weighted mean over the pixels that are used; 0 without any."""
    weight = _filter(used.astype(np.float32), kernel)
    total = _filter(np.where(used, range_mm, np.float32(0)), kernel)
    return np.where(weight > 1e-6, total / np.maximum(weight, 1e-6), 0).astype(np.float32)


def _at_jump(range_mm: npt.NDArray[np.float32], seen: npt.NDArray[np.bool_], edge_mm: float) -> npt.NDArray[np.uint8]:
    """1 at both of two neighbours, neither missing, that differ by more than `edge_mm`; else 0."""
    at_jump = np.zeros(range_mm.shape, dtype=np.uint8)
    down = (np.abs(np.diff(range_mm, axis=0)) > edge_mm) & seen[1:] & seen[:-1]
    right = (np.abs(np.diff(range_mm, axis=1)) > edge_mm) & seen[:, 1:] & seen[:, :-1]
    at_jump[1:][down] = at_jump[:-1][down] = 1
    at_jump[:, 1:][right] = at_jump[:, :-1][right] = 1
    return at_jump


def _near_mean(
    range_mm: npt.NDArray[np.float32],
    seen: npt.NDArray[np.bool_],
    kernel: npt.NDArray[np.float32],
    under: npt.NDArray[np.uint8],
    edge_mm: float,
) -> npt.NDArray[np.float32]:
    """The mean of the ranges under the kernel that are within `edge_mm` of the nearest there, tap by tap."""
    far = np.float32(np.finfo(np.float32).max)
    nearest = np.asarray(cv2.erode(np.where(seen, range_mm, far), under, borderType=cv2.BORDER_REPLICATE))
    radius = kernel.shape[0] // 2
    padded = np.pad(range_mm, radius, mode="edge")
    total, weight = np.zeros_like(range_mm), np.zeros_like(range_mm)
    height, width = range_mm.shape
    for row, column in zip(*np.nonzero(kernel), strict=True):
        there = padded[row : row + height, column : column + width]
        used = np.where((there > 0) & (there <= nearest + np.float32(edge_mm)), kernel[row, column], np.float32(0))
        total += used * there
        weight += used
    return np.where(weight > 1e-6, total / np.maximum(weight, 1e-6), 0).astype(np.float32)
