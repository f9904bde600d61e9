"""Small datasets for tests, made without a renderer in a fraction of a second."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.geometry.pose import rotation_from_euler
from synth.shard.columns import Column
from synth.shard.commit import commit_bytes
from synth.shard.header import ShardHeader, shard_name
from synth.shard.manifest import HeadPackEntry, Manifest, shard_entry, write_manifest
from synth.shard.record import Record
from synth.shard.write import build_shard_bytes

TINY_RECIPE: dict[str, Any] = {"name": "tiny", "seed": 7, "samples": 12, "noise": {"sigma_levels": [2.0, 2.0]}}
TINY_ID = "tiny-1"


def make_record(
    sample_id: int = 0,
    *,
    side_px: int = 48,
    rgb: bool = True,
    depth: bool = True,
    noise_sigma: float = 2.0,
    seed: int = 7,
    **labels: Any,
) -> Record:
    """A shaded ball with consistent labels; everything follows from `sample_id`. `labels` overrides or adds labels."""
    random = np.random.default_rng([11, sample_id])
    euler_deg = random.uniform([-75, -50, -20], [75, 50, 20])
    crop = np.array(
        [300 - side_px // 2, 220 - side_px // 2, 300 + side_px - side_px // 2, 220 + side_px - side_px // 2]
    )
    z_mm = random.uniform(800, 1300)
    K = np.array([[525.0, 0, 320.0 - crop[0]], [0, 525.0, 240.0 - crop[1]], [0, 0, 1]])
    t_mm = np.array([(300 - 320) / 525 * z_mm, (220 - 240) / 525 * z_mm, z_mm])
    values = {
        "id": sample_id,
        "subject": f"m{sample_id // 4:04d}",
        "R_camera_from_head": rotation_from_euler(euler_deg),
        "euler_deg": euler_deg,
        "t_mm": t_mm,
        "K": K,
        "distance_mm": np.linalg.norm(t_mm),
        "head_box_px": np.array([300 - side_px / 3, 220 - side_px / 3, 300 + side_px / 3, 220 + side_px / 3]),
        "crop_box_px": crop,
        "condition": "base",
        "noise_sigma": noise_sigma,
        "noise_seed": seed,
        "age_years": 30.0 + sample_id % 40,
        "sex": ("male", "female")[sample_id % 2],
        "skin_tone": 0.25,
    }
    height = _ball(side_px)
    picture = np.where(height[..., None] > 0, height[..., None] * random.uniform(80, 240, 3), random.uniform(20, 90, 3))
    range_mm = np.where(height > 0, t_mm[2] - 90.0 * height, 0.0)
    return Record(
        picture.astype(np.uint8) if rgb else None, range_mm.astype(np.float32) if depth else None, values | labels
    )


def make_tiny_dataset(
    folder: Path,
    *,
    samples: int = 12,
    shard_samples: int = 4,
    ids: Sequence[int] | None = None,
    recipe: dict[str, Any] | None = None,
    noise_baked: bool = False,
    further_columns: Sequence[Column] = (),
    **record_options: Any,
) -> Manifest:
    """Write a whole dataset of `samples` small samples into `folder` and return its manifest.

    `ids` gives the samples other ids than 0, 1, …; `record_options` go to `make_record`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    recipe = recipe or TINY_RECIPE | {"samples": samples}
    all_ids = list(range(samples)) if ids is None else list(ids)
    entries = []
    for index, start in enumerate(range(0, len(all_ids), shard_samples)):
        held = all_ids[start : start + shard_samples]
        header = ShardHeader(index, TINY_ID, recipe["seed"], recipe, noise_baked=noise_baked)
        data = build_shard_bytes([make_record(n, **record_options) for n in held], header, further_columns)
        commit_bytes(folder / shard_name(index), data)
        entries.append(shard_entry(index, shard_name(index), data, held))
    manifest = Manifest(
        dataset_id=TINY_ID,
        name=recipe["name"],
        seed=recipe["seed"],
        recipe=recipe,
        shards=tuple(entries),
        heads=(HeadPackEntry("test-pack", "0" * 64, "CC0-1.0"),),
        license="CC0-1.0",
        versions={"synth": "0.1.0"},
        hosts=("node-1",),
        dates={"finished": "2026-01-01T00:00:00+00:00"},
    )
    write_manifest(folder, manifest)
    return manifest


def _ball(side_px: int) -> npt.NDArray[np.float64]:
    """Height of a unit ball over each pixel, (side, side), 0 outside."""
    y, x = (np.mgrid[:side_px, :side_px] + 0.5 - side_px / 2) / (side_px / 3)
    return np.sqrt(np.maximum(0.0, 1.0 - x**2 - y**2))
