"""The ledger and the manifest of many samples: written and read, without a single shard."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from synth.run.ledger import Ledger
from synth.shard.header import recipe_sha256, shard_name
from synth.shard.manifest import HeadPackEntry, Manifest, ShardEntry, runs_of_ids, write_manifest
from synth.shard.read_manifest import read_manifest

SHARD_SAMPLES = 1024  # what a recipe has that doesn't say
_RECIPE: dict[str, Any] = {"name": "many", "seed": 1}


def whole_entries(samples: int, shard_samples: int = SHARD_SAMPLES) -> Iterator[ShardEntry]:
    """The shards of a run in which nothing failed."""
    for index, first in enumerate(range(0, samples, shard_samples)):
        stop = min(first + shard_samples, samples)
        yield ShardEntry(index, shard_name(index), 20_000_000, stop - first, _sha256(index), ((first, stop - 1),))


def scattered_entries(samples: int, shard_samples: int = SHARD_SAMPLES) -> Iterator[ShardEntry]:
    """The shards of a part with 80 % of the samples, as a split by person leaves them: their ids are full of gaps."""
    ids = np.flatnonzero(np.random.default_rng(5).random(samples) < 0.8)
    for index, first in enumerate(range(0, len(ids), shard_samples)):
        held = ids[first : first + shard_samples]
        yield ShardEntry(index, shard_name(index), 20_000_000, len(held), _sha256(index), runs_of_ids(held))


def ledger_write(folder: str, samples: int, shard_samples: int = SHARD_SAMPLES) -> dict[str, Any]:
    """As the supervisor does it: each line on the disk before the next."""
    shards = 0
    with Ledger.open(Path(folder), _RECIPE, recipe_sha256(_RECIPE)) as ledger:
        for entry in whole_entries(samples, shard_samples):
            ledger.add_shard(entry)
            shards += 1
    return {"shards": shards, "bytes": (Path(folder) / "ledger.jsonl").stat().st_size}


def ledger_read(folder: str) -> dict[str, Any]:
    """As a run does that goes on."""
    return {"shards": len(Ledger.open(Path(folder), _RECIPE, recipe_sha256(_RECIPE)).shards)}


def manifest_write(folder: str, samples: int, scattered: bool, shard_samples: int = SHARD_SAMPLES) -> dict[str, Any]:
    """With the list of shards already in memory, as at the end of a run."""
    entries = tuple((scattered_entries if scattered else whole_entries)(samples, shard_samples))
    manifest = Manifest(
        dataset_id="many-1", name="many", seed=1, recipe=_RECIPE, shards=entries,
        heads=(HeadPackEntry("many", "0" * 64, "CC0-1.0"),), license="CC0-1.0",
    )  # fmt: skip
    write_manifest(Path(folder), manifest)
    return {"shards": len(entries), "bytes": (Path(folder) / "manifest.json").stat().st_size}


def manifest_read(folder: str) -> dict[str, Any]:
    """As every reader does it."""
    return {"samples": read_manifest(Path(folder)).samples}


def _sha256(index: int) -> str:
    return hashlib.sha256(str(index).encode()).hexdigest()
