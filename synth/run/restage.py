"""Variants of a finished dataset: a "renderer" that takes each picture from there instead of from Blender.

The supervisor runs it like any other, so that resuming, locking and verifying are the same as for renders.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synth.effects.variants import vary_picture
from synth.errors import DatasetError, UsageError
from synth.geometry.camera import Box
from synth.plan.plan import plan_shot
from synth.plan.shot import Shot
from synth.recipe.schema import Noise, Outputs, Recipe
from synth.shard.columns import known_column
from synth.shard.dataset import Dataset, Item, open_dataset
from synth.shard.manifest import Manifest
from synth.shard.record import Record

RESTAGER = "synth.run.restage:make_restager"
_log = logging.getLogger(__name__)


class Restager:
    """Blurs or occludes the pictures of a dataset: sample i is its picture number i // n, in the order of its shards.

    Raises `DatasetError` if it isn't the dataset that the recipe was made for, or has no pictures.
    """

    def __init__(self, recipe: Recipe, folder: Path) -> None:
        self._dataset = open_source(folder)
        if recipe.variants is None or source_sha256(self._dataset.manifest) != recipe.variants.source_sha256:
            raise DatasetError(
                "It isn't the dataset that these variants were begun with.",
                where=str(folder),
                mend="Give that one, or choose another --out.",
            )
        self._seed = recipe.seed
        self._frame = Box(0, 0, recipe.camera.width_px, recipe.camera.height_px)

    def render(self, shot: Shot) -> Record:
        """The stored picture that `shot` is a variant of, varied. Raises `ShardError` if it is damaged."""
        item = self._dataset[shot.base_index or 0]
        varied = vary_picture(shot, item.rgb, item.head_box_px, item.crop_box_px, self._frame)
        labels = kept_labels(item) | varied.labels
        labels |= {"id": shot.index, "base_id": item.id, "condition": shot.condition}
        labels |= {"noise_sigma": shot.noise_sigma, "noise_seed": self._seed}
        return Record(varied.rgb, None, labels)


def make_restager(recipe: Recipe, options: Mapping[str, Any]) -> Restager:
    """options: "source" (folder of the dataset)."""
    return Restager(recipe, Path(options["source"]))


def kept_labels(item: Item) -> dict[str, Any]:
    """The source's labels, without those that a later version may have put there."""
    return {name: value for name, value in item.labels.items() if known_column(name) is not None}


def open_source(folder: Path) -> Dataset:
    """The clean pictures. Raises `DatasetError` if there are none."""
    dataset = open_dataset(folder, noise=False, depth=False)
    if dataset[0].rgb is None:
        raise DatasetError("It holds no pictures.", where=str(folder), mend="Give a dataset with outputs.rgb.")
    return dataset


def source_sha256(manifest: Manifest) -> str:
    """What a dataset holds, whenever and wherever it was made: 64 hex digits over its shards' own."""
    listed = [[entry.name, entry.sha256] for entry in manifest.shards]
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


def recipe_of(manifest: Manifest, folder: Path) -> Recipe:
    """The plan of a dataset. Raises `DatasetError` if this version can't plan by it."""
    mend = "Variants need the plan: give a dataset that `synth render` made, or the recipe."
    try:
        recipe = Recipe.model_validate(dict(manifest.recipe))
        plan_shot(recipe, 0)
    except UsageError as error:
        raise DatasetError(f"Its recipe can't be planned: {error.what}", where=str(folder), mend=mend) from error
    except ValueError as error:  # pydantic's
        first = str(error).splitlines()[1] if "\n" in str(error) else str(error)
        raise DatasetError(f"Its recipe isn't one of this version: {first}.", where=str(folder), mend=mend) from error
    return recipe


def restaged_recipe(recipe: Recipe, manifest: Manifest) -> Recipe:
    """The source's recipe as the base of its variants: as many samples as are there, pictures alone.

    Noise that is in the stored pictures stays in them; none is added.
    """
    noise = recipe.noise
    if noise.mode == "baked":
        _log.warning("the pictures hold their noise already: it is varied with them, and none is added")
        noise = Noise(sigma_levels=(0.0, 0.0))
    return recipe.model_copy(update={"samples": manifest.samples, "outputs": Outputs(rgb=True), "noise": noise})
