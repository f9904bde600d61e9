"""What settings there are: the schema as a tree of names, and what a wrong name was probably meant to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from synth.recipe.schema import Recipe

Names = tuple[str, ...]


def section_of(annotation: Any) -> type[BaseModel] | None:
    """The model that a field of this annotation holds (also `Model | None`), or None for a plain value."""
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            return candidate
    return None


def walk(model: type[BaseModel] = Recipe, path: Names = ()) -> Iterator[tuple[Names, FieldInfo]]:
    """Every setting and section with its path, in the order of the schema, a section before what it holds."""
    for name, info in model.model_fields.items():
        here = (*path, name)
        yield here, info
        section = section_of(info.annotation)
        if section is not None:
            yield from walk(section, here)


@lru_cache(maxsize=1)
def settings() -> dict[Names, FieldInfo]:
    return dict(walk())


def settings_in(section: Names) -> list[str]:
    return [path[-1] for path in settings() if path[:-1] == section]


def close_to(word: str, words: list[str]) -> str | None:
    """The likeliest meant of `words`: where a unit was left out (`yaw` for `yaw_deg`), then one that begins so."""
    shortened = [w for w in words if len(word) > 1 and w.startswith(f"{word}_")]
    begun = [w for w in words if len(word) > 2 and w.startswith(word)]
    matches = shortened or begun or difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    return matches[0] if matches else None


def hint(path: Names) -> str:
    """What someone who wrote the unknown setting `path` may have meant: a sentence."""
    section, name = path[:-1], path[-1]
    if name == "extends":
        return "It stands in a file, at the top level." if section else "It stands in a file; here single settings do."
    if section and not settings_in(section) and section in settings():
        return f"{'.'.join(section)} holds a single value."
    if "." in name and (meant := tuple(name.split("."))) in settings():
        return f"Write {meant[-1]} on a line of its own under {'.'.join(meant[:-1])}."
    elsewhere = [other for other in settings() if other[-1] == name and other[:-1] != section]
    if elsewhere:
        places = [".".join(other[:-1]) for other in elsewhere]
        return (
            f"It stands under {' and '.join(places)}." if all(places) else "It stands at the top level, not indented."
        )
    here = close_to(name, settings_in(section) + ["extends"] * (not section))
    if here is not None:
        return f"Did you mean {here}?"
    anywhere = close_to(name, [other[-1] for other in settings()])
    if anywhere is not None:
        found = next(other for other in settings() if other[-1] == anywhere)
        return f"Did you mean {'.'.join(found)}?"
    return f"There {'are' if section else 'are, at the top level,'} {', '.join(settings_in(section))}."
