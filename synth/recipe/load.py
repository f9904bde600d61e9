"""Recipes from YAML: found by name or path, checked strictly, every fault reported at once."""

from __future__ import annotations

import difflib
import json
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from synth.errors import RecipeError
from synth.recipe.faults import Origin, faults_of
from synth.recipe.overrides import apply, read_overrides
from synth.recipe.schema import Recipe
from synth.recipe.strict_yaml import MAX_BYTES, Document, Fault, parse


def recipes_dir() -> Path:
    """Where the recipes that come with the package lie: inside it when installed, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    inside = package / "recipes"
    return inside if inside.is_dir() else package.parent / "recipes"


def recipe_names() -> list[str]:
    """Names of the recipes that come with the package, sorted."""
    return sorted(path.stem for path in recipes_dir().glob("*.yaml"))


def list_recipes() -> list[tuple[str, str]]:
    """(name, description) of each recipe that comes with the package."""
    return [(name, load_recipe(name).description) for name in recipe_names()]


def load_recipe(name_or_path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Recipe:
    """The recipe of that name, or in that file, with the overrides (`"pose.yaw_deg=[-30, 30]"`) laid over it.

    What ends in .yaml or .yml, or holds a path separator, is a file; anything else is the name of a recipe that comes
    with the package. Raises RecipeError with all faults at once, each with its line or override and the mend.
    """
    given = os.fspath(name_or_path)
    if isinstance(name_or_path, str) and not given.endswith((".yaml", ".yml")) and Path(given).name == given:
        path, source = recipes_dir() / f"{given}.yaml", f"{given}.yaml"
        if given not in recipe_names():
            raise RecipeError([_unknown_name(given)])
    else:
        path, source = Path(given), given
    return parse_recipe(_read(path, source), source, overrides)


def parse_recipe(text: str, source: str, overrides: Sequence[str] = ()) -> Recipe:
    """The recipe that YAML `text` holds; `source` is what faults call it. Raises RecipeError."""
    document = parse(text)
    laid_over = read_overrides(overrides)
    origin = Origin(source, document.lines, [override.path for override in laid_over])
    faults = document.faults + [fault for override in laid_over for fault in override.faults]
    if not any(fault.path == () for fault in document.faults):
        tree, more = _tree_of(document)
        apply(laid_over, tree)
        if not more:
            recipe, more = _validated(tree, origin, faults)
            if recipe is not None and not faults:
                return recipe
        faults = faults + more
    raise RecipeError(origin.fault_lines(faults))


def _tree_of(document: Document) -> tuple[dict[str, Any], list[Fault]]:
    if isinstance(document.value, dict):
        return document.value, []
    if document.value is None:
        return {}, [Fault(1, (), "the recipe is empty; it needs at least a name and samples.")]
    return {}, [Fault(1, (), "a recipe is lines of `name: value`, not a list or a single value.")]


def _validated(tree: dict[str, Any], origin: Origin, known: Sequence[Fault]) -> tuple[Recipe | None, list[Fault]]:
    """The recipe or its faults, without those that follow from `known` ones."""
    try:
        # By way of JSON, since only there pydantic's strict mode takes lists for tuples; "12" stays text, 1.5 no int.
        return Recipe.model_validate_json(json.dumps(tree), strict=True), []
    except ValidationError as error:
        named = {_setting(fault.path) for fault in known}
        return None, [f for f in faults_of(error, origin) if not any(f.path[:n] in named for n in range(1, 9))]


def _setting(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The setting that a value belongs to: that of an item is its list's."""
    while path and isinstance(path[-1], int):
        path = path[:-1]
    return path


def _unknown_name(name: str) -> str:
    known = recipe_names()
    meant = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    guess = f" Did you mean {meant[0]}?" if meant else ""
    shown = name if name.isprintable() and len(name) < 80 else f"{name[:40]!r}…"
    return (
        f"there is no recipe {shown or '(empty)'}.{guess} There are {', '.join(known)};"
        " a file of your own is given by its path, ending in .yaml."
    )


def _read(path: Path, source: str) -> str:
    try:
        with path.open("rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise RecipeError([f"{source}: this isn't a file; give the path of a .yaml file."])
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise RecipeError([f"{source}: there is no such file. Recipes by name: {', '.join(recipe_names())}."]) from None
    except IsADirectoryError:
        raise RecipeError([f"{source}: this is a folder; give the path of a .yaml file in it."]) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else error
        raise RecipeError([f"{source}: the file can't be read ({reason}); check its path and permissions."]) from None
    if len(data) > MAX_BYTES:
        raise RecipeError(
            [f"{source}: larger than {MAX_BYTES // 1000} kB, and a recipe has a few. Is this the right file?"]
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RecipeError(
            [f"{source}:{line}: byte 0x{data[error.start]:02x} isn't UTF-8; save the file with the encoding UTF-8."]
        ) from None
