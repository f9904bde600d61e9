"""`--set pose.yaw_deg=[-30,30]`: single settings laid over a recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from synth.recipe.settings import hint, settings
from synth.recipe.strict_yaml import Fault, Path, parse


@dataclass(frozen=True)
class Override:
    """One setting, or one whole section, and its new value; with `faults` it isn't applied."""

    path: tuple[str, ...]
    value: Any
    faults: tuple[Fault, ...] = ()


def read_overrides(texts: Sequence[str]) -> list[Override]:
    """Each text is `dotted.path=value`, the value YAML with the same strictness as in a file."""
    overrides: list[Override] = []
    for text in texts:
        override = _read(text)
        if any(earlier.path == override.path for earlier in overrides):
            override = _faulty(override.path, "stands there twice; keep one of the two.")
        overrides.append(override)
    return overrides


def _read(text: str) -> Override:
    name, equals, value_text = text.partition("=")
    path = tuple(part.strip() for part in name.split("."))
    if not name.strip():
        return _faulty(("(nothing)",), "is not a setting. Write it so: --set pose.yaw_deg=[-30,30]")
    if path not in settings():
        return _faulty(path, f"is not a setting. {hint(path)}")
    if not equals:
        return _faulty(path, f"has no value; write --set {name.strip()}=VALUE.")
    document = parse(value_text)
    faults = tuple(Fault(0, (*path, *fault.path), fault.what) for fault in document.faults)
    return Override(path, document.value, faults)


def _faulty(path: Path, what: str) -> Override:
    return Override(tuple(str(p) for p in path), None, (Fault(0, path, what),))


def apply(overrides: Sequence[Override], tree: dict[str, Any]) -> None:
    """Lays the sound ones over `tree`, in place. A section given whole replaces the file's."""
    for override in overrides:
        if not override.faults:
            _put(tree, override.path, override.value)


def _put(tree: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for name in path[:-1]:
        if tree.get(name) is None:
            tree[name] = {}
        if not isinstance(tree[name], dict):
            return  # the file writes a value where a section belongs: that is the fault that will be named
        tree = tree[name]
    tree[path[-1]] = value
