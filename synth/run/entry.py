"""A shard's entry as plain JSON data and back: how workers report it and the ledger keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from synth.shard.manifest import ShardEntry

T = TypeVar("T")


def entry_fields(entry: ShardEntry) -> dict[str, Any]:
    plain = {field.name: getattr(entry, field.name) for field in fields(entry)}
    return {**plain, "id_runs": entry.runs.pairs.tolist()}


def entry_from(given: Mapping[str, Any]) -> ShardEntry:
    """Raises KeyError, TypeError, ValueError or DatasetError if the fields aren't an entry's."""
    return ShardEntry(
        index=typed(given, "index", int),
        name=typed(given, "name", str),
        bytes=typed(given, "bytes", int),
        samples=typed(given, "samples", int),
        sha256=typed(given, "sha256", str),
        id_runs=tuple((int(first), int(last)) for first, last in given["id_runs"]),
    )


def typed(fields: Mapping[str, Any], name: str, kind: type[T]) -> T:
    """The field, which must be exactly of that type. Raises KeyError or TypeError."""
    value = fields[name]
    if type(value) is not kind:
        raise TypeError(f"{name} is {value!r}")
    return value
