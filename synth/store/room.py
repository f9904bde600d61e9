"""How much room copies of shards may take, and which go when there are more: those that were used longest ago.

When a copy was last used is its file's time of change. It is set, and copies are removed, under a lock that all
processes of this cache share, so none removes what another has just found there. What was used within the last minutes
stays even if it is too much: a dataset that is larger than the limit can be read all the same. These minutes are those
of the wall clock, so after a machine slept or its clock was set a copy in use may go; who reads it fetches it again.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
    was killed left half written goes too. Raises OSError if the folder can't be read or locked.
    """
    folder = newest.parent
    with _locked(folder, fcntl.LOCK_EX):
        files = _files(folder)
        now = newest.stat().st_mtime
        for path, state in files.items():
            if path.suffix == ".partial" and now - state.st_mtime > _ABANDONED_S:
                _unlink(path)
        copies = {path: state for path, state in files.items() if path.suffix == ".h5"}
        excess = sum(state.st_size for state in copies.values()) - most_bytes
        removed = []
        for path in sorted(copies, key=lambda path: copies[path].st_mtime):
            if excess <= 0 or now - copies[path].st_mtime <= IN_USE_S:
                break
            if _unlink(path):
                excess -= copies[path].st_size
                removed.append(path)
        return removed


def _unlink(path: Path) -> bool:
    """Whether it is gone; False if it is another user's."""
    try:
        path.unlink(missing_ok=True)
    except PermissionError:
        return False
    return True


def _files(folder: Path) -> dict[Path, os.stat_result]:
    """Those that are still there when they are looked at: other processes rename theirs meanwhile, without the lock."""
    files = {}
    for path in folder.iterdir():
        with suppress(FileNotFoundError):
            state = path.stat()
            if stat.S_ISREG(state.st_mode):
                files[path] = state
    return files


@contextmanager
def _locked(folder: Path, mode: int) -> Iterator[None]:
    path = folder.parent / _LOCK_NAME
    try:  # to be written, which NFS wants of who locks exclusively
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    except PermissionError:  # another user's
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, mode)
        yield
    finally:
        os.close(descriptor)
