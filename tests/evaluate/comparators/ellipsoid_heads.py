"""Heads that need no renderer: an ellipsoid with a nose, eyes, a mouth and hair, at known poses."""

from __future__ import annotations

from typing import Any

import numpy as np

from synth.data.source import PoseImage, PoseTable
from synth.geometry.pose import rotation_from_euler

HALF_AXES_MM = np.array([75.0, 110.0, 95.0])
NOSE_CENTRE_MM, NOSE_RADIUS_MM = np.array([0.0, 10.0, -92.0]), 24.0
HALF_SIDE_MM = 135.0


def poses(count: int, seed: int, roll: float = 15.0) -> np.ndarray:
    """(count, 3) degrees: pitch ±40, yaw ±50, roll ±`roll`."""
    return np.random.default_rng(seed).uniform(-1, 1, (count, 3)) * [40, 50, roll]


def grey(euler_deg: np.ndarray, side_px: int) -> np.ndarray:
    """(N, 1, S, S) uint8: eyes and mouth dark, hair brown, light from the camera."""
    return np.stack([_picture(pose, side_px)[0] for pose in euler_deg])[:, None]


def depth(euler_deg: np.ndarray, side_px: int, distance_mm: float = 1000.0) -> np.ndarray:
    """(N, 1, S, S) uint8 as `NetworkInput` makes depth; nothing behind the head."""
    range_mm = np.stack([_picture(pose, side_px)[1] for pose in euler_deg])[:, None] + distance_mm
    level = 255 * np.clip(1 - (range_mm - 500) / 1100, 0, 1)
    return np.where(np.isfinite(range_mm), np.round(level), 0).astype(np.uint8)


def _picture(euler_deg: np.ndarray, side_px: int) -> tuple[np.ndarray, np.ndarray]:
    """Grey levels and z in mm from the head's centre, inf where there is no head. Parallel rays."""
    R = rotation_from_euler(euler_deg)
    line = (np.arange(side_px) + 0.5) / side_px * 2 * HALF_SIDE_MM - HALF_SIDE_MM
    x, y = np.meshgrid(line, line)
    start = np.stack([x, y, np.full_like(x, -500.0)], axis=-1) @ R  # rows: R^T p, the head frame
    along = R.T @ np.array([0.0, 0.0, 1.0])
    z = np.minimum(
        _hit(start / HALF_AXES_MM, along / HALF_AXES_MM),
        _hit((start - NOSE_CENTRE_MM) / NOSE_RADIUS_MM, along / NOSE_RADIUS_MM),
    )
    seen = np.isfinite(z)
    point = start + np.where(seen, z, 0)[..., None] * along
    normal = point / HALF_AXES_MM**2
    facing = -(normal @ along) / np.linalg.norm(normal, axis=-1)
    levels = np.where(seen, _albedo(point) * (0.3 + 0.7 * facing.clip(0, 1)), 40.0)
    return levels.clip(0, 255).astype(np.uint8), np.where(seen, z - 500, np.inf)


def _hit(start: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Where |start + s along| = 1 first, inf where never."""
    a, b, c = along @ along, start @ along, (start * start).sum(-1) - 1
    inside = b * b - a * c
    return np.where(inside > 0, (-b - np.sqrt(np.maximum(inside, 0))) / a, np.inf)


def _albedo(p: np.ndarray) -> np.ndarray:
    front = p[..., 2] < 0
    eyes = front & (np.hypot(np.abs(p[..., 0]) - 32, p[..., 1] + 18) < 13)
    mouth = front & (np.abs(p[..., 0]) < 28) & (np.abs(p[..., 1] - 52) < 9)
    hair = (p[..., 1] < -60) | (p[..., 2] > 20)
    return np.select([eyes, mouth, hair], [25.0, 70.0, 60.0], 210.0)


class HeadSource:
    """A `PoseSource` of such heads: RGB and range pictures, the box around the head."""

    name, about = "ellipsoids", "ellipsoid heads made by a test"

    def __init__(self, euler_deg: np.ndarray, side_px: int = 64, has_rgb: bool = True, has_depth: bool = True) -> None:
        self.has_rgb, self.has_depth, self._side = has_rgb, has_depth, side_px
        n = len(euler_deg)
        R = rotation_from_euler(np.nan_to_num(euler_deg))
        conditions, subjects = np.full(n, "base"), np.array([f"s{i % 4}" for i in range(n)])
        self.table = PoseTable(np.arange(n), subjects, R, euler_deg, conditions)

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, index: int) -> PoseImage:
        levels, z = _picture(np.nan_to_num(self.table.euler_deg[index]), self._side)
        range_mm = np.where(np.isfinite(z), z + 1000, 0).astype(np.float32)
        margin = (HALF_SIDE_MM - HALF_AXES_MM[1]) / HALF_SIDE_MM / 2 * self._side
        labels: dict[str, Any] = {"id": index}
        box = np.array([margin, margin, self._side - margin, self._side - margin])
        rgb = np.repeat(levels[..., None], 3, axis=2) if self.has_rgb else None
        return PoseImage(rgb, range_mm if self.has_depth else None, box, labels)
