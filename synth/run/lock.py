"""One run a folder: an exclusive lock that dies with its process."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
from pathlib import Path
from types import TracebackType
from typing import Self

from synth.errors import DiskError, LockedError

LOCK_NAME = ".synth-lock"


class FolderLock:
    """Holds `folder` for this process while the `with` block runs.

    It is an flock on `.synth-lock`, so the kernel lets go of it however the process ends; a file that is left behind
    locks nothing. Raises `LockedError` naming the holder's PID and host, `DiskError` where the file system can't lock.
    """

    def __init__(self, folder: Path) -> None:
        self.path = Path(folder) / LOCK_NAME
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        self._descriptor = self._acquire()
        os.ftruncate(self._descriptor, 0)
        holder = {"pid": os.getpid(), "host": socket.gethostname()}
        os.pwrite(self._descriptor, json.dumps(holder).encode() + b"\n", 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            self.path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = None

    def _acquire(self) -> int:
        while True:
            try:
                descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
            except OSError as error:
                raise _refused(self.path, error) from error
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # The holder before may have removed the file between our open and our lock: then we hold nothing.
                if self._is_still(descriptor):
                    return descriptor
            except OSError as error:
                holder = _holder(descriptor)
                os.close(descriptor)
                if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                    raise LockedError(
                        f"Another run is at work here: {holder}.",
                        where=str(self.path.parent),
                        mend="Wait for it, stop it, or choose another --out.",
                    ) from None
                raise _refused(self.path, error) from error
            os.close(descriptor)

    def _is_still(self, descriptor: int) -> bool:
        ours = os.fstat(descriptor)
        try:
            named = self.path.stat()
        except FileNotFoundError:
            return False
        return (ours.st_dev, ours.st_ino) == (named.st_dev, named.st_ino)


def _holder(descriptor: int) -> str:
    try:
        holder = json.loads(os.pread(descriptor, 4096, 0))
        return f"PID {int(holder['pid'])} on host {str(holder['host'])[:255]}"
    except (ValueError, KeyError, TypeError, OSError):
        return "it has just begun and hasn't said its PID yet"


def _refused(path: Path, error: OSError) -> DiskError:
    return DiskError(
        f"The folder can't be locked: {os.strerror(error.errno or 0)}.",
        where=str(path),
        mend="Choose a folder that you may write, on a file system with locks.",
    )
