"""A recipe's folders of pictures: read and fixed when a run begins, found again by the workers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synth.errors import UsageError
from synth.heads.ensure import default_cache_dir
from synth.recipe.scene import Hdris, Photos
from synth.recipe.schema import Recipe
from synth.scenes.folder import Judge, Listing, license_of, list_pictures, read_listing, write_listing
from synth.scenes.hdri import HDRI_SUFFIXES, judge_hdri
from synth.scenes.photographs import PHOTO_SUFFIXES, judge_photo

SECTIONS = ("photos", "hdris")
_KINDS: Mapping[str, tuple[frozenset[str], Judge]] = {
    "photos": (PHOTO_SUFFIXES, judge_photo),
    "hdris": (HDRI_SUFFIXES, judge_hdri),
}


def prepare_scene(recipe: Recipe, cache_dir: Path | None = None) -> Recipe:
    """The recipe as it will be rendered: its folders of pictures by name, with their checksums and licences.

    Every picture is read and judged once, and the listing is kept for the workers. Where a folder lies is no part of
    what is rendered. Raises UsageError for a folder or picture that can't be used, and where a folder isn't the one
    whose checksum the recipe states.
    """
    found = {}
    for name in SECTIONS:
        section: Photos | Hdris | None = getattr(recipe.scene, name)
        if section is None:
            continue
        folder = _path(section.folder)
        listing = _list(name, folder)
        _require(listing, section.sha256, name)
        write_listing(cache_dir or default_cache_dir(), listing)
        found[name] = section.model_copy(
            update={
                "folder": folder.name or name,
                "sha256": listing.sha256,
                "license": section.license or license_of(folder),
            }
        )
    return recipe.model_copy(update={"scene": recipe.scene.model_copy(update=found)}) if found else recipe


def scene_options(asked: Recipe) -> dict[str, str]:
    """Where the folders of a recipe lie that isn't prepared yet: options of the renderer ("photos", "hdris")."""
    sections = {name: getattr(asked.scene, name) for name in SECTIONS}
    return {name: str(_path(section.folder)) for name, section in sections.items() if section is not None}


def find_listing(recipe: Recipe, name: str, options: Mapping[str, Any], cache_dir: Path) -> tuple[Path, Listing] | None:
    """The folder of one section ("photos", "hdris") and its listing; None if the recipe has no such section.

    Raises UsageError if the folder isn't what it was when the run began.
    """
    section: Photos | Hdris | None = getattr(recipe.scene, name)
    if section is None:
        return None
    folder = _path(options.get(name, section.folder))
    listing = read_listing(cache_dir, section.sha256) if section.sha256 else None
    if listing is None:
        listing = _list(name, folder)
        _require(listing, section.sha256, name)
    return folder, listing


def _path(folder: str) -> Path:
    return Path(folder).expanduser().resolve()


def _list(name: str, folder: Path) -> Listing:
    suffixes, judge = _KINDS[name]
    return list_pictures(folder, suffixes, f"scene.{name}.folder", judge)


def _require(listing: Listing, wanted: str | None, name: str) -> None:
    if wanted is not None and listing.sha256 != wanted:
        raise UsageError(
            f"The folder's pictures have the checksum {listing.sha256[:12]}…, the recipe wants {wanted[:12]}….",
            where=f"scene.{name}.sha256",
            mend="Put the folder back as it was, or leave the checksum out to take it as it is now.",
        )
