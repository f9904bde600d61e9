"""Head poses: one rotation matrix, and the names that people give its angles.

The truth is `R_camera_from_head`, (3, 3) float64: it turns head axes into OpenCV camera axes (x right, y down,
z forward); the identity is a face looking straight into the camera. Euler angles are derived, in a named convention and
always in the order (pitch, yaw, roll), degrees. docs/conventions.md states each with pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation

from synth.errors import UsageError

Matrix = NDArray[np.float64]
DEFAULT_CONVENTION = "300wlp"
ANGLES = ("pitch", "yaw", "roll")

# Head and camera frames of the y-up conventions (3DDFA, 6DRepNet) against OpenCV's y-down.
_FLIP_YZ = np.diag([1.0, -1.0, -1.0])


def _as_euler(R: Matrix, sequence: Literal["XYZ", "xyz"]) -> Matrix:
    return np.asarray(Rotation.from_matrix(R).as_euler(sequence, degrees=True))


def _from_euler(sequence: str, angles_deg: ArrayLike) -> Matrix:
    return np.asarray(Rotation.from_euler(sequence, np.asarray(angles_deg), degrees=True).as_matrix())


def _300wlp_to_matrix(angles_deg: Matrix) -> Matrix:
    return _from_euler("XYZ", angles_deg * [-1, 1, 1])


def _300wlp_from_matrix(R: Matrix) -> Matrix:
    return _as_euler(R, "XYZ") * [-1, 1, 1]


def _3ddfa_to_matrix(angles_deg: Matrix) -> Matrix:
    # R3 = Rx(p)^T Ry(y)^T Rz(r)^T, so R3^T = Rz Ry Rx: extrinsic xyz.
    return _FLIP_YZ @ _from_euler("xyz", angles_deg).swapaxes(-1, -2) @ _FLIP_YZ


def _3ddfa_from_matrix(R: Matrix) -> Matrix:
    return _as_euler((_FLIP_YZ @ R @ _FLIP_YZ).swapaxes(-1, -2), "xyz")


def _biwi_to_matrix(angles_deg: Matrix) -> Matrix:
    return _from_euler("xyz", angles_deg)


def _biwi_from_matrix(R: Matrix) -> Matrix:
    return _as_euler(R, "xyz")


def _signed(signs: Iterable[float], base: Convention) -> Convention:
    s = np.array(list(signs))
    return Convention(lambda a: base.to_matrix(a * s), lambda R: base.from_matrix(R) * s)


@dataclass(frozen=True)
class Convention:
    """Both directions of one naming of angles; angles (..., 3) degrees as (pitch, yaw, roll), matrices (..., 3, 3)."""

    to_matrix: Callable[[Matrix], Matrix]
    from_matrix: Callable[[Matrix], Matrix]


_WLP = Convention(_300wlp_to_matrix, _300wlp_from_matrix)
_BIWI = Convention(_biwi_to_matrix, _biwi_from_matrix)
_3DDFA = Convention(_3ddfa_to_matrix, _3ddfa_from_matrix)
CONVENTIONS: dict[str, Convention] = {
    "300wlp": _WLP,
    "3ddfa": _3DDFA,
    # 6DRepNet's R6 = Rz(r) Ry(y) Rx(p) is 3DDFA's R3 transposed, and R = D R6^T D: the same angles.
    "6drepnet": _3DDFA,
    "biwi": _BIWI,
    "opal": _signed((1, -1, 1), _WLP),
    "headposeplus": _signed((1, -1, -1), _BIWI),
}


def _convention(name: str) -> Convention:
    if name not in CONVENTIONS:
        raise UsageError(
            f"{name!r} is no pose convention.", where="convention", mend=f"Use one of {', '.join(CONVENTIONS)}."
        )
    return CONVENTIONS[name]


def rotation_from_euler(euler_deg: ArrayLike, convention: str = DEFAULT_CONVENTION) -> Matrix:
    """R_camera_from_head from angles.

    euler_deg: (..., 3) degrees, (pitch, yaw, roll) as `convention` means them. Returns (..., 3, 3) float64.
    Raises UsageError for an unknown convention.
    """
    return _convention(convention).to_matrix(np.asarray(euler_deg, dtype=np.float64))


def euler_from_rotation(R_camera_from_head: ArrayLike, convention: str = DEFAULT_CONVENTION) -> Matrix:
    """The angles (pitch, yaw, roll) in degrees, (..., 3) float64, that `convention` gives (..., 3, 3) matrices.

    In `300wlp` pitch > 0 is face up, yaw > 0 face toward the image's left, roll > 0 clockwise in the image.
    At yaw = ±90 (gimbal lock) SciPy sets the roll to zero and warns. Raises UsageError for an unknown convention.
    """
    return _convention(convention).from_matrix(np.asarray(R_camera_from_head, dtype=np.float64))


def geodesic_deg(R_a: ArrayLike, R_b: ArrayLike) -> Matrix:
    """The angle of the rotation from R_a to R_b: (..., 3, 3) each → (...) degrees in [0, 180]."""
    a, b = np.asarray(R_a, dtype=np.float64), np.asarray(R_b, dtype=np.float64)
    relative = a.swapaxes(-1, -2) @ b
    return np.asarray(np.degrees(Rotation.from_matrix(relative).magnitude()))


def wrapped_difference_deg(estimated_deg: ArrayLike, true_deg: ArrayLike) -> Matrix:
    """estimated − true in [−180, 180), of the arrays' common shape; NaN where either is."""
    difference = np.asarray(estimated_deg, dtype=np.float64) - np.asarray(true_deg, dtype=np.float64)
    return np.asarray((difference + 180.0) % 360.0 - 180.0)


def pose_along_ray(R_camera_from_head: ArrayLike, t_mm: ArrayLike) -> Matrix:
    """The pose as it appears in a crop around the head: camera axes turned so that z points at the head centre.

    R: (..., 3, 3); t_mm: (..., 3) head centre in the camera frame, any unit. Returns (..., 3, 3).
    A head on the optical axis is unchanged. The turn is the smallest one that brings the ray onto the axis.
    """
    R, t = np.asarray(R_camera_from_head, dtype=np.float64), np.asarray(t_mm, dtype=np.float64)
    ray = t / np.linalg.norm(t, axis=-1, keepdims=True)
    axis = np.cross(ray, [0.0, 0.0, 1.0])
    sine = np.linalg.norm(axis, axis=-1, keepdims=True)
    # NumPy's arctan2 rounds strided input otherwise than contiguous; one pose and a batch have to agree to the bit.
    angle = np.arctan2(np.ascontiguousarray(sine), np.ascontiguousarray(ray[..., 2:]))
    unit = np.divide(axis, sine, out=np.zeros_like(axis), where=sine > 1e-12)
    return np.asarray(Rotation.from_rotvec(unit * angle).as_matrix() @ R)


def pose_category(euler_deg: ArrayLike) -> NDArray[np.int64]:
    """The source paper's four categories (its Table 1), 0-based: L1 → 0 … L4 → 3. (..., 3) degrees → (...) int64.

    L1: pitch ≥ 0, yaw ≥ 0 · L2: pitch < 0, yaw ≥ 0 · L3: pitch < 0, yaw < 0 · L4: pitch ≥ 0, yaw < 0; zero counts as
    positive.
    """
    angles = np.asarray(euler_deg, dtype=np.float64)
    up, left = angles[..., 0] >= 0, angles[..., 1] >= 0
    return np.where(left, np.where(up, 0, 1), np.where(up, 3, 2))


# Which signs tell the categories apart (the source paper's Table 2 compares all of them): indices into the angles.
SIGN_STRATEGIES: dict[str, tuple[int, ...]] = {
    "pitch": (0,),
    "yaw": (1,),
    "roll": (2,),
    "pitch+yaw": (0, 1),
    "pitch+roll": (0, 2),
    "yaw+roll": (1, 2),
    "pitch+yaw+roll": (0, 1, 2),
}
DEFAULT_STRATEGY = "pitch+yaw"


def sign_category(euler_deg: ArrayLike, strategy: str = DEFAULT_STRATEGY) -> NDArray[np.int64]:
    """Categories by the signs of some angles, 0-based; zero counts as positive. (..., 3) degrees → (...) int64.

    n signs give 2ⁿ categories, numbered by the reflected Gray code of the negative signs with the first angle changing
    fastest, so that neighbours in number (around the corner, too) differ in one sign; for "pitch+yaw" these are
    `pose_category`'s. A NaN among the angles that count gives -1. Raises UsageError for an unknown strategy.
    """
    chosen = np.asarray(euler_deg, dtype=np.float64)[..., list(strategy_angles(strategy))]
    negative = (chosen < 0).astype(np.int64)
    code = (negative << np.arange(negative.shape[-1])).sum(axis=-1)
    return np.where(np.isnan(chosen).any(axis=-1), -1, code ^ (code >> 1) ^ (code >> 2))


def strategy_angles(strategy: str) -> tuple[int, ...]:
    """The indices (0 pitch, 1 yaw, 2 roll) of the angles whose signs count. Raises UsageError for an unknown name."""
    if strategy not in SIGN_STRATEGIES:
        raise UsageError(
            f"{strategy!r} is no way to tell categories apart.",
            where="strategy",
            mend=f"Use one of {', '.join(SIGN_STRATEGIES)}.",
        )
    return SIGN_STRATEGIES[strategy]


def category_signs(strategy: str = DEFAULT_STRATEGY) -> NDArray[np.float64]:
    """(categories, angles that count) of +1 and -1: the signs that `sign_category` gives each number for."""
    n = len(strategy_angles(strategy))
    numbers = np.arange(2**n)
    code = numbers ^ (numbers >> 1)
    return 1.0 - 2.0 * ((code[:, None] >> np.arange(n)) & 1)
