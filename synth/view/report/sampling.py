"""Which samples a report shows: spread evenly over the dataset, and over the poses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
_CELL_DEG = 15.0


def shown_rows(euler_deg: NDArray[np.float64], conditions: NDArray[np.str_], count: int) -> Rows:
    """Up to `count` different rows of N, in an order of which every beginning is a good choice, too.

    Every other one is taken evenly from the whole dataset, so that all people have their share; the rest go in turns
    through the cells of pitch × yaw under each condition, so that rare poses are seen. euler_deg: (N, 3), degrees.
    """
    total = len(euler_deg)
    evenly = _scattered(np.arange(total))
    in_turns = _in_turns(euler_deg, conditions)
    both = np.stack([evenly, in_turns], axis=1).ravel()
    first = np.unique(both, return_index=True)[1]
    return np.asarray(both[np.sort(first)][: max(0, count)], dtype=np.int64)


def _in_turns(euler_deg: NDArray[np.float64], conditions: NDArray[np.str_]) -> Rows:
    """All rows: the first of every cell, then every second one, ….; within a cell and over the cells scattered."""
    cells = np.floor(np.clip(np.nan_to_num(euler_deg[:, :2]), -360, 360) / _CELL_DEG).astype(np.int64)
    names = np.unique(conditions, return_inverse=True)[1]
    cell = np.unique(np.column_stack([cells, names.ravel()]), axis=0, return_inverse=True)[1].ravel()
    order = np.argsort(cell, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(cell[order]) > 0])
    groups = [_scattered(rows) for rows in np.split(order, starts[1:])]
    turn = np.concatenate([np.arange(len(rows)) for rows in groups])
    places = np.empty(len(groups), np.int64)
    places[_scattered(np.arange(len(groups)))] = np.arange(len(groups))
    place = np.repeat(places, [len(rows) for rows in groups])
    return np.concatenate(groups)[np.lexsort((place, turn))]


def _scattered(rows: Rows) -> Rows:
    """The rows reordered so that every beginning is spread evenly over them (van der Corput's order)."""
    bits = max(1, int(len(rows) - 1).bit_length())
    numbers = np.arange(1 << bits)
    turned = np.zeros_like(numbers)
    for bit in range(bits):
        turned |= ((numbers >> bit) & 1) << (bits - 1 - bit)
    return rows[turned[turned < len(rows)]]
