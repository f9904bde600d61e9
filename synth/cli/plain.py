"""Values as text for people and as JSON for programs."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any


def as_json_text(value: Any) -> str:
    """Dataclasses, mappings, sequences and arrays as indented JSON; paths as text, what isn't finite as null.

    Fields of a dataclass that its `repr` leaves out are left out here, too.
    """
    return json.dumps(_as_json(value), indent=1, ensure_ascii=False, allow_nan=False)


def bytes_text(count: int) -> str:
    """`1.2 GB`, in powers of 1000."""
    size, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            break
        size /= 1000
    return f"{size:,.0f} {unit}" if unit == "B" else f"{size:,.1f} {unit}"


def spread_text(spread: Any, unit: str, digits: int = 0) -> str:
    """`−41 to 43°, mean 1`; a single value where all are the same."""
    if not math.isfinite(spread.mean):
        return "unknown"
    low, mean, high = (f"{v:.{digits}f}".replace("-", "−") for v in (spread.least, spread.mean, spread.greatest))
    return f"{low}{unit}" if low == high else f"{low} to {high}{unit}, mean {mean}"


def _as_json(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        shown = [field.name for field in dataclasses.fields(value) if field.repr]
        return {name: _as_json(getattr(value, name)) for name in shown}
    if isinstance(value, Mapping):
        return {str(key): _as_json(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_as_json(inner) for inner in value]
    if isinstance(value, PurePath):
        return str(value)
    if hasattr(value, "tolist"):  # NumPy's arrays and numbers, without importing NumPy
        return _as_json(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
