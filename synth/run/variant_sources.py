"""What `synth variants --of` names: a recipe, a finished dataset, or a folder of pictures with a label file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from synth.errors import DatasetError, UsageError
from synth.recipe.load import load_recipe
from synth.recipe.schema import Recipe
from synth.recipe.vary import BASE_NAME
from synth.run.restage import recipe_of
from synth.run.span import LEDGER_NAME
from synth.shard.manifest import MANIFEST_NAME, Manifest
from synth.shard.read_manifest import operations_of, read_manifest

LABEL_FILE = "labels.csv"
DEFAULT_FOLDER = Path("datasets") / BASE_NAME


@dataclass(frozen=True)
class OfRecipe:
    """Shots that are rendered."""

    recipe: Recipe


@dataclass(frozen=True)
class OfDataset:
    """A finished dataset and the recipe that it was made by."""

    folder: Path
    manifest: Manifest
    recipe: Recipe


@dataclass(frozen=True)
class OfPictures:
    """A folder of pictures and its label file."""

    folder: Path
    label_file: Path


Source = OfRecipe | OfDataset | OfPictures


def find_source(of: str | None) -> Source:
    """The source of that name or path; by default `datasets/rgb_310k` if it is finished, else that recipe.

    Raises `DatasetError` for a folder that is none of these, RecipeError for an unknown or faulty recipe.
    """
    if of is None:
        there = (DEFAULT_FOLDER / MANIFEST_NAME).is_file()
        return _dataset(DEFAULT_FOLDER) if there else OfRecipe(load_recipe(BASE_NAME))
    folder = Path(of)
    if folder.is_dir():
        if (folder / MANIFEST_NAME).exists():
            return _dataset(folder)
        if (folder / LEDGER_NAME).exists():
            raise DatasetError(
                "The dataset isn't finished.", where=of, mend="Start its `synth render` again, or give its recipe."
            )
        if (folder / LABEL_FILE).is_file():
            return OfPictures(folder, folder / LABEL_FILE)
        raise DatasetError(
            f"The folder holds neither a dataset ({MANIFEST_NAME}) nor pictures with labels ({LABEL_FILE}).",
            where=of,
            mend=f"A folder of pictures needs a {LABEL_FILE} with the columns file, pitch, yaw, roll.",
        )
    if folder.name != of and not of.endswith((".yaml", ".yml")):
        raise UsageError("There is no such folder.", where=of, mend="Give a dataset, a folder of pictures or a recipe.")
    return OfRecipe(load_recipe(of))


def planned_recipe(source: OfDataset) -> Recipe:
    """The recipe that plans a dataset's own shots again: as many samples as it has, from shot 0 on.

    Raises `DatasetError` if its samples aren't the plan's first ones under their own ids, as in a part of a dataset.
    """
    manifest = source.manifest
    count = manifest.samples + len(manifest.failed)  # ids are never repeated, so that the highest tells of gaps
    highest = max([*(entry.id_runs[-1][1] for entry in manifest.shards), *(sample.id for sample in manifest.failed)])
    moved = any(
        (operation == "merge" and any(options.get("id_shifts") or ())) or not operation
        for operation, options in operations_of(source.folder)
    )
    if highest != count - 1 or moved:
        raise DatasetError(
            "Its samples were renumbered: their ids don't say which shots of the plan they are."
            if moved
            else f"Its {manifest.samples:,} samples aren't the shots 0 to {count - 1:,} of its recipe: it is a part.",
            where=str(source.folder),
            mend="Light is rendered from the plan: give the whole dataset or its recipe, and take the part of what "
            "comes out (synth subset). Blur and occlusion can be put on any dataset's pictures.",
        )
    return source.recipe.model_copy(update={"samples": count})


def _dataset(folder: Path) -> OfDataset:
    manifest = read_manifest(folder)
    return OfDataset(folder, manifest, recipe_of(manifest, folder))
