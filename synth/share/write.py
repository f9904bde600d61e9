"""Picked samples to a dataset: their pictures as the bytes they are, their labels as they are stored."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from synth.errors import UsageError
from synth.shard import layout
from synth.shard.accounts import Accounts, SubjectEntry
from synth.shard.check import ShardContents
from synth.shard.columns import known_column
from synth.shard.commit import commit_bytes
from synth.shard.header import (
    ACCOUNTS_SCHEMA_VERSION,
    FURTHER_SCHEMA_VERSION,
    SCHEMA_VERSION,
    ShardHeader,
    canonical_json,
)
from synth.shard.manifest import FailedSample, HeadPackEntry, Manifest, ShardEntry, shard_entry
from synth.shard.write import ShardWriter
from synth.share.folder import require_room
from synth.share.provenance import Step, write_manifest_with_steps
from synth.share.source import Picks, Progress, SampleReader, Source, foreign_columns

_BYTES_BESIDES = 1 << 16  # of a shard: HDF5's own, the recipe, the manifest's line


@dataclass(frozen=True)
class NewDataset:
    """What the manifest and the shards of a dataset say of it, besides the samples."""

    name: str
    step: Step
    earlier: tuple[Step, ...]
    seed: int
    recipe: Mapping[str, Any]
    heads: tuple[HeadPackEntry, ...]
    license: str
    versions: Mapping[str, str]
    hosts: tuple[str, ...]
    dates: Mapping[str, str]
    failed: tuple[FailedSample, ...] = ()
    accounts: Accounts = field(default_factory=Accounts)


def write_dataset(
    folder: Path,
    new: NewDataset,
    sources: Sequence[Source],
    picks: Picks,
    shard_samples: int,
    progress: Progress | None = None,
) -> Manifest:
    """Write the samples, by ascending id, into an empty folder, and the manifest last.

    Equal samples, options and sources give equal bytes. Raises `UsageError` if shards can't be so large, `ShardError`
    for a sample whose bytes don't match their checksum, `DiskError`.
    """
    _check_size(sources, shard_samples, new.recipe)
    require_room(folder, _bytes_of(sources, picks, shard_samples, new.recipe))
    reader, entries, further, done = SampleReader(sources), list[ShardEntry](), False, 0
    for index, part in enumerate(_shards(sources, picks, shard_samples)):
        contents = sources[int(part.source[0])].contents[int(part.shard[0])]
        header = ShardHeader(
            index, new.step.dataset_id, new.seed, new.recipe, contents.noise_baked, contents.jpeg_quality
        )
        writer = ShardWriter(header, foreign_columns(contents))
        for source, shard, position, sample_id in zip(part.source, part.shard, part.position, part.id, strict=True):
            sample = reader.encoded(int(source), int(shard), int(position), int(sample_id))
            further = further or any(sample.further.values())
            writer.add_encoded(sample)
        data = writer.to_bytes()
        commit_bytes(folder / header.file_name, data)
        entries.append(shard_entry(index, header.file_name, data, part.id))
        done += len(part)
        if progress is not None:
            progress(done, len(picks))
    accounts = Accounts(new.accounts.assets, _shown(new.accounts, sources, picks))
    version = FURTHER_SCHEMA_VERSION if further else SCHEMA_VERSION
    version = ACCOUNTS_SCHEMA_VERSION if accounts.assets or accounts.subjects else version
    manifest = _manifest(new, tuple(entries), version, accounts)
    write_manifest_with_steps(folder, manifest, (*new.earlier, new.step))
    return manifest


def _shown(accounts: Accounts, sources: Sequence[Source], picks: Picks) -> tuple[SubjectEntry, ...]:
    """Of the subjects those that the picked samples show."""
    if not accounts.subjects:
        return ()
    shown: set[str] = set()
    for number, source in enumerate(sources):
        taken = np.zeros(len(source.ids), dtype=np.bool_)
        starts = np.concatenate([[0], np.cumsum([entry.samples for entry in source.manifest.shards])])
        mine = picks.source == number
        taken[starts[picks.shard[mine]] + picks.position[mine]] = True
        shown |= {name.decode("ascii") for name in np.unique(source.labels(["subject"])["subject"][taken]).tolist()}
    return tuple(subject for subject in accounts.subjects if subject.id in shown)


def _manifest(new: NewDataset, entries: tuple[ShardEntry, ...], schema_version: str, accounts: Accounts) -> Manifest:
    return Manifest(
        dataset_id=new.step.dataset_id,
        name=new.name,
        seed=new.seed,
        recipe=new.recipe,
        shards=entries,
        heads=new.heads,
        license=new.license,
        versions=new.versions,
        hosts=new.hosts,
        dates=new.dates,
        failed=new.failed,
        assets=accounts.assets,
        subjects=accounts.subjects,
        schema_version=schema_version,
    )


def _shards(sources: Sequence[Source], picks: Picks, shard_samples: int) -> Iterator[Picks]:
    """What each shard gets: samples whose shards say the same of them all, by ascending id."""
    styles: dict[Hashable, int] = {}
    numbers = [[styles.setdefault(_style(c), len(styles)) for c in source.contents] for source in sources]
    of_shard = {(s, n): style for s, listed in enumerate(numbers) for n, style in enumerate(listed)}
    pairs, which = np.unique(np.stack([picks.source, picks.shard]), axis=1, return_inverse=True)
    style = np.array([of_shard[int(s), int(n)] for s, n in pairs.T])[which.reshape(-1)]
    for wanted in range(len(styles)):
        rows = np.flatnonzero(style == wanted)
        rows = rows[np.argsort(picks.id[rows], kind="stable")]
        for start in range(0, len(rows), shard_samples):
            yield picks.take(rows[start : start + shard_samples])


def _style(contents: ShardContents) -> Hashable:
    """What a shard says of all its samples; texts of known columns may be stored wider or narrower."""
    columns = tuple(c.name if known_column(c.name) else c for c in contents.columns)
    return contents.noise_baked, contents.jpeg_quality, columns


def _check_size(sources: Sequence[Source], shard_samples: int, recipe: Mapping[str, Any]) -> None:
    row_bytes = max(sum(c.bytes_per_sample for c in contents.columns) for s in sources for contents in s.contents)
    most = min(layout.MAX_SAMPLES, layout.MAX_LABEL_BYTES // row_bytes)
    if not 1 <= shard_samples <= most:
        what = f"A shard can't hold {shard_samples:,} samples with these labels."
        raise UsageError(what, where="--shard-samples", mend=f"Give 1 to {most:,}.")
    if len(canonical_json(recipe)) > layout.MAX_RECIPE_BYTES:
        raise UsageError("The recipes together are larger than a shard may hold.", mend="Merge fewer datasets.")


def _bytes_of(sources: Sequence[Source], picks: Picks, shard_samples: int, recipe: Mapping[str, Any]) -> int:
    """About how many bytes the dataset will have: each sample as many as its shard's have on average."""
    total = 0.0
    for number, source in enumerate(sources):
        taken = np.bincount(picks.shard[picks.source == number], minlength=len(source.contents))
        total += sum(n * entry.bytes / entry.samples for n, entry in zip(taken, source.manifest.shards, strict=True))
    shards = len(picks) // shard_samples + len(sources)
    return round(total) + shards * (_BYTES_BESIDES + len(canonical_json(recipe)))
