"""A prefix of an object store as the place where a dataset is made.

Each shard is one PUT, so that it is there whole or not at all. The ledger, which can't be added to, is an object a
line, numbered; each is put on the condition that its number is free. So even if two runs should be at work, because a
lock was taken away by hand, only one of them gets a line written, and the other stops.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

from synth.errors import LockedError
from synth.run.holder import Holder
from synth.run.span import LOCK_NAME, Span, lock_name, span_of_lock
from synth.store.objects import ObjectStore

_MOST_LOCK_BYTES = 4096
_TAKE_OVER = ".synth-takeover-"


class Prefix:
    """What lies under an address as `s3://bucket/prefix`: `synth.run.place.Place`."""

    def __init__(self, address: Any) -> None:
        self._store = ObjectStore(address)
        self.where = self._store.where

    def prepare(self) -> None:
        """A prefix needn't be made; this finds out whether the store can be reached at all."""
        self._store.sizes()

    def names(self) -> list[str]:
        return sorted(self._store.sizes())

    def size(self, name: str) -> int | None:
        return self._store.size(name)

    def read(self, name: str, most_bytes: int) -> bytes | None:
        return self._store.read(name, most_bytes)

    def is_whole(self, name: str, size: int, sha256: str) -> bool:
        """Fetches it to find out, unless its size tells."""
        if self._store.size(name) != size:
            return False
        content = self._store.read(name, size)
        return content is not None and len(content) == size and hashlib.sha256(content).hexdigest() == sha256

    def commit(self, name: str, data: bytes) -> None:
        self._store.put(name, data)

    def remove(self, name: str) -> None:
        self._store.remove(name)

    def remove_leftovers(self, span: Span | None) -> None:
        """There are none: a PUT that isn't finished leaves nothing."""

    def free_bytes(self) -> int | None:
        return None

    def locked(self, span: Span | None) -> AbstractContextManager[Any]:
        return _locked(self._store, span)

    def journal(self, name: str) -> ObjectJournal:
        return ObjectJournal(self._store, name)


class ObjectJournal:
    """Numbered objects, a line each: `synth.run.place.Journal`."""

    def __init__(self, store: ObjectStore, name: str) -> None:
        self._folder = ObjectStore(f"{store.where}/{name}")
        self.where = self._folder.where
        self._next = 0

    def lines(self) -> list[bytes]:
        names = sorted(name for name in self._folder.sizes() if name.isdigit())
        self._next = int(names[-1]) + 1 if names else 0
        return [line.rstrip(b"\n") for line in self._folder.read_all(names)]

    def create(self, line: bytes) -> None:
        self.append(line)

    def open(self) -> None:
        """Nothing can be torn, and where to go on was seen when the lines were read."""

    def append(self, line: bytes) -> None:
        if not self._folder.create(f"{self._next:09d}", line):
            raise LockedError(
                "Another run has begun to write here.",
                where=self.where,
                mend="Let it work, or stop it and start again.",
            )
        self._next += 1

    def close(self) -> None: ...


@contextmanager
def _locked(store: ObjectStore, span: Span | None) -> Iterator[None]:
    """An object that names our process. One of a process that is surely gone doesn't count."""
    name = lock_name(span)
    with _held(store, name):
        for other in store.sizes():
            theirs = span_of_lock(other)
            across = other == LOCK_NAME if theirs is None else span is None or theirs.overlaps(span)
            if other != name and across:
                _remove_or_refuse(store, other)
            if other.startswith(_TAKE_OVER):  # of a start that was killed; one that is going on looks after its own
                with suppress(LockedError):
                    _remove_or_refuse(store, other)
        yield


@contextmanager
def _held(store: ObjectStore, name: str) -> Iterator[None]:
    """The object, put on the condition that there is none, and never the same twice: what is gone can't come again."""
    ours = Holder.ours().to_bytes(mark=secrets.token_hex(8))
    while not store.create(name, ours):
        _remove_or_refuse(store, name)
    try:
        yield
    finally:
        if store.read(name, _MOST_LOCK_BYTES) == ours:
            store.remove(name)


def _remove_or_refuse(store: ObjectStore, name: str) -> None:
    """Remove a lock whose process is gone. Raises `LockedError` if it isn't, or if that can't be known from here.

    A store removes by name, whatever has it meanwhile: another start may have seen the same dead lock, removed it and
    put its own. So who wants to remove it first locks that, under the name of what it has read, and reads it again.
    """
    content = store.read(name, _MOST_LOCK_BYTES)
    if content is None:  # it has just been given back
        return
    holder = Holder.parse(content)
    if holder is None or not holder.is_surely_gone():
        raise LockedError(
            f"Another run is at work here: {holder or 'its lock says nothing of it'}.",
            where=store.where,
            mend=f"Wait for it, stop it, or choose another --out. If it is dead, remove {store.where}/{name} first.",
        )
    with _held(store, f"{_TAKE_OVER}{hashlib.sha256(content).hexdigest()[:32]}"):
        if store.read(name, _MOST_LOCK_BYTES) == content:
            store.remove(name)
