"""How much room copies of shards may take, and which go when there are more: those that were used longest ago.

When a copy was last used is its file's time of change. It is set, and copies are removed, under a lock that all
processes of this cache share, so none removes what another has just found there. What was used within the last minutes
stays even if it is too much: a dataset that is larger than the limit can be read all the same.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from synth.errors import UsageError

LIMIT_VARIABLE = "SYNTH_SHARD_CACHE_GB"
DEFAULT_GB = 64.0
IN_USE_S = 600.0  # who reads a copy says so more often than this; see `synth.store.cache`
_ABANDONED_S = 3600.0
_LOCK_NAME = ".shards-lock"


def limit_bytes() -> int:
    """`$SYNTH_SHARD_CACHE_GB` in bytes, 64 GB if it isn't set. Raises `UsageError` if it is no number from 0 on."""
    text = os.environ.get(LIMIT_VARIABLE, "").strip()
    try:
        gigabytes = float(text) if text else DEFAULT_GB
    except ValueError:
        gigabytes = -1.0
    if not 0.0 <= gigabytes < 1e9:
        raise UsageError(f"{text[:40]!r} is no size.", where=LIMIT_VARIABLE, mend="Give gigabytes, 64 for one.")
    return int(gigabytes * 1e9)


def note_use(copy: Path) -> bool:
    """Say that the copy is used now; False if there is none. Raises OSError where that can't be said."""
    if not copy.parent.is_dir():
        return False
    with _locked(copy.parent, fcntl.LOCK_SH):
        try:
            os.utime(copy)
        except FileNotFoundError:
            return False
        return True


def prune(newest: Path, most_bytes: int) -> list[Path]:
    """Remove copies beside `newest` until all of them take `most_bytes` or the rest is in use; those removed.

    `newest` has just been written: its time is the present one, by the clock of the file system. What a process that
    was killed left half written goes too. Raises OSError if the folder can't be read.
    """
    folder = newest.parent
    with _locked(folder, fcntl.LOCK_EX):
        files = {path: path.stat() for path in folder.iterdir() if path.is_file()}
        now = newest.stat().st_mtime
        for path, state in files.items():
            if path.suffix == ".partial" and now - state.st_mtime > _ABANDONED_S:
                path.unlink(missing_ok=True)
        copies = {path: state for path, state in files.items() if path.suffix == ".h5"}
        excess = sum(state.st_size for state in copies.values()) - most_bytes
        removed = []
        for path in sorted(copies, key=lambda path: copies[path].st_mtime):
            if excess <= 0 or now - copies[path].st_mtime <= IN_USE_S:
                break
            path.unlink(missing_ok=True)
            excess -= copies[path].st_size
            removed.append(path)
        return removed


@contextmanager
def _locked(folder: Path, mode: int) -> Iterator[None]:
    descriptor = os.open(folder.parent / _LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, mode)
        yield
    finally:
        os.close(descriptor)
