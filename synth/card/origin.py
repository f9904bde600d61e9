"""How a dataset was made: the recipes as files, and every step as the command that repeats it."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from synth.card.commands import step_words, unsayable
from synth.card.needed import has_other_heads, needed_of
from synth.card.older import DIGEST, with_what_was_told
from synth.errors import DatasetError, RecipeError
from synth.recipe.load import recipe_from
from synth.recipe.show import recipe_to_yaml
from synth.shard.header import recipe_sha256
from synth.shard.manifest import Manifest
from synth.shard.read_manifest import DATASET_NAME
from synth.share.merge import MERGED
from synth.share.provenance import Origin as Ancestor
from synth.share.provenance import Step
from synth.share.restaged import RECIPE_OPTION
from synth.share.source import Source

RECIPE_NAME = "recipe.yaml"
_MOST_COMMANDS = 200
_VARIED = "Its pictures are those of another dataset, varied; the manifest doesn't say which one that was."


@dataclass(frozen=True)
class RecipeFile:
    """same: whether this version of the program makes of it the recipe that the manifest names, checksum and all."""

    name: str
    text: str
    same: bool


@dataclass(frozen=True)
class Origin:
    """recipes: the files that the commands begin with. whole: whether the commands begin with nothing else.

    commands: in their order; what was rendered comes first. Empty if the manifest, which may come from anyone, has
    words among them that no command of this program has, or doesn't know what the pictures were taken from.
    needed: what has to be at hand besides, as sentences.
    """

    recipes: tuple[RecipeFile, ...]
    commands: tuple[str, ...]
    whole: bool
    needed: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Root:
    """A dataset that was rendered, and its recipe if it is known."""

    dataset_id: str
    name: str
    recipe_sha256: str
    recipe: Mapping[str, Any] | None


def origin_of_dataset(source: Source) -> Origin:
    """From the manifest's recipe and steps; hosts and folders, which mean nothing elsewhere, are left out."""
    manifest, steps = source.manifest, source.steps
    if not steps and _of_stored_pictures(manifest.recipe):
        return Origin((_recipe_file(RECIPE_NAME, manifest.recipe, manifest),), (), False, (_VARIED,))
    roots = _roots(manifest, steps)
    varied = any(root.recipe is not None and _of_stored_pictures(root.recipe) for root in roots)
    roots = [replace(r, recipe=None) if r.recipe and _of_stored_pictures(r.recipe) else r for r in roots]
    known = [root for root in roots if root.recipe is not None]
    names = [RECIPE_NAME] if len(known) == 1 else [f"recipe-{n}.yaml" for n in range(1, len(known) + 1)]
    files = [
        _recipe_file(n, r.recipe, manifest, r.recipe_sha256) for n, r in zip(names, known, strict=True) if r.recipe
    ]
    steps = with_what_was_told(steps, {root.dataset_id: root.recipe for root in known if root.recipe}, manifest)
    try:
        commands = tuple(map(shlex.join, _commands(roots, steps, iter(names))))
    except DatasetError:
        commands = ()
    needed = [sentence for root in known if root.recipe for sentence in needed_of(root.recipe, manifest.assets)]
    whole = bool(commands) and len(known) == len(roots)
    return Origin(tuple(files), commands, whole, tuple(dict.fromkeys([*([_VARIED] * varied), *needed])))


def _of_stored_pictures(recipe: Mapping[str, Any]) -> bool:
    variants = recipe.get("variants")
    return isinstance(variants, Mapping) and variants.get("source_sha256") is not None


def _roots(manifest: Manifest, steps: Sequence[Step]) -> list[_Root]:
    """The datasets that no step made, each once."""
    if not steps:
        return [_Root(manifest.dataset_id, manifest.name, manifest.recipe_sha256, manifest.recipe)]
    made = {step.dataset_id for step in steps}
    merged = manifest.recipe.get(MERGED)
    listed = [one for one in merged if isinstance(one, dict)] if isinstance(merged, list) else [manifest.recipe]
    listed += [one for step in steps if isinstance(one := step.options.get(RECIPE_OPTION), dict)]
    recipes = {recipe_sha256(recipe): recipe for recipe in listed}
    found = {_key(one): one for step in steps for one in step.sources if one.dataset_id not in made}
    return [_Root(o.dataset_id, o.name, o.recipe_sha256, recipes.get(o.recipe_sha256)) for o in found.values()]


def _key(one: Ancestor | _Root) -> tuple[str, str]:
    return one.dataset_id, one.recipe_sha256


def _recipe_file(name: str, recipe: Mapping[str, Any], manifest: Manifest, sha256: str | None = None) -> RecipeFile:
    """sha256: the recipe's as it is stated, by default by the manifest."""
    try:
        loaded = recipe_from(dict(recipe), name)
        if recipe_sha256(loaded.model_dump(mode="json")) == (sha256 or manifest.recipe_sha256):
            return RecipeFile(name, recipe_to_yaml(loaded), not has_other_heads(recipe, manifest.assets))
    except RecipeError:  # of another version, with settings that this one doesn't have
        pass
    return RecipeFile(name, yaml.safe_dump(dict(recipe), sort_keys=False, allow_unicode=True, width=100), False)


def _commands(roots: Sequence[_Root], steps: Sequence[Step], names: Iterator[str]) -> Iterator[list[str]]:
    """As one would type them, datasets in folders called by their names; a split that made several parts once.

    Raises `DatasetError` for words that no command has.
    """
    if len(steps) + len(roots) > _MOST_COMMANDS or not all(DATASET_NAME.fullmatch(root.name) for root in roots):
        raise unsayable()
    folders: dict[str | tuple[str, str], str] = {}
    taken: set[str] = set()
    for root in roots:
        folders[_key(root)] = _free(f"datasets/{root.name}", taken)
        if root.recipe is not None:
            yield ["synth", "render", "--recipe", next(names), "--out", folders[_key(root)]]
    written: dict[tuple[str, ...], str] = {}
    for step in steps:
        sources = [folders.get(one.dataset_id) or folders.get(_key(one)) for one in step.sources]
        if not all(sources):
            raise unsayable()
        words = ("synth", *step_words(step, [str(folder) for folder in sources]))
        if words not in written:
            written[words] = _free(f"datasets/{_name_of(step)}", taken)
            yield [*words, "--out", written[words]]
        folders[step.dataset_id] = written[words] + _part(step)


def _name_of(step: Step) -> str:
    name = f"{step.sources[0].name}-parts" if step.operation == "split" else step.dataset_id[:-DIGEST]
    if not DATASET_NAME.fullmatch(name):
        raise unsayable()
    return name


def _part(step: Step) -> str:
    """A split makes a folder of folders; `step_words` has seen that names and number fit."""
    return f"/{step.options['names'][step.options['part']]}" if step.operation == "split" else ""


def _free(folder: str, taken: set[str]) -> str:
    """The folder, or with a number after it if another dataset of that name is there."""
    found = next(
        name for n in range(1, _MOST_COMMANDS + 2) if (name := folder if n == 1 else f"{folder}-{n}") not in taken
    )
    taken.add(found)
    return found
