"""Ids as runs of consecutive ones, sixteen bytes a run: a part of ten million samples may have millions of gaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt

MOST_ID = 2**62  # ids are below


class IdRuns(Sequence[tuple[int, int]]):
    """Inclusive (first, last) pairs, as a sequence of them and as `pairs`: (R, 2) int64, read-only.

    Raises ValueError, OverflowError or TypeError for anything but pairs of int64.
    """

    __slots__ = ("pairs",)

    def __init__(self, runs: Iterable[Sequence[int]] | npt.NDArray[np.int64]) -> None:
        listed = runs if isinstance(runs, np.ndarray) else [(int(first), int(last)) for first, last in runs]
        self.pairs = np.array(listed, dtype=np.int64).reshape(-1, 2)
        self.pairs.flags.writeable = False

    def __len__(self) -> int:
        return len(self.pairs)

    @overload
    def __getitem__(self, index: int) -> tuple[int, int]: ...

    @overload
    def __getitem__(self, index: slice) -> IdRuns: ...

    def __getitem__(self, index: int | slice) -> tuple[int, int] | IdRuns:
        if isinstance(index, slice):
            return IdRuns(self.pairs[index])
        first, last = self.pairs[index].tolist()
        return first, last

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return (self[n] for n in range(len(self)))

    def __eq__(self, other: object) -> bool:
        if isinstance(other, IdRuns):
            return np.array_equal(self.pairs, other.pairs)
        return isinstance(other, tuple) and tuple(self) == other

    def __hash__(self) -> int:
        return hash(self.pairs.tobytes())

    def __repr__(self) -> str:
        return repr(tuple(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return IdRuns, (self.pairs,)

    @property
    def samples(self) -> int:
        """How many ids there are in all."""
        return int((self.pairs[:, 1] - self.pairs[:, 0] + 1).sum())

    @property
    def are_ids(self) -> bool:
        """Whether there are any, and none is negative, too large or inverted."""
        first, last = self.pairs[:, 0], self.pairs[:, 1]
        return bool(len(self) and (first >= 0).all() and (last >= first).all() and (last < MOST_ID).all())

    @property
    def ascend(self) -> bool:
        """Whether each run begins behind the one before."""
        return bool((self.pairs[1:, 0] > self.pairs[:-1, 1]).all())

    @property
    def ids(self) -> npt.NDArray[np.int64]:
        """(samples,) int64: every id."""
        first, lengths = self.pairs[:, 0], self.pairs[:, 1] - self.pairs[:, 0] + 1
        before = np.cumsum(lengths) - lengths
        return np.add(np.repeat(first - before, lengths), np.arange(lengths.sum()), dtype=np.int64)
