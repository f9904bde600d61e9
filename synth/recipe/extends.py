"""`extends: NAME|FILE`: a recipe that begins with another one's settings and lays its own on top.

Sections are merged setting by setting; a list or a single value replaces the base's. A recipe's name and description
are its own: they aren't taken from the base.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from synth.errors import RecipeError
from synth.recipe import strict_yaml
from synth.recipe.files import locate, read_text
from synth.recipe.strict_yaml import Document, Fault, parse

EXTENDS = "extends"
MAX_FILES = 8  # one on top of the other
_OWN = ("name", "description")


@dataclass
class Layers:
    """A document with the ones that it extends below it: as `Document`, and `sources` names the file of each line that
    is another file's."""

    value: Any = None
    lines: dict[strict_yaml.Path, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    sources: dict[strict_yaml.Path, str] = field(default_factory=dict)


def layered(document: Document, source: str, beside: Path | None = None) -> Layers:
    """The document's settings on top of those that it extends. Never raises for what the files hold."""
    return _layered(document, source, beside, ())


def _layered(document: Document, source: str, beside: Path | None, above: tuple[str, ...]) -> Layers:
    """`above` are the real paths of the files that led here."""
    own = Layers(document.value, document.lines, document.faults)
    if not isinstance(own.value, dict) or EXTENDS not in own.value:
        return own
    given = own.value.pop(EXTENDS)
    base = _base_of(given, own.lines[EXTENDS,], beside, above)
    if isinstance(base, Fault):
        return replace(own, faults=[*own.faults, base])
    return _on_top(own, base)


def _base_of(given: Any, line: int, beside: Path | None, above: tuple[str, ...]) -> Layers | Fault:
    """What `extends: given` brings; or a fault of the whole file, since what else is missing may stand in the base."""
    if not isinstance(given, str):
        return Fault(line, (), f"{EXTENDS} needs the name of a recipe or the path of a .yaml file.")
    try:
        path, source = locate(given, beside)
        text = read_text(path, source)
    except RecipeError as error:
        return Fault(line, (), f"{EXTENDS}: {error.faults[0]}")
    real = str(path.resolve())
    if real in above:
        return Fault(line, (), f"{EXTENDS}: {source} extends this file in turn; let one of them stand alone.")
    if len(above) + 2 > MAX_FILES:
        return Fault(line, (), f"{EXTENDS}: more than {MAX_FILES} files on top of each other; write the settings out.")
    base = _layered(parse(text), source, path.parent, (*above, real))
    base.faults = [fault if fault.source else replace(fault, source=source) for fault in base.faults]
    base.sources = {place: base.sources.get(place, source) for place in base.lines}
    return base


def _on_top(own: Layers, base: Layers) -> Layers:
    if not isinstance(base.value, dict):
        base = Layers({}, faults=base.faults or [Fault(1, (), "a recipe is lines of `name: value`.")])
    for name in _OWN:
        base.value.pop(name, None)
        base.lines.pop((name,), None)
    merged = Layers(_merged(base.value, own.value, (), base), faults=base.faults + own.faults)
    merged.lines = base.lines | own.lines
    merged.sources = {place: source for place, source in base.sources.items() if place not in own.lines}
    return merged


def _merged(below: dict[str, Any], top: dict[str, Any], at: strict_yaml.Path, base: Layers) -> dict[str, Any]:
    """`top` over `below`; what it replaces loses its lines in `base`."""
    result = dict(below)
    for name, value in top.items():
        here = (*at, name)
        under = result.get(name)
        if isinstance(value, dict) and isinstance(under, dict):
            result[name] = _merged(under, value, here, base)
            continue
        result[name] = value
        for place in [place for place in base.lines if place[: len(here)] == here]:
            del base.lines[place]
            base.sources.pop(place, None)
    return result
