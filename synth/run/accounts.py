"""What a run's pictures are made of, each with its licence, and whom they show: what the manifest will list."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from synth.heads.pack import HeadPack
from synth.heads.parameters import parameters
from synth.recipe.schema import Recipe
from synth.scenes.assets import scene_assets
from synth.shard.accounts import Accounts, AssetEntry, SubjectEntry

_STUDIO_LIGHTS = "datafiles/studiolights/world"
_LONGEST = 500
_POLY_HAVEN = "https://polyhaven.com/a/"
_ENVIRONMENTS = {
    "city": "portland_landing_pad",
    "courtyard": "courtyard",
    "forest": "ninomaru_teien",
    "interior": "hotel_room",
    "night": "moonless_golf",
    "studio": "studio_small_01",
    "sunrise": "spruit_sunrise",
    "sunset": "venice_sunset",
}
"""Which HDRIs by Greg Zaal (Poly Haven) Blender's eight were made of, by the license.txt beside them; of night and
studio that file says "probably"."""


def accounts_of(pack: HeadPack, recipe: Recipe) -> Accounts:
    """The assets and the people of a dataset that this recipe makes with this pack."""
    count = recipe.heads.count or len(pack.heads)
    subjects = tuple(SubjectEntry(head.id, parameters(head)) for head in pack.heads[:count])
    pictures = (
        AssetEntry(_line(a.name), a.kind, _line(a.license), _line(a.source), a.sha256) for a in scene_assets(recipe)
    )
    return Accounts((*_of_pack(pack, count), *_of_environments(recipe), *pictures), subjects)


def _of_pack(pack: HeadPack, count: int) -> Iterator[AssetEntry]:
    made = "" if pack.builder_version is None else f"synth heads build, version {pack.builder_version}"
    yield AssetEntry(pack.name, "head pack", _line(pack.license), made, pack.pack_sha256)
    for source in pack.sources:
        name = " ".join(filter(None, (source.name, source.version)))
        url, digest = _line(source.url or ""), source.sha256 or ""
        yield AssetEntry(_line(name), "source of the heads", _line(source.license), url, digest)
    for head in pack.heads[:count]:
        if head.license != pack.license:
            yield AssetEntry(head.id, "head", _line(head.license), _line(head.file), head.sha256)


def _line(text: str) -> str:
    """Names of users' files may hold anything; in a manifest they are lines of moderate length."""
    return "".join(c if c.isprintable() else "?" for c in text)[:_LONGEST]


def _of_environments(recipe: Recipe) -> Iterator[AssetEntry]:
    """The HDRIs that come with Blender; their checksums where this machine has it."""
    folder = _blenders_folder()
    for name in recipe.scene.environments:
        path = folder / f"{name}.exr" if folder else None
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest() if path and path.is_file() else ""
        source = f"Blender, after {_POLY_HAVEN}{_ENVIRONMENTS[name]}" if name in _ENVIRONMENTS else "Blender"
        yield AssetEntry(name, "environment", "CC0-1.0", source, sha256)


def _blenders_folder() -> Path | None:
    """Found without importing Blender, which takes seconds and memory that the supervisor needs for others."""
    found = find_spec("bpy")
    if found is None or found.origin is None:
        return None
    return next(Path(found.origin).parent.glob(f"*/{_STUDIO_LIGHTS}"), None)
