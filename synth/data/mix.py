"""Several datasets as one, drawn by weight."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.data.source import Content, PoseImage, PoseSource, PoseTable, checked_position, join_tables, narrowed
from synth.effects.randomness import effect_rng
from synth.errors import UsageError

Rows = npt.NDArray[np.int64]


class Mixture:
    """The pictures of several sources, one after the other; each epoch draws from them by weight.

    `weights`: the sources' shares of an epoch, any positive numbers; without, each picture comes once an epoch. An
    epoch has as many pictures as there are, or `epoch_size`. From each source it takes its share to a picture, without
    repeating one before all were taken. Subjects of the same name count as the same person, so that a split by identity
    never parts them. Raises `UsageError`.
    """

    def __init__(
        self, sources: Sequence[PoseSource], weights: Sequence[float] | None = None, epoch_size: int | None = None
    ) -> None:
        if not sources or any(len(source) == 0 for source in sources):
            raise UsageError("There is nothing to mix.", where="mixture", mend="Give sources that have pictures.")
        sizes = np.array([len(source) for source in sources])
        given = sizes.astype(np.float64) if weights is None else np.asarray(weights, dtype=np.float64)
        if given.shape != sizes.shape or not np.isfinite(given).all() or not (given > 0).all():
            raise UsageError(
                f"The weights {np.asarray(weights).tolist()} don't suit {len(sources)} sources.",
                where="weights",
                mend="Give one positive number for each.",
            )
        if epoch_size is not None and epoch_size < 1:
            raise UsageError(f"An epoch of {epoch_size} pictures is none.", where="epoch_size", mend="Give 1 or more.")
        self.sources, self.weights, self._weighted = tuple(sources), given / given.sum(), weights is not None
        self._starts = np.concatenate([[0], np.cumsum(sizes)])
        self._epoch_size = int(sizes.sum()) if epoch_size is None else epoch_size
        self._table: PoseTable | None = None

    def __getstate__(self) -> dict[str, Any]:
        return vars(self) | {"_table": None}

    @property
    def name(self) -> str:
        return " + ".join(source.name for source in self.sources)

    @property
    def has_rgb(self) -> bool:
        return all(source.has_rgb for source in self.sources)

    @property
    def has_depth(self) -> bool:
        return all(source.has_depth for source in self.sources)

    @property
    def about(self) -> str:
        if not self._weighted:
            return "; ".join(source.about for source in self.sources)
        pairs = zip(self.weights, self.sources, strict=True)
        return "; ".join(f"{weight:.0%} {source.about}" for weight, source in pairs)

    @property
    def table(self) -> PoseTable:
        if self._table is None:
            self._table = join_tables([source.table for source in self.sources])
        return self._table

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, index: int, /) -> PoseImage:
        position = checked_position(index, len(self), self.name)
        number = int(np.searchsorted(self._starts, position, side="right")) - 1
        return self.sources[number][position - int(self._starts[number])]

    def narrowed(self, content: Content) -> Mixture:
        weights = self.weights.tolist() if self._weighted else None
        return Mixture([narrowed(source, content) for source in self.sources], weights, self._epoch_size)

    def epoch_rows(self, seed: int, epoch: int) -> Rows:
        """The rows of an epoch, (epoch size,) int64, in the order in which they come."""
        drawn = [
            np.concatenate(list(_first(amount, len(source), seed, epoch, number))) + self._starts[number]
            for number, (amount, source) in enumerate(zip(self._amounts(), self.sources, strict=True))
            if amount
        ]
        rows = np.concatenate(drawn)
        return np.asarray(rows[_permutation(len(rows), seed, epoch, "order")], dtype=np.int64)

    def _amounts(self) -> list[int]:
        """Pictures of each source in an epoch: whole numbers with the right sum, nearest to the weights."""
        exact = self.weights * self._epoch_size
        amounts = np.floor(exact).astype(np.int64)
        missing = self._epoch_size - int(amounts.sum())
        amounts[np.argsort(amounts - exact, kind="stable")[:missing]] += 1
        return [int(amount) for amount in amounts]


def epoch_rows(source: PoseSource, seed: int, epoch: int) -> Rows:
    """The rows of `source` in an epoch's order: by weight for a `Mixture`, each once for any other."""
    if isinstance(source, Mixture):
        return source.epoch_rows(seed, epoch)
    return _permutation(len(source), seed, epoch, "order")


def _first(amount: int, size: int, seed: int, epoch: int, number: int) -> Iterator[Rows]:
    """`amount` rows of a source with `size`: whole permutations, the last one cut."""
    for lap in count():
        yield _permutation(size, seed, epoch, f"mixture {number} lap {lap}")[:amount]
        amount -= size
        if amount <= 0:
            return


def _permutation(size: int, seed: int, epoch: int, aspect: str) -> Rows:
    rng = effect_rng(seed, 0, epoch, f"batches: {aspect}")
    return np.argsort(rng.random(size), kind="stable").astype(np.int64)
