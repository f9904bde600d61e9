"""The labels of a face's landmarks: where they are, and which of them can be seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.geometry.camera import Box, bounding_box, project
from synth.heads.face import LANDMARKS
from synth.render.raycast import Posed, into_target

Floats = NDArray[np.floating]

HIDDEN_BEHIND_MM = 3.0
"""What is nearer than a landmark by more than this hides it. Less is the landmark's own skin: a fold, a lid's rim."""


def landmark_labels(points_mm: Floats | None, occluders: Sequence[Posed], K: Floats, stored: Box) -> dict[str, Any]:
    """The columns about landmarks.

    points_mm: (68, 3) in the camera frame; None = the head has none. occluders: what may hide them. K: (3, 3) of the
    stored picture, which is the box `stored` of the frame.
    """
    if points_mm is None:
        return {
            "landmarks_px": None,
            "landmarks_mm": None,
            "landmarks_visible": np.zeros(LANDMARKS, np.uint8),
            "face_box_px": None,
        }
    points_mm = points_mm.astype(np.float32)
    in_picture = project(K, points_mm)
    points_px = (in_picture + np.array([stored.x0, stored.y0])).astype(np.float32)
    inside = ((in_picture >= 0) & (in_picture <= (stored.width, stored.height))).all(axis=1)
    return {
        "landmarks_px": points_px,
        "landmarks_mm": points_mm,
        "landmarks_visible": (inside & unhidden(points_mm, occluders)).astype(np.uint8),
        "face_box_px": bounding_box(points_px).astype(np.float32),
    }


def unhidden(points_mm: Floats, occluders: Sequence[Posed]) -> NDArray[np.bool_]:
    """(N,) bool: which of the points (N, 3), camera frame, have nothing in front of them."""
    away_mm = np.linalg.norm(points_mm.astype(np.float64), axis=1)
    rays = points_mm / away_mm[:, None]
    free = np.ones(len(points_mm), bool)
    for target, camera_from_target in occluders:
        distance = target.distances_mm(*into_target(camera_from_target, rays))
        free &= (distance == 0) | (distance >= away_mm - HIDDEN_BEHIND_MM)
    return free
