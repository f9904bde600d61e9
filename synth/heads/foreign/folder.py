"""A folder that nothing can be read outside of.

Every file that an import touches is opened here, one path component at a time and without following links, so that a
name in a stranger's file can't lead anywhere else, not even when the folder changes meanwhile.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import unquote

from synth.errors import HeadError
from synth.heads.foreign.limits import MAX_FILE_BYTES, MAX_FOLDER_FILES

_SCHEME = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:")
_NO_LINK = "Put the file itself there: links aren't followed."


def shown(text: str, length: int = 120) -> str:
    """A stranger's text, safe on a terminal: control characters escaped, cut to `length`."""
    safe = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    return safe if len(safe) <= length else safe[: length - 1] + "…"


def local_name(reference: str, *, where: str, is_uri: bool = False) -> PurePosixPath:
    """The file that a reference in a mesh file names, relative to that mesh's folder.

    Backslashes part folders too, since many .mtl files come from Windows. A URI's %XX are decoded first.
    Raises HeadError for anything but a plain relative path: absolute, `..`, a drive, `file://`, `http://`, NUL.
    """
    text = unquote(reference) if is_uri else reference
    plain = text.strip().strip('"').replace("\\", "/")
    mend = "Put the file beside the mesh and write its bare name."
    if not plain or "\0" in plain:
        raise HeadError("It refers to a file without a name.", where=where, mend=mend)
    if _SCHEME.match(plain) or plain.startswith(("/", "~")):
        raise HeadError(f"It refers to {shown(reference)!r}, which is outside its folder.", where=where, mend=mend)
    name = PurePosixPath(plain)
    if ".." in name.parts:
        raise HeadError(f"It refers to {shown(reference)!r}, which leads out of its folder.", where=where, mend=mend)
    return name


class Folder:
    """The files under one folder. Raises HeadError where that isn't a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        if not self.path.is_dir():
            raise HeadError("There is no such folder.", where=str(path), mend="Give the folder that holds the meshes.")

    def files(self) -> list[PurePosixPath]:
        """All files and links under the folder, hidden ones left out, sorted. Linked folders aren't entered."""
        found: list[PurePosixPath] = []
        for base, folders, names in os.walk(self.path, followlinks=False):
            folders[:] = sorted(n for n in folders if not n.startswith("."))
            links = [n for n in folders if (Path(base) / n).is_symlink()]
            here = PurePosixPath(Path(base).relative_to(self.path).as_posix())
            found += [here / name for name in [*names, *links] if not name.startswith(".")]
            if len(found) > MAX_FOLDER_FILES:
                raise HeadError(
                    f"The folder holds more than {MAX_FOLDER_FILES:,} files.",
                    where=str(self.path),
                    mend="Give the folder of the meshes alone.",
                )
        return sorted(found, key=str)

    @contextmanager
    def open(self, name: PurePosixPath, *, where: str) -> Iterator[tuple[BinaryIO, int]]:
        """A regular file under the folder and its size in bytes. Raises HeadError as `read` does."""
        descriptor = self._descriptor(name, where)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise HeadError(f"{shown(str(name))!r} is no regular file.", where=where, mend="Remove it.")
            if status.st_size > MAX_FILE_BYTES:
                raise HeadError(
                    f"{shown(str(name))!r} has {status.st_size / 1e6:,.0f} MB; "
                    f"files up to {MAX_FILE_BYTES // 2**20} MiB are read.",
                    where=where,
                    mend="Reduce the mesh or the picture.",
                )
            yield file, status.st_size

    def read(self, name: PurePosixPath, *, where: str) -> bytes:
        """All of one file. Raises HeadError if it is missing, a link, not a regular file, or too large."""
        with self.open(name, where=where) as (file, _):
            return file.read(MAX_FILE_BYTES)

    def _descriptor(self, name: PurePosixPath, where: str) -> int:
        """Open `name` component by component, following no link."""
        if name.is_absolute() or ".." in name.parts or not name.parts:
            raise HeadError(f"{shown(str(name))!r} leads out of the folder.", where=where, mend=_NO_LINK)
        current = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in name.parts[:-1]:
                inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=current)
                os.close(current)
                current = inner
            # O_NONBLOCK: a named pipe must not hang us before we see that it is one.
            return os.open(name.parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=current)
        except OSError as error:
            raise self._why(name, where, error) from error
        finally:
            os.close(current)

    def _why(self, name: PurePosixPath, where: str, error: OSError) -> HeadError:
        path = self.path
        for part in name.parts:
            path = path / part
            if path.is_symlink():
                return HeadError(f"{shown(str(name))!r} is a symbolic link.", where=where, mend=_NO_LINK)
        if isinstance(error, FileNotFoundError):
            mend = "Put it there, or remove the line that names it."
            return HeadError(f"The file {shown(str(name))!r} is missing.", where=where, mend=mend)
        return HeadError(f"{name.name!r} can't be opened: {error.strerror}.", where=where, mend="See who may read it.")
