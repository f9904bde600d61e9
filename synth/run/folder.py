"""The dataset's place before and after the work: whose it is, what of it is whole, and its manifest."""

from __future__ import annotations

import logging
import platform
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from synth.errors import DatasetError, DiskError, MismatchError, ShardError
from synth.recipe.schema import Recipe
from synth.run.ledger import Ledger, RunNote
from synth.run.make import dataset_id, recipe_as_json
from synth.run.place import Place, as_place
from synth.run.place import prepare_folder as prepare_folder
from synth.run.span import Span, belongs_to, ledger_name, manifest_name, span_of_part
from synth.shard.accounts import joined_accounts
from synth.shard.header import ACCOUNTS_SCHEMA_VERSION, SCHEMA_VERSION, index_of_shard_name, recipe_sha256
from synth.shard.manifest import (
    MAX_MANIFEST_BYTES,
    FailedSample,
    HeadPackEntry,
    Manifest,
    ShardEntry,
    manifest_bytes,
)
from synth.shard.read_manifest import parse_manifest

_PACKAGES = ("synth-heads", "bpy", "numpy", "h5py", "opencv-python", "trimesh", "embreex")
_ABSENT = object()
_log = logging.getLogger(__name__)


def open_ledger(place: Place | Path, recipe: Recipe, span: Span | None = None) -> Ledger:
    """The ledger of a run over these shards, if it is this recipe's.

    Raises `MismatchError` with every field that differs if it is another's, `DatasetError` if there are shards but no
    ledger says whose, or if the place belongs to runs over ranges and this is none, or the other way round.
    """
    place = as_place(place)
    ours = recipe_as_json(recipe)
    names = place.names()
    _refuse_others(place, names, span)
    ledger = Ledger.open(place, ours, recipe_sha256(ours), ledger_name(span))
    if found := differences(ledger.header.recipe, ours):
        raise MismatchError(
            "The folder holds another recipe's samples:\n  " + "\n  ".join(found),
            where=place.where,
            mend="Choose another --out, or give the same recipe.",
        )
    return ledger


def _refuse_others(place: Place, names: Sequence[str], span: Span | None) -> None:
    """Raise `DatasetError` if there is work here that a run over `span` must not touch."""
    if ledger_name(span) in names:
        return
    if span is not None and ledger_name(None) in names:
        raise DatasetError(
            "A run over all shards was begun here.",
            where=place.where,
            mend="Start it again without --shards, or choose another --out.",
        )
    parts = [part for name in names if (part := span_of_part(name)) is not None]
    if span is None and parts:
        raise DatasetError(
            f"Runs over ranges of shards ({parts[0]}, {len(set(parts))} in all) were begun here.",
            where=place.where,
            mend="When all are done, join them with `synth merge-manifest`; or choose another --out.",
        )
    stray = [name for name in names if index_of_shard_name(name) is not None and belongs_to(span, name)]
    # Of a range, a shard may have been made by a run over another range that holds it too.
    if stray and not any(part.overlaps(span) for part in parts if span is not None):
        raise DatasetError(
            f"There are shards ({stray[0]}, {len(stray)} in all) but no ledger says what they are.",
            where=place.where,
            mend="Choose another --out, or remove them.",
        )


def differences(theirs: Mapping[str, Any], ours: Mapping[str, Any], prefix: str = "") -> list[str]:
    """One line a field in which two recipes (plain JSON) differ; the folder's value first."""
    lines: list[str] = []
    for name in [*ours, *(key for key in theirs if key not in ours)]:
        one, other = theirs.get(name, _ABSENT), ours.get(name, _ABSENT)
        if isinstance(one, Mapping) and isinstance(other, Mapping):
            lines += differences(one, other, f"{prefix}{name}.")
        elif one != other:
            lines.append(f"{prefix}{name}: {_shown(one)} in the folder, {_shown(other)} now")
    return lines


def drop_damaged(place: Place | Path, ledger: Ledger, *, workers: int, go_on: Callable[[], bool]) -> tuple[str, ...]:
    """Strike from the ledger every shard whose file isn't there or hasn't the size and SHA-256 listed; their names.

    Stops early when `go_on` says no. Raises `DiskError`.
    """
    place = as_place(place)
    listed = [entry for entry in ledger.shards.values() if entry is not None]
    damaged: list[str] = []

    def check(entry: ShardEntry) -> bool:
        return not go_on() or is_whole(place, entry)

    with ThreadPoolExecutor(max(1, workers)) as pool:  # hashing lets go of the GIL
        for entry, whole in zip(listed, pool.map(check, listed), strict=True):
            if not whole:
                _log.warning("%s/%s isn't what was committed; it is made again", place.where, entry.name)
                ledger.drop_shard(entry.index)
                damaged.append(entry.name)
    return tuple(damaged)


def is_whole(place: Place | Path, entry: ShardEntry) -> bool:
    """Whether the entry's file is there with its size and SHA-256. Raises `DiskError` if that can't be found out."""
    return as_place(place).is_whole(entry.name, entry.bytes, entry.sha256)


def remove_unlisted(place: Place | Path, ledger: Ledger, span: Span | None = None) -> None:
    """Remove shard files that the ledger doesn't list: committed but not recorded, or put there. Raises `DiskError`.

    Of a range, those alone that no other run over a range that overlaps may have made. Raises `LockedError` without
    removing any if another run has recorded something since the ledger was read: it may have been these.
    """
    place = as_place(place)
    listed = {entry.name for entry in ledger.shards.values() if entry is not None}
    names = place.names()
    others = {part for name in names if (part := span_of_part(name)) is not None and part != span}
    for name in names:
        index = index_of_shard_name(name)
        if index is None or name in listed or not belongs_to(span, name) or any(index in other for other in others):
            continue
        ledger.claim()
        place.remove(name)


def begin_work(place: Place | Path, ledger: Ledger, span: Span | None = None) -> None:
    """Note the run in the ledger; while it goes on there is no manifest, so nobody takes the place for whole.

    Raises `DiskError`.
    """
    ledger.add_run(RunNote(socket.gethostname(), _now()))
    as_place(place).remove(manifest_name(span))


def finish_manifest(
    place: Place | Path,
    recipe: Recipe,
    ledger: Ledger,
    heads: Sequence[HeadPackEntry],
    license_name: str,
    span: Span | None = None,
) -> None:
    """Write the manifest of a place in which every shard, or every one of the range, is done.

    Raises `DiskError`, also if a shard that was committed has gone.
    """
    place = as_place(place)
    _require_all(place, ledger)
    accounts = joined_accounts(entry.accounts for entry in heads)
    listed = bool(accounts.assets or accounts.subjects)
    manifest = Manifest(
        dataset_id=dataset_id(recipe),
        name=recipe.name,
        seed=recipe.seed,
        recipe=recipe_as_json(recipe),
        shards=tuple(entry for _, entry in sorted(ledger.shards.items()) if entry is not None),
        heads=tuple(heads),
        license=license_name,
        versions={**dict(_versions()), **({"device": ", ".join(sorted(ledger.devices))} if ledger.devices else {})},
        hosts=tuple(sorted({run.host for run in ledger.runs})),
        dates={"began": min(run.began for run in ledger.runs), "finished": _now()},
        failed=tuple(FailedSample(sample.id, sample.cause) for _, sample in sorted(ledger.lost.items())),
        assets=accounts.assets,
        subjects=accounts.subjects,
        schema_version=ACCOUNTS_SCHEMA_VERSION if listed else SCHEMA_VERSION,
    )
    name = manifest_name(span)
    place.commit(name, manifest_bytes(manifest, f"{place.where}/{name}"))


def _require_all(place: Place, ledger: Ledger) -> None:
    names = set(place.names())
    gone = sorted(entry.name for entry in ledger.shards.values() if entry is not None and entry.name not in names)
    if gone:
        raise DiskError(
            f"Shards that were committed have gone ({gone[0]}, {len(gone)} in all).",
            where=place.where,
            mend="See that nothing else removes files there, then start the same again: it makes them anew.",
        )


def has_manifest(place: Place | Path, ledger: Ledger, span: Span | None = None) -> bool:
    """Whether a whole manifest is there that lists what the ledger does."""
    data = as_place(place).read(manifest_name(span), MAX_MANIFEST_BYTES)
    if data is None or len(data) > MAX_MANIFEST_BYTES:
        return False
    try:
        manifest = parse_manifest(data)
    except (DatasetError, ShardError):
        return False
    return manifest.shards == tuple(entry for _, entry in sorted(ledger.shards.items()) if entry is not None)


def _now() -> str:
    # For the reader of the manifest alone: no deadline is ever taken from the wall clock.
    return datetime.now(UTC).isoformat(timespec="seconds")


def _versions() -> Iterator[tuple[str, str]]:
    yield "python", platform.python_version()
    for package in _PACKAGES:
        try:
            yield package, version(package)
        except PackageNotFoundError:
            continue


def _shown(value: Any) -> str:
    return "nothing" if value is _ABSENT else str(value)[:200]
