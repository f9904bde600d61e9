"""Bytes to disk, all or nothing.

A file gets its name only after its content is safely on the disk, so no reader and no crash ever sees half a file.
"""

from __future__ import annotations

import errno
import logging
import os
import re
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path

from synth.errors import DiskError

_PREFIX, _SUFFIX = ".synth-", ".partial"
_LEFTOVER = re.compile(r"\.synth-(.+)\.[0-9]+-[0-9a-f]{8}\.partial")

_log = logging.getLogger(__name__)


def commit_bytes(path: Path, data: bytes) -> None:
    """Put `data` at `path` atomically and durably, replacing what is there.

    Temporary file in the same folder, write, fsync, rename, fsync of the folder. Raises `DiskError` naming the path,
    the bytes needed, those free and the mend; the file at `path` is then the old one or absent, or, if only the
    folder's fsync failed, whole.
    """
    path = Path(path)
    temporary = path.with_name(f"{_PREFIX}{path.name}.{os.getpid()}-{secrets.token_hex(4)}{_SUFFIX}")
    try:
        try:
            _write_new(temporary, data)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise _disk_error(path, len(data), error) from error


def remove_leftovers(folder: Path, mine: Callable[[str], bool] | None = None) -> list[Path]:
    """Remove the temporary files that runs which died left in `folder`; the caller holds the folder's lock.

    `mine` says of a file's final name whether its leftovers are to go; default: all. Returns what was removed. Raises
    `DiskError` if one can't be.
    """
    removed = []
    try:
        for path in sorted(Path(folder).iterdir()):
            match = _LEFTOVER.fullmatch(path.name)
            if match and (mine is None or mine(match[1])) and not path.is_dir():
                path.unlink()
                removed.append(path)
    except OSError as error:
        raise _disk_error(Path(folder), 0, error) from error
    if removed:
        _log.info("removed %d unfinished files of earlier runs in %s", len(removed), folder)
    return removed


def _write_new(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0), 0o666)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems can't sync a folder
            raise
        _log.debug("this file system can't sync a folder: %s", folder)
    finally:
        os.close(descriptor)


def _disk_error(path: Path, needed: int, error: OSError) -> DiskError:
    reason = os.strerror(error.errno) if error.errno else str(error)
    mend = {
        errno.ENOSPC: "Make room, then start the same command again; what is finished is kept.",
        errno.EDQUOT: "Ask for a larger quota or make room, then start the same command again.",
        errno.EROFS: "Choose a folder that can be written.",
        errno.EACCES: "Choose a folder that you may write.",
        errno.EPERM: "Choose a folder that you may write.",
        errno.ENOENT: "Create the folder first.",
        errno.EMFILE: "Raise the limit of open files (ulimit -n).",
        errno.EIO: "The disk reports an input/output error; check it, or choose another.",
    }.get(error.errno or 0, "Check the disk, or choose another folder.")
    return DiskError(f"{reason} ({needed:,} bytes needed, {_free(path)} free).", where=str(path), mend=mend)


def _free(path: Path) -> str:
    try:
        return f"{shutil.disk_usage(path.parent).free:,} bytes"
    except OSError:
        return "an unknown number of bytes"
