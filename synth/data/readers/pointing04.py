"""Pointing'04: 15 people who look at markers on the wall, 93 nominal poses in two series each.

`PersonNN/personNNSII±T±P.jpg` (person, series, index, tilt, pan in degrees), 384×288, with a `.txt` of the same name
whose last four lines are the face box: centre x, centre y, width, height in pixels. In `300wlp` pitch is tilt and yaw
is pan; roll isn't labelled. The labels are nominal (tilts look half as large), see `synth.evaluate.nominal`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.data.face_boxes import head_box
from synth.data.readers.files import FETCH_AGAIN, files_below, numbers_in, read_picture, read_text
from synth.data.readers.terms import POINTING04, absent
from synth.data.source import PoseImage, PoseTable, checked_position
from synth.errors import DatasetError

NAME = "pointing04"
_FILE = re.compile(r"person(\d{2})([12])(\d{2})([+-]\d{1,2})([+-]\d{1,2})")
_PERSON = re.compile(r"[Pp]erson\d{2}")
_MAX_TEXT_BYTES = 4096


@dataclass(frozen=True)
class _Picture:
    path: Path
    person: str
    series: int
    number: int
    tilt_deg: int
    pan_deg: int

    @property
    def id(self) -> int:
        return int(self.person) * 1000 + self.series * 100 + self.number


class Pointing04:
    """The pictures of a folder as a `PoseSource`; a part of the 15 people is a set, too.

    Head boxes come from the annotated face boxes alone, as for a face that looks into the camera; no label enters. The
    labels `face_box_px` and `face_box_kind` let `synth.data.recentred` correct them by an estimate of the pose.
    """

    name = NAME
    has_rgb, has_depth = True, False

    def __init__(self, folder: Path, pictures: list[_Picture]) -> None:
        self.folder, self._pictures = folder, pictures

    @property
    def about(self) -> str:
        people = len({picture.person for picture in self._pictures})
        return f"Pointing'04, {people} people, {POINTING04.terms}; nominal labels, head box from the set's face box"

    @cached_property
    def table(self) -> PoseTable:
        angles = np.array([[p.tilt_deg, p.pan_deg, np.nan] for p in self._pictures], dtype=np.float64)
        return PoseTable(
            np.array([picture.id for picture in self._pictures], dtype=np.int64),
            np.array([f"pointing04-{picture.person}" for picture in self._pictures]),
            np.full((len(angles), 3, 3), np.nan),
            angles,
            np.full(len(angles), "base"),
        )

    def __len__(self) -> int:
        return len(self._pictures)

    def __getitem__(self, index: int, /) -> PoseImage:
        picture = self._pictures[checked_position(index, len(self), self.name)]
        face_box_px = _read_face_box(picture.path.with_suffix(".txt"))
        labels: dict[str, Any] = {
            "id": picture.id,
            "subject": f"pointing04-{picture.person}",
            "face_box_px": face_box_px,
            "face_box_kind": NAME,
        }
        return PoseImage(read_picture(picture.path), None, head_box(face_box_px, NAME), labels)


def open_pointing04(folder: Path | str) -> Pointing04:
    """The pictures below `folder`, by person, series and index.

    Raises `DatasetError`: no such folder or no pictures in it (with where the set is had), or a picture without its
    `.txt`; what a picture or its box has wrong is raised when it is read.
    """
    root = Path(folder)
    if not root.is_dir():
        raise absent(POINTING04, root, "There is no such folder.")
    found = []
    for path in files_below(root, "*/*.jpg"):
        match = _FILE.fullmatch(path.stem)
        if match is None or not _PERSON.fullmatch(path.parent.name):
            continue
        person, series, number, tilt, pan = match.groups()
        found.append(_Picture(path, person, int(series), int(number), int(tilt), int(pan)))
    if not found:
        raise absent(POINTING04, root, "There is no PersonNN/personNNSII±T±P.jpg in it.")
    without = [picture.path for picture in found if not picture.path.with_suffix(".txt").is_file()]
    if without:
        raise DatasetError(
            f"{len(without)} pictures have no .txt beside them, this is the first.",
            where=str(without[0]),
            mend=FETCH_AGAIN,
        )
    return Pointing04(root, sorted(found, key=lambda picture: picture.id))


def _read_face_box(path: Path) -> npt.NDArray[np.float64]:
    """x0, y0, x1, y1, pixels."""
    _, face, numbers = read_text(path, _MAX_TEXT_BYTES).partition("Face")
    if not face:
        raise DatasetError("It has no line with Face.", where=str(path), mend=FETCH_AGAIN)
    x, y, width, height = numbers_in(numbers, path, 4, "The face's centre x and y, width and height")
    if width <= 0 or height <= 0:
        raise DatasetError(f"The face is {width:g}×{height:g} pixels.", where=str(path), mend=FETCH_AGAIN)
    return np.array([x - width / 2, y - height / 2, x + width / 2, y + height / 2])
