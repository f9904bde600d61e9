"""The `.mat` files of 300W-LP and AFLW2000-3D: pose and landmarks of a picture, read without trust."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.io

from synth.data.readers.files import FETCH_AGAIN, read_bytes
from synth.errors import DatasetError

Floats = npt.NDArray[np.float64]
_MAX_BYTES = 4 << 20
_NUMBERS = ("double", "single")


def read_variable(path: Path, shapes: dict[str, tuple[int, int]]) -> dict[str, Floats]:
    """Some variables of a MATLAB file by name, float64, of exactly these shapes and finite.

    What the file says of a variable is checked before it is read, so that nothing large is unpacked; structures,
    objects and functions are never built. Raises `DatasetError`.
    """
    data = io.BytesIO(read_bytes(path, _MAX_BYTES))
    try:
        said = {name: (shape, kind) for name, shape, kind in scipy.io.whosmat(data)}  # type: ignore[arg-type]
        for name, shape in shapes.items():
            if said.get(name, ((), ""))[0] != shape or said[name][1] not in _NUMBERS:
                found = "×".join(map(str, said[name][0])) + f" {said[name][1]}" if name in said else "missing"
                raise _bad(path, f"{name} is {found}, not {shape[0]}×{shape[1]} numbers")
        data.seek(0)
        read = scipy.io.loadmat(data, variable_names=list(shapes), chars_as_strings=False)  # type: ignore[arg-type]
        values = {name: np.asarray(read[name], dtype=np.float64) for name in shapes}
    except DatasetError:
        raise
    except Exception as error:  # SciPy's reader raises whatever a damaged file leads it to
        raise _bad(path, f"It is no MATLAB file of version 4 to 7 ({type(error).__name__})") from error
    for name, value in values.items():
        if value.shape != shapes[name] or not np.isfinite(value).all():
            raise _bad(path, f"{name} has values that aren't numbers")
    return values


def _bad(path: Path, what: str) -> DatasetError:
    return DatasetError(f"{what}.", where=str(path), mend=FETCH_AGAIN)


POSE = "Pose_Para"
POSE_SHAPE = (1, 7)


def read_angles_deg(path: Path) -> Floats:
    """(3,) float64: pitch, yaw, roll in degrees, `300wlp`, of the first three numbers of `Pose_Para` (radians)."""
    return np.degrees(read_variable(path, {POSE: POSE_SHAPE})[POSE][0, :3])


def read_landmarks(path: Path, name: str, rows: int) -> Floats:
    """(68, 2) float64, pixels: `pt2d` (2 rows) or `pt3d_68` (3 rows), whose x and y are kept."""
    return read_variable(path, {name: (rows, 68)})[name][:2].T
