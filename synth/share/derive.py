"""One dataset to one or several: the part that meets a condition, disjoint parts, all of it in other shards."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from synth.data.shards import ShardSource
from synth.data.split import split_by_identity, split_by_image
from synth.errors import UsageError
from synth.shard.accounts import Accounts
from synth.shard.manifest import Manifest
from synth.share.folder import new_folder
from synth.share.provenance import new_step, origin_of
from synth.share.source import Picks, Progress, Source, open_source, picks_of
from synth.share.subjects import subject_columns, subject_labels
from synth.share.where import Condition
from synth.share.write import NewDataset, write_dataset

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
REPACKED_SAMPLES = 8192


@dataclass(frozen=True)
class Made:
    """A dataset that was written: where, what its manifest says, and how many people it shows."""

    folder: Path
    manifest: Manifest
    identities: int


def subset(
    folder: Path,
    out: Path,
    where: str,
    *,
    name: str | None = None,
    shard_samples: int | None = None,
    progress: Progress | None = None,
) -> Made:
    """Write the samples that meet the condition `where` as a dataset of their own.

    Raises `UsageError` for a condition that isn't one, that no sample meets, or an `out` that is taken; `DatasetError`
    and `ShardError` for a source that isn't whole; `LockedError`; `DiskError`.
    """
    with new_folder(out) as content:
        source = open_source(folder)
        meets = _meeting(source, where)
        if not meets.any():
            raise UsageError(f"None of the {len(meets):,} samples meets it.", where="--where", mend="Ask for less.")
        options = {"where": where, **asked_for(name=name, shard_samples=shard_samples)}
        new = _of_one(source, name or f"{source.manifest.name}-subset", "subset", options)
        picks = picks_of(source).take(meets)
        manifest = write_dataset(content, new, [source], picks, _size(shard_samples, source), progress)
        return Made(Path(out), manifest, _identities(source, picks))


def split(
    folder: Path,
    out: Path,
    *,
    by: Literal["subject", "image"] = "subject",
    shares: Sequence[float] = (0.8, 0.1, 0.1),
    names: Sequence[str] = ("train", "validation", "test"),
    seed: int = 0,
    shard_samples: int | None = None,
    progress: Progress | None = None,
) -> tuple[Made, ...]:
    """Write disjoint parts of about these shares, each a dataset of its own in a folder of its name in `out`.

    By subject no person is in two parts; by image a person may be, but a sample and its variants stay together: the
    rules by which `synth train` splits. Either all parts are there or none.
    Raises as `subset`, and `UsageError` for shares or names that don't fit, or fewer people than parts.
    """
    _check_names(names, shares)
    with new_folder(out) as content:
        source = open_source(folder)
        whole, cut = ShardSource(folder), split_by_identity if by == "subject" else split_by_image
        rows = [part.rows for part in cut(whole, shares, seed)]
        made, done = [], 0
        for number, (part, chosen) in enumerate(zip(names, rows, strict=True)):
            options = {"by": by, "shares": list(shares), "names": list(names), "seed": seed, "part": number}
            options |= asked_for(shard_samples=shard_samples)
            new = _of_one(source, f"{source.manifest.name}-{part}", "split", options)
            picks, before = picks_of(source).take(chosen), done
            (content / part).mkdir()

            def shown(count: int, _: int, before: int = before) -> None:
                if progress is not None:
                    progress(before + count, len(source.ids))

            manifest = write_dataset(content / part, new, [source], picks, _size(shard_samples, source), shown)
            made.append(Made(Path(out) / part, manifest, _identities(source, picks)))
            done += len(picks)
        return tuple(made)


def repack(folder: Path, out: Path, *, shard_samples: int = REPACKED_SAMPLES, progress: Progress | None = None) -> Made:
    """Write the same samples into shards of another size. Raises as `subset`."""
    with new_folder(out) as content:
        source = open_source(folder)
        new = _of_one(source, source.manifest.name, "repack", {"shard_samples": shard_samples}, whole=True)
        picks = picks_of(source)
        manifest = write_dataset(content, new, [source], picks, shard_samples, progress)
        return Made(Path(out), manifest, _identities(source, picks))


def asked_for(**options: Any) -> dict[str, Any]:
    """Those that were given: a step names all that its command was told, so that it can be repeated."""
    return {name: value for name, value in options.items() if value is not None}


def _meeting(source: Source, where: str) -> npt.NDArray[np.bool_]:
    """Which samples meet it, by their labels and by what the manifest knows of the people."""
    labels, people = source.columns, source.manifest.subjects
    known = subject_columns(people, taken=[column.name for column in labels])
    condition = Condition(where, (*labels, *known))
    asked = [column for column in known if column.name in condition.columns]
    found = source.labels(condition.columns - {column.name for column in asked})
    if asked:
        found |= subject_labels(people, source.labels(["subject"])["subject"], asked)
    return condition.holds(found, len(source.ids))


def _of_one(source: Source, name: str, operation: str, options: Mapping[str, Any], whole: bool = False) -> NewDataset:
    """What a part of a dataset says of itself: what the dataset said, and that it is a part."""
    manifest = source.manifest
    return NewDataset(
        name=name,
        step=new_step(operation, options, (origin_of(manifest),), name),
        earlier=source.steps,
        seed=manifest.seed,
        recipe=manifest.recipe,
        heads=manifest.heads,
        license=manifest.license,
        versions=manifest.versions,
        hosts=manifest.hosts,
        dates=manifest.dates,
        failed=manifest.failed if whole else (),
        accounts=Accounts(manifest.assets, manifest.subjects),
    )


def _size(shard_samples: int | None, source: Source) -> int:
    return source.shard_samples if shard_samples is None else shard_samples


def _identities(source: Source, picks: Picks) -> int:
    subjects = source.labels(["subject"])["subject"]
    return len(np.unique(subjects[np.isin(source.ids, picks.id)]))


def _check_names(names: Sequence[str], shares: Sequence[float]) -> None:
    if len(names) != len(shares):
        example = ",".join(string.ascii_lowercase[: len(shares)])
        what = f"There are {len(names)} names for {len(shares)} shares."
        raise UsageError(what, where="--shares", mend=f"Give a name for each: add --names {example}.")
    wrong = [name for name in names if not _PART.fullmatch(name)]
    if wrong or len(set(names)) != len(names):
        what = f"{wrong[0][:80]!r} can't be a folder's name." if wrong else "A name is there twice."
        raise UsageError(what, where="--names", mend="Use A-Z a-z 0-9 . _ -, and each name once.")
