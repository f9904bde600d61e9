"""300W-LP: `AFW/SUBJECT_12.jpg` with `AFW/SUBJECT_12.mat` beside it, and `files.txt`, the list that 6DRepNet reads.

Head-pose code takes from a `.mat` the pose (`Pose_Para`, radians: pitch, yaw, roll, what `300wlp` means) and from the
68 points (`pt2d`) a box to crop by. The pose is the one along the ray to the head: 300W-LP's is fitted in scaled
orthography, so it is what the crop shows. The folder is called AFW because readers look for the set's four names; the
rest of `Pose_Para`, a translation and a scale of a face model that isn't fitted here, is zero.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.io

from synth.convert.face_points import mean_face_px
from synth.convert.sample import PlainSample

LIST_NAME, SUBSET = "files.txt", "AFW"
_HEADER = b"MATLAB 5.0 MAT-file, written by synth convert"
_HEADER_BYTES = 116  # SciPy writes a date into it; equal samples are to give equal bytes
_PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_MAX_ANGLE_DEG = 99.0
"""Training code bins angles from -99° to 99°, and leaves pictures out of its list that are beyond."""


def write_wlp300(folder: Path, samples: Iterable[PlainSample]) -> dict[str, int]:
    """Pictures, `.mat` files and the list; how many of each, and of how many the points are a mean face's."""
    (folder / SUBSET).mkdir()
    files = {"jpg": 0, "mat": 0, "listed": 0, "mean_face": 0}
    with (folder / LIST_NAME).open("w", encoding="ascii") as listed:
        for sample in samples:
            stem = f"{SUBSET}/{_plain_name(sample.subject)}_{sample.id}"
            points, measured = points_px(sample)
            angles_deg = sample.euler_along_ray_deg
            (folder / f"{stem}.jpg").write_bytes(sample.picture)
            (folder / f"{stem}.mat").write_bytes(_mat(sample, points, angles_deg, measured))
            files["jpg"] += 1
            files["mat"] += 1
            files["mean_face"] += not measured
            if np.abs(angles_deg).max() <= _MAX_ANGLE_DEG:
                listed.write(f"{stem}\n")
                files["listed"] += 1
    return files


def points_px(sample: PlainSample) -> tuple[npt.NDArray[np.float64], bool]:
    """(68, 2) pixels of the picture, and whether they are this head's: else a mean face's, in its pose and size."""
    if "landmarks_px" in sample.labels and np.isfinite(sample.labels["landmarks_px"]).all():
        return sample.labels["landmarks_px"].astype(np.float64), True
    labels = sample.labels
    R, t_mm, K = labels["R_camera_from_head"], labels["t_mm"], labels["K"]
    return mean_face_px(R, t_mm, K, labels["head_box_px"]), False


def _mat(
    sample: PlainSample, points: npt.NDArray[np.float64], angles_deg: npt.NDArray[np.float64], measured: bool
) -> bytes:
    low, high = points.min(axis=0), points.max(axis=0)
    content: dict[str, Any] = {
        "Pose_Para": np.concatenate([np.radians(angles_deg), np.zeros(4)])[None],
        "pt2d": points.T.copy(),
        "roi": np.concatenate([low, high])[None],
        "pt2d_of_this_head": np.array([[float(measured)]]),
        "R_camera_from_head": sample.labels["R_camera_from_head"],
        "t_mm": sample.labels["t_mm"][None],
        "K": sample.labels["K"],
        "head_box_px": sample.labels["head_box_px"].astype(np.float64)[None],
    }
    buffer = io.BytesIO()
    scipy.io.savemat(buffer, content, format="5")  # type: ignore[arg-type]  # it takes files too
    return _HEADER.ljust(_HEADER_BYTES) + buffer.getvalue()[_HEADER_BYTES:]


def _plain_name(subject: str) -> str:
    """The subject, if it can be part of any file's name, else a checksum of it. What comes before the last _ is one
    person's, so code that deals out pictures by that keeps people apart."""
    if _PLAIN_NAME.fullmatch(subject):
        return subject
    return "s" + hashlib.sha256(subject.encode("utf-8", "replace")).hexdigest()[:16]
