"""Labels as Arrow columns, for Parquet files: one column a number with a name of its own, lists for the rest.

`euler_deg` gives pitch_deg, yaw_deg, roll_deg; `K` is a list of rows. What is not known is null. Each column's metadata
says its unit, frame, order and meaning. pyarrow is an extra: pip install synth-heads[export].
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.errors import UsageError
from synth.shard.columns import Column
from synth.share.labels import values_of

MISSING = "Install it: pip install synth-heads[export]"


def pyarrow() -> tuple[Any, Any]:
    """The modules `pyarrow` and `pyarrow.parquet`. Raises `UsageError` if they aren't installed."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as parquet
    except ImportError as error:
        reason = str(error).splitlines()[0][:200]  # missing, or of a version that wants another NumPy
        raise UsageError(f"Parquet files need the package pyarrow ({reason}).", mend=MISSING) from error
    return pa, parquet


def arrow_fields(pa: Any, columns: tuple[Column, ...]) -> list[Any]:
    """The fields of these labels, in their order."""
    fields = []
    for column in columns:
        kind = pa.string() if column.is_text else pa.from_numpy_dtype(np.dtype(column.dtype))
        names = value_columns(column)
        nested = 0 if names else len(column.shape)
        for _ in range(nested):
            kind = pa.list_(kind)
        meaning = {key: getattr(column, key) for key in ("unit", "frame", "order", "description")}
        metadata = {key: text for key, text in meaning.items() if text}
        fields += [pa.field(name, kind, metadata=metadata) for name in names or (column.name,)]
    return fields


def arrow_row(columns: tuple[Column, ...], labels: Mapping[str, npt.NDArray[Any]]) -> dict[str, Any]:
    """One sample's labels by the fields' names."""
    row: dict[str, Any] = {}
    for column in columns:
        value = np.asarray(labels[column.name])
        names = value_columns(column)
        row |= dict(zip(names, map(_plain, value.reshape(-1)), strict=True)) if names else {column.name: _plain(value)}
    return row


def arrow_arrays(pa: Any, columns: tuple[Column, ...], labels: Mapping[str, npt.NDArray[Any]]) -> Iterator[Any]:
    """Whole columns, (N, *shape) each, as Arrow arrays in the order of the fields."""
    for column in columns:
        values = labels[column.name]
        if value_columns(column):
            flat = values.reshape(len(values), -1)
            for place in range(flat.shape[1]):
                yield _array(pa, column, flat[:, place])
        else:
            array = _array(pa, column, values.reshape(-1))
            for size in reversed(column.shape):
                array = pa.ListArray.from_arrays(pa.array(np.arange(0, len(array) + 1, size, dtype=np.int32)), array)
            yield array


def _array(pa: Any, column: Column, values: npt.NDArray[Any]) -> Any:
    if column.is_text:
        return pa.array([_plain(value) for value in values], pa.string())
    array = pa.array(np.ascontiguousarray(values))
    if values.dtype.kind == "f":
        array = pa.array(np.ascontiguousarray(values), mask=np.isnan(values))
    return array


def value_columns(column: Column) -> tuple[str, ...]:
    """The columns that a label's single values have, where they have names of their own; empty = it is one of lists."""
    values = values_of(column)
    numbered = len(values) > 1 and values[0].name.startswith(f"{column.name}_0")
    return () if numbered else tuple(value.name for value in values)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.ndim:
        return [_plain(part) for part in value]
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, bytes):
        return plain.decode("ascii", "replace") or None
    return None if isinstance(plain, float) and np.isnan(plain) else plain
