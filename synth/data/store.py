"""Decoded pictures in memory, kept by one process and read by all that it starts.

The keeper appends bytes to a file that has no name: memory on Linux, elsewhere a temporary file, gone with the last
process that has it open. Readers are told where a picture lies, so that nobody reads what isn't written yet.
"""

from __future__ import annotations

import math
import os
import tempfile
from dataclasses import dataclass
from multiprocessing import reduction
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.errors import DiskError, UsageError
from synth.run.machine import available_memory_bytes

DEFAULT_LIMIT_BYTES = 8 * 10**9


@dataclass(frozen=True)
class Place:
    """Where an array lies in the store."""

    offset: int
    shape: tuple[int, ...]
    dtype: str

    @property
    def bytes(self) -> int:
        return math.prod(self.shape) * np.dtype(self.dtype).itemsize


class StoreReader:
    """Reads places of a store; can be sent to a process that is being started."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def read(self, place: Place) -> npt.NDArray[Any]:
        """The array, read-only."""
        data = os.pread(self._descriptor, place.bytes, place.offset)
        return np.frombuffer(data, dtype=place.dtype).reshape(place.shape)

    def __getstate__(self) -> dict[str, Any]:
        return {"duplicate": reduction.DupFd(self._descriptor)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._descriptor = state["duplicate"].detach()


class Store:
    """Room for arrays, up to `limit_bytes`.

    Raises `UsageError` if the machine hasn't that much memory free.
    """

    def __init__(self, limit_bytes: int) -> None:
        free = available_memory_bytes()
        if limit_bytes <= 0 or (free is not None and limit_bytes > free):
            raise UsageError(
                f"A cache of {limit_bytes / 1e9:.1f} GB can't be had; {_gigabytes(free)} of memory are free.",
                where="cache_gb",
                mend="Take a smaller one; what doesn't fit is decoded again each epoch.",
            )
        self.limit_bytes, self.used_bytes = limit_bytes, 0
        self.is_full = False  # from the first picture on that found no room
        self._file = _nameless_file()

    @property
    def reader(self) -> StoreReader:
        return StoreReader(self._file.fileno())

    def add(self, array: npt.NDArray[Any]) -> Place | None:
        """Where `array` lies from now on; None if there is no room left for it. Raises `DiskError`."""
        if self.is_full or self.used_bytes + array.nbytes > self.limit_bytes:
            self.is_full = True
            return None
        place = Place(self.used_bytes, array.shape, array.dtype.str)
        data, written = memoryview(array.tobytes()), 0
        try:
            while written < len(data):
                written += os.pwrite(self._file.fileno(), data[written:], place.offset + written)
        except OSError as error:
            raise DiskError(
                f"Pictures can't be kept: {error.strerror}.", where="cache", mend="Go on without one, or a smaller one."
            ) from error
        self.used_bytes += array.nbytes
        return place

    def close(self) -> None:
        """Give the memory back, as far as no other process has it open."""
        self._file.close()


def default_limit_bytes() -> int:
    """8 GB, or half of the free memory where that is less."""
    free = available_memory_bytes()
    return DEFAULT_LIMIT_BYTES if free is None else min(DEFAULT_LIMIT_BYTES, free // 2)


def _nameless_file() -> Any:
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("synth-pictures"), "r+b", buffering=0)
    return tempfile.TemporaryFile(buffering=0)


def _gigabytes(count: int | None) -> str:
    return "an unknown amount" if count is None else f"{count / 1e9:.1f} GB"
