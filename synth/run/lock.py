"""One run a folder, or one a range of its shards: exclusive locks that die with their process."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from synth.errors import DiskError, LockedError
from synth.run.holder import Holder
from synth.run.span import LOCK_NAME, Span, lock_name, span_of_lock


class FolderLock:
    """Holds `folder` for this process while the `with` block runs.

    It is an flock on `.synth-lock`, so the kernel lets go of it however the process ends; a file that is left behind
    locks nothing, and nobody has to judge whether the process that it names still lives. `shared`: several may hold it
    at once, but none beside one that holds it alone. Raises `LockedError` naming the holder, `DiskError` where the file
    system can't lock.
    """

    def __init__(self, folder: Path, name: str = LOCK_NAME, *, shared: bool = False) -> None:
        self.path = Path(folder) / name
        self._mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        self._descriptor = self._acquire()
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, Holder.ours().to_bytes() + b"\n", 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._descriptor is not None:
            if self._is_alone(self._descriptor):
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
                fcntl.flock(descriptor, self._mode | fcntl.LOCK_NB)
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

    def _is_alone(self, descriptor: int) -> bool:
        """Whether nobody else holds it, so that the file may go."""
        if self._mode == fcntl.LOCK_EX:
            return True
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return self._is_still(descriptor)

    def _is_still(self, descriptor: int) -> bool:
        ours = os.fstat(descriptor)
        try:
            named = self.path.stat()
        except FileNotFoundError:
            return False
        return (ours.st_dev, ours.st_ino) == (named.st_dev, named.st_ino)


@contextmanager
def span_lock(folder: Path, span: Span) -> Iterator[None]:
    """Hold a range of a folder's shards: others may hold other ranges, none the whole folder or a part of this range.

    Of two that start on overlapping ranges at once both may be refused, never both let in. Raises as `FolderLock`.
    """
    with FolderLock(folder, shared=True), FolderLock(folder, lock_name(span)):
        for path in folder.iterdir():
            other = span_of_lock(path.name)
            if other is not None and other != span and other.overlaps(span) and (holder := _held_by(path)):
                raise LockedError(
                    f"Another run is at work on shards {other}: {holder}.",
                    where=str(folder),
                    mend=f"Wait for it, stop it, or take shards outside of {other}.",
                )
        yield


def _held_by(path: Path) -> str:
    """Who holds this lock file; empty if nobody does."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return ""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _holder(descriptor)
    else:
        return ""
    finally:
        os.close(descriptor)


def _holder(descriptor: int) -> str:
    try:
        holder = Holder.parse(os.pread(descriptor, 4096, 0))
    except OSError:
        holder = None
    return str(holder or "it has just begun and hasn't said its PID yet")


def _refused(path: Path, error: OSError) -> DiskError:
    return DiskError(
        f"The folder can't be locked: {os.strerror(error.errno or 0)}.",
        where=str(path),
        mend="Choose a folder that you may write, on a file system with locks.",
    )
