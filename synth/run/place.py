"""Where a dataset is made: a folder, or a prefix of an object store; all that a run does to either."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from synth.errors import DiskError
from synth.run.lock import FolderLock, span_lock
from synth.run.span import Span, belongs_to
from synth.shard.commit import commit_bytes, remove_leftovers
from synth.store.address import is_remote


class Journal(Protocol):
    """Lines that are only ever added to, each lasting before `append` returns."""

    where: str

    def lines(self) -> Iterable[bytes]:
        """All whole lines, without their ends. Raises `DiskError`."""

    def create(self, line: bytes) -> None:
        """Begin with this line. Raises `DiskError`."""

    def open(self) -> None:
        """Be ready for `append`; what a run that died left torn is cut off. Raises `DiskError`."""

    def append(self, line: bytes) -> None:
        """Raises `DiskError`."""

    def close(self) -> None: ...


class Place(Protocol):
    """Files by name, each there whole or not at all. Everything raises `DiskError` if the disk or the store refuses."""

    @property
    def where(self) -> str:
        """As the user wrote it."""

    def prepare(self) -> None:
        """Make it, if it has to be made."""

    def names(self) -> list[str]:
        """All files there, sorted."""

    def size(self, name: str) -> int | None:
        """Bytes of a file; None if it isn't there."""

    def read(self, name: str, most_bytes: int) -> bytes | None:
        """A file's content, None if it isn't there; one byte more than `most_bytes` at the most."""

    def is_whole(self, name: str, size: int, sha256: str) -> bool:
        """Whether a file is there with this size and SHA-256."""

    def commit(self, name: str, data: bytes) -> None:
        """Put a file there, all or nothing, replacing what has its name."""

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""

    def remove_leftovers(self, span: Span | None) -> None:
        """Remove what runs over this range that died left unfinished; the caller holds the lock."""

    def locked(self, span: Span | None) -> AbstractContextManager[Any]:
        """Keeps every other run from the range, or from everything. Raises `LockedError`."""

    def free_bytes(self) -> int | None:
        """Bytes that may still be written; None where there is no such limit."""

    def journal(self, name: str) -> Journal: ...


class Folder:
    """A folder of a file system: `Place`."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path).absolute()

    @property
    def where(self) -> str:
        return str(self.path)

    def prepare(self) -> None:
        prepare_folder(self.path)

    def names(self) -> list[str]:
        try:
            return sorted(path.name for path in self.path.iterdir())
        except OSError as error:
            raise _unreadable(self.path, error) from error

    def size(self, name: str) -> int | None:
        path = self.path / name
        for look_again in (True, False):
            try:
                return path.stat().st_size
            except FileNotFoundError:
                if look_again:  # a network file system may still remember that it wasn't there; listing asks anew
                    self.names()
            except OSError as error:
                raise _unreadable(path, error) from error
        return None

    def read(self, name: str, most_bytes: int) -> bytes | None:
        path = self.path / name
        try:
            with path.open("rb") as file:
                return file.read(most_bytes + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(path, error) from error

    def is_whole(self, name: str, size: int, sha256: str) -> bool:
        path = self.path / name
        try:
            if path.stat().st_size != size:
                return False
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest() == sha256
        except FileNotFoundError:
            return False
        except OSError as error:
            if error.errno == errno.EIO:  # the disk lost it
                return False
            raise _unreadable(path, error) from error

    def commit(self, name: str, data: bytes) -> None:
        commit_bytes(self.path / name, data)

    def remove(self, name: str) -> None:
        path = self.path / name
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise DiskError(f"It can't be removed: {error.strerror}.", where=str(path), mend="Remove it.") from error

    def remove_leftovers(self, span: Span | None) -> None:
        remove_leftovers(self.path, lambda name: belongs_to(span, name))

    def locked(self, span: Span | None) -> AbstractContextManager[Any]:
        return FolderLock(self.path) if span is None else span_lock(self.path, span)

    def free_bytes(self) -> int:
        """Bytes that this user may still write there."""
        state = os.statvfs(self.path)
        return state.f_bavail * state.f_frsize

    def journal(self, name: str) -> Journal:
        return FileJournal(self.path / name)


class FileJournal:
    """A file of lines: `Journal`."""

    def __init__(self, path: Path) -> None:
        self.path, self.where = path, str(path)
        self._descriptor: int | None = None

    def lines(self) -> Iterator[bytes]:
        """One after the other as they are read: a ledger may be long."""
        try:
            with self.path.open("rb") as file:
                for line in file:
                    if line.endswith(b"\n"):  # what stands after the last newline is torn
                        yield line[:-1]
        except FileNotFoundError:
            return
        except OSError as error:
            raise _not_written(self.path, error) from error

    def create(self, line: bytes) -> None:
        commit_bytes(self.path, line)

    def open(self) -> None:
        try:
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
            _cut_torn_line(self._descriptor)
        except OSError as error:
            raise _not_written(self.path, error) from error

    def append(self, line: bytes) -> None:
        if self._descriptor is None:
            raise RuntimeError("the ledger isn't open for writing")
        try:
            if os.write(self._descriptor, line) != len(line):
                raise OSError(errno.ENOSPC, "short write")
            os.fsync(self._descriptor)
        except OSError as error:
            raise _not_written(self.path, error) from error

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def as_place(where: Place | Path | str) -> Place:
    """The place that a path or an address means. Raises `UsageError` for an address of no known kind."""
    if not isinstance(where, str | Path):
        return where
    if is_remote(where):
        from synth.run.prefix import Prefix

        return Prefix(where)
    return Folder(Path(where))


def prepare_folder(folder: Path) -> None:
    """Make the folder if it isn't there. Raises `DiskError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DiskError(
            f"The folder can't be made: {error.strerror}.", where=str(folder), mend="Choose another --out."
        ) from error


def _cut_torn_line(descriptor: int) -> None:
    size = os.fstat(descriptor).st_size
    end = size
    while end > 0:
        start = max(0, end - 65536)
        position = os.pread(descriptor, end - start, start).rfind(b"\n")
        if position >= 0:
            end = start + position + 1
            break
        end = start
    if end < size:
        os.ftruncate(descriptor, end)
        os.fsync(descriptor)


def _not_written(path: Path, error: OSError) -> DiskError:
    return DiskError(
        f"The ledger can't be written: {os.strerror(error.errno or 0)}.",
        where=str(path),
        mend="Make room or mend the disk, then start the same command again; what is finished is kept.",
    )


def _unreadable(path: Path, error: OSError) -> DiskError:
    return DiskError(f"It can't be read: {error.strerror}.", where=str(path), mend="Mend that, then start again.")
