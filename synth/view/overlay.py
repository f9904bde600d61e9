"""Labels drawn over a picture: the head's axes, its box, and its range map in colours.

Everything is projected with the sample's own K, so what is drawn wrong is labelled wrong. Picture coordinates follow
the project's rule that a pixel's centre lies at integer + 0.5; OpenCV's drawing calls mean the centre by the integer
itself, and draw with sub-pixel precision in steps of 1/16 pixel.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import UsageError
from synth.geometry.camera import project
from synth.view.colours import AXIS_LOOK, AXIS_X, AXIS_Y, BOX, GROUND, HIDDEN, PARTS, SEEN, Rgb8

Picture = NDArray[np.uint8]

# x: at identity to the image's right. y: at identity down. look: where the face looks, against z_head, so at identity
# toward the viewer.
AXES_HEAD = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, -1.0]])
_AXIS_COLOURS = (AXIS_X, AXIS_Y, AXIS_LOOK)
_AXIS_LENGTH_MM = 130.0
_SHIFT = 4
_OUTLINE: Rgb8 = (12, 12, 14)


def axis_ends_mm(
    R_camera_from_head: ArrayLike, t_mm: ArrayLike, length_mm: float = _AXIS_LENGTH_MM
) -> NDArray[np.float64]:
    """(3, 3) float64, mm, camera frame: where the axes x (red), y (green) and look (blue) end, a row each."""
    R = np.asarray(R_camera_from_head, dtype=np.float64)
    return np.asarray(t_mm, dtype=np.float64) + length_mm * AXES_HEAD @ R.T


def draw_pose(
    rgb: Picture,
    R_camera_from_head: ArrayLike,
    K: ArrayLike,
    t_mm: ArrayLike,
    length_mm: float = _AXIS_LENGTH_MM,
    thickness_px: int = 2,
) -> Picture:
    """A copy of the picture with the head's axes, from the head centre, in exact perspective.

    rgb: (H, W, 3) uint8; R: (3, 3); K: (3, 3) of this very picture; t_mm: (3,), the head centre in the camera frame.
    Red is x (to the image's right at identity), green y (down), blue where the face looks. The axis whose end is
    farthest is drawn first. Raises UsageError if an axis reaches behind the camera.
    """
    origin = np.asarray(t_mm, dtype=np.float64)
    ends = axis_ends_mm(R_camera_from_head, origin, length_mm)
    if min(origin[2], ends[:, 2].min()) <= 0:
        raise UsageError(
            f"A head at z = {origin[2]:.0f} mm with axes of {length_mm:g} mm reaches behind the camera.",
            where="length_mm",
            mend="Draw shorter axes.",
        )
    start, *tips = (_drawn_at(p) for p in project(K, np.vstack([origin, ends])))
    canvas = np.ascontiguousarray(rgb).copy()
    for axis in np.argsort(-ends[:, 2]):
        for colour, extra in ((_OUTLINE, 2), (_AXIS_COLOURS[axis], 0)):
            width = thickness_px + extra
            cv2.line(canvas, start, tips[axis], colour, width, cv2.LINE_AA, _SHIFT)
            cv2.circle(
                canvas, tips[axis], round((thickness_px * 1.1 + extra / 2) * 2**_SHIFT), colour, -1, cv2.LINE_AA, _SHIFT
            )
    return canvas


def draw_box(rgb: Picture, box_px: ArrayLike, colour: Rgb8 = BOX, thickness_px: int = 1) -> Picture:
    """A copy of the picture with the box (x0, y0, x1, y1), in this picture's coordinates, drawn on its edges."""
    x0, y0, x1, y1 = (float(v) for v in np.asarray(box_px))
    canvas = np.ascontiguousarray(rgb).copy()
    corners = _drawn_at((x0, y0)), _drawn_at((x1, y1))
    cv2.rectangle(canvas, *corners, colour, thickness_px, cv2.LINE_AA, _SHIFT)
    return canvas


def depth_picture(range_mm: NDArray[np.floating], near_mm: float, far_mm: float, background: Rgb8 = GROUND) -> Picture:
    """A range map in colours, (H, W) mm → (H, W, 3) uint8: `near_mm` bright yellow, `far_mm` dark violet (viridis).

    What lies outside is clipped; 0 (nothing hit) is the background. Raises UsageError unless near_mm < far_mm.
    """
    if not near_mm < far_mm:
        raise UsageError(f"near {near_mm:g} mm isn't nearer than far {far_mm:g} mm.", where="near_mm")
    closeness = np.clip((far_mm - np.asarray(range_mm, dtype=np.float64)) / (far_mm - near_mm), 0.0, 1.0)
    coloured = cv2.applyColorMap(np.rint(closeness * 255).astype(np.uint8), cv2.COLORMAP_VIRIDIS)
    picture = np.asarray(cv2.cvtColor(coloured, cv2.COLOR_BGR2RGB), dtype=np.uint8)
    picture[np.asarray(range_mm) <= 0] = background
    return picture


def draw_landmarks(rgb: Picture, points_px: ArrayLike, visible: ArrayLike, radius_px: float = 1.5) -> Picture:
    """A copy of the picture with the points (N, 2), in this picture's coordinates: green the visible, red the hidden.

    visible: (N,) bool. Points that are NaN (unknown) are left out.
    """
    canvas = np.ascontiguousarray(rgb).copy()
    points = np.asarray(points_px, dtype=np.float64)
    for point, seen in zip(points, np.asarray(visible, bool), strict=True):
        if np.isfinite(point).all():
            colour = SEEN if seen else HIDDEN
            cv2.circle(canvas, _drawn_at(point), round(radius_px * 2**_SHIFT), colour, -1, cv2.LINE_AA, _SHIFT)
    return canvas


def normals_picture(normals: NDArray[np.floating], background: Rgb8 = GROUND) -> Picture:
    """Unit normals in colours, (H, W, 3), camera frame → (H, W, 3) uint8: red to the right, green up, blue nearer."""
    picture = np.rint(127.5 * (1 + np.asarray(normals) * [1, -1, -1])).astype(np.uint8)
    picture[~np.asarray(normals).any(axis=-1)] = background
    return picture


def parts_picture(parts: NDArray[np.uint8]) -> Picture:
    """A part map in colours, (H, W) → (H, W, 3) uint8."""
    return np.array(PARTS, np.uint8)[parts]


def _drawn_at(point_px: ArrayLike) -> tuple[int, int]:
    """Picture coordinates in OpenCV's fixed point."""
    x, y = np.rint((np.asarray(point_px, dtype=np.float64) - 0.5) * 2**_SHIFT).astype(np.int64)
    return int(np.clip(x, -(2**20), 2**20)), int(np.clip(y, -(2**20), 2**20))
