"""The labels of all samples as whole columns, each read when it is first asked for: a dataset may have gigabytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.shard.read import Shard


class WholeColumns(Mapping[str, npt.NDArray[Any]]):
    """(N, *shape) by name, read-only, texts as NumPy str; those that every shard has, in the first shard's order.

    `shards` gives the checked shards, in order. A column that was read is kept. Raises `ShardError` for a damaged one.
    """

    def __init__(self, shards: Callable[[], Iterator[Shard]]) -> None:
        self._shards = shards
        self._read: dict[str, npt.NDArray[Any]] = {}

    @cached_property
    def _names(self) -> tuple[str, ...]:
        shards = self._shards()
        names = [column.name for column in next(shards).contents.columns]
        for shard in shards:
            held = {column.name for column in shard.contents.columns}
            names = [name for name in names if name in held]
        return tuple(names)

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        if name not in self._read:
            if name not in self._names:
                raise KeyError(name)
            self._read[name] = _joined([as_texts(shard.column(name)) for shard in self._shards()])
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names


def as_texts(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """ASCII bytes as NumPy str, no wider than the longest; other types as they are."""
    return np.char.decode(values, "ascii", "replace") if values.dtype.kind == "S" else values


def _joined(parts: list[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    whole = np.concatenate(parts)
    whole.flags.writeable = False
    return whole
