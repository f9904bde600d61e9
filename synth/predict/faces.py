"""Faces in a picture, and the head box around each: by YuNet if its model is at hand, else by OpenCV's cascades."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt

from synth.data.face_boxes import head_box, head_box_from_five
from synth.data.haar import find_faces
from synth.errors import UsageError

Floats = npt.NDArray[np.float64]
Picture = npt.NDArray[np.uint8]
Detector = Literal["yunet", "haar_frontal", "haar_profile_left", "haar_profile_right", "given"]

YUNET_VARIABLE = "SYNTH_YUNET"
_YUNET_SCORE, _YUNET_LARGEST_SIDE_PX = 0.7, 1280
_MAX_MODEL_BYTES = 64 << 20


@dataclass(frozen=True, eq=False)
class Face:
    """`head_box_px`: (4,) float64 x0, y0, x1, y1, around skull, face and ears. `score`: YuNet's confidence, 0 to 1, or
    the number of Haar detections; None of a given box. `face_box_px`: the cascade's own box, which the head box follows
    from once the pose is known; None where the head box doesn't hang on it.
    """

    head_box_px: Floats
    detector: Detector
    score: float | None = None
    face_box_px: Floats | None = None

    def centred(self, R_camera_from_head: npt.ArrayLike) -> Face:
        """The same face with its head box corrected by an estimate of the pose, (3, 3)."""
        if self.face_box_px is None:
            return self
        return replace(self, head_box_px=head_box(self.face_box_px, self.detector, R_camera_from_head))


Finder = Callable[[Picture], list[Face]]
"""(H, W, 3) uint8 RGB → its faces, the largest first."""


def open_finder(yunet: Path | None = None) -> Finder:
    """YuNet with the model file `yunet` (or the one that $SYNTH_YUNET names), else the Haar cascades.

    Raises `UsageError` if a model is named that isn't there or that OpenCV can't load.
    """
    named = str(yunet) if yunet else os.environ.get(YUNET_VARIABLE, "")
    return Yunet(Path(named)) if named else find_by_haar


def given_faces(boxes_px: npt.ArrayLike) -> list[Face]:
    """Faces whose head boxes somebody gives, (N, 4). Raises `UsageError` if one is none."""
    faces = []
    for box in np.asarray(boxes_px, dtype=np.float64).reshape(-1, 4):
        if not np.isfinite(box).all() or box[0] >= box[2] or box[1] >= box[3]:
            raise UsageError(
                f"{box.tolist()} is no box.",
                where="--box",
                mend="Give x0,y0,x1,y1 with x0 < x1 and y0 < y1, in pixels.",
            )
        faces.append(Face(box, "given"))
    return faces


def find_by_haar(rgb: Picture) -> list[Face]:
    """The faces that OpenCV's cascades find in a (H, W, 3) uint8 picture, the largest first."""
    grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    smallest = max(40, min(grey.shape) // 16)
    return [
        Face(found.head_box_px, found.kind, found.score, found.face_box_px)  # type: ignore[arg-type]
        for found in find_faces(grey, smallest)
    ]


class Yunet:
    """OpenCV's YuNet (Wu, Peng and Yu 2023); its model is a file of some 230 kB in OpenCV's model zoo.

    Head boxes come from its five landmarks, so that they need no estimate of the pose.
    """

    def __init__(self, model: Path) -> None:
        if not model.is_file() or model.stat().st_size > _MAX_MODEL_BYTES:
            raise UsageError(
                "There is no YuNet model.",
                where=str(model),
                mend=f"Give face_detection_yunet_2023mar.onnx of OpenCV's model zoo, or leave --yunet and"
                f" ${YUNET_VARIABLE} away to use OpenCV's own cascades.",
            )
        try:
            self._net = cv2.FaceDetectorYN.create(str(model), "", (320, 320), _YUNET_SCORE)
        except cv2.error as error:
            raise UsageError(
                "OpenCV can't load this as a YuNet model.",
                where=str(model),
                mend="Fetch it from OpenCV's model zoo again.",
            ) from error

    def __call__(self, rgb: Picture) -> list[Face]:
        scale = min(1.0, _YUNET_LARGEST_SIDE_PX / max(rgb.shape[:2]))
        bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
        small = bgr if scale == 1 else cv2.resize(bgr, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        self._net.setInputSize((small.shape[1], small.shape[0]))
        _, rows = self._net.detect(small)
        return yunet_faces(rows, scale)


def yunet_faces(rows: npt.ArrayLike | None, scale: float) -> list[Face]:
    """YuNet's rows (box x, y, w, h, five landmarks, score), found in a picture scaled by `scale`, the largest first."""
    faces = []
    for row in np.asarray([] if rows is None else rows, dtype=np.float64).reshape(-1, 15):
        points = row[4:14].reshape(5, 2) / scale  # the eyes, the nose tip, the mouth's corners; each pair from the left
        if np.isfinite(points).all() and np.ptp(points, axis=0).max() > 1:
            faces.append(Face(head_box_from_five(points), "yunet", float(row[14])))
    return sorted(faces, key=lambda face: -float(face.head_box_px[3] - face.head_box_px[1]))
