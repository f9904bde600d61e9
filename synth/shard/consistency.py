"""Do the labels of a shard agree with each other and with the pictures?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.effects.sensor_noise import MAX_SIGMA_LEVELS
from synth.geometry.pose import rotation_from_euler

Bools = npt.NDArray[np.bool_]
Labels = Mapping[str, npt.NDArray[Any]]

_ROTATION_TOLERANCE = 1e-6  # of a matrix' entries: 0.1 millidegree
_DISTANCE_TOLERANCE_MM = 1e-3
_LANDMARK_TOLERANCE_PX = 0.01
_OUTSIDE_BOX = 0.25  # share of its side that the head centre may lie outside the head's box


def inconsistent_labels(labels: Labels) -> Iterator[tuple[Bools, str]]:
    """Pairs of (which samples, (N,) bool; what is wrong with them), one for each rule that some sample breaks.

    `labels`: whole columns, (N, *shape): the required labels, and of the landmarks those that there are.
    """
    broken = np.zeros(len(labels["id"]), dtype=bool)
    for mask, what in (*_not_finite(labels), *_pose(labels), *_camera(labels), *_landmarks(labels)):
        if (fresh := mask & ~broken).any():
            yield fresh, what
        broken |= mask  # one sample, one fault: the first broken rule makes the later ones meaningless


def _not_finite(labels: Labels) -> Iterator[tuple[Bools, str]]:
    for name in ("R_camera_from_head", "euler_deg", "t_mm", "K", "distance_mm", "head_box_px", "noise_sigma"):
        values = labels[name].reshape(len(labels[name]), -1)
        yield ~np.isfinite(values).all(axis=1), f"{name} is not finite"


def _pose(labels: Labels) -> Iterator[tuple[Bools, str]]:
    R, euler_deg, t_mm = (_finite(labels[name]) for name in ("R_camera_from_head", "euler_deg", "t_mm"))
    from_unit = np.abs(R.swapaxes(1, 2) @ R - np.eye(3)).max(axis=(1, 2))
    with np.errstate(over="ignore", invalid="ignore"):
        mirrored = ~(np.linalg.det(R) > 0)
    yield ~(from_unit <= _ROTATION_TOLERANCE) | mirrored, "R_camera_from_head is not a rotation"
    apart = np.abs(rotation_from_euler(np.clip(euler_deg, -720, 720)) - R).max(axis=(1, 2))
    yield ~(apart <= _ROTATION_TOLERANCE), "euler_deg is not R_camera_from_head in convention 300wlp"
    error_mm = np.abs(np.linalg.norm(t_mm, axis=1) - labels["distance_mm"])
    yield ~(error_mm <= _DISTANCE_TOLERANCE_MM), "distance_mm is not the length of t_mm"
    yield t_mm[:, 2] <= 0, "t_mm lies behind the camera"


def _camera(labels: Labels) -> Iterator[tuple[Bools, str]]:
    K, box, crop = (_finite(labels[name]) for name in ("K", "head_box_px", "crop_box_px"))
    form = (K[:, 0, 0] > 0) & (K[:, 1, 1] > 0) & (K[:, 1, 0] == 0) & (K[:, 2] == [0, 0, 1]).all(axis=1)
    yield ~form, "K is not an intrinsic matrix"
    yield (crop[:, 2] <= crop[:, 0]) | (crop[:, 3] <= crop[:, 1]), "crop_box_px is empty or inverted"
    yield (box[:, 2] <= box[:, 0]) | (box[:, 3] <= box[:, 1]), "head_box_px is empty or inverted"
    with np.errstate(all="ignore"):
        projected = np.einsum("nij,nj->ni", K, _finite(labels["t_mm"]))
        centre_px = projected[:, :2] / projected[:, 2:] + crop[:, :2]
    slack = _OUTSIDE_BOX * (box[:, 2:] - box[:, :2])
    inside = (centre_px >= box[:, :2] - slack) & (centre_px <= box[:, 2:] + slack)
    yield ~inside.all(axis=1), "K, t_mm and crop_box_px put the head centre outside head_box_px"
    sigma = labels["noise_sigma"]
    yield (sigma < 0) | (sigma > MAX_SIGMA_LEVELS), f"noise_sigma is not from 0 to {MAX_SIGMA_LEVELS:g}"
    yield labels["noise_seed"] < 0, "noise_seed is negative"


def _landmarks(labels: Labels) -> Iterator[tuple[Bools, str]]:
    if not {"landmarks_px", "landmarks_mm", "landmarks_visible", "face_box_px"} <= labels.keys():
        return
    px, mm, visible = labels["landmarks_px"], labels["landmarks_mm"], labels["landmarks_visible"]
    known = np.isfinite(px).all(axis=(1, 2)) & np.isfinite(mm).all(axis=(1, 2))
    half = ~known & (np.isfinite(px).any(axis=(1, 2)) | np.isfinite(mm).any(axis=(1, 2)))
    yield known & (mm[..., 2] <= 0).any(axis=1), "a landmark lies behind the camera"
    yield half, "landmarks_px and landmarks_mm are known in part"
    yield (visible > 1).any(axis=1) | (~known & visible.any(axis=1)), "landmarks_visible is not 0 or 1"
    crop = labels["crop_box_px"].astype(np.float64)
    with np.errstate(all="ignore"):
        projected = np.einsum("nij,nkj->nki", labels["K"], mm.astype(np.float64))
        apart = np.abs(projected[..., :2] / projected[..., 2:] + crop[:, None, :2] - px).max(axis=(1, 2))
        inside = ((px >= crop[:, None, :2]) & (px <= crop[:, None, 2:])).all(axis=2)
        box = np.concatenate([px.min(axis=1), px.max(axis=1)], axis=1)
        off_box = np.abs(labels["face_box_px"] - box).max(axis=1)
    yield known & ~(apart <= _LANDMARK_TOLERANCE_PX), "landmarks_px are not landmarks_mm projected by K"
    yield known & ((visible == 1) & ~inside).any(axis=1), "a landmark outside crop_box_px is called visible"
    yield known & ~(off_box <= _LANDMARK_TOLERANCE_PX), "face_box_px is not the box of landmarks_px"


def inconsistent_pictures(pictures: Mapping[str, npt.NDArray[Any]]) -> Iterator[str]:
    """What is wrong between the pictures of one sample, of one size, by name as in `Item`: they show the same hits."""
    hit = {"range_mm": lambda map_: map_ > 0, "normals": lambda map_: map_.any(axis=-1), "parts": lambda map_: map_ > 0}
    masks = {name: where(pictures[name]) for name, where in hit.items() if name in pictures}
    first = next(iter(masks), None)
    for name, mask in masks.items():
        if first is not None and mask.shape == masks[first].shape and not np.array_equal(mask, masks[first]):
            yield f"{name} and {first} differ in where something is hit"


def _finite(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Not-finite and absurd numbers made 0 and large, so that one bad sample doesn't disturb the rest."""
    return np.clip(np.nan_to_num(values.astype(np.float64), nan=0.0, posinf=1e30, neginf=-1e30), -1e30, 1e30)
