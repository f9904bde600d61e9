"""Small datasets to make others of: a plain one, and one with every kind of picture and label."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

_HERE = Path(__file__).resolve().parent
for _folder in (_HERE, _HERE.parent):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

from tiny_dataset import TINY_ID, TINY_RECIPE, make_record, make_tiny_dataset  # noqa: E402

from synth.shard.columns import Column  # noqa: E402
from synth.shard.commit import commit_bytes  # noqa: E402
from synth.shard.header import ShardHeader, shard_name  # noqa: E402
from synth.shard.manifest import FailedSample, HeadPackEntry, Manifest, shard_entry, write_manifest  # noqa: E402
from synth.shard.record import Record  # noqa: E402
from synth.shard.write import build_shard_bytes  # noqa: E402

SHARPNESS = Column("sharpness", "<f4", (2,), "1", order="near, far", description="not known here", may_be_unknown=True)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """24 samples of 6 people in 5 shards."""
    make_tiny_dataset(tmp_path / "tiny", samples=24, shard_samples=5)
    return tmp_path / "tiny"


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """12 samples with every kind of picture, landmarks, and a label that this version doesn't know; id 12 failed."""
    folder = tmp_path / "full"
    folder.mkdir()
    recipe = TINY_RECIPE | {"name": "full"}
    entries = []
    for index, start in enumerate((0, 7)):
        ids = list(range(start, min(start + 7, 12)))
        data = build_shard_bytes([full_record(n) for n in ids], ShardHeader(index, TINY_ID, 7, recipe), [SHARPNESS])
        commit_bytes(folder / shard_name(index), data)
        entries.append(shard_entry(index, shard_name(index), data, ids))
    manifest = Manifest(
        TINY_ID, "full", 7, recipe, tuple(entries),
        heads=(HeadPackEntry("bought", "1" * 64, "CC-BY-4.0"),), license="CC-BY-4.0",
        failed=(FailedSample(12, "the head's file was gone"),), schema_version="1.1",
    )  # fmt: skip
    write_manifest(folder, manifest)
    return folder


def full_record(sample_id: int) -> Record:
    """All that a render may have; odd ids lack the alpha map, and some values aren't known."""
    record = make_record(sample_id, side_px=32)
    assert record.range_mm is not None
    hit, rng = record.range_mm > 0, np.random.default_rng(sample_id)
    normals = rng.normal(size=(*hit.shape, 3)).astype(np.float32)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    normals[~hit] = 0
    labels: dict[str, Any] = {"sharpness": [0.5, np.nan], **landmarks(record, rng)}
    labels |= {"age_years": None if sample_id % 3 == 0 else 20.0 + sample_id, "sex": None if sample_id == 1 else "male"}
    return replace(
        record,
        normals=normals,
        parts=np.where(hit, 1 + sample_id % 7, 0).astype(np.uint8),
        alpha=None if sample_id % 2 else np.where(hit, 255, 17).astype(np.uint8),
        labels={**record.labels, **labels},
    )


def landmarks(record: Record, rng: np.random.Generator) -> dict[str, np.ndarray]:
    K, t_mm, crop = (np.asarray(record.labels[name]) for name in ("K", "t_mm", "crop_box_px"))
    mm = (t_mm + rng.uniform(-15, 15, (68, 3))).astype(np.float32)
    projected = mm @ K.T
    px = (projected[:, :2] / projected[:, 2:] + crop[:2]).astype(np.float32)
    visible = ((px >= crop[:2]) & (px <= crop[2:])).all(1).astype(np.uint8)
    box = np.concatenate([px.min(0), px.max(0)])
    return {"landmarks_mm": mm, "landmarks_px": px, "landmarks_visible": visible, "face_box_px": box}


@pytest.fixture
def make() -> Callable[..., Manifest]:
    """`make_tiny_dataset`."""
    return make_tiny_dataset
