"""A dataset of shaded balls, made in seconds without a renderer: what reads datasets can't tell it from a real one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from synth.geometry.pose import rotation_from_euler
from synth.shard.commit import commit_bytes
from synth.shard.header import ShardHeader, shard_name
from synth.shard.manifest import HeadPackEntry, Manifest, shard_entry, write_manifest
from synth.shard.record import Record
from synth.shard.write import build_shard_bytes

SHARD_SAMPLES = 256
_RECIPE: dict[str, Any] = {"name": "balls", "seed": 1, "noise": {"sigma_levels": 2.0}}


def write_dataset(folder: Path, samples: int, side_px: int = 192, people: int = 32) -> None:
    """`samples` pictures of `side_px` with depth and sensor noise on read, of so many "people", in `folder`."""
    folder.mkdir(parents=True)
    entries = []
    for number, first in enumerate(range(0, samples, SHARD_SAMPLES)):
        ids = list(range(first, min(first + SHARD_SAMPLES, samples)))
        header = ShardHeader(number, "balls-1", _RECIPE["seed"], _RECIPE, noise_baked=False)
        data = build_shard_bytes([_record(n, side_px, people) for n in ids], header)
        commit_bytes(folder / shard_name(number), data)
        entries.append(shard_entry(number, shard_name(number), data, ids))
    write_manifest(
        folder,
        Manifest(
            dataset_id="balls-1", name="balls", seed=_RECIPE["seed"], recipe=_RECIPE, shards=tuple(entries),
            heads=(HeadPackEntry("balls", "0" * 64, "CC0-1.0"),), license="CC0-1.0", versions={}, hosts=(),
            dates={"finished": "2026-01-01T00:00:00+00:00"},
        ),
    )  # fmt: skip


def _record(number: int, side_px: int, people: int) -> Record:
    """A ball of a head's size at a metre before a smooth background, textured about as finely as a face."""
    rng = np.random.default_rng([3, number])
    euler_deg = rng.uniform([-75, -50, -20], [75, 50, 20])
    y, x = (np.mgrid[:side_px, :side_px] + 0.5 - side_px / 2) / (side_px / 3)
    height = np.sqrt(np.maximum(0.0, 1.0 - x**2 - y**2))
    coarse = rng.integers(40, 220, (16, 16, 3), dtype=np.uint8)
    texture = cv2.resize(coarse, (side_px, side_px), interpolation=cv2.INTER_CUBIC)
    rgb = np.where(height[..., None] > 0, texture * (0.3 + 0.7 * height[..., None]), rng.uniform(20, 90, 3))
    labels = {
        "id": number, "subject": f"p{number % people:03d}", "R_camera_from_head": rotation_from_euler(euler_deg),
        "euler_deg": euler_deg, "t_mm": np.array([0.0, 0.0, 1000.0]),
        "K": np.array([[525.0, 0, side_px / 2], [0, 525.0, side_px / 2], [0, 0, 1]]), "distance_mm": 1000.0,
        "head_box_px": np.array([320 - side_px / 3, 240 - side_px / 3, 320 + side_px / 3, 240 + side_px / 3]),
        "crop_box_px": np.array([320, 240, 320, 240]) + np.array([-1, -1, 1, 1]) * (side_px // 2),
        "condition": "base", "noise_sigma": 2.0, "noise_seed": 1, "age_years": 30.0, "sex": "male", "skin_tone": 0.5,
    }  # fmt: skip
    range_mm = np.where(height > 0, 1000.0 - 90.0 * height, 0.0)
    return Record(rgb.astype(np.uint8), range_mm.astype(np.float32), labels)
