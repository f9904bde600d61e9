"""From a picture to the poses of the heads in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.data.source import PoseImage
from synth.errors import UsageError
from synth.evaluate.trial import Candidate, Reading
from synth.geometry.pose import ANGLES, pose_category, rotation_from_euler
from synth.predict.faces import Face, Finder

Floats = npt.NDArray[np.float64]
Picture = npt.NDArray[np.uint8]

DEFAULT_LOOKS = 2


@dataclass(frozen=True, eq=False)
class HeadPose:
    """A head in a picture. `face`: its head box and who found it. R: (3, 3) float64, the pose along the ray to the
    head, camera from head. `euler_deg`: (3,) float64, pitch, yaw, roll of that, `300wlp`.
    """

    face: Face
    R: Floats
    euler_deg: Floats

    @property
    def category(self) -> str:
        """L1 to L4, the source paper's four: by the signs of pitch and yaw."""
        return f"L{int(pose_category(self.euler_deg)) + 1}"

    def as_fields(self) -> dict[str, Any]:
        """Plain values by name, for a line of CSV or a JSON object."""
        box, angles = self.face.head_box_px, self.euler_deg
        return (
            {name: round(float(value), 3) for name, value in zip(ANGLES, angles, strict=True)}
            | {"category": self.category}
            | {name: round(float(value), 2) for name, value in zip(("x0", "y0", "x1", "y1"), box, strict=True)}
            | {"detector": self.face.detector, "score": self.face.score}
            | {f"r{i}{j}": round(float(self.R[i, j]), 6) for i in range(3) for j in range(3)}
        )


class Predictor:
    """Finds heads by `finder` and asks `candidate` for their poses.

    looks: how often a picture is looked at. A cascade's box is of the face, and where the head's centre lies behind it
    only the pose says; so a second look is cropped by what the first one saw. Given boxes and YuNet's take one look.
    Raises `UsageError` if the candidate is fed depth, or tells categories only.
    """

    def __init__(self, candidate: Candidate, finder: Finder, looks: int = DEFAULT_LOOKS) -> None:
        if candidate.input.content == "depth":
            raise UsageError(
                "It reads depth maps, and pictures have none.",
                where=candidate.path,
                mend="Give a checkpoint whose input is grey or rgb.",
            )
        if looks < 1:
            raise UsageError(f"{looks} looks are none.", where="looks", mend="Give 1 or more.")
        self.candidate, self.finder, self.looks = candidate, finder, looks

    def __call__(self, rgb: Picture, faces: Sequence[Face] | None = None) -> list[HeadPose]:
        """The heads of a (H, W, 3) uint8 picture, the largest first, or those of `faces`; none found, none given."""
        seen = list(self.finder(rgb) if faces is None else faces)
        if not seen:
            return []
        heads = self._look(rgb, seen)
        for _ in range(1, self.looks if any(face.face_box_px is not None for face in seen) else 1):
            heads = self._look(rgb, [head.face.centred(head.R) for head in heads])
        return heads

    def _look(self, rgb: Picture, faces: list[Face]) -> list[HeadPose]:
        fed = self.candidate.input
        pictures = np.stack([fed.picture(PoseImage(rgb, None, face.head_box_px, {})) for face in faces])
        R, euler_deg = self._complete(self.candidate.read(pictures))
        return [HeadPose(*head) for head in zip(faces, R, euler_deg, strict=True)]

    def _complete(self, reading: Reading) -> tuple[Floats, Floats]:
        if reading.euler_deg is None:
            raise UsageError(
                "It tells categories, not angles.", where=self.candidate.path, mend="Give a network that does."
            )
        return rotation_from_euler(reading.euler_deg) if reading.R is None else reading.R, reading.euler_deg
