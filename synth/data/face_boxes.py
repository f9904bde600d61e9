"""From the face boxes and landmarks that others give to the head box that a network is cropped by.

The project's head box is tight around the skull, face and ears. Detectors and benchmarks box the face instead, each in
its own way: brows to chin, or cheek to cheek. A crop only takes the box's centre and its longer side (the *head side*),
so a mapping is a scale and an offset. The offset hangs on the pose: the face lies about 80 mm before the head's centre,
and in profile its box slides by a third of the head side toward where the face looks. Without a pose the mapping is
right for a face that looks into the camera; with one (a first guess of the network itself, never a label) it is right
for any.

How the numbers were found: on 1,050 renders, whose head boxes are known, and on 897 pictures of Pointing'04 (|tilt| ≤
30°, |pan| ≤ 60°) in which a landmark model found the face; its landmarks were tied to the head box on the renders and
carried that over to the photographs. Rendered and real faces gave the cascades nearly the same numbers (head side over
box width, faces about frontal: 1.25 rendered, 1.21 real); those below lie between. Eyes, noses, mouths and chins of
real and rendered heads then stand at the same places of the crop, within 2 % of the head side. `python -m
benchmarks.bench_face_boxes DATASET` measures the cascades anew on a rendered dataset.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from synth.errors import UsageError

Floats = npt.NDArray[np.float64]

HEAD_SIDE_MM = 226.0
"""The longer side of the head box of a grown-up's head, seen from the front: its height. The bundled adults: mean 230
mm, standard deviation 12; the real ones of Pointing'04 come out 2 % smaller against their faces."""

HEAD_WIDTH = 0.83
"""The head box's width as a share of its longer side: mean of all poses. Crops don't use it, occluders do."""


@dataclass(frozen=True)
class FaceBoxKind:
    """How one maker of face boxes draws them.

    size: which side of the box the scale is of. side: the head side, as a multiple of it. middle: head centre minus the
    box's centre when the face looks into the camera, x right and y down, in head sides. depth: how far the head's
    centre lies behind the middle of such a box, in head sides. usual: (R[0, 2], R[1, 2]) where the pose isn't known.
    """

    size: Literal["width", "longer"]
    side: float
    middle: tuple[float, float]
    depth: float
    usual: tuple[float, float] = (0.0, 0.0)


FACE_BOXES: Mapping[str, FaceBoxKind] = {
    # Drawn by hand around brows, cheeks and chin. Spread of the side: 5 %; of the centre, given the pose: 1.7 %.
    "pointing04": FaceBoxKind("longer", 1.73, (0.0, -0.08), 0.36),
    # OpenCV's haarcascade_frontalface_default. Spread of the side: 11 %; of the centre, given the pose: 2-5 %.
    "haar_frontal": FaceBoxKind("width", 1.26, (0.0, -0.02), 0.38),
    # OpenCV's haarcascade_profileface, which finds faces that look toward the image's left, and on mirrored pictures
    # those that look right. Spread of the side: 9 %; of the centre, given the pose: 2-4 %.
    "haar_profile_left": FaceBoxKind("width", 1.06, (-0.12, -0.01), 0.34, usual=(0.5, 0.0)),
    "haar_profile_right": FaceBoxKind("width", 1.06, (0.12, -0.01), 0.34, usual=(-0.5, 0.0)),
}

# (5, 3) mm in the head frame, of a head with HEAD_SIDE_MM: the eye on the image's left, the other eye (middles of the
# lids' corners), nose tip, mouth corner on the image's left, the other one.
FIVE_POINTS_MM = np.array(
    [[-32.0, -14.0, -84.0], [32.0, -14.0, -84.0], [0.0, 24.0, -125.0], [-25.0, 57.0, -93.0], [25.0, 57.0, -93.0]]
)


def head_box(face_box_px: npt.ArrayLike, kind: str, R_camera_from_head: npt.ArrayLike | None = None) -> Floats:
    """The head box to a face box, (4,) float64 x0, y0, x1, y1 in the same pixels.

    face_box_px: x0, y0, x1, y1. kind: a key of `FACE_BOXES`. R_camera_from_head: (3, 3), the pose along the ray if it
    is known, as from a first look at the picture. Raises `UsageError` for no box or an unknown kind.
    """
    x0, y0, x1, y1 = _edges(face_box_px)
    if kind not in FACE_BOXES:
        raise UsageError(f"{kind!r} is no kind of face box.", where="kind", mend=f"Use one of {', '.join(FACE_BOXES)}.")
    drawn = FACE_BOXES[kind]
    side = drawn.side * (x1 - x0 if drawn.size == "width" else max(x1 - x0, y1 - y0))
    # The head's z axis points from the face backward: where it goes in the picture, the head's centre lies.
    backward = drawn.usual if R_camera_from_head is None else np.asarray(R_camera_from_head, dtype=np.float64)[:2, 2]
    center = [(x0 + x1) / 2, (y0 + y1) / 2] + side * (np.array(drawn.middle) + drawn.depth * np.asarray(backward))
    return box_around(center, side)


def head_box_from_five(points_px: npt.ArrayLike) -> Floats:
    """The head box to five landmarks, (4,) float64, in the same pixels.

    points_px: (5, 2), in the order of `FIVE_POINTS_MM`. The layout is laid over them in scaled orthography, by least
    squares. Raises `UsageError` if the points don't make a face.
    """
    points = np.asarray(points_px, dtype=np.float64)
    if points.shape != (5, 2) or not np.isfinite(points).all():
        raise UsageError("Five landmarks are needed, each with x and y.", where="landmarks")
    layout, mean = FIVE_POINTS_MM - FIVE_POINTS_MM.mean(axis=0), points.mean(axis=0)
    affine = (points - mean).T @ np.linalg.pinv(layout).T  # (2, 3), pixels a mm
    u, scales, vt = np.linalg.svd(affine, full_matrices=False)
    px_per_mm = float(scales.mean())
    if px_per_mm * HEAD_SIDE_MM < 1:
        raise UsageError("The landmarks all lie in one place.", where="landmarks", mend="Check their order and units.")
    center = mean - px_per_mm * (u @ vt) @ FIVE_POINTS_MM.mean(axis=0)
    return box_around(center, px_per_mm * HEAD_SIDE_MM)


def head_box_from_68(points_px: npt.ArrayLike) -> Floats:
    """The head box to the 68 landmarks of the iBUG markup, (68, 2) → (4,) float64, in the same pixels.

    Only the eyes, the nose tip and the mouth's corners are used: what brows, jaw line and chin mean differs among sets.
    Raises `UsageError` as `head_box_from_five`.
    """
    points = np.asarray(points_px, dtype=np.float64)
    if points.shape != (68, 2):
        raise UsageError(f"The landmarks have shape {points.shape}, not (68, 2).", where="landmarks")
    eyes = points[36:42].mean(axis=0), points[42:48].mean(axis=0)
    return head_box_from_five(np.stack([*eyes, points[30], points[48], points[54]]))


def box_around(center_px: npt.ArrayLike, side_px: float) -> Floats:
    """The head box of a head side, around its centre: (4,) float64, `HEAD_WIDTH` as wide as it is high."""
    half = np.array([HEAD_WIDTH, 1.0]) * side_px / 2
    center = np.asarray(center_px, dtype=np.float64)
    return np.concatenate([center - half, center + half])


def _edges(box_px: npt.ArrayLike) -> tuple[float, float, float, float]:
    box = np.asarray(box_px, dtype=np.float64)
    if box.shape != (4,) or not np.isfinite(box).all() or box[0] >= box[2] or box[1] >= box[3]:
        raise UsageError(f"{box.tolist()} is no box.", where="face box", mend="Give x0 < x1 and y0 < y1, in pixels.")
    return float(box[0]), float(box[1]), float(box[2]), float(box[3])
