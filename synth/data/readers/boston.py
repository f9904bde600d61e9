"""Boston University head tracking: 45 films of five people, 200 frames of 320×240 each, poses by a magnetic sensor.

`uniform-light/{jam,jim,llm,ssm,vam}{1..9}.{avi,dat}`. A `.dat` is a table of numbers without names: its first row is
skipped, columns 5, 6 and 7 are roll, yaw and pitch in degrees. The sensor's axes are taken as x right, y up, z toward
the viewer, R = Rx(pitch) Ry(yaw) Rz(roll), as published evaluations of the set do: in `300wlp` all three change sign.

The sensor sits anywhere on the head, so that poses only mean something against the film's first frame: compare
`rebased` truth with `rebased` estimates. There are no face boxes: OpenCV's Haar cascades find the face, a film at a
time, and frames without take the box of the nearest frame with one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from synth.data.face_boxes import head_box
from synth.data.haar import HaarFace, find_faces
from synth.data.readers.files import FETCH_AGAIN, files_below, read_text
from synth.data.readers.film import read_film
from synth.data.readers.terms import BOSTON, absent
from synth.data.source import PoseImage, PoseTable, checked_position
from synth.errors import DatasetError, UsageError
from synth.geometry.pose import rotation_from_euler

NAME = "boston"
_FILM = re.compile(r"(jam|jim|llm|ssm|vam)([1-9])")
_PEOPLE = ("jam", "jim", "llm", "ssm", "vam")
_COLUMNS = (6, 5, 4)  # pitch, yaw, roll, counted from 0
_MOST_FRAMES = 10_000
_SMALLEST_FACE_PX = 40


@dataclass(frozen=True, eq=False)
class _Film:
    """`euler_deg`: (frames, 3), pitch, yaw, roll, `300wlp`."""

    path: Path
    person: str
    number: int
    euler_deg: npt.NDArray[np.float64]

    @property
    def id(self) -> int:
        return (_PEOPLE.index(self.person) * 10 + self.number) * _MOST_FRAMES


class Boston:
    """The films' frames as a `PoseSource`, one film after the other.

    A film is decoded as a whole when a frame of it is asked for, and kept until another one's is: read it in order.
    Labels carry `film` and `frame`, and the face box for `synth.data.recentred`.
    """

    name = NAME
    has_rgb, has_depth = True, False

    def __init__(self, folder: Path, films: list[_Film]) -> None:
        self.folder, self._films = folder, films
        self._starts = np.cumsum([0] + [len(film.euler_deg) for film in films])
        self._decoded: tuple[int, list[npt.NDArray[np.uint8]], list[HaarFace]] | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name != "table"} | {"_decoded": None}

    @property
    def about(self) -> str:
        return (
            f"Boston University, {len(self._films)} films, {BOSTON.terms}; poses count from each film's first frame;"
            " head box from the Haar cascades"
        )

    @cached_property
    def table(self) -> PoseTable:
        euler_deg = np.concatenate([film.euler_deg for film in self._films])
        people = np.repeat([film.person for film in self._films], np.diff(self._starts))
        return PoseTable(
            np.concatenate([film.id + np.arange(len(film.euler_deg)) for film in self._films]),
            np.array([f"boston-{person}" for person in people]),
            rotation_from_euler(euler_deg),
            euler_deg,
            np.full(len(euler_deg), "base"),
        )

    def __len__(self) -> int:
        return int(self._starts[-1])

    @property
    def films(self) -> npt.NDArray[np.int64]:
        """(N,) int64: which film each picture is of, for `rebased`."""
        return np.repeat(np.arange(len(self._films)), np.diff(self._starts))

    def __getitem__(self, index: int, /) -> PoseImage:
        position = checked_position(index, len(self), self.name)
        number = int(np.searchsorted(self._starts, position, side="right")) - 1
        film, frame = self._films[number], position - int(self._starts[number])
        pictures, faces = self._film(number)
        labels = {
            "id": film.id + frame,
            "subject": f"boston-{film.person}",
            "film": f"{film.person}{film.number}",
            "frame": frame,
            "face_box_px": faces[frame].face_box_px,
            "face_box_kind": faces[frame].kind,
        }
        return PoseImage(pictures[frame], None, head_box(faces[frame].face_box_px, faces[frame].kind), labels)

    def _film(self, number: int) -> tuple[list[npt.NDArray[np.uint8]], list[HaarFace]]:
        if self._decoded is None or self._decoded[0] != number:
            film = self._films[number]
            pictures = read_film(film.path, len(film.euler_deg))
            self._decoded = number, pictures, _faces(film.path, pictures)
        return self._decoded[1:]


def open_boston(folder: Path | str) -> Boston:
    """The films in `folder` or its `uniform-light`.

    Raises `DatasetError`: no such folder or no films in it (with where the set is had), a film without its `.dat`, a
    `.dat` that isn't a table of numbers.
    """
    root = Path(folder)
    if not root.is_dir():
        raise absent(BOSTON, root, "There is no such folder.")
    inner = root / "uniform-light"
    root = inner if inner.is_dir() else root
    films = []
    for path in files_below(root, "*.avi"):
        if match := _FILM.fullmatch(path.stem):
            films.append(_Film(path, match[1], int(match[2]), _read_dat(path.with_suffix(".dat"))))
    if not films:
        raise absent(BOSTON, Path(folder), "There is no jam1.avi or the like in it.")
    return Boston(root, films)


def rebased(R_camera_from_head: npt.ArrayLike, films: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Rotations against each film's first frame, R0ᵀ Rt: what the set's truth and estimates are compared by.

    R_camera_from_head: (N, 3, 3); films: (N,), equal for frames of one film, the earliest first. Gives (N, 3, 3).
    Raises `UsageError` if their lengths differ.
    """
    R, which = np.asarray(R_camera_from_head, dtype=np.float64), np.asarray(films)
    if R.ndim != 3 or R.shape[1:] != (3, 3) or which.shape != R.shape[:1]:
        raise UsageError(f"{R.shape} rotations and {which.shape} film numbers don't go together.", where="films")
    _, first, inverse = np.unique(which, return_index=True, return_inverse=True)
    return np.asarray(R[first][inverse.reshape(-1)].swapaxes(-1, -2) @ R)


def _read_dat(path: Path) -> npt.NDArray[np.float64]:
    """(frames, 3) float64: pitch, yaw, roll in degrees, `300wlp`."""
    rows = [line.split() for line in read_text(path).splitlines() if line.strip()][1:]
    try:
        angles = np.array([[float(row[column]) for column in _COLUMNS] for row in rows], dtype=np.float64)
    except (ValueError, IndexError) as error:
        raise DatasetError(
            "Rows of at least seven numbers were expected.", where=str(path), mend=FETCH_AGAIN
        ) from error
    if not 0 < len(angles) <= _MOST_FRAMES or not np.isfinite(angles).all() or np.abs(angles).max() > 360:
        raise DatasetError("It isn't a table of angles in degrees.", where=str(path), mend=FETCH_AGAIN)
    return -angles


def _faces(path: Path, pictures: list[npt.NDArray[np.uint8]]) -> list[HaarFace]:
    """A face for each picture: its largest, or that of the nearest picture that has one."""
    found = [find_faces(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), _SMALLEST_FACE_PX) for picture in pictures]
    with_face = np.array([number for number, faces in enumerate(found) if faces])
    if with_face.size == 0:
        raise DatasetError("In none of its frames a face is found.", where=str(path), mend="Leave this film out.")
    nearest = [int(with_face[np.argmin(np.abs(with_face - number))]) for number in range(len(pictures))]
    return [found[number][0] for number in nearest]
