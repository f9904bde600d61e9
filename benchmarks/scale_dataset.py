"""A finished dataset of many samples, and what opening, describing, splitting and reading it takes.

Every shard is the same file with other ids and people stamped into it, so that millions of samples are made at the
speed of the disk.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.scale_files import SHARD_SAMPLES
from synth.data.shards import ShardSource
from synth.data.split import split_by_identity
from synth.shard.check import check_shard
from synth.shard.dataset import open_dataset
from synth.shard.header import ShardHeader, shard_name
from synth.shard.info import describe_dataset
from synth.shard.manifest import HeadPackEntry, Manifest, ShardEntry, write_manifest
from synth.shard.verify import verify_dataset
from synth.shard.write import build_shard_bytes
from tests.tiny_dataset import make_record

PEOPLE = 1000
_SIDE_PX = 16
_RECIPE: dict[str, Any] = {"name": "many", "seed": 1, "noise": {"sigma_levels": 2.0}}


def write_many(folder: str, samples: int, lean: bool) -> dict[str, Any]:
    """`samples`, a multiple of the shard's size, with landmarks and tiny pictures; `lean` without either."""
    template = _Template(Path(folder) / "template.h5", lean)
    entries, total = [], 0
    for index in range(samples // SHARD_SAMPLES):
        first = index * SHARD_SAMPLES
        data = template.stamped(index, np.arange(first, first + SHARD_SAMPLES))
        (Path(folder) / shard_name(index)).write_bytes(data)
        runs = ((first, first + SHARD_SAMPLES - 1),)
        sha256 = hashlib.sha256(data).hexdigest()
        entries.append(ShardEntry(index, shard_name(index), len(data), SHARD_SAMPLES, sha256, runs))
        total += len(data)
    manifest = Manifest(
        dataset_id="many-1", name="many", seed=1, recipe=_RECIPE, shards=tuple(entries),
        heads=(HeadPackEntry("many", "0" * 64, "CC0-1.0"),), license="CC0-1.0",
    )  # fmt: skip
    write_manifest(Path(folder), manifest)
    return {"bytes": total}


class _Template:
    """A whole shard, in which the number, the ids and the people are to be replaced."""

    def __init__(self, path: Path, lean: bool) -> None:
        landmarks = {
            "landmarks_px": np.ones((68, 2)),
            "landmarks_mm": np.ones((68, 3)),
            "landmarks_visible": np.ones(68),
        }
        further: dict[str, Any] = {"rgb": False} if lean else landmarks
        records = [make_record(n, side_px=_SIDE_PX, depth=False, **further) for n in range(SHARD_SAMPLES)]
        one, other = (
            build_shard_bytes(records, ShardHeader(n, "many-1", 1, _RECIPE, noise_baked=False)) for n in (1, 254)
        )
        self._number = next(at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)
        path.write_bytes(one)
        contents = check_shard(path)
        places = dict(zip((column.name for column in contents.columns), contents.places, strict=True))
        self._id, self._subject, self._data = places["id"], places["subject"], bytearray(one)
        path.unlink()

    def stamped(self, index: int, ids: Any) -> bytes:
        people = np.array([f"p{n:04d}" for n in range(PEOPLE)], dtype=self._subject.dtype)
        data = self._data
        data[self._number : self._number + 8] = index.to_bytes(8, "little")
        data[self._id.offset : self._id.offset + self._id.bytes] = ids.astype("<i8").tobytes()
        shown = people[np.random.default_rng(index).integers(0, PEOPLE, len(ids))]
        data[self._subject.offset : self._subject.offset + self._subject.bytes] = shown.tobytes()
        return bytes(data)


def opened(folder: str) -> None:
    """As every program does that reads a dataset."""
    open_dataset(Path(folder))


def described(folder: str) -> None:
    """`synth info`."""
    describe_dataset(Path(folder))


def verified(folder: str) -> dict[str, Any]:
    """`synth verify`."""
    return {"faults": len(verify_dataset(Path(folder)))}


def tabled(folder: str) -> dict[str, Any]:
    """What a training holds of every sample, and its split by person."""
    source = ShardSource(Path(folder))
    return {"parts": [len(part) for part in split_by_identity(source)], "rows": len(source.table)}


def read_at_random(folder: str, count: int) -> dict[str, Any]:
    """What a process of the loader reads and then holds: pictures from all over the dataset."""
    dataset = open_dataset(Path(folder), depth=False, further=False)
    rng = np.random.default_rng(0)
    seen = sum(dataset[int(index)].id >= 0 for index in rng.integers(0, len(dataset), count))
    return {"seen": int(seen)}
