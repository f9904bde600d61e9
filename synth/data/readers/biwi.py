"""Biwi Kinect Head Pose: 24 sequences of 20 people before a Kinect, pictures and depth maps, 15,678 frames.

`01/ … 24/` with `frame_%05d_rgb.png`, `frame_%05d_depth.bin`, `frame_%05d_pose.txt`, `rgb.cal` and `depth.cal`; the
numbering has gaps and starts at 3 in 01. A pose is the 3×3 matrix and the head centre in mm, in the depth camera's
frame. For pictures it is moved into the colour camera's by `rgb.cal` (X_rgb = R X_depth + T), which alone shifts pitch
by a degree. There are no face boxes: the head box is a box of fixed metric size (`HEAD_SIDE_MM`) around the projected
head centre.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from synth.data.face_boxes import HEAD_SIDE_MM, box_around
from synth.data.readers.biwi_files import Calibration, read_calibration, read_planar_mm, read_pose
from synth.data.readers.files import FETCH_AGAIN, read_picture
from synth.data.readers.terms import BIWI, absent
from synth.data.source import PoseImage, PoseTable, checked_position
from synth.errors import DatasetError
from synth.geometry.camera import project
from synth.geometry.depth import planar_to_range
from synth.geometry.pose import euler_from_rotation, pose_along_ray

Stream = Literal["rgb", "depth"]
_ROOTS = ("", "hpdb", "kinect_head_pose_db", "faces_0", "kinect_head_pose_db/hpdb")
_SEQUENCE = re.compile(r"(0[1-9]|1\d|2[0-4])")
_POSE = re.compile(r"frame_(\d{5})_pose\.txt")
# Sequences of somebody who is in an earlier one, too; splits by identity have to know.
_SAME_PERSON = {"15": "03", "18": "05", "21": "02", "22": "07"}


@dataclass(frozen=True)
class _Frame:
    folder: Path
    number: int

    def file(self, what: str) -> Path:
        return self.folder / f"frame_{self.number:05d}_{what}"

    @property
    def id(self) -> int:
        return int(self.folder.name) * 100_000 + self.number

    @property
    def subject(self) -> str:
        return f"biwi-{_SAME_PERSON.get(self.folder.name, self.folder.name)}"


@dataclass(frozen=True, eq=False)
class _Poses:
    """In the frame of the stream's camera: R (N, 3, 3); t_mm (N, 3)."""

    R: npt.NDArray[np.float64]
    t_mm: npt.NDArray[np.float64]


class Biwi:
    """One of Biwi's two streams as a `PoseSource`, poses in the frame of that stream's camera.

    Range maps are in mm along the ray, made from the Kinect's planar depth. Labels carry `K`, `t_mm` and `distance_mm`.
    The first look at `table` reads all poses, some seconds for the whole set.
    """

    def __init__(self, folder: Path, frames: list[_Frame], stream: Stream, cameras: dict[str, Calibration]) -> None:
        self.folder, self.stream = folder, stream
        self._frames, self._cameras = frames, cameras

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("table", "_poses")}

    @property
    def name(self) -> str:
        return "biwi" if self.stream == "rgb" else "biwi_depth"

    @property
    def has_rgb(self) -> bool:
        return self.stream == "rgb"

    @property
    def has_depth(self) -> bool:
        return self.stream == "depth"

    @property
    def about(self) -> str:
        return (
            f"Biwi, {len(self):,} frames, {BIWI.terms}; pose along the ray in the {self.stream} camera's frame,"
            f" head box {HEAD_SIDE_MM:.0f} mm high around the labelled head centre"
        )

    @cached_property
    def table(self) -> PoseTable:
        R = pose_along_ray(self._poses.R, self._poses.t_mm)
        return PoseTable(
            np.array([frame.id for frame in self._frames], dtype=np.int64),
            np.array([frame.subject for frame in self._frames]),
            R,
            euler_from_rotation(R),
            np.full(len(R), "base"),
        )

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int, /) -> PoseImage:
        frame = self._frames[checked_position(index, len(self), self.name)]
        R, t_mm = self._in_camera(frame)
        K = self._cameras[frame.folder.name].K
        labels = {
            "id": frame.id,
            "subject": frame.subject,
            "K": K,
            "R_camera_from_head": R,
            "t_mm": t_mm,
            "distance_mm": float(np.linalg.norm(t_mm)),
        }
        box = box_around(project(K, t_mm), HEAD_SIDE_MM * K[1, 1] / t_mm[2])
        if self.stream == "rgb":
            return PoseImage(read_picture(frame.file("rgb.png")), None, box, labels)
        return PoseImage(None, planar_to_range(read_planar_mm(frame.file("depth.bin")), K), box, labels)

    @cached_property
    def _poses(self) -> _Poses:
        found = [self._in_camera(frame) for frame in self._frames]
        return _Poses(np.stack([R for R, _ in found]), np.stack([t_mm for _, t_mm in found]))

    def _in_camera(self, frame: _Frame) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """R and t in the frame of the stream's camera."""
        R, t_mm = read_pose(frame.file("pose.txt"))
        if self.stream == "rgb":
            camera = self._cameras[frame.folder.name]
            R, t_mm = camera.R @ R, camera.R @ t_mm + camera.t_mm
        if t_mm[2] <= 0:
            raise DatasetError("The head lies behind the camera.", where=str(frame.file("pose.txt")), mend=FETCH_AGAIN)
        return R, t_mm


def open_biwi(folder: Path | str, stream: Stream = "rgb") -> Biwi:
    """The frames of all sequences in `folder` (or in its `hpdb`, `kinect_head_pose_db` or `faces_0`).

    stream: "rgb" or "depth". Raises `DatasetError`: no such folder or no sequences in it (with where the set is had), a
    frame without its picture or depth map, a calibration file that is missing or wrong.
    """
    root = _root(Path(folder))
    wanted = "rgb.png" if stream == "rgb" else "depth.bin"
    frames: list[_Frame] = []
    cameras = {}
    for sequence in sorted(path for path in root.iterdir() if path.is_dir() and _SEQUENCE.fullmatch(path.name)):
        names = {path.name for path in sequence.iterdir()}
        numbers = sorted(int(match[1]) for match in map(_POSE.fullmatch, names) if match)
        here = [_Frame(sequence, number) for number in numbers]
        without = [frame for frame in here if frame.file(wanted).name not in names]
        if without:
            raise DatasetError(
                f"{len(without)} poses have no {wanted} beside them, the first is frame {without[0].number}.",
                where=str(sequence),
                mend=FETCH_AGAIN,
            )
        if here:
            cameras[sequence.name] = read_calibration(sequence / f"{stream}.cal")
        frames += here
    if not frames:
        raise absent(BIWI, Path(folder), "There is no 01/frame_00003_pose.txt or the like in it.")
    return Biwi(root, frames, stream, cameras)


def open_biwi_depth(folder: Path | str) -> Biwi:
    """`open_biwi` for the depth maps."""
    return open_biwi(folder, "depth")


def _root(folder: Path) -> Path:
    """The folder that holds the sequences."""
    if not folder.is_dir():
        raise absent(BIWI, folder, "There is no such folder.")
    for below in _ROOTS:
        inner = folder / below
        if inner.is_dir() and any(path.is_dir() and _SEQUENCE.fullmatch(path.name) for path in inner.iterdir()):
            return inner
    raise absent(BIWI, folder, "There are no sequences 01 to 24 in it.")
