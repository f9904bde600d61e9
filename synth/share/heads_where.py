"""Which heads of a pack meet a condition on what its `pack.json` says of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from synth.errors import UsageError
from synth.heads.pack import HeadRecord
from synth.heads.parameters import Parameter, parameters
from synth.shard.columns import Column
from synth.share.where import Condition

_TEXT = 64


def heads_where(text: str, heads: Sequence[HeadRecord]) -> list[int]:
    """Places of the heads that surely meet it: `age_years > 60 and skin_tone > 0.7`; what is unknown meets nothing.

    Raises `UsageError` for a condition that isn't one, or that no head meets.
    """
    rows: list[dict[str, Parameter]] = [{"id": head.id, **parameters(head)} for head in heads]
    kinds = {name: isinstance(value, str) for row in rows for name, value in row.items()}
    columns = [Column(name, f"|S{_TEXT}" if word else "<f8", may_be_unknown=True) for name, word in kinds.items()]
    condition = Condition(text, columns)
    labels = {
        column.name: np.stack([column.as_stored(_cut(row.get(column.name))) for row in rows])
        for column in columns
        if column.name in condition.columns
    }
    found = np.flatnonzero(condition.holds(labels, len(rows))).tolist()
    if not found:
        raise UsageError(f"None of the {len(rows):,} heads meets it.", where="--where", mend="Ask for less.")
    return [int(place) for place in found]


def _cut(value: Parameter | None) -> Parameter | None:
    return value[:_TEXT] if isinstance(value, str) else value
