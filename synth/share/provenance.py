"""What a dataset was made of: the field `provenance` of its manifest, a list of steps, the last one its own.

A dataset that was rendered has none. Readers that don't know the field pass over it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.errors import DatasetError, UsageError
from synth.shard.commit import commit_bytes
from synth.shard.header import canonical_json
from synth.shard.manifest import MANIFEST_NAME, Manifest, content_bytes, manifest_content
from synth.shard.read_manifest import DATASET_NAME, PROVENANCE, read_provenance

FIELD = PROVENANCE
_MAX_BYTES = 4 << 20
_NOT_IN_AN_ID = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Origin:
    """A dataset that samples came from; `shards_sha256` is over the names and SHA-256 of its shards."""

    dataset_id: str
    name: str
    samples: int
    recipe_sha256: str
    shards_sha256: str


@dataclass(frozen=True)
class Step:
    """What was done ("subset", "split", …), with which options (plain JSON data), to what; the id of what came out."""

    operation: str
    options: Mapping[str, Any]
    sources: tuple[Origin, ...]
    dataset_id: str


def origin_of(manifest: Manifest) -> Origin:
    """The dataset as one that others are made of."""
    listed = [[entry.name, entry.sha256] for entry in manifest.shards]
    shards = hashlib.sha256(canonical_json(listed)).hexdigest()
    return Origin(manifest.dataset_id, manifest.name, manifest.samples, manifest.recipe_sha256, shards)


def new_step(operation: str, options: Mapping[str, Any], sources: tuple[Origin, ...], name: str) -> Step:
    """The step with the id of what it makes: its name and a checksum of operation, options and sources.

    Raises `UsageError` for a name that isn't one.
    """
    if not DATASET_NAME.fullmatch(name):
        what = f"{name[:80]!r} can't be a dataset's name."
        raise UsageError(what, where="--name", mend="Use A-Z a-z 0-9 . _ -, a letter or a digit first, at most 200.")
    content = {"operation": operation, "options": dict(options), "sources": [vars(source) for source in sources]}
    digest = hashlib.sha256(canonical_json({**content, "name": name})).hexdigest()
    return Step(operation, dict(options), sources, f"{plain_name(name)}-{digest[:12]}")


def plain_name(name: str) -> str:
    """The name as it stands in an id."""
    return _NOT_IN_AN_ID.sub("-", name).strip("-._")[:100] or "dataset"


def write_manifest_with_steps(folder: Path, manifest: Manifest, steps: tuple[Step, ...]) -> None:
    """Write `manifest.json` with the steps in it. Raises `DiskError`, `DatasetError` if it would be too large."""
    content, path = manifest_content(manifest), Path(folder) / MANIFEST_NAME
    content[FIELD] = [_step_to_json(step) for step in steps]
    mend = "Take larger shards (--shard-samples), or begin with what was rendered."
    if len(canonical_json(content[FIELD])) > _MAX_BYTES:
        raise DatasetError("It would say more of its origin than is read.", where=str(path), mend=mend)
    try:
        data = content_bytes(content, str(path))
    except DatasetError as error:
        raise DatasetError(error.what, where=error.where, mend=mend) from error
    commit_bytes(path, data)


def read_steps(folder: Path | str) -> tuple[Step, ...]:
    """The steps in a manifest, of an address too, that `read_manifest` has taken; `DatasetError` if they aren't any."""
    path = Path(folder) / MANIFEST_NAME
    try:
        listed = read_provenance(folder)
        if not isinstance(listed, list) or len(canonical_json(listed)) > _MAX_BYTES:
            raise ValueError("it is not a list of moderate length")
        return tuple(_step(entry) for entry in listed)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise DatasetError(f"It doesn't say what it was made of ({error}).", where=f"{path}: {FIELD}") from error


def _step_to_json(step: Step) -> dict[str, Any]:
    sources = [vars(source) for source in step.sources]
    return {
        "operation": step.operation, "options": dict(step.options), "sources": sources, "dataset_id": step.dataset_id
    }  # fmt: skip


def _step(entry: Any) -> Step:
    texts = (str, dict, list, str)
    values = [entry[name] for name in ("operation", "options", "sources", "dataset_id")]
    if any(not isinstance(value, kind) for value, kind in zip(values, texts, strict=True)):
        raise ValueError("a step has fields of another type")
    operation, options, sources, dataset_id = values
    return Step(operation, options, tuple(_origin(source) for source in sources), dataset_id)


def _origin(entry: Any) -> Origin:
    kinds = {"dataset_id": str, "name": str, "samples": int, "recipe_sha256": str, "shards_sha256": str}
    if any(not isinstance(entry[name], kind) for name, kind in kinds.items()):
        raise ValueError("a source has fields of another type")
    return Origin(**{name: entry[name] for name in kinds})
