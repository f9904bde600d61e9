"""What older versions were told and didn't note in a step: the name of a part, and how large its shards are.

The name stands in the id of what came out, the size in its manifest.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from synth.shard.manifest import Manifest
from synth.share.merge import joint_name
from synth.share.provenance import Step, plain_name

DIGEST = 13  # a dash and twelve digits at the end of a dataset's id; before them stands its name
_INHERIT = ("subset", "split")  # the size of their source's shards, unless they are told another


def with_what_was_told(
    steps: Sequence[Step], recipes: Mapping[str, Mapping[str, Any]], manifest: Manifest
) -> tuple[Step, ...]:
    """The steps of the manifest with `name` and `shard_samples` where they were given and aren't noted.

    recipes: those of what was rendered, by its id.
    """
    named = [_with_name(step) for step in steps]
    if named and _size_is_missing(named, recipes, manifest):
        size = max(entry.samples for entry in manifest.shards)
        named[-1] = replace(named[-1], options={**named[-1].options, "shard_samples": size})
    return tuple(named)


def _with_name(step: Step) -> Step:
    names = [source.name for source in step.sources]
    if "name" in step.options or not names:
        return step
    usual = {"subset": f"{names[0]}-subset", "merge": joint_name(names)}.get(step.operation)
    name = step.dataset_id[:-DIGEST]
    if usual is None or not name or plain_name(usual) == name:
        return step
    return replace(step, options={**step.options, "name": name})


def _size_is_missing(steps: Sequence[Step], recipes: Mapping[str, Mapping[str, Any]], manifest: Manifest) -> bool:
    """Whether the last step made shards of a size that neither it nor any before it states."""
    last = steps[-1]
    if last.operation not in _INHERIT or "shard_samples" in last.options or not manifest.shards:
        return False
    size = _size_of(last, {step.dataset_id: step for step in steps}, recipes, len(steps))
    return size is not None and max(entry.samples for entry in manifest.shards) != min(size, manifest.samples)


def _size_of(step: Step, steps: Mapping[str, Step], recipes: Mapping[str, Mapping[str, Any]], most: int) -> int | None:
    """The largest number of samples that a shard of what the step makes has, by what is stated; None: unknown."""
    cap = sys.maxsize
    while most > 0 and len(step.sources) == 1 and step.operation in (*_INHERIT, "repack"):
        source, most = step.sources[0], most - 1
        if isinstance(told := step.options.get("shard_samples"), int):
            return min(told, cap)
        cap = min(cap, source.samples)
        if source.dataset_id not in steps:
            shards = recipes.get(source.dataset_id, {}).get("shards")
            size = shards.get("samples") if isinstance(shards, dict) else None
            return min(size, cap) if isinstance(size, int) else None
        step = steps[source.dataset_id]
    return None
