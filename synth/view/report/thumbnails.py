"""Samples as a page shows them: small pictures, the pose as lines to draw over them, a few labels."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import SynthError
from synth.geometry.camera import project
from synth.geometry.pose import pose_along_ray
from synth.shard.dataset import Dataset, Item
from synth.shard.encode import encode_rgb
from synth.view.overlay import axis_ends_mm, depth_picture, normals_picture, parts_picture
from synth.view.sheet import Picture, scaled_to_fit

SIDE_PX = 160
_FURTHER_SIDE_PX = 112  # of maps that stand beside a colour picture
_QUALITY = 82
_NEARER_MM, _FARTHER_MM = 150.0, 200.0
Thumbnail = dict[str, Any]


def thumbnails(
    dataset: Dataset, rows: Iterable[int], budget_bytes: int
) -> tuple[dict[int, Thumbnail], list[SynthError]]:
    """Of each row, by row, in their order, as long as `budget_bytes` last; and the errors of damaged ones."""
    made: dict[int, Thumbnail] = {}
    damaged: list[SynthError] = []
    left = budget_bytes
    for row in rows:
        try:
            thumbnail = thumbnail_of(dataset[row])
        except SynthError as error:
            damaged.append(error)
            continue
        left -= sum(len(picture) for picture in thumbnail["pictures"].values()) + 700
        if left < 0:
            break
        made[row] = thumbnail
    return made, damaged


def thumbnail_of(item: Item) -> Thumbnail:
    """Pictures by name as data URIs, and in pixels of the first one's size: the head's axes and its box.

    `axes`: origin, then the ends of x, y and look; `order`: the farthest axis first. None where they reach behind the
    camera. Raises `SynthError` for a sample without a picture.
    """
    views = _views(item)
    if not views:
        raise SynthError("It has neither a picture nor a map.", where=f"sample {item.id}")
    pictures, width, height, scale = {}, 0, 0, 1.0
    for number, (name, picture) in enumerate(views.items()):
        side = _FURTHER_SIDE_PX if number else min(SIDE_PX, max(picture.shape[:2]))
        small, small_scale = scaled_to_fit(picture, (side, side))
        pictures[name] = "data:image/jpeg;base64," + base64.b64encode(encode_rgb(small, _QUALITY)).decode("ascii")
        if not number:
            (height, width), scale = small.shape[:2], small_scale
    box = scale * (np.asarray(item.head_box_px, np.float64) - np.tile(item.crop_box_px[:2], 2))
    axes = axes_px(item.R_camera_from_head, item.t_mm, item.K, scale)
    return {
        "id": item.id,
        "pictures": pictures,
        "size": [width, height],
        "scale": scale,
        "box": _rounded(box),
        **(axes or {"axes": None, "order": []}),
        "facts": _facts(item),
        **({} if (shot := item.labels.get("base_id", -1)) < 0 else {"shot": shot}),
    }


def axes_px(R_camera_from_head: ArrayLike, t_mm: ArrayLike, K: ArrayLike, scale: float) -> dict[str, Any] | None:
    """The head's axes for this pose at this place, in exact perspective; None if one isn't before the camera."""
    origin = np.asarray(t_mm, dtype=np.float64)
    points_mm = np.vstack([origin, axis_ends_mm(R_camera_from_head, origin)])
    if not np.isfinite(points_mm).all() or points_mm[:, 2].min() <= 0:
        return None
    points = scale * np.asarray(project(K, points_mm))
    return {"axes": _rounded(points), "order": [int(axis) for axis in np.argsort(-points_mm[1:, 2])]}


def seen_from_camera(R_along_ray: ArrayLike, t_mm: ArrayLike) -> NDArray[np.float64]:
    """A pose along the ray, (3, 3), as one against the camera's axes; undoes `pose_along_ray`."""
    turn = pose_along_ray(np.eye(3), t_mm)
    return np.asarray(turn.T @ np.asarray(R_along_ray, dtype=np.float64))


def _views(item: Item) -> dict[str, Picture]:
    """What the sample holds, each as a picture, colour first."""
    views: dict[str, Picture] = {}
    if item.rgb is not None:
        views["colour"] = item.rgb
    if item.range_mm is not None:
        views["depth"] = depth_picture(item.range_mm, item.distance_mm - _NEARER_MM, item.distance_mm + _FARTHER_MM)
    if item.normals is not None:
        views["normals"] = normals_picture(item.normals)
    if item.parts is not None:
        views["parts"] = parts_picture(item.parts)
    if item.alpha is not None:
        views["alpha"] = np.repeat(item.alpha[..., None], 3, axis=2)
    return views


def _facts(item: Item) -> list[list[str]]:
    """Labels that nothing can be filtered by."""
    x0, y0, x1, y1 = (int(edge) for edge in item.crop_box_px)
    facts = [["stored picture", f"{x1 - x0} × {y1 - y0} px"], ["focal length", f"{item.K[0, 0]:.0f} px"]]
    for name, label, digits, unit in (
        ("noise_sigma", "sensor noise σ", 2, ""),
        ("exposure_ev", "exposure", 2, " EV"),
        ("white_balance_mired", "white balance off by", 0, " mired"),
        ("age_years", "age", 0, " years"),
        ("skin_tone", "skin tone", 2, ", from 0, light, to 1, dark"),
    ):
        value = item.labels.get(name)
        if isinstance(value, float) and np.isfinite(value):
            facts.append([label, f"{value:.{digits}f}{unit}".replace("-", "−")])
    gaze = item.labels.get("gaze_deg")
    if gaze is not None and np.isfinite(gaze).all():
        facts.append(["gaze, pitch and yaw", "°, ".join(f"{angle:.1f}".replace("-", "−") for angle in gaze) + "°"])
    if item.labels.get("base_id", -1) >= 0:
        facts.append(["variant of", f"sample {item.labels['base_id']} of what was varied"])
    if ":" in item.condition:
        facts.append(["condition", item.condition])
    return facts


def _rounded(values: NDArray[np.float64]) -> Any:
    return np.clip(np.nan_to_num(values), -1e5, 1e5).round(1).tolist()
