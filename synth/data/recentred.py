"""A set whose head boxes are made anew from its face boxes, now that the poses are known roughly.

A face box says where the face is, not where the head is: in a turned head the two are a third of the head apart, and a
network that was trained on crops around heads sees the head off the middle. So one looks twice: the first estimates,
made from boxes as for a frontal face, tell how far the head's centre lies behind each face. No label enters.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from synth.data.face_boxes import head_box
from synth.data.source import Content, PoseImage, PoseSource, PoseTable, narrowed
from synth.errors import UsageError


class Recentred:
    """`source`, its head boxes corrected by estimates of the poses.

    R_camera_from_head: (N, 3, 3), what a network said of each picture; where it isn't finite, or a picture has no label
    `face_box_px` and `face_box_kind`, the box stays. Raises `UsageError` if there isn't one estimate a picture.
    """

    def __init__(self, source: PoseSource, R_camera_from_head: npt.ArrayLike) -> None:
        R = np.asarray(R_camera_from_head, dtype=np.float64)
        if R.shape != (len(source), 3, 3):
            raise UsageError(f"{len(source)} rotations are needed, not {R.shape}.", where=source.name)
        self.source, self._R = source, R

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def has_rgb(self) -> bool:
        return self.source.has_rgb

    @property
    def has_depth(self) -> bool:
        return self.source.has_depth

    @property
    def about(self) -> str:
        return f"{self.source.about}, centred anew by a first estimate"

    @property
    def table(self) -> PoseTable:
        return self.source.table

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, index: int, /) -> PoseImage:
        image, R = self.source[index], self._R[index]
        if "face_box_kind" not in image.labels or not np.isfinite(R).all():
            return image
        box = head_box(image.labels["face_box_px"], image.labels["face_box_kind"], R)
        return replace(image, head_box_px=box)

    def narrowed(self, content: Content) -> Recentred:
        return Recentred(narrowed(self.source, content), self._R)


def has_face_boxes(source: PoseSource) -> bool:
    """Whether looking twice can help: the first picture's box comes from a face box."""
    return len(source) > 0 and "face_box_kind" in source[0].labels
