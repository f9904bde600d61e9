"""A recipe written out in full, each setting with its meaning, limits and default; it loads as the same recipe."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import annotated_types as limits
import yaml
from pydantic import AfterValidator, BaseModel
from pydantic.fields import FieldInfo

from synth.recipe.schema import Recipe
from synth.recipe.settings import section_of
from synth.recipe.strict_yaml import scalar
from synth.recipe.values import Within, range_text

_LONGEST_PADDING = 40
_INDENT = re.compile(r"[ #]*")
_PLAIN_TEXT = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")


def recipe_to_yaml(recipe: Recipe) -> str:
    """The commented YAML that `synth recipes show` prints. Loading it again gives an equal recipe."""
    head = [
        f"# {recipe.name}: every setting, with its meaning, limits and default.",
        "# A setting at its default can be left out; one number n for a range means [n, n].",
        "",
    ]
    return "\n".join([*head, *_section_lines(recipe, "")]) + "\n"


def value_text(value: Any) -> str:
    """A value as it stands in a recipe, on one line."""
    if isinstance(value, BaseModel):
        return "{" + ", ".join(f"{name}: {value_text(v)}" for name, v in value) + "}"
    if isinstance(value, tuple):
        return "[" + ", ".join(value_text(v) for v in value) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return range_text((value, value))[1:].split(",")[0]
    return _text(value) if isinstance(value, str) else str(value)


def _text(value: str) -> str:
    """Bare where nobody could take it for anything but text."""
    if _PLAIN_TEXT.fullmatch(value) and _is_taken_for_text(value):
        return value
    quoted = yaml.safe_dump([value], default_style='"', default_flow_style=True, allow_unicode=True, width=2**31)
    return quoted.strip()[1:-1]


def _is_taken_for_text(value: str) -> bool:
    try:
        return bool(scalar(value, plain=True) == value)
    except ValueError:  # what the loader refuses unless it is quoted: NAN
        return False


def _section_lines(model: BaseModel, indent: str) -> list[str]:
    lines: list[str] = []
    plain: list[tuple[str, str]] = []
    for name, info in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            lines += [*_aligned(plain), *([""] if not indent else [])]
            plain = []
            lines += [f"{indent}# {_summary(type(value))}", f"{indent}{name}:", *_section_lines(value, indent + "  ")]
        else:
            absent = section_of(info.annotation) if value is None else None
            if absent is not None and not indent:
                lines, plain = [*lines, *_aligned(plain), ""], []
            plain.append((f"{indent}{name}: {value_text(value)}", _comment(info, value)))
            if absent is not None:
                plain += _absent_lines(name, absent, "", f"{indent}# ")
    return lines + _aligned(plain)


def _absent_lines(name: str, model: type[BaseModel], meaning: str, indent: str) -> Iterator[tuple[str, str]]:
    """A section that the recipe doesn't have, as comments, so that the reader sees what it could hold."""
    yield f"{indent}{name}:", meaning
    for inner, info in model.model_fields.items():
        inner_meaning = "; ".join(filter(None, [info.description or "", _limits(info)]))
        section = section_of(info.annotation)
        if section is not None:
            yield from _absent_lines(inner, section, inner_meaning, f"{indent}  ")
        else:
            yield f"{indent}  {inner}:{'' if info.is_required() else f' {value_text(info.default)}'}", inner_meaning


def _aligned(lines: list[tuple[str, str]]) -> list[str]:
    """The comments in a column of their own; above its line where that is too long."""
    width = max((len(line) for line, _ in lines if len(line) <= _LONGEST_PADDING), default=0)
    written: list[str] = []
    for line, comment in lines:
        if comment and len(line) > width:
            indent = _INDENT.match(line)[0]  # type: ignore[index]  # it matches always
            written += [f"{indent}# {comment}", line]
        else:
            written.append(f"{line:<{width}}  # {comment}" if comment else line)
    return written


def _summary(model: type[BaseModel]) -> str:
    return inspect.cleandoc(model.__doc__ or "").split("\n", 1)[0]


def _comment(info: FieldInfo, value: Any) -> str:
    if info.is_required():
        default = "required"
    elif info.default == value:
        default = "the default"
    else:
        default = f"default {value_text(info.default)}"
    return "; ".join(filter(None, [info.description or "", _limits(info), default]))


def _limits(info: FieldInfo) -> str:
    """`0 to 35`, `[low, high] within [-90, 90]`, `one of a, b`; empty where there is nothing to say."""
    options = _options(info.annotation)
    if options and not all(option in (info.description or "") for option in options):
        return f"one of {', '.join(options)}"
    low = high = ""
    for item in info.metadata:
        if isinstance(item, AfterValidator) and isinstance(item.func, Within):
            return f"[low, high] within {range_text((float(item.func.low), float(item.func.high)))}"
        if isinstance(item, limits.Ge):
            low = f"{item.ge}"
        elif isinstance(item, limits.Gt):
            low = f"more than {item.gt}"
        elif isinstance(item, limits.Le):
            high = f"{value_text(item.le)}"
    if low and high:
        return f"{low} to {high}"
    return f"{low} or more" if low else ""


def _options(annotation: Any) -> tuple[str, ...]:
    if get_origin(annotation) is Literal:
        return tuple(str(option) for option in get_args(annotation))
    return next((found for inner in get_args(annotation) if (found := _options(inner))), ())
