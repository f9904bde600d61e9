"""What variants of stored pictures were made of, noted in their manifest once they are done.

Their own recipe says how the pictures were varied and by checksum of which dataset, but not how that one was made. So
a step like those of parts and sums is put before: the source's origin, its recipe, and what `synth variants` was told.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from synth.recipe.vary import Kind
from synth.shard.manifest import MANIFEST_NAME, Manifest
from synth.shard.read_manifest import read_manifest
from synth.share.provenance import Step, origin_of, read_steps, write_manifest_with_steps

VARIANTS = "variants"
RECIPE_OPTION = "recipe"
"""Of a step: the recipe of what was varied, which the variants' own recipe can't be turned back into."""


def note_source(folder: Path, source: Path, manifest: Manifest, kind: Kind, settings: Sequence[str]) -> bool:
    """Write into the manifest of finished variants in `folder` that they are of the dataset in `source`.

    manifest: the source's. Equal variants get equal manifests, and those that have the note stay as they are; False if
    there is nothing to note, because the run isn't finished. Raises `DatasetError`, `DiskError`.
    """
    if not (Path(folder) / MANIFEST_NAME).is_file():
        return False
    made = read_manifest(folder)
    options = {"kind": kind, "set": list(settings), RECIPE_OPTION: dict(manifest.recipe)}
    steps = (*read_steps(source), Step(VARIANTS, options, (origin_of(manifest),), made.dataset_id))
    if read_steps(folder) != steps:
        write_manifest_with_steps(folder, made, steps)
    return True
