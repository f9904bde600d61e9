"""A folder of the user's pictures: which files there are, their checksums, and what their licence is.

Nothing in it is trusted: what isn't a plain file inside the folder is refused, and so is what is too large.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from synth.errors import UsageError

MAX_FILE_BYTES = 512 << 20
MAX_FILES = 200_000
NO_LICENSE = "NOASSERTION"
_LICENSE_FILES = ("LICENSE", "LICENSE.txt", "LICENSE.md", "COPYING", "license.txt")
_LONGEST_LICENSE = 200

Judge = Callable[[bytes, str], None]
"""Told a file's bytes and path; raises UsageError for one that can't be used."""


@dataclass(frozen=True)
class ListedFile:
    """One picture: its path below the folder, with slashes, and its SHA-256."""

    name: str
    sha256: str


@dataclass(frozen=True)
class Listing:
    """The pictures of a folder, sorted by name."""

    files: tuple[ListedFile, ...]

    @property
    def sha256(self) -> str:
        """Over all names and checksums: 64 hex digits."""
        return hashlib.sha256(self.to_json()).hexdigest()

    def to_json(self) -> bytes:
        """[[name, SHA-256], …] as JSON."""
        return json.dumps([[file.name, file.sha256] for file in self.files], ensure_ascii=True).encode()

    def at(self, place: float) -> ListedFile:
        """The file at `place` in [0, 1)."""
        return self.files[min(len(self.files) - 1, int(place * len(self.files)))]


def list_pictures(folder: Path, suffixes: frozenset[str], where: str, judge: Judge) -> Listing:
    """All files below `folder` that end as `suffixes` (lower case, with the dot), each read once and judged.

    `where` is the recipe's setting. What begins with a dot is passed over. Raises UsageError for a folder that isn't
    there or holds none, for a link that leads out of it, and for a file that can't be used.
    """
    if not folder.is_dir():
        mend = "Give the path of a folder, as seen from where the command is started."
        raise UsageError(f"There is no folder {str(folder)!r}.", where=where, mend=mend)
    names = sorted(_names(folder, suffixes, where))
    if not names:
        raise UsageError(
            f"The folder {folder} holds no pictures.", where=where, mend=f"Put some in: {', '.join(sorted(suffixes))}."
        )
    listed = []
    for name in names:
        data = read_plain_file(folder, name)
        judge(data, str(folder / name))
        listed.append(ListedFile(name, hashlib.sha256(data).hexdigest()))
    return Listing(tuple(listed))


def read_plain_file(folder: Path, name: str) -> bytes:
    """The bytes of a file below the folder.

    Raises UsageError if it isn't a plain file, lies outside (a link), is too large or can't be read.
    """
    path = folder / name
    _require_inside(folder, path)
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise UsageError("It isn't a plain file.", where=str(path), mend="Take it out of the folder.")
            data = file.read(MAX_FILE_BYTES + 1) if found.st_size <= MAX_FILE_BYTES else None
    except OSError as error:
        what = f"It can't be read: {error.strerror}."
        raise UsageError(what, where=str(path), mend="Put it back, or give it the right permissions.") from error
    if data is None or len(data) > MAX_FILE_BYTES:
        what = f"It is larger than {MAX_FILE_BYTES >> 20} MiB."
        raise UsageError(what, where=str(path), mend="Save it smaller, or take it out of the folder.")
    return data


def license_of(folder: Path) -> str:
    """The first line of text in the folder's LICENSE file; "NOASSERTION" without one."""
    for name in _LICENSE_FILES:
        path = folder / name
        if path.is_file() and path.stat().st_size < (1 << 20):
            _require_inside(folder, path)
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
            first = next((line.strip(" #*\t") for line in lines if line.strip(" #*\t")), "")
            plain = "".join(letter for letter in first if letter.isprintable())[:_LONGEST_LICENSE]
            if plain:
                return plain
    return NO_LICENSE


def write_listing(cache_dir: Path, listing: Listing) -> None:
    """Keep a listing for the workers, which then needn't read the whole folder; no matter if that fails."""
    path = _cached(cache_dir, listing.sha256)
    beside = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_bytes(listing.to_json())
        beside.replace(path)
    except OSError:
        beside.unlink(missing_ok=True)


def read_listing(cache_dir: Path, sha256: str) -> Listing | None:
    """The listing of that checksum if it was kept, and nobody touched it."""
    try:
        data = _cached(cache_dir, sha256).read_bytes()
    except OSError:
        return None
    if hashlib.sha256(data).hexdigest() != sha256:
        return None
    return Listing(tuple(ListedFile(name, digest) for name, digest in json.loads(data)))


def _cached(cache_dir: Path, sha256: str) -> Path:
    return cache_dir / "scenes" / f"{sha256}.json"


def _names(folder: Path, suffixes: frozenset[str], where: str) -> Iterator[str]:
    found = 0
    for here, folders, files in os.walk(folder, followlinks=False):
        for name in [*folders, *files]:
            if (Path(here) / name).is_symlink():
                _require_inside(folder, Path(here) / name)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            if name.startswith(".") or Path(name).suffix.lower() not in suffixes:
                continue
            found += 1
            if found > MAX_FILES:
                raise UsageError(f"More than {MAX_FILES:,} pictures.", where=where, mend="Take fewer.")
            yield _text(Path(here, name).relative_to(folder).as_posix(), here)


def _text(name: str, here: str) -> str:
    if not name.isprintable():
        mend = "Rename it."
        raise UsageError(f"The name {name!r} can't be written down.", where=here, mend=mend)
    return name


def _without_waiting(path: str, flags: int) -> int:
    """Opens a pipe without waiting for somebody to write into it."""
    return os.open(path, flags | os.O_NONBLOCK)


def _require_inside(folder: Path, path: Path) -> None:
    if not path.resolve().is_relative_to(folder.resolve()):
        what = "The link leads out of the folder, and only what lies in it belongs to a dataset."
        raise UsageError(what, where=str(path), mend="Put the file itself there, or take the link away.")
