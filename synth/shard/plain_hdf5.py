"""The plain part of HDF5, read from files that nobody vouches for.

A foreign HDF5 file can point outside itself, declare terabytes, or run filters. Here only groups, and contiguous data
of plain numbers and fixed-length text inside the file, get through; everything else is refused from the metadata alone.
h5py reads that metadata and is closed again; data are read afterwards as bytes from their known place in the file. So
there is no HDF5 handle that a fork or a pickle could break.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt
from h5py import h5a, h5d, h5g, h5l, h5o, h5t

from synth.errors import ShardError
from synth.shard.layout import MAX_ATTRIBUTE_BYTES, MAX_ATTRIBUTES, MAX_MEMBERS

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_SUPERBLOCK_BYTES = 96
_NOWHERE = 0xFFFFFFFFFFFFFFFF
_PLAIN_CLASSES = (h5t.INTEGER, h5t.FLOAT, h5t.STRING)
_MAX_RANK = 3
_MAX_FILE_BYTES = 1 << 44
# What h5py raises for damaged metadata.
_H5PY_ERRORS = (OSError, RuntimeError, KeyError, ValueError, TypeError, OverflowError, MemoryError)

Attributes = Mapping[str, str | int | float]


@dataclass(frozen=True)
class PlainDataset:
    """Where an array lies in its file. `dtype` is a NumPy type string; `offset` counts bytes from the file's start."""

    dtype: str
    shape: tuple[int, ...]
    offset: int
    attributes: Attributes

    @property
    def bytes(self) -> int:
        return np.dtype(self.dtype).itemsize * math.prod(self.shape)


@dataclass(frozen=True)
class PlainGroup:
    """A group with what it holds, by name."""

    attributes: Attributes
    groups: Mapping[str, PlainGroup]
    datasets: Mapping[str, PlainDataset]


def read_structure(path: Path) -> PlainGroup:
    """The structure of a file, two levels deep; `ShardError` if there is anything in it that isn't plain, or damage."""
    try:
        size = path.stat().st_size
        if not path.is_file():
            raise ShardError("It is not a file.", where=str(path))
        with path.open("rb") as raw:
            _check_superblock(raw.read(_SUPERBLOCK_BYTES), size)
            # By way of Python's file, not its path: HDF5 refuses a path that the same process has open with another
            # rule for locks, and would share its own state of the file with whoever has it open.
            with h5py.File(raw, "r") as file:
                return _group(h5g.open(file.id, b"/"), "", size, levels=2)
    except ShardError as error:
        where = f"{path}: {error.where}" if error.where else str(path)
        raise ShardError(error.what, where=where, mend=error.mend) from error
    except FileNotFoundError as error:
        raise ShardError("There is no such file.", where=str(path)) from error
    except _H5PY_ERRORS as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise ShardError(f"It can't be read as HDF5 ({reason}).", where=str(path)) from error


def read_array(path: Path, dataset: PlainDataset) -> npt.NDArray[Any]:
    """The whole array, read-only; `ShardError` if the file has become shorter."""
    data = read_bytes(path, dataset.offset, dataset.bytes)
    return np.frombuffer(data, dtype=dataset.dtype).reshape(dataset.shape)


def read_bytes(path: Path, offset: int, count: int) -> bytes:
    """`count` bytes from `offset`; `ShardError` if the file is missing or too short."""
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(offset)
            data = file.read(count)
    except OSError as error:
        raise ShardError(f"It can't be read: {error.strerror}.", where=str(path)) from error
    if data is None or len(data) != count:
        raise ShardError("It is truncated.", where=str(path))
    return data


def read_spans(path: Path, spans: Sequence[tuple[int, int]]) -> list[bytes]:
    """Several pieces, each (offset, count), of one opening; raises as `read_bytes`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        try:
            found = [os.pread(descriptor, count, offset) for offset, count in spans]
        finally:
            os.close(descriptor)
    except OSError as error:
        raise ShardError(f"It can't be read: {error.strerror}.", where=str(path)) from error
    if any(len(data) != count for data, (_, count) in zip(found, spans, strict=True)):
        raise ShardError("It is truncated.", where=str(path))
    return found


def _check_superblock(block: bytes, size: int) -> None:
    if not block.startswith(_SIGNATURE):
        raise ShardError("It is not an HDF5 file.")
    if len(block) < _SUPERBLOCK_BYTES:
        raise ShardError("It is truncated.")
    if block[8] != 0 or block[13:15] != b"\x08\x08":
        raise ShardError("It isn't written for HDF5 1.8.", mend='Write it with libver=("earliest", "v108").')
    base, _, end, driver = struct.unpack("<4Q", block[24:56])
    if base != 0 or driver != _NOWHERE:
        raise ShardError("It needs another file to be read.")
    if end > size:
        raise ShardError(f"It is truncated: {size:,} of {end:,} bytes.")
    if end < size or size > _MAX_FILE_BYTES:
        raise ShardError(f"It has {size - end:,} bytes after its end.")


def _group(group: Any, place: str, size: int, levels: int) -> PlainGroup:
    count = group.get_num_objs()
    if count > MAX_MEMBERS:
        raise ShardError(f"It has {count} members.", where=place)
    groups: dict[str, PlainGroup] = {}
    datasets: dict[str, PlainDataset] = {}
    for name in [group.get_objname_by_idx(n) for n in range(count)]:
        inner = f"{place}/{name.decode('ascii', 'replace')[:80]}"
        if not name.isascii() or not name.decode("ascii").isprintable():
            raise ShardError("The name is not printable ASCII.", where=inner)
        if group.links.get_info(name).type != h5l.TYPE_HARD:
            raise ShardError("It is a link to elsewhere.", where=inner)
        kind = h5o.get_info(group, name).type
        if kind == h5o.TYPE_DATASET:
            datasets[name.decode("ascii")] = _dataset(h5d.open(group, name), inner, size)
        elif kind == h5o.TYPE_GROUP and levels > 1:
            groups[name.decode("ascii")] = _group(h5g.open(group, name), inner, size, levels - 1)
        else:
            raise ShardError("It is not allowed here.", where=inner)
    return PlainGroup(_attributes(group, place), groups, datasets)


def _dataset(dataset: Any, place: str, size: int) -> PlainDataset:
    settings = dataset.get_create_plist()
    if settings.get_layout() != h5d.CONTIGUOUS:  # first of all: asking a virtual one for its shape opens other files
        raise ShardError("It is not stored contiguously (chunked, compact or virtual).", where=place)
    if settings.get_external_count():
        raise ShardError("Its data lie in another file.", where=place)
    if settings.get_nfilters():
        raise ShardError("It is filtered.", where=place)
    dtype = _plain_dtype(dataset.get_type(), place)
    shape = dataset.shape
    if shape is None or len(shape) > _MAX_RANK:
        raise ShardError("It is empty of shape, or of too high a rank.", where=place)
    stored = PlainDataset(dtype, tuple(shape), dataset.get_offset() or 0, _attributes(dataset, place))
    if stored.bytes and (stored.offset < _SUPERBLOCK_BYTES or stored.offset + stored.bytes > size):
        raise ShardError(f"It declares {stored.bytes:,} bytes that aren't in the file.", where=place)
    return stored


def _plain_dtype(kind: Any, place: str) -> str:
    is_variable = kind.get_class() == h5t.STRING and kind.is_variable_str()
    if kind.get_class() not in _PLAIN_CLASSES or is_variable or kind.get_size() > MAX_ATTRIBUTE_BYTES:
        raise ShardError("Its type is not a plain number or text of fixed length.", where=place)
    dtype = kind.dtype.newbyteorder("=") if kind.dtype.byteorder == "|" else kind.dtype
    if kind.committed() or not h5t.py_create(np.dtype(dtype.str)).equal(kind):
        raise ShardError("Its type is unusual.", where=place)
    return str(dtype.str)


def _attributes(target: Any, place: str) -> dict[str, str | int | float]:
    count = h5a.get_num_attrs(target)
    if count > MAX_ATTRIBUTES:
        raise ShardError(f"It has {count} attributes.", where=place)
    found: dict[str, str | int | float] = {}
    for n in range(count):
        attribute = h5a.open(target, index=n)
        where = f"{place}@{attribute.name.decode('ascii', 'replace')[:80]}"
        dtype = _plain_dtype(attribute.get_type(), where)
        if attribute.get_space().get_simple_extent_npoints() != 1:
            raise ShardError("It is not a single value.", where=where)
        value = np.empty(attribute.shape, dtype=dtype)
        attribute.read(value)
        found[attribute.name.decode("ascii", "replace")] = _as_python(value.reshape(()).item())
    return found


def _as_python(value: Any) -> str | int | float:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
