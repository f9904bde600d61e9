"""A folder that is there whole or not at all.

It is filled beside its place, under another name that is also its lock, and gets its own name in one rename. A run
that dies leaves nothing but that hidden folder, which the next one with the same --out removes.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from synth.errors import DiskError, UsageError
from synth.run.lock import FolderLock
from synth.store.address import require_folder

_RESERVE_BYTES = 64 << 20  # a disk that is full to the last byte harms others
_CONTENT = "content"


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """Gives an empty folder to fill. When the block ends without an error it becomes `folder`, else it is removed.

    Raises `UsageError` if `folder` is there and not empty, the current one, or an address; `LockedError` while another
    process fills it; `DiskError`.
    """
    require_folder(folder)
    final = Path(folder).resolve()
    _refuse_taken(final, folder)
    hidden = final.parent / f".synth-{final.name}.partial"
    with _as_disk_errors(final):
        hidden.mkdir(parents=True, exist_ok=True)
    try:
        with FolderLock(hidden):
            _refuse_taken(final, folder)  # again: another process may have just finished
            content = hidden / _CONTENT
            with _as_disk_errors(final):
                shutil.rmtree(content, ignore_errors=True)
                content.mkdir()
            try:
                yield content
                with _as_disk_errors(final):
                    _put_in_place(content, final)
            finally:
                shutil.rmtree(content, ignore_errors=True)
    finally:
        with suppress(OSError):  # another process has entered it
            hidden.rmdir()


def require_room(folder: Path, wanted_bytes: int) -> None:
    """Raise `DiskError` unless so many bytes, and a few more, can be written into `folder`."""
    with _as_disk_errors(folder):
        free = shutil.disk_usage(folder).free
    if free < wanted_bytes + _RESERVE_BYTES:
        what = f"Not enough room: {wanted_bytes + _RESERVE_BYTES:,} bytes needed, {free:,} free."
        raise DiskError(what, where="--out", mend="Make room, or choose another --out.")


def _refuse_taken(final: Path, given: Path) -> None:
    if final == Path.cwd():
        raise UsageError("It is the current folder.", where=str(given), mend="Give a new folder as --out.")
    try:
        taken = os.path.lexists(final) and (not final.is_dir() or any(final.iterdir()))
    except OSError as error:
        what = f"It can't be read: {error.strerror}."
        raise DiskError(what, where=str(given), mend="Choose another --out.") from error
    if taken:
        raise UsageError("It is there already and not an empty folder.", where=str(given), mend="Choose another --out.")


def _put_in_place(content: Path, final: Path) -> None:
    if final.exists():
        shutil.copymode(final, content)
    _sync_folder(content)
    content.rename(final)
    _sync_folder(final.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems can't sync a folder
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _as_disk_errors(where: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        mend = "Choose another --out."
        if error.errno in (errno.EBUSY, errno.EXDEV):
            mend = "It is a disk of its own: give a folder in it."
        elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            mend = "Choose a folder in one that you may write."
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise DiskError(f"The folder can't be made: {reason}.", where=str(where), mend=mend) from error
