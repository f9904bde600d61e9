"""What has to be run for the variants that are asked for: one job a kind, each a dataset of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from synth.errors import UsageError
from synth.heads.pack import load_pack
from synth.recipe.schema import Recipe
from synth.recipe.vary import Kind, variant_recipe
from synth.run.prepare import pack_entry
from synth.run.restage import RESTAGER, open_source, restaged_recipe, source_sha256
from synth.run.variant_sources import OfDataset, OfRecipe, planned_recipe
from synth.scenes.prepare import scene_options
from synth.shard.accounts import Accounts
from synth.shard.manifest import HeadPackEntry

# Settings that don't ask the stored pictures, or the shots that they show, to be other ones.
_OF_STORED = ("variants", "samples", "name", "description", "shards", "noise")
_OF_THE_SAME_SHOTS = (*_OF_STORED, "outputs", "render", "heads.pack", "scene.photos.folder", "scene.hdris.folder")
Prepare = Callable[[Recipe], tuple[Recipe, Path]]


@dataclass(frozen=True)
class VariantJob:
    """What `render_dataset` is told."""

    recipe: Recipe
    renderer: str
    options: Mapping[str, Any]
    heads: Sequence[HeadPackEntry]
    license_name: str


def plan_variants(
    source: OfRecipe | OfDataset,
    kind: Kind,
    overrides: Sequence[str],
    *,
    prepare: Prepare,
    renderer: str,
    options: Mapping[str, Any],
) -> VariantJob:
    """The job for one kind. Light is rendered, from the plan; blur and occlusion of a dataset use its pictures.

    `prepare` finds or builds the heads of a recipe that is rendered (`synth.run.prepare.prepare`), by `renderer` with
    `options` and the pack. Raises as `variant_recipe`, UsageError for what can't be done to stored pictures,
    `DatasetError` for a dataset without pictures, and what `prepare` raises.
    """
    if isinstance(source, OfDataset):
        if kind != "illumination":
            return _of_stored(source, kind, overrides)
        _refuse_others(overrides, _OF_THE_SAME_SHOTS, "would make other shots than those of the dataset")
    base = planned_recipe(source) if isinstance(source, OfDataset) else source.recipe
    asked = variant_recipe(base, kind, overrides)
    recipe, pack_folder = prepare(asked)
    pack = load_pack(pack_folder, verify=True)
    with_pack = {**options, "pack": str(pack_folder.absolute()), **scene_options(asked)}
    return VariantJob(recipe, renderer, with_pack, [pack_entry(pack, recipe)], pack.license)


def _of_stored(source: OfDataset, kind: Kind, overrides: Sequence[str]) -> VariantJob:
    _refuse_others(overrides, _OF_STORED, "can't be changed in pictures that are stored")
    open_source(source.folder)
    base = restaged_recipe(source.recipe, source.manifest)
    recipe = variant_recipe(base, kind, overrides, source_sha256(source.manifest))
    if recipe.variants and recipe.variants.blur and recipe.variants.blur.kind == "turn":
        raise UsageError(
            "The blur of a turning head is rendered; it can't be put on stored pictures.",
            where="variants.blur.kind",
            mend="Take gaussian or motion, or vary the recipe with --of RECIPE.",
        )
    options = {"source": str(source.folder.absolute())}
    known = Accounts(source.manifest.assets, source.manifest.subjects)
    heads = [replace(entry, accounts=known) for entry in source.manifest.heads]
    return VariantJob(recipe, RESTAGER, options, heads, source.manifest.license)


def _refuse_others(overrides: Sequence[str], allowed: Sequence[str], why: str) -> None:
    for text in overrides:
        name = text.partition("=")[0].strip()
        if name not in allowed and name.split(".")[0] not in allowed:
            raise UsageError(
                f"{name} {why}.",
                where="--set",
                mend="Vary the recipe instead, with --of RECIPE: then they are rendered.",
            )
