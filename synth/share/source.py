"""A whole dataset to take samples from: checked against its manifest first, then read as stored bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.errors import DatasetError
from synth.shard.check import ShardContents, check_shard
from synth.shard.columns import Column, known_column
from synth.shard.manifest import Manifest
from synth.shard.plain_hdf5 import read_array
from synth.shard.read import Shard
from synth.shard.read_manifest import read_manifest
from synth.shard.record import EncodedSample
from synth.shard.verify import verify_dataset
from synth.share.provenance import Step, read_steps
from synth.store.address import require_folder

Progress = Callable[[int, int], None]
_OPEN_SHARDS = 8  # whose labels are kept in memory, a megabyte or two each
_READERS_RULES = ("extra",)  # faults that don't concern what the manifest lists


@dataclass(frozen=True)
class Source:
    """A dataset's folder with its manifest, what it was made of, and the heads of its shards."""

    folder: Path
    manifest: Manifest
    steps: tuple[Step, ...]
    contents: tuple[ShardContents, ...]

    @cached_property
    def ids(self) -> npt.NDArray[np.int64]:
        """(N,) int64: the samples' ids, in the order of the shards."""
        return np.concatenate([entry.ids for entry in self.manifest.shards])

    @property
    def columns(self) -> tuple[Column, ...]:
        """The labels that every shard has."""
        everywhere = set.intersection(*({c.name for c in contents.columns} for contents in self.contents))
        return tuple(column for column in self.contents[0].columns if column.name in everywhere)

    @property
    def shard_samples(self) -> int:
        """How many samples its largest shard holds."""
        return max(entry.samples for entry in self.manifest.shards)

    def labels(self, names: Iterable[str]) -> dict[str, npt.NDArray[Any]]:
        """These columns whole, (N, *shape), texts as bytes; no others are read."""
        found: dict[str, list[npt.NDArray[Any]]] = {name: [] for name in names}
        for contents in self.contents:
            places = dict(zip((column.name for column in contents.columns), contents.places, strict=True))
            for name, parts in found.items():
                parts.append(read_array(contents.path, places[name]))
        return {name: np.concatenate(parts) for name, parts in found.items()}


def open_source(folder: Path) -> Source:
    """Check a dataset and open it to take from.

    Every file is held against its SHA-256 first: what is damaged here would be whole by the manifest of whatever is
    made of it. Raises `DatasetError` for the first fault, `UsageError` for an address.
    """
    require_folder(folder)
    folder = Path(folder)
    faults = [fault for fault in verify_dataset(folder) if fault.kind not in _READERS_RULES]
    if faults:
        more = f" It has {len(faults) - 1:,} more faults." if len(faults) > 1 else ""
        raise DatasetError(f"{faults[0].what}{more}", where=faults[0].where, mend=faults[0].mend)
    manifest = read_manifest(folder)
    contents = tuple(check_shard(folder / entry.name) for entry in manifest.shards)
    return Source(folder, manifest, read_steps(folder), contents)


@dataclass(frozen=True)
class Picks:
    """Samples to be taken, (N,) each: of which source, of which of its shards, where in it, under which id."""

    source: npt.NDArray[np.int64]
    shard: npt.NDArray[np.int64]
    position: npt.NDArray[np.int64]
    id: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.id)

    def take(self, rows: npt.ArrayLike) -> Picks:
        """Some of them: `rows` are places or a mask."""
        chosen = np.asarray(rows)
        return Picks(self.source[chosen], self.shard[chosen], self.position[chosen], self.id[chosen])


def picks_of(source: Source, number: int = 0, shift: int = 0) -> Picks:
    """All samples of the source, the one with this number, in the order of its shards; ids are shifted by `shift`."""
    counts = [entry.samples for entry in source.manifest.shards]
    shard = np.repeat(np.arange(len(counts)), counts)
    position = np.concatenate([np.arange(count) for count in counts])
    return Picks(np.full(len(shard), number), shard, position, source.ids + shift)


def joined(parts: Sequence[Picks]) -> Picks:
    """One after the other."""
    names = ("source", "shard", "position", "id")
    return Picks(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


class SampleReader:
    """Reads picked samples as they are stored; keeps the last few shards' labels."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._shards: OrderedDict[tuple[int, int], Shard] = OrderedDict()
        self._room = max(_OPEN_SHARDS, 2 * len(sources))

    def encoded(self, source: int, shard: int, position: int, sample_id: int) -> EncodedSample:
        """One sample under this id. Raises `ShardError` if bytes don't match their checksum."""
        sample = self._shard(source, shard).encoded(position)
        labels: Mapping[str, npt.NDArray[Any]] = sample.labels
        if int(labels["id"]) != sample_id:
            labels = {**labels, "id": np.array(sample_id, dtype=np.int64)}
        return replace(sample, labels=labels)

    def _shard(self, source: int, number: int) -> Shard:
        found = self._shards.pop((source, number), None) or Shard(self._sources[source].contents[number].path)
        self._shards[source, number] = found
        if len(self._shards) > self._room:
            self._shards.popitem(last=False)
        return found


def foreign_columns(contents: ShardContents) -> tuple[Column, ...]:
    """The columns that this version doesn't know, to be declared to a writer; their values may be unknown."""
    found = [column for column in contents.columns if known_column(column.name) is None]
    return tuple(replace(column, may_be_unknown=np.dtype(column.dtype).kind in "fS") for column in found)
