"""Faces by the Haar cascades that OpenCV ships: frontal ones, and profiles to either side.

Viola and Jones' detector misses tilted and strongly turned faces and sees some that aren't there; it is what is always
at hand. Which cascade fires says roughly where a face looks, and `synth.data.face_boxes` knows how each draws its box.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from synth.data.face_boxes import head_box
from synth.errors import SynthError

Floats = npt.NDArray[np.float64]

_CASCADES = {"frontal": "haarcascade_frontalface_default.xml", "profile": "haarcascade_profileface.xml"}
_LARGEST_SIDE_PX = 1280
_SCALE_STEP = 1.1
_NEIGHBOURS = 5
_SAME_FACE = 0.6  # of the larger head's side: two faces whose heads' centres are nearer than that are taken for one


@dataclass(frozen=True, eq=False)
class HaarFace:
    """`face_box_px`: (4,) x0, y0, x1, y1 as the cascade draws it; `kind`: its key in `face_boxes.FACE_BOXES`.

    `score`: how many overlapping detections made it, at least 5; comparable within a cascade only.
    """

    face_box_px: Floats
    kind: str
    score: float

    @property
    def head_box_px(self) -> Floats:
        """(4,) float64: the head box for a pose that isn't known."""
        return head_box(self.face_box_px, self.kind)


def find_faces(grey: npt.NDArray[np.uint8], smallest_px: int = 40) -> list[HaarFace]:
    """The faces of a (H, W) uint8 picture, the largest first; each once, frontal rather than profile.

    smallest_px: width of the smallest face box that is looked for. Large pictures are searched at 1280 pixels.
    """
    scale = min(1.0, _LARGEST_SIDE_PX / max(grey.shape))
    small = grey if scale == 1 else cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    least = max(20, round(smallest_px * scale))
    width = small.shape[1]
    found = [HaarFace(box / scale, "haar_frontal", score) for box, score in _detect("frontal", small, least)]
    found += [HaarFace(box / scale, "haar_profile_left", score) for box, score in _detect("profile", small, least)]
    for box, score in _detect("profile", np.ascontiguousarray(small[:, ::-1]), least):
        mirrored = np.array([width - box[2], box[1], width - box[0], box[3]])
        found.append(HaarFace(mirrored / scale, "haar_profile_right", score))
    found.sort(key=lambda face: (face.kind != "haar_frontal", -face.score))
    kept: list[HaarFace] = []
    for face in found:
        if not any(_same(face.head_box_px, other.head_box_px) for other in kept):
            kept.append(face)
    return sorted(kept, key=lambda face: -float(face.head_box_px[3] - face.head_box_px[1]))


def _same(a: Floats, b: Floats) -> bool:
    between = np.linalg.norm((a[:2] + a[2:]) / 2 - (b[:2] + b[2:]) / 2)
    return bool(between < _SAME_FACE * max(a[3] - a[1], b[3] - b[1]))


def _detect(cascade: str, grey: npt.NDArray[np.uint8], least_px: int) -> list[tuple[Floats, float]]:
    if min(grey.shape) < least_px:
        return []
    boxes, counts = _cascade(cascade).detectMultiScale2(
        grey, scaleFactor=_SCALE_STEP, minNeighbors=_NEIGHBOURS, minSize=(least_px, least_px)
    )
    return [
        (np.array([x, y, x + w, y + h], dtype=np.float64), float(count))
        for (x, y, w, h), count in zip(boxes, counts, strict=True)
    ]


@cache
def _cascade(name: str) -> cv2.CascadeClassifier:
    path = Path(cv2.__file__).parent / "data" / _CASCADES[name]
    cascade = cv2.CascadeClassifier(str(path))
    if cascade.empty():
        raise SynthError("OpenCV's cascade can't be read.", where=str(path), mend="Install opencv-python again.")
    return cascade
