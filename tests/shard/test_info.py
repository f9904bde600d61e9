"""A dataset's description says what is in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from synth.shard.dataset import open_dataset
from synth.shard.info import describe_dataset
from tests.tiny_dataset import make_tiny_dataset


def test_the_description_agrees_with_the_samples(tmp_path: Path) -> None:
    manifest = make_tiny_dataset(tmp_path, samples=10, shard_samples=4)
    info, items = describe_dataset(tmp_path), list(open_dataset(tmp_path))
    assert (info.samples, info.shards, info.identities, info.failed) == (10, 3, 3, ())
    assert info.bytes == sum((tmp_path / shard.name).stat().st_size for shard in manifest.shards)
    assert info.yaw_deg.least == min(item.euler_deg[1] for item in items)
    assert info.pitch_deg.greatest == max(item.euler_deg[0] for item in items)
    assert info.distance_mm.mean == pytest.approx(np.mean([item.distance_mm for item in items]))
    assert info.sexes == {"female": 5, "male": 5}
    assert info.conditions == {"base": 10}
    assert (info.crop_width_px.least, info.crop_width_px.greatest) == (48, 48)
    assert info.recipe["name"] == "tiny"
    assert info.license == "CC0-1.0"
    assert (info.rgb.samples, info.rgb.codec, info.depth.codec) == (10, "jpeg", "png16")
    assert 0 < info.rgb.bytes + info.depth.bytes < info.bytes
    assert {column.name: column.unit for column in info.columns}["t_mm"] == "mm"


def test_a_dataset_without_depth_says_so(tmp_path: Path) -> None:
    make_tiny_dataset(tmp_path, samples=2, depth=False, age_years=None)
    info = describe_dataset(tmp_path)
    assert (info.depth.samples, info.depth.bytes, info.depth.bytes_per_sample) == (0, 0, 0.0)
    assert info.noise_sigma.mean == 2.0


def test_conditions_of_random_amounts_are_counted_together(tmp_path: Path) -> None:
    make_tiny_dataset(tmp_path / "a", samples=3, condition="blur=gaussian:1.25", depth=False)
    assert describe_dataset(tmp_path / "a").conditions == {"blur=gaussian": 3}
