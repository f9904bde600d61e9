"""What the scenes of a dataset are made of, with licences: for its manifest and card."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from synth.heads.ensure import default_cache_dir
from synth.recipe.schema import Recipe
from synth.scenes.folder import NO_LICENSE, read_listing
from synth.scenes.prepare import SECTIONS


@dataclass(frozen=True)
class SceneAsset:
    """A picture or HDRI that samples may show: what it is called, its licence, where it is from, its SHA-256.

    `sha256` is empty where the file isn't at hand. For a folder whose listing isn't at hand there is one asset, the
    folder, with the checksum that the recipe states.
    """

    name: str
    license: str
    source: str
    sha256: str


def scene_assets(recipe: Recipe, cache_dir: Path | None = None) -> list[SceneAsset]:
    """Everything that the scenes of a prepared recipe (`prepare_scene`) may show; drawn backgrounds are nobody's."""
    if not recipe.outputs.rgb:
        return []
    return [*_environments(recipe), *_folders(recipe, cache_dir or default_cache_dir())]


def _environments(recipe: Recipe) -> Iterator[SceneAsset]:
    """Blender's own, CC0 (license.txt beside them); found without importing Blender."""
    found = importlib.util.find_spec("bpy")
    files: dict[str, Path] = {}
    if found is not None and found.origin:
        files = {path.stem: path for path in Path(found.origin).parent.glob("*/datafiles/studiolights/world/*.exr")}
    version = importlib.metadata.version("bpy") if found is not None else ""
    for name in recipe.scene.environments:
        digest = hashlib.sha256(files[name].read_bytes()).hexdigest() if name in files else ""
        yield SceneAsset(f"{name}.exr", "CC0-1.0", f"Blender {version}, datafiles/studiolights/world", digest)


def _folders(recipe: Recipe, cache_dir: Path) -> Iterator[SceneAsset]:
    for name in SECTIONS:
        section = getattr(recipe.scene, name)
        if section is None:
            continue
        license_name, source = section.license or NO_LICENSE, f"scene.{name}: {section.folder}"
        listing = read_listing(cache_dir, section.sha256) if section.sha256 else None
        if listing is None:
            yield SceneAsset(section.folder, license_name, source, section.sha256 or "")
            continue
        for file in listing.files:
            yield SceneAsset(file.name, license_name, source, file.sha256)
