"""Labels of a picture that is mirrored and turned in its plane."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth.geometry.pose import euler_from_rotation, pose_category, rotation_from_euler

Floats = npt.NDArray[np.float64]

UNLABELLED = -1  # the category of a picture whose pitch or yaw nobody knows

_MIRROR = np.diag([-1.0, 1.0, 1.0])
_SIGNS = np.array([1.0, -1.0, -1.0])  # of pitch, yaw, roll in a mirrored picture


@dataclass(frozen=True, eq=False)
class Poses:
    """R: (B, 3, 3) float64, camera from head along the ray; euler_deg: (B, 3) float64, 300wlp; NaN = unlabelled."""

    R: Floats
    euler_deg: Floats

    @property
    def category(self) -> npt.NDArray[np.int64]:
        """(B,) int64: 0 … 3 as `pose_category`, -1 where pitch or yaw is unlabelled."""
        known = np.isfinite(self.euler_deg[:, :2]).all(axis=1)
        return np.where(known, pose_category(self.euler_deg), UNLABELLED)


def moved_poses(poses: Poses, mirrored: npt.NDArray[np.bool_], turn_deg: Floats) -> Poses:
    """The poses that pictures show which are first mirrored left to right, then turned clockwise by `turn_deg`.

    mirrored: (B,) bool; turn_deg: (B,) degrees. R' = Rz(turn) · M R M with M = diag(-1, 1, 1): mirrored, pitch stays
    and yaw and roll change sign. Exact if the turn is about the head. What a turn makes of pitch and yaw doesn't hang
    on the roll, so that they stay known where only the roll is unlabelled; without pitch or yaw a turn leaves nothing.
    """
    R, euler = poses.R.copy(), poses.euler_deg.copy()
    R[mirrored] = _MIRROR @ R[mirrored] @ _MIRROR
    euler[mirrored] *= _SIGNS
    turned = turn_deg != 0
    if turned.any():
        R[turned], euler[turned] = _turned(R[turned], euler[turned], turn_deg[turned])
    return Poses(R, euler)


def _turned(R: Floats, euler_deg: Floats, turn_deg: Floats) -> tuple[Floats, Floats]:
    about_z = np.zeros((len(turn_deg), 3))
    about_z[:, 2] = turn_deg
    Rz = rotation_from_euler(about_z)
    known = np.isfinite(euler_deg[:, :2]).all(axis=1)
    level = rotation_from_euler(np.where(known[:, None], np.nan_to_num(euler_deg), 0.0))
    with warnings.catch_warnings():  # at yaw ±90° roll is a matter of choice, and SciPy's is 0
        warnings.filterwarnings("ignore", message="Gimbal lock")
        angles = euler_from_rotation(Rz @ level)
    angles[~known] = np.nan
    angles[~np.isfinite(euler_deg[:, 2]), 2] = np.nan
    return Rz @ R, angles
