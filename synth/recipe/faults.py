"""What is wrong with a recipe, a line each: where, which setting, what, and the mend."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from synth.recipe.settings import close_to, hint, settings
from synth.recipe.strict_yaml import Fault, Path, scalar, short

# A message that begins so goes on from the setting's name; any other follows a colon.
_VERBS = ("is ", "stands ", "has ", "holds ", "needs ", "leaves ")


@dataclass(frozen=True)
class Origin:
    """Where the values of a recipe came from: the file's lines, and the `--set` paths laid over them.

    `sources` names the file of each line that isn't in `source` but in a recipe that it extends.
    """

    source: str
    lines: dict[Path, int]
    overridden: Sequence[Path] = ()
    sources: Mapping[Path, str] = field(default_factory=dict)

    def override_of(self, path: Path) -> Path | None:
        """The override that the value came from; for what is missing, one that brought the section it is missed in."""
        direct = next((o for o in self.overridden if path[: len(o)] == o), None)
        section = path[:-1]
        if direct is not None or not section or section in self.lines:
            return direct
        return next((o for o in self.overridden if o[: len(section)] == section), None)

    def place_of(self, path: Path) -> tuple[int, str]:
        """The line of the setting, or of the nearest section around it, and its file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1), self.sources.get(path, self.source)

    def fault_lines(self, faults: Sequence[Fault]) -> list[str]:
        """Those of the file in its order, those of the files that it extends, then those of the overrides."""
        of_file = [f for f in faults if self.override_of(f.path) is None]
        of_sets = [f for f in faults if self.override_of(f.path) is not None]
        others = {f.source for f in of_file} - {"", self.source}
        in_order = sorted(of_file, key=lambda f: (f.source if f.source in others else "", f.line))
        placed = [_line(f"{f.source or self.source}:{f.line}: ", f) for f in in_order]
        return placed + [_line("--set ", f) for f in of_sets]


def dotted(path: Path) -> str:
    """`scene.environments[2]`"""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{short(part)}" if text else short(part)
    return text


def _line(prefix: str, fault: Fault) -> str:
    name = dotted(fault.path)
    if not name:
        text = fault.what
    elif fault.what.startswith(_VERBS):
        text = f"{name} {fault.what}"
    else:
        text = f"{name}: {fault.what}"
    return prefix + " ".join(text.split())  # one line, whatever a name or a value holds


def faults_of(error: ValidationError, origin: Origin) -> list[Fault]:
    """Pydantic's findings in our words."""
    faults = []
    for detail in error.errors(include_url=False):
        path = tuple(detail["loc"])
        line, source = origin.place_of(path)
        faults.append(Fault(line, path, _what(detail, path), source))
    return faults


def _what(detail: ErrorDetails, path: Path) -> str:
    kind, value, context = detail["type"], detail.get("input"), detail.get("ctx", {})
    names = tuple(p for p in path if isinstance(p, str))
    info = settings().get(names)
    description = info.description if info and info.description else "see `synth recipes show`"
    if kind == "extra_forbidden":
        return f"is not a setting. {hint(names)}"
    if kind == "missing":
        return f"is missing; add it ({description})."
    if value is None:
        return "has no value; write one, or leave it out." if info and not info.is_required() else "has no value."
    if kind == "value_error":
        return f"{context['error']}."
    if kind == "literal_error":
        return _none_of(value, str(context["expected"]))
    if kind == "string_pattern_mismatch":
        return f"{_shown(value)} won't do; write {description}."
    return _wrong_type(kind, value) or _out_of_bounds(kind, value, context) or f"{_shown(value)}: {detail['msg']}."


def _none_of(value: Any, expected: str) -> str:
    options = expected.replace("'", "").replace(" or ", ", ").split(", ")
    if isinstance(value, str) and value in options:
        return f"{json.dumps(value)} is text; write it without quotes."
    meant = close_to(str(value), options)
    return f"{_shown(value)} is none of {', '.join(options)}.{f' Did you mean {meant}?' if meant else ''}"


def _wrong_type(kind: str, value: Any) -> str | None:
    shown = _shown(value)
    if isinstance(value, str) and kind.startswith(("int_", "float_", "bool_")) and _would_be_more_than_text(value):
        return f"{json.dumps(value)} is text; write it without quotes."
    if kind in ("int_type", "int_parsing", "int_from_float"):
        return f"{shown} isn't a whole number."
    if kind in ("float_type", "float_parsing"):
        return f"{shown} isn't a number."
    if kind in ("bool_type", "bool_parsing"):
        return f"{shown} is neither true nor false."
    if kind == "string_type":
        return f"{shown} isn't text; put it in quotes if it is meant as text."
    if kind in ("tuple_type", "list_type"):
        return f"{shown} isn't a list; write [{shown}] for one item."
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        return "is a section; write its settings on lines below it, indented."
    return None


def _out_of_bounds(kind: str, value: Any, context: dict[str, Any]) -> str | None:
    shown = _shown(value)
    if kind == "greater_than_equal":
        return f"{shown} is too small; write {_plain(context['ge'])} or more."
    if kind == "greater_than":
        return f"{shown} is too small; write more than {_plain(context['gt'])}."
    if kind == "less_than_equal":
        return f"{shown} is too large; write {_plain(context['le'])} or less."
    if kind == "less_than":
        return f"{shown} is too large; write less than {_plain(context['lt'])}."
    if kind == "string_too_short":
        return "is empty; write something."
    if kind == "string_too_long":
        return f"has {len(value)} characters; write at most {context['max_length']}."
    return None


def _would_be_more_than_text(value: str) -> bool:
    try:
        return scalar(value, plain=True) != value
    except ValueError:
        return False


def _plain(limit: float) -> str:
    return str(int(limit)) if float(limit).is_integer() else repr(limit)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) and value.isprintable() and value else json.dumps(value, default=str)
    return short(text, 40)
