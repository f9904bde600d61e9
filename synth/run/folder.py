"""The dataset's folder before and after the work: whose it is, what of it is whole, and its manifest."""

from __future__ import annotations

import errno
import hashlib
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
from synth.run.ledger import LEDGER_NAME, Ledger, RunNote
from synth.run.make import dataset_id, recipe_as_json
from synth.shard.header import index_of_shard_name, recipe_sha256
from synth.shard.manifest import MANIFEST_NAME, FailedSample, HeadPackEntry, Manifest, ShardEntry, write_manifest
from synth.shard.read_manifest import read_manifest

_PACKAGES = ("synth-heads", "bpy", "numpy", "h5py", "opencv-python", "trimesh", "embreex")
_ABSENT = object()
_log = logging.getLogger(__name__)


def prepare_folder(folder: Path) -> None:
    """Make the folder if it isn't there. Raises `DiskError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DiskError(
            f"The folder can't be made: {error.strerror}.", where=str(folder), mend="Choose another --out."
        ) from error


def open_ledger(folder: Path, recipe: Recipe) -> Ledger:
    """The folder's ledger, if it is this recipe's.

    Raises `MismatchError` with every field that differs if it is another's, `DatasetError` if there are shards but no
    ledger says whose.
    """
    ours = recipe_as_json(recipe)
    stray = sorted(path.name for path in folder.iterdir() if index_of_shard_name(path.name) is not None)
    if stray and not (folder / LEDGER_NAME).exists():
        raise DatasetError(
            f"There are shards ({stray[0]}, {len(stray)} in all) but no ledger says what they are.",
            where=str(folder),
            mend="Choose another --out, or remove them.",
        )
    ledger = Ledger.open(folder, ours, recipe_sha256(ours))
    if found := differences(ledger.header.recipe, ours):
        raise MismatchError(
            "The folder holds another recipe's samples:\n  " + "\n  ".join(found),
            where=str(folder),
            mend="Choose another --out, or give the same recipe.",
        )
    return ledger


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


def drop_damaged(folder: Path, ledger: Ledger, *, workers: int, go_on: Callable[[], bool]) -> tuple[str, ...]:
    """Strike from the ledger every shard whose file isn't there or hasn't the size and SHA-256 listed; their names.

    Stops early when `go_on` says no. Raises `DiskError`.
    """
    listed = [entry for entry in ledger.shards.values() if entry is not None]
    damaged: list[str] = []

    def check(entry: ShardEntry) -> bool:
        return not go_on() or is_whole(folder, entry)

    with ThreadPoolExecutor(max(1, workers)) as pool:  # hashing lets go of the GIL
        for entry, whole in zip(listed, pool.map(check, listed), strict=True):
            if not whole:
                _log.warning("%s isn't what was committed; it is made again", folder / entry.name)
                ledger.drop_shard(entry.index)
                damaged.append(entry.name)
    return tuple(damaged)


def is_whole(folder: Path, entry: ShardEntry) -> bool:
    """Whether the entry's file is there with its size and SHA-256. Raises `DiskError` if that can't be found out."""
    path = folder / entry.name
    try:
        if path.stat().st_size != entry.bytes:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == entry.sha256
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno == errno.EIO:  # the disk lost it
            return False
        raise DiskError(
            f"The shard can't be read: {error.strerror}.", where=str(path), mend="Mend that, then start again."
        ) from error


def remove_unlisted(folder: Path, ledger: Ledger) -> None:
    """Remove shard files that the ledger doesn't list: committed but not recorded, or put there. Raises `DiskError`."""
    listed = {entry.name for entry in ledger.shards.values() if entry is not None}
    for path in folder.iterdir():
        if index_of_shard_name(path.name) is not None and path.name not in listed:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise DiskError(
                    f"It isn't listed and can't be removed: {error.strerror}.", where=str(path), mend="Remove it."
                ) from error


def begin_work(folder: Path, ledger: Ledger) -> None:
    """Note the run in the ledger; while it goes on the folder has no manifest, so nobody takes it for whole.

    Raises `DiskError`.
    """
    ledger.add_run(RunNote(socket.gethostname(), _now()))
    (folder / MANIFEST_NAME).unlink(missing_ok=True)


def finish_manifest(
    folder: Path, recipe: Recipe, ledger: Ledger, heads: Sequence[HeadPackEntry], license_name: str
) -> None:
    """Write the manifest of a folder in which every shard is done. Raises `DiskError`."""
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
    )
    write_manifest(folder, manifest)


def has_manifest(folder: Path, ledger: Ledger) -> bool:
    """Whether a whole manifest is there that lists what the ledger does."""
    try:
        manifest = read_manifest(folder)
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
