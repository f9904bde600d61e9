"""What users' folders bring into a dataset, with licences: for its manifest and card."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from synth.heads.ensure import default_cache_dir
from synth.recipe.schema import Recipe
from synth.scenes.folder import NO_LICENSE, read_listing
from synth.scenes.prepare import SECTIONS

_KINDS: Mapping[str, str] = {"photos": "photograph", "hdris": "environment"}


@dataclass(frozen=True)
class SceneAsset:
    """A photograph or HDRI that samples may show, or where its listing isn't at hand, the whole folder: what it is
    called, what it is, its licence, the recipe's folder that it is from, its SHA-256."""

    name: str
    kind: str
    license: str
    source: str
    sha256: str


def scene_assets(recipe: Recipe, cache_dir: Path | None = None) -> list[SceneAsset]:
    """All pictures in the folders of a prepared recipe (`prepare_scene`). What is drawn is nobody's, and not listed."""
    assets = []
    for name in SECTIONS:
        section = getattr(recipe.scene, name)
        if section is None:
            continue
        license_name, source = section.license or NO_LICENSE, f"scene.{name}.folder: {section.folder}"
        listing = read_listing(cache_dir or default_cache_dir(), section.sha256) if section.sha256 else None
        if listing is None:
            assets.append(SceneAsset(section.folder, f"{_KINDS[name]}s", license_name, source, section.sha256 or ""))
            continue
        assets += [SceneAsset(f.name, _KINDS[name], license_name, source, f.sha256) for f in listing.files]
    return assets
