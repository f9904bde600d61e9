"""Local copies of files that lie in an object store, kept under their SHA-256."""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
from functools import lru_cache
from pathlib import Path
from time import monotonic

from synth.errors import DatasetError, DiskError
from synth.store.cache_folder import default_cache_dir
from synth.store.objects import ObjectStore
from synth.store.room import IN_USE_S, limit_bytes, note_use, prune

_NOTE_EVERY_S = IN_USE_S / 10
_FETCH_AGAIN = "Render it again: start the same `synth render` with this --out, or fetch the dataset anew."
_log = logging.getLogger(__name__)


def copy_path(sha256: str) -> Path:
    """Where the copy of the file with this SHA-256 is, or will be: `shards/` in the cache that head packs have too."""
    return default_cache_dir() / "shards" / f"{sha256}.h5"


def fetched(address: str, name: str, size: int, sha256: str) -> Path:
    """A local copy of the file, which is fetched if there is none, and made sure of once in each process.

    It stays for some minutes; who reads on asks again, which costs one look whether it is there. Raises `DatasetError`
    if the store hasn't it or it isn't what its size and SHA-256 say, `DiskError`, `UsageError` for a limit that is no
    size.
    """
    path = copy_path(sha256)
    if path in _sure and (_is_fresh(path) or _noted(path)):
        return path
    if not (_noted(path) and _is(path, size, sha256)):
        content = opened_store(address).read(name, size)
        where = f"{address}/{name}"
        if content is None:
            raise DatasetError("The shard is missing.", where=where, mend=_FETCH_AGAIN)
        if len(content) != size or hashlib.sha256(content).hexdigest() != sha256:
            raise DatasetError("Its SHA-256 isn't the manifest's.", where=where, mend=_FETCH_AGAIN)
        keep(content, sha256)
    _sure[path] = monotonic()
    return path


def keep(content: bytes, sha256: str) -> Path:
    """Put a copy into the cache, from which others go if there are too many. Raises `DiskError`, `UsageError`."""
    path, most_bytes = copy_path(sha256), limit_bytes()
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            temporary.write_bytes(content)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise DiskError(
            f"The copy of a shard can't be kept: {error.strerror} ({len(content):,} bytes needed).",
            where=str(path.parent),
            mend="Make room, or name another folder in SYNTH_CACHE.",
        ) from error
    _make_room(path, most_bytes)
    return path


@lru_cache(maxsize=8)
def opened_store(address: str) -> ObjectStore:
    """One connection a process."""
    return ObjectStore(address)


def _make_room(newest: Path, most_bytes: int) -> None:
    """Best effort: where the folder can't be locked, or holds another user's copies, more stays than may."""
    try:
        for removed in prune(newest, most_bytes):
            _sure.pop(removed, None)
    except OSError as error:
        _log.debug("%s isn't cleared: %s", newest.parent, error.strerror)


def _is_fresh(path: Path) -> bool:
    """Whether its use was noted just now. Others judge that by the wall clock, which may have been set: so we look."""
    return monotonic() - _sure[path] < _NOTE_EVERY_S and path.is_file()


def _noted(path: Path) -> bool:
    """Say that the copy is used; whether there is one."""
    try:
        there = note_use(path)
    except OSError:  # it may only be read, or not be locked, or is another user's
        there = path.is_file()
    if there and path in _sure:
        _sure[path] = monotonic()
    return there


def _is(path: Path, size: int, sha256: str) -> bool:
    try:
        if path.stat().st_size != size:
            return False
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


_sure: dict[Path, float] = {}  # when its use was last noted, by this process's clock
if hasattr(os, "register_at_fork"):  # a connection belongs to the process that made it
    os.register_at_fork(after_in_child=opened_store.cache_clear)
