"""A step of a dataset's manifest as the words of the command that repeats it.

A manifest may come from anyone, so only commands and options that this program has are ever said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from synth.errors import DatasetError
from synth.recipe.vary import KINDS
from synth.share.provenance import Step
from synth.share.restaged import RECIPE_OPTION, VARIANTS

_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LONGEST = 5000


def unsayable() -> DatasetError:
    """What a step gets that no command can repeat."""
    return DatasetError("It is no step that a command of this program makes.", where="provenance")


def step_words(step: Step, folders: Sequence[str]) -> list[str]:
    """The command's words after `synth`, without --out. folders: of the step's sources, in their order.

    Raises `DatasetError` for an operation or an option that there isn't, or a value that can't be one.
    """
    if step.operation not in _OPTIONS or not folders:
        raise unsayable()
    words = _OPTIONS[step.operation]
    if not words.keys() >= step.options.keys():
        raise unsayable()
    options = [word for name, value in step.options.items() for word in words[name](name, value, step.options)]
    if not all(word.isprintable() and "`" not in word and len(word) < _LONGEST for word in options):
        raise unsayable()
    return [step.operation, *([] if step.operation == VARIANTS else folders), *options, *_of(step, folders)]


def _of(step: Step, folders: Sequence[str]) -> list[str]:
    return ["--of", *folders] if step.operation == VARIANTS else []


def _text(name: str, value: Any, options: Mapping[str, Any]) -> list[str]:
    if not isinstance(value, str):
        raise unsayable()
    return [f"--{name}", value]


def _number(name: str, value: Any, options: Mapping[str, Any]) -> list[str]:
    if not isinstance(value, int) or isinstance(value, bool):
        raise unsayable()
    return [f"--{name.replace('_', '-')}", str(value)]


def _shares(name: str, value: Any, options: Mapping[str, Any]) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(share, int | float) for share in value):
        raise unsayable()
    return [f"--{name}", ",".join(str(share) for share in value)]


def _names(name: str, value: Any, options: Mapping[str, Any]) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(part, str) and _PART.fullmatch(part) for part in value):
        raise unsayable()
    return [f"--{name}", ",".join(value)]


def _which_part(name: str, value: Any, options: Mapping[str, Any]) -> list[str]:
    """Nothing: the command makes all parts."""
    names = options.get("names")
    if not isinstance(value, int) or not isinstance(names, list) or not 0 <= value < len(names):
        raise unsayable()
    return []


def _shifts(name: str, value: Any, options: Mapping[str, Any]) -> list[str]:
    if not isinstance(value, list):
        raise unsayable()
    return ["--renumber", "--redraw-noise"] if any(value) else []


def _kind(name: str, value: Any, options: Mapping[str, Any]) -> list[str]:
    if value not in KINDS:
        raise unsayable()
    return [f"--{value}"]


def _settings(name: str, value: Any, options: Mapping[str, Any]) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(setting, str) for setting in value):
        raise unsayable()
    return [word for setting in value for word in ("--set", setting)]


def _nothing(name: str, value: Any, options: Mapping[str, Any]) -> list[str]:
    return []


_Words = Callable[[str, Any, Mapping[str, Any]], list[str]]
_ALL: Mapping[str, _Words] = {"name": _text, "shard_samples": _number}
_OPTIONS: Mapping[str, Mapping[str, _Words]] = {
    "subset": {"where": _text, **_ALL},
    "split": {
        "by": _text, "shares": _shares, "names": _names, "seed": _number, "part": _which_part,
        "shard_samples": _number,
    },
    "merge": {"id_shifts": _shifts, **_ALL},
    "repack": {"shard_samples": _number},
    VARIANTS: {"kind": _kind, "set": _settings, RECIPE_OPTION: _nothing},
}  # fmt: skip
