"""What has to be at hand for a recipe to make its dataset again and doesn't come with this version of the program.

A manifest's recipe may come from anyone: any of its values may be of any type.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from synth.heads.build import BUILDER_VERSION
from synth.heads.pack import bundled_packs, load_pack
from synth.shard.accounts import AssetEntry

_BUILT_PACK = re.compile(r"built-[A-Za-z0-9.-]{1,80}-v(\d{1,6})")  # as `BuildSpec.name` makes it
_BUILDER = re.compile(r"synth heads build, version (\d{1,6})")  # as the manifest's line of a built pack has it


def needed_of(recipe: Mapping[str, Any], assets: Sequence[AssetEntry] = ()) -> Iterator[str]:
    """What the recipe names that doesn't come with the program, as sentences. assets: the manifest's."""
    heads, scene = _part(recipe, "heads"), _part(recipe, "scene")
    if other := _other_heads(heads, assets):
        yield other
    elif heads.get("pack") and not _part(heads, "build") and not _is_bundled(heads["pack"]):
        yield (
            "The head pack that is listed below doesn't come with the program: give its folder to `synth render`"
            " by `--set heads.pack=FOLDER`."
        )
    for section in ("photos", "hdris"):
        if scene.get(section):
            yield (
                f"Its `scene.{section}` doesn't come with the program: give the folder to `synth render` by"
                f" `--set scene.{section}.folder=FOLDER`; its checksum has to be the recipe's."
            )


def has_other_heads(recipe: Mapping[str, Any], assets: Sequence[AssetEntry] = ()) -> bool:
    """Whether the heads that this version brings or builds under the recipe's name aren't those of the recipe."""
    return bool(_other_heads(_part(recipe, "heads"), assets))


def _part(recipe: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = recipe.get(name)
    return found if isinstance(found, dict) else {}


def _is_bundled(pack: Any) -> bool:
    return isinstance(pack, str) and pack in bundled_packs()


def _other_heads(heads: Mapping[str, Any], assets: Sequence[AssetEntry]) -> str:
    """Which heads are needed in place of this version's; empty if these are the ones, or nothing tells."""
    pack, sha256 = heads.get("pack"), heads.get("pack_sha256")
    if not isinstance(pack, str) or not isinstance(sha256, str):
        return ""
    version = _builder_version(pack, sha256, assets)
    if _is_bundled(pack):
        if load_pack(bundled_packs()[pack]).pack_sha256 == sha256:
            return ""
    elif not _part(heads, "build") or version is None or version == BUILDER_VERSION:
        return ""
    made = "" if version is None else f", made by version {version} of the head builder"
    return (
        "Its heads aren't those of the program that wrote this page: it takes the head pack that is listed below"
        f"{made}. Take the version of the program that has it, or give the pack's folder to `synth render` by"
        " `--set heads.pack=FOLDER`."
    )


def _builder_version(pack: str, sha256: str, assets: Sequence[AssetEntry]) -> int | None:
    lines = [_BUILDER.fullmatch(asset.source) for asset in assets if asset.sha256 == sha256]
    found = next(filter(None, lines), None) or _BUILT_PACK.fullmatch(pack)
    return int(found[1]) if found else None
