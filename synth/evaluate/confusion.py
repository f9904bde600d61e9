"""Which pose category was taken for which."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import UsageError


@dataclass(frozen=True, eq=False)
class Confusion:
    """`counts` (K, K) int64: row = the true category, column = the estimated one."""

    counts: NDArray[np.int64]

    @property
    def samples(self) -> int:
        return int(self.counts.sum())

    @property
    def accuracy(self) -> float:
        """Share of samples on the diagonal; NaN if there are none."""
        return int(np.trace(self.counts)) / self.samples if self.samples else math.nan

    @property
    def recall(self) -> NDArray[np.float64]:
        """(K,) share of each true category that was found; NaN for one without samples."""
        return self._per(self.counts.sum(axis=1))

    @property
    def precision(self) -> NDArray[np.float64]:
        """(K,) share of each estimated category that was right; NaN for one that was never given."""
        return self._per(self.counts.sum(axis=0))

    @property
    def majority(self) -> float:
        """The accuracy of always saying the commonest category."""
        return int(self.counts.sum(axis=1).max()) / self.samples if self.samples else math.nan

    def _per(self, totals: NDArray[np.int64]) -> NDArray[np.float64]:
        hits = np.diag(self.counts).astype(np.float64)
        return np.divide(hits, totals, out=np.full(len(hits), np.nan), where=totals > 0)


def confusion(estimated: ArrayLike, true: ArrayLike, categories: int) -> Confusion:
    """From (N,) 0-based categories each; a sample with −1 in either (unlabelled, or no estimate) is left out.

    Raises UsageError if the lengths differ or a category is `categories` or more.
    """
    guessed, actual = np.asarray(estimated, dtype=np.int64), np.asarray(true, dtype=np.int64)
    if guessed.shape != actual.shape or actual.ndim != 1:
        raise UsageError(f"There are {guessed.shape} estimates for {actual.shape} labels.", where="categories")
    greatest = max(guessed.max(initial=-1), actual.max(initial=-1))
    if greatest >= categories:
        raise UsageError(f"Category {greatest} of {categories}, counted from 0.", where="categories")
    known = (guessed >= 0) & (actual >= 0)
    cells = np.bincount(actual[known] * categories + guessed[known], minlength=categories**2)
    return Confusion(cells.reshape(categories, categories).astype(np.int64))
