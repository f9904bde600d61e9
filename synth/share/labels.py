"""Single values of the labels, by names that say which: `pitch_deg` is the first value of `euler_deg`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from synth.shard.columns import Column

SHORT = {"age": "age_years"}
"""What people write for a label; a label of that name goes before it."""


@dataclass(frozen=True)
class Value:
    """One value of a sample: `index` in the column named `column`, empty for a column of single values."""

    name: str
    column: str
    index: tuple[int, ...] = ()
    is_text: bool = False


def values_of(column: Column) -> tuple[Value, ...]:
    """Every value that the column holds for a sample, in the order in which they are stored.

    `euler_deg` gives pitch_deg, yaw_deg, roll_deg; `t_mm`, whose order is x, y, z, gives t_x_mm, t_y_mm, t_z_mm; what
    has no names for its values gives K_0_0, K_0_1, ….
    """
    if not column.shape:
        return (Value(column.name, column.name, (), column.is_text),)
    indices = [tuple(int(i) for i in index) for index in np.ndindex(column.shape)]
    parts = [part.strip() for part in column.order.split(",")]
    named = len(column.shape) == 1 and len(parts) == column.shape[0] and all(part.isidentifier() for part in parts)
    names = [_named(column.name, parts[index[0]]) if named else _numbered(column.name, index) for index in indices]
    return tuple(Value(n, column.name, index, column.is_text) for n, index in zip(names, indices, strict=True))


def value_names(columns: Iterable[Column]) -> dict[str, Value]:
    """All of the columns' values by name; a column's own name goes before the same name of another one's value."""
    columns = tuple(columns)
    found = {column.name: Value(column.name, column.name, (), column.is_text) for column in columns if not column.shape}
    taken = {column.name for column in columns}
    for column in columns:
        for value in values_of(column):
            if value.name not in taken:
                found.setdefault(value.name, value)
    return found | {short: found[name] for short, name in SHORT.items() if name in found and short not in found}


def _named(column: str, part: str) -> str:
    stem, _, unit = column.rpartition("_")
    if stem == "euler":
        return f"{part}_{unit}"
    return f"{stem}_{part}_{unit}" if stem else f"{column}_{part}"


def _numbered(column: str, index: tuple[int, ...]) -> str:
    return "_".join([column, *map(str, index)])
