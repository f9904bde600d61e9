"""Objects under one prefix of a store: put, read, listed, removed, each whole or not at all.

What a store promises and is built on here: an object is there with all its bytes or not there, and once a PUT has been
answered every reader sees it (S3 since 2020). A PUT on the condition that nothing has the name is used where only one
may win.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from time import sleep
from typing import Any, TypeVar

from synth.errors import DiskError, UsageError
from synth.store.address import address_of

_ONE_PUT = {"s3": {"chunksize": 2 << 30}}  # up to 4 GiB go in one request
_OPTIONS: dict[str, dict[str, Any]] = {"s3": {"default_block_size": 64 << 20}}
_PAUSES_S = (1.0, 4.0)
_EXTRAS = {"s3": "synth-heads[s3]", "gs": "synth-heads[gs]", "az": "synth-heads[az]"}
_log = logging.getLogger(__name__)
T = TypeVar("T")


class ObjectStore:
    """The objects under an address, by their names below it. Holds connections, so it isn't sent to other processes.

    Everything raises `DiskError` if the store refuses or can't be reached; `UsageError` if its package isn't installed.
    """

    def __init__(self, place: Any) -> None:
        self.where = address_of(place)
        scheme = self.where.partition(":")[0]
        self._put_options = _ONE_PUT.get(scheme, {})
        self._fs, self._root = _opened(self.where, scheme)

    def sizes(self) -> dict[str, int]:
        """Every object directly under the address and its bytes; a name with objects below it has -1."""
        try:
            listed = self._fs.ls(self._root, detail=True, refresh=True)
        except FileNotFoundError:
            return {}
        except Exception as error:
            raise self._refused("listed", "", error) from error
        found = {}
        for entry in listed:
            name = str(entry["name"])[len(self._root) :].strip("/")
            if name:
                found[name] = -1 if entry["type"] == "directory" else int(entry["size"])
        return found

    def size(self, name: str) -> int | None:
        """An object's bytes; None if it isn't there."""
        try:
            return int(self._fs.info(self._path(name), refresh=True)["size"])
        except FileNotFoundError:
            return None
        except Exception as error:
            raise self._refused("found", name, error) from error

    def read(self, name: str, most_bytes: int) -> bytes | None:
        """An object's content, None if it isn't there; one byte more than `most_bytes` at the most."""
        size = self.size(name)
        if size is None:
            return None
        end = min(size, most_bytes + 1)
        try:
            return bytes(self._fs.cat_file(self._path(name), start=0, end=end)) if end else b""
        except FileNotFoundError:
            return None
        except Exception as error:
            raise self._refused("read", name, error) from error

    def read_all(self, names: Sequence[str]) -> list[bytes]:
        """Several small objects, in their order, fetched beside each other."""
        if not names:
            return []
        try:
            found = self._fs.cat([self._path(name) for name in names])
            return [bytes(found[self._path(name)]) for name in names]
        except Exception as error:
            raise self._refused("read", names[0], error) from error

    def put(self, name: str, data: bytes) -> None:
        """Put an object there, replacing what has its name; tried three times."""
        self._tried(name, lambda: self._fs.pipe_file(self._path(name), data, **self._put_options))

    def create(self, name: str, data: bytes) -> bool:
        """Put an object there unless something has its name; whether it was put."""
        path = self._path(name)

        def attempt() -> bool:
            try:
                self._fs.pipe_file(path, data, mode="create", **self._put_options)
            except FileExistsError:
                # An earlier try of ours may have been carried out and only its answer been lost.
                return self.read(name, len(data)) == data
            return True

        return self._tried(name, attempt)

    def remove(self, name: str) -> None:
        """Remove an object, if it is there."""
        try:
            self._fs.rm_file(self._path(name))
        except FileNotFoundError:
            return
        except Exception as error:
            raise self._refused("removed", name, error) from error

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _tried(self, name: str, attempt: Callable[[], T]) -> T:
        for pause_s in (*_PAUSES_S, None):
            try:
                return attempt()
            except (FileNotFoundError, PermissionError) as error:  # no such bucket, not allowed: no try will mend that
                raise self._refused("written", name, error) from error
            except Exception as error:
                if pause_s is None:
                    raise self._refused("written", name, error) from error
                _log.warning("%s/%s can't be written (%s); trying again", self.where, name, _said(error))
                sleep(pause_s)
        raise AssertionError("unreachable")

    def _refused(self, what: str, name: str, error: Exception) -> DiskError:
        return DiskError(
            f"It can't be {what}: {_said(error)}.",
            where=f"{self.where}/{name}".rstrip("/"),
            mend="Check the address, the network and your credentials, then start again; what is finished is kept.",
        )


def _opened(address: str, scheme: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs

        options = _OPTIONS.get(scheme, {})
        fs, root = url_to_fs(address, use_listings_cache=False, skip_instance_cache=True, **options)
    except (ImportError, ValueError) as error:
        raise UsageError(
            f"Reading and writing there needs a package that isn't installed ({_said(error)}).",
            where=address,
            mend=f"pip install '{_EXTRAS[scheme]}'",
        ) from error
    return fs, str(root).rstrip("/")


def _said(error: BaseException) -> str:
    return (" ".join(str(error).split())[:300] or type(error).__name__).rstrip(".")
