"""What a dataset's manifest knows of its people, as columns beside the labels: one row a sample."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.shard.accounts import SubjectEntry
from synth.shard.columns import Column

_LONGEST_TEXT = 64


def subject_columns(subjects: Sequence[SubjectEntry], taken: Iterable[str] = ()) -> tuple[Column, ...]:
    """A column for each parameter that a subject has, besides names that are `taken`.

    A parameter that is a text for one and a number for another is told of neither.
    """
    kinds: dict[str, set[bool]] = {}
    for subject in subjects:
        for name, value in subject.parameters.items():
            kinds.setdefault(name, set()).add(isinstance(value, str))
    names = [name for name, found in kinds.items() if len(found) == 1 and name not in set(taken)]
    return tuple(
        Column(name, f"|S{_LONGEST_TEXT}" if kinds[name] == {True} else "<f8", may_be_unknown=True) for name in names
    )


def subject_labels(
    subjects: Sequence[SubjectEntry], shown: npt.NDArray[Any], columns: Iterable[Column]
) -> dict[str, npt.NDArray[Any]]:
    """The columns' values, (N,) each, for the samples that show `shown`, (N,) ids as bytes or texts.

    Of somebody who isn't listed nothing is known: NaN, or an empty text.
    """
    ids, places = np.unique(shown, return_inverse=True)
    known = {subject.id: subject.parameters for subject in subjects}
    rows = [known.get(name.decode("ascii", "replace") if isinstance(name, bytes) else str(name), {}) for name in ids]
    return {column.name: _values(column, rows)[places] for column in columns}


def _values(column: Column, rows: Sequence[Mapping[str, Any]]) -> npt.NDArray[Any]:
    if column.is_text:
        texts = [str(row.get(column.name, "")).encode("ascii", "replace")[:_LONGEST_TEXT] for row in rows]
        return np.array(texts, dtype=column.dtype)
    return np.array([float(row.get(column.name, np.nan)) for row in rows], dtype=np.float64)
