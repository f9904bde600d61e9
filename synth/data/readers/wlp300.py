"""300W-LP and AFLW2000-3D: faces in the wild with poses from a fitted face model.

300W-LP: `{AFW,HELEN,IBUG,LFPW}[_Flip]/NAME_k.{jpg,mat}`; k counts the poses that a photograph was turned to.
AFLW2000-3D: `image%05d.{jpg,mat}`. The angles (`Pose_Para`, radians) are what `300wlp` means, and `3ddfa` alike. The
fit is in scaled orthography, so its pose is already the one along the ray. The head box is made from the 68 landmarks:
eyes, nose tip and mouth corners carry a head of a grown-up's proportions (`synth.data.face_boxes`). Other protocols
box brows to chin, about half as large.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.data.face_boxes import head_box_from_68
from synth.data.readers.files import FETCH_AGAIN, files_below, read_picture
from synth.data.readers.landmark_files import read_angles_deg, read_landmarks
from synth.data.readers.terms import AFLW2000, WLP300, Terms, absent
from synth.data.source import PoseImage, PoseTable, checked_position
from synth.errors import DatasetError, UsageError
from synth.geometry.pose import rotation_from_euler

MAX_ANGLE_DEG = 99.0
SUBSETS = ("AFW", "HELEN", "IBUG", "LFPW")
_WLP_FILE = re.compile(r"(.+)_(\d+)")
_AFLW_FILE = re.compile(r"image(\d{5})")


@dataclass(frozen=True)
class _Picture:
    """`photo`: what tells photographs apart; all pictures made from one show the same moment."""

    path: Path
    id: int
    photo: str
    scene: int


@dataclass(frozen=True)
class _Layout:
    """What differs between the two: the landmarks' variable in the .mat, and how many rows it has."""

    name: str
    terms: Terms
    landmarks: str
    rows: int


_WLP = _Layout("300wlp", WLP300, "pt2d", 2)
_AFLW = _Layout("aflw2000", AFLW2000, "pt3d_68", 3)


class LandmarkSet:
    """300W-LP or AFLW2000-3D as a `PoseSource`.

    The people are unknown: each photograph counts as one. `about` says how many pictures were left out for an angle
    beyond ±99°, which the fits are known to get wrong.
    """

    has_rgb, has_depth = True, False

    def __init__(self, layout: _Layout, pictures: list[_Picture], angles_deg: npt.NDArray[np.float64]) -> None:
        kept = np.abs(angles_deg).max(axis=1) <= MAX_ANGLE_DEG
        self._layout, self.left_out = layout, int((~kept).sum())
        self._pictures = [picture for picture, keep in zip(pictures, kept, strict=True) if keep]
        self._angles_deg = angles_deg[kept]
        if not self._pictures:
            raise DatasetError(
                f"All {self.left_out} pictures have an angle beyond ±{MAX_ANGLE_DEG:.0f}°.",
                where=layout.name,
                mend=FETCH_AGAIN,
            )

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "table"}

    @property
    def name(self) -> str:
        return self._layout.name

    @property
    def about(self) -> str:
        total = len(self) + self.left_out
        return (
            f"{self._layout.terms.title}, {len(self):,} of {total:,} pictures (those with all angles within"
            f" ±{MAX_ANGLE_DEG:.0f}°), {self._layout.terms.terms}; head box from the eyes, nose and mouth corners"
        )

    @cached_property
    def table(self) -> PoseTable:
        return PoseTable(
            np.array([picture.id for picture in self._pictures], dtype=np.int64),
            np.array([f"{self.name}-{picture.photo}" for picture in self._pictures]),
            rotation_from_euler(self._angles_deg),
            self._angles_deg,
            np.full(len(self), "base"),
            np.array([picture.scene for picture in self._pictures], dtype=np.int64),
        )

    def __len__(self) -> int:
        return len(self._pictures)

    def __getitem__(self, index: int, /) -> PoseImage:
        picture = self._pictures[checked_position(index, len(self), self.name)]
        mat = picture.path.with_suffix(".mat")
        points = read_landmarks(mat, self._layout.landmarks, self._layout.rows)
        try:
            box = head_box_from_68(points)
        except UsageError as error:
            raise DatasetError(error.what, where=str(mat), mend=FETCH_AGAIN) from error
        labels = {"id": picture.id, "subject": f"{self.name}-{picture.photo}"}
        return PoseImage(read_picture(picture.path), None, box, labels)


def open_wlp300(folder: Path | str) -> LandmarkSet:
    """The pictures of 300W-LP's four sets and their mirrored copies, as many of them as are there.

    Reads every `.mat`, a minute or two for all 122,450. Raises `DatasetError`: the set isn't there (with where it is
    had), a picture without its `.mat`, a `.mat` that isn't what it should be.
    """
    root = _existing(Path(folder), WLP300)
    paths = [
        path for subset in SUBSETS for flip in ("", "_Flip") for path in files_below(root, f"{subset}{flip}/*.jpg")
    ]
    matches = [(path, match) for path in paths if (match := _WLP_FILE.fullmatch(path.stem))]
    pictures = []
    for path, match in matches:
        photo = f"{path.parent.name.removesuffix('_Flip')}/{match[1]}"
        pictures.append(_Picture(path, _number(f"{path.parent.name}/{path.stem}"), photo, _number(photo)))
    return _opened(_WLP, root, pictures, "There is no AFW/NAME_0.jpg or the like in it.")


def open_aflw2000(folder: Path | str) -> LandmarkSet:
    """The pictures of AFLW2000-3D with all angles within ±99° (1,969 of 2,000).

    Raises `DatasetError` as `open_wlp300`.
    """
    root = _existing(Path(folder), AFLW2000)
    matches = [(path, match) for path in files_below(root, "image*.jpg") if (match := _AFLW_FILE.fullmatch(path.stem))]
    pictures = [_Picture(path, int(match[1]), match[1], int(match[1])) for path, match in matches]
    return _opened(_AFLW, root, pictures, "There is no image00002.jpg or the like in it.")


def _number(text: str) -> int:
    """The same for the same text, whatever else of the set is there; 56 bits, so that no two of it are alike."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:7], "big")


def _existing(folder: Path, terms: Terms) -> Path:
    if not folder.is_dir():
        raise absent(terms, folder, "There is no such folder.")
    inner = folder / terms.title  # the archives unpack into a folder of the set's name
    return inner if inner.is_dir() else folder


def _opened(layout: _Layout, root: Path, pictures: list[_Picture], nothing: str) -> LandmarkSet:
    if not pictures:
        raise absent(layout.terms, root, nothing)
    angles_deg = np.stack([read_angles_deg(picture.path.with_suffix(".mat")) for picture in pictures])
    return LandmarkSet(layout, pictures, angles_deg)
