"""Disks that are small or broken, for users who may not mount one: stand-ins for the system's calls in this process."""

from __future__ import annotations

import errno
import os
from itertools import count
from pathlib import Path
from typing import Any

_BLOCK = 4096


def shrink_disk(folder: Path, size: int) -> None:
    """From now on the files in `folder` share `size` bytes, as far as this process can see.

    What lies in the folder counts, whoever wrote it; a write that doesn't fit is cut off, as a file system does, and
    the next one fails with ENOSPC.
    """
    folder = Path(folder).resolve()
    real_write, real_statvfs = os.write, os.statvfs

    def left() -> int:
        return max(0, size - sum(map(_size, os.scandir(folder))))

    def write(descriptor: int, data: Any) -> int:
        if not Path(f"/proc/self/fd/{descriptor}").readlink().is_relative_to(folder):
            return real_write(descriptor, data)
        room = left()
        if room == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real_write(descriptor, memoryview(data)[:room])

    def statvfs(path: Any) -> os.statvfs_result:
        real = real_statvfs(path)
        if not Path(path).resolve().is_relative_to(folder):
            return real
        free = left() // _BLOCK
        return os.statvfs_result((_BLOCK, _BLOCK, size // _BLOCK, free, free, *real[5:10]))

    os.write, os.statvfs = write, statvfs


def _size(entry: os.DirEntry[str]) -> int:
    """Bytes of a file; 0 for what isn't one, or is gone: other processes rename theirs while the folder is listed."""
    try:
        return entry.stat().st_size if entry.is_file() else 0
    except FileNotFoundError:
        return 0


def break_sync(number: int) -> None:
    """From its `number`th call on in this process, a sync of a file fails with EIO."""
    real_sync, calls = os.fsync, count(1)

    def fsync(descriptor: int) -> None:
        if next(calls) >= number:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real_sync(descriptor)

    os.fsync = fsync
