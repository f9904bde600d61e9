"""Recipes from YAML: found by name or path, checked strictly, every fault reported at once."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from synth.errors import RecipeError
from synth.recipe.extends import layered
from synth.recipe.faults import Origin, faults_of
from synth.recipe.files import locate, read_text, recipe_names
from synth.recipe.overrides import apply, read_overrides
from synth.recipe.schema import QUALITIES, Recipe
from synth.recipe.strict_yaml import Fault, parse


def list_recipes() -> list[tuple[str, str]]:
    """(name, description) of each recipe that comes with the package."""
    return [(name, load_recipe(name).description) for name in recipe_names()]


def load_recipe(name_or_path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Recipe:
    """The recipe of that name, or in that file, with the overrides (`"pose.yaw_deg=[-30, 30]"`) laid over it.

    What ends in .yaml or .yml, or holds a path separator, is a file; anything else is the name of a recipe that comes
    with the package. Raises RecipeError with all faults at once, each with its line or override and the mend.
    """
    path, source = locate(name_or_path)
    return parse_recipe(read_text(path, source), source, overrides, beside=path.parent)


def parse_recipe(text: str, source: str, overrides: Sequence[str] = (), beside: Path | None = None) -> Recipe:
    """The recipe that YAML `text` holds; `source` is what faults call it. Raises RecipeError.

    A file that it `extends` is looked for in the folder `beside`, by default here.
    """
    layers = layered(parse(text), source, beside)
    laid_over = read_overrides(overrides)
    origin = Origin(source, layers.lines, [override.path for override in laid_over], layers.sources)
    faults = layers.faults + [fault for override in laid_over for fault in override.faults]
    if not any(fault.path == () for fault in layers.faults):
        tree, more = _tree_of(layers.value)
        apply(laid_over, tree)
        if not more:
            recipe, more = _validated(tree, origin, faults)
            if recipe is not None and not faults:
                return recipe
        faults = faults + more
    raise RecipeError(origin.fault_lines(faults))


def recipe_from(tree: dict[str, Any], source: str, overrides: Sequence[str] = ()) -> Recipe:
    """The recipe of plain JSON data, as `Recipe.model_dump(mode="json")` gives it; `source` is what faults call it.

    Raises RecipeError.
    """
    laid_over = read_overrides(overrides)
    origin = Origin(source, {}, [override.path for override in laid_over])
    faults = [fault for override in laid_over for fault in override.faults]
    tree = copy.deepcopy(tree)
    if any(override.path == ("render", "quality") for override in laid_over):
        _forget_quality(tree)
    apply(laid_over, tree)
    recipe, more = _validated(tree, origin, faults)
    if recipe is None or faults:
        raise RecipeError(origin.fault_lines(faults + more))
    return recipe


def _forget_quality(tree: dict[str, Any]) -> None:
    """Drop what a dump has written out of its quality, so that another quality sets it anew.

    Whether it was given or came of a quality, as this or an older version has it, a dump doesn't tell.
    """
    render = tree.get("render")
    if isinstance(render, dict):
        for name in {name for settings in QUALITIES.values() for name in settings}:
            render.pop(name, None)


def _tree_of(value: Any) -> tuple[dict[str, Any], list[Fault]]:
    if isinstance(value, dict):
        return value, []
    if value is None:
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
