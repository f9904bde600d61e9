"""The three kinds of files that only Biwi has: poses, camera calibrations, run-length coded depth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from synth.data.readers.files import FETCH_AGAIN, numbers_in, read_bytes, read_text
from synth.errors import DatasetError

Floats = npt.NDArray[np.float64]

_MAX_TEXT_BYTES = 4096
_MAX_SIDE_PX = 4096
_MAX_DEPTH_BYTES = 16 << 20
_NOT_ROTATION = 0.01  # how far RᵀR may be from the identity: the files have six digits


@dataclass(frozen=True, eq=False)
class Calibration:
    """K: (3, 3); R: (3, 3) and t_mm: (3,), from the depth camera's frame into this one's."""

    K: Floats
    R: Floats
    t_mm: Floats


def read_pose(path: Path) -> tuple[Floats, Floats]:
    """A `frame_*_pose.txt`: R (3, 3), head axes to the depth camera's, and the head centre (3,), mm.

    Raises `DatasetError` if it isn't twelve numbers, the first nine of them a rotation.
    """
    values = numbers_in(read_text(path, _MAX_TEXT_BYTES), path, 12, "A rotation matrix and a translation")
    return _rotation(values[:9].reshape(3, 3), path), values[9:]


def read_calibration(path: Path) -> Calibration:
    """An `rgb.cal` or `depth.cal`, by its lines: K in 0 to 2, R in 6 to 8, T in 10; the distortion (4) is zero.

    Raises `DatasetError` if the numbers aren't that.
    """
    lines = [*read_text(path, _MAX_TEXT_BYTES).splitlines(), *[""] * 13]
    K = numbers_in(" ".join(lines[:3]), path, 9, "K in the first three lines").reshape(3, 3)
    R = numbers_in(" ".join(lines[6:9]), path, 9, "R in lines 7 to 9").reshape(3, 3)
    t_mm = numbers_in(lines[10], path, 3, "T in line 11")
    if min(K[0, 0], K[1, 1]) <= 0 or not np.array_equal(K[2], [0, 0, 1]):
        raise DatasetError("K isn't a camera's.", where=str(path), mend=FETCH_AGAIN)
    return Calibration(K, _rotation(R, path), t_mm)


def read_planar_mm(path: Path) -> npt.NDArray[np.float32]:
    """A `frame_*_depth.bin`: (H, W) float32, mm along the optical axis, 0 = nothing measured.

    Little-endian: width, height; then, until all pixels are there, a number of empty ones, a number of full ones, and
    these as int16. Raises `DatasetError` if the runs don't fill the picture exactly, or have values below zero.
    """
    data = read_bytes(path, _MAX_DEPTH_BYTES)
    if len(data) < 8:
        raise _bad_depth(path, "It is cut off")
    width, height = (int(value) for value in np.frombuffer(data, "<i4", 2))
    if not (0 < width <= _MAX_SIDE_PX and 0 < height <= _MAX_SIDE_PX):
        raise _bad_depth(path, f"It says that it has {width}×{height} pixels")
    pixels = np.zeros(width * height, dtype=np.int16)
    filled, position = 0, 8
    while filled < pixels.size:
        if position + 8 > len(data):
            raise _bad_depth(path, "It is cut off")
        empty, full = (int(value) for value in np.frombuffer(data, "<i4", 2, position))
        position += 8
        if empty < 0 or full < 0 or filled + empty + full > pixels.size:
            raise _bad_depth(path, f"A run of {empty} and {full} pixels doesn't fit")
        if position + 2 * full > len(data):
            raise _bad_depth(path, "It is cut off")
        filled += empty
        pixels[filled : filled + full] = np.frombuffer(data, "<i2", full, position)
        filled, position = filled + full, position + 2 * full
    if pixels.min() < 0:
        raise _bad_depth(path, "It has depths below zero")
    return pixels.reshape(height, width).astype(np.float32)


def _rotation(matrix: Floats, path: Path) -> Floats:
    """The nearest rotation, if the matrix is one but for rounding."""
    if np.abs(matrix.T @ matrix - np.eye(3)).max() > _NOT_ROTATION or np.linalg.det(matrix) < 0:
        raise DatasetError("The matrix isn't a rotation.", where=str(path), mend=FETCH_AGAIN)
    u, _, vt = np.linalg.svd(matrix)
    return np.asarray(u @ vt)


def _bad_depth(path: Path, what: str) -> DatasetError:
    return DatasetError(f"{what}: this is no depth map of Biwi.", where=str(path), mend=FETCH_AGAIN)
