"""Splits into parts that share no identity, or no moment.

Deterministic from a seed, disjoint and complete. Whole groups go to a part, the largest first, each to the part that
lacks most; groups of one size in random order.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from synth.data.source import PoseSource, Subset
from synth.effects.randomness import effect_rng
from synth.errors import UsageError

TRAIN_AND_TEST = (0.8, 0.2)


def split_by_identity(
    source: PoseSource, shares: Sequence[float] = TRAIN_AND_TEST, seed: int = 0
) -> tuple[Subset, ...]:
    """Parts of about these shares of the pictures; no subject is in two of them.

    `shares`: positive, adding up to 1. Each part has at least one subject; with few, the parts can be far from their
    shares. The pictures of a part keep their order. Raises `UsageError` if there are fewer subjects than parts.
    """
    _, group_of_row = np.unique(source.table.subjects, return_inverse=True)
    return _split(source, group_of_row, shares, seed, "identity", "identities")


def split_by_image(source: PoseSource, shares: Sequence[float] = TRAIN_AND_TEST, seed: int = 0) -> tuple[Subset, ...]:
    """Parts of about these shares, as the source paper splits: a subject may be in several of them.

    Pictures of one moment (a sample and its variants, a picture and its flipped copy) stay together. Otherwise as
    `split_by_identity`.
    """
    table = source.table
    _, subject = np.unique(table.subjects, return_inverse=True)
    _, moment = np.unique(table.moments, return_inverse=True)
    pairs = subject.astype(np.int64) * (int(moment.max(initial=0)) + 1) + moment
    _, group_of_row = np.unique(pairs, return_inverse=True)
    return _split(source, group_of_row, shares, seed, "image", "pictures")


def groups_of(source: PoseSource, by: Literal["identity", "image"]) -> npt.NDArray[np.str_]:
    """(N,) the name of what each picture is never parted from, here and in other sources: its subject, or the subject's
    moment."""
    subjects = np.asarray(source.table.subjects, dtype=np.str_)
    return subjects if by == "identity" else np.char.add(np.char.add(subjects, "#"), source.table.moments.astype(str))


def _split(
    source: PoseSource, group_of_row: npt.NDArray[np.intp], shares: Sequence[float], seed: int, by: str, groups: str
) -> tuple[Subset, ...]:
    wanted = _checked_shares(shares)
    sizes = np.bincount(group_of_row)
    if len(sizes) < len(wanted):
        raise UsageError(
            f"{len(sizes)} {groups} can't be split into {len(wanted)} parts.",
            where=source.name,
            mend="Take data with more heads, or split by image." if by == "identity" else "Take more data.",
        )
    rng = effect_rng(seed, 0, aspect=f"split by {by}")
    part_of_group = _assigned(sizes, wanted * len(group_of_row), rng)
    part_of_row = part_of_group[group_of_row]
    return tuple(Subset(source, np.flatnonzero(part_of_row == part)) for part in range(len(wanted)))


def _checked_shares(shares: Sequence[float]) -> npt.NDArray[np.float64]:
    wanted = np.asarray(shares, dtype=np.float64)
    if wanted.ndim != 1 or not len(wanted) or not (wanted > 0).all() or abs(wanted.sum() - 1) > 1e-6:
        raise UsageError(f"{list(shares)} are no shares.", where="shares", mend="Positive numbers that add up to 1.")
    return wanted


def _assigned(
    sizes: npt.NDArray[np.intp], targets: npt.NDArray[np.float64], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """(groups,) the part that each group goes to; no part stays empty."""
    shuffled = np.argsort(rng.random(len(sizes)), kind="stable")
    order = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    lacking, part_of_group = targets.copy(), np.zeros(len(sizes), dtype=np.int64)
    empty = set(range(len(targets)))
    for place, group in enumerate(order):
        only_for_empty = len(order) - place <= len(empty)
        part = max(empty if only_for_empty else range(len(targets)), key=lambda part: float(lacking[part]))
        part_of_group[group] = part
        lacking[part] -= sizes[group]
        empty.discard(part)
    return part_of_group
