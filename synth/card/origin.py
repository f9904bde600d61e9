"""How a dataset was made: the recipe as a file, and every step as the command that repeats it."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Any

import yaml

from synth.errors import RecipeError
from synth.recipe.load import recipe_from
from synth.recipe.show import recipe_to_yaml
from synth.shard.header import recipe_sha256
from synth.share.provenance import Step
from synth.share.source import Source

RECIPE_NAME = "recipe.yaml"
_NAME = re.compile(r"[a-z_]+")  # of an operation or an option
_DIGEST = 13  # a dash and twelve digits at the end of a derived dataset's id; before them stands its name


@dataclass(frozen=True)
class Origin:
    """recipe_yaml: the file, empty if there is none that a run could take (a merged dataset has several recipes).

    same: whether this version of the program makes of it the very recipe that the manifest names, checksum and all.
    commands: in their order; what was rendered comes first. Empty if the manifest, which may come from anyone, has
    words among them that no command of this program has.
    """

    recipe_yaml: str
    same: bool
    commands: tuple[str, ...]


def origin_of_dataset(source: Source) -> Origin:
    """From the manifest's recipe and steps; hosts and folders, which mean nothing elsewhere, are left out."""
    manifest = source.manifest
    text, same = _recipe_yaml(dict(manifest.recipe), manifest.recipe_sha256)
    name = source.steps[0].sources[0].name if source.steps and source.steps[0].sources else manifest.name
    rendered = [["synth", "render", "--recipe", RECIPE_NAME, "--out", f"datasets/{name}"]] if text else []
    commands = [*rendered, *(_command(step) for step in source.steps)]
    sound = all(_is_sound(step) for step in source.steps) and all(
        _is_printable(word) for words in commands for word in words
    )
    return Origin(text, same, tuple(map(shlex.join, commands)) if sound else ())


def _is_sound(step: Step) -> bool:
    return all(_NAME.fullmatch(name) for name in (step.operation, *step.options))


def _is_printable(word: str) -> bool:
    return word.isprintable() and "`" not in word


def _recipe_yaml(recipe: dict[str, Any], sha256: str) -> tuple[str, bool]:
    if "merged" in recipe:
        return "", False
    try:
        loaded = recipe_from(recipe, RECIPE_NAME)
        same = recipe_sha256(loaded.model_dump(mode="json")) == sha256
    except RecipeError:  # of another version, with settings that this one doesn't have
        same = False
    if same:
        return recipe_to_yaml(loaded), True
    return yaml.safe_dump(recipe, sort_keys=False, allow_unicode=True, width=100), False


def _command(step: Step) -> list[str]:
    """As one would type it, with datasets called by their names."""
    folders = [f"datasets/{source.name}" for source in step.sources]
    words = ["synth", step.operation, *folders]
    for name, value in step.options.items():
        words += _option(step.operation, name, value)
    made = f"{step.sources[0].name}-parts" if step.operation == "split" and step.sources else step.dataset_id[:-_DIGEST]
    return [*words, "--out", f"datasets/{made}"]


def _option(operation: str, name: str, value: Any) -> list[str]:
    if operation == "split" and name == "part":  # which of its parts this is; the command makes them all
        return []
    if name == "id_shifts":
        return ["--renumber", "--redraw-noise"] if any(value) else []
    flag = f"--{name.replace('_', '-')}"
    if isinstance(value, bool):
        return [flag] if value else []
    if isinstance(value, list):
        return [flag, ",".join(str(part) for part in value)]
    return [] if value is None else [flag, str(value)]
