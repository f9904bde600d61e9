"""What stands between a recipe and its rendering: the head pack found or built, and the recipe tied to it."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from synth.errors import HeadError
from synth.heads.build import BuildSpec, Progress
from synth.heads.ensure import ensure_pack
from synth.heads.pack import HeadPack, bundled_packs, load_pack
from synth.heads.worn.shares import DEFAULT_SHARES, Shares
from synth.recipe.schema import Heads, Recipe
from synth.run.accounts import accounts_of
from synth.run.left_out import left_out
from synth.scenes.prepare import prepare_scene
from synth.shard.manifest import HeadPackEntry

_log = logging.getLogger(__name__)
_BUILT = re.compile(r"built-.*-v[0-9]+")  # as `BuildSpec.name` makes it


def prepare(
    recipe: Recipe, cache_dir: Path | None = None, *, workers: int = 1, progress: Progress | None = None
) -> tuple[Recipe, Path]:
    """The recipe as it will be rendered, and the folder of its head pack, built into the cache if need be.

    `heads.count` is then a number and `heads.pack_sha256` the pack's, so that planning reads no files and a dataset
    can't go on with other heads. `heads.pack` is the pack's own name: where it lies on this machine is no part of what
    is rendered. `heads.build` is gone if the pack is another one. Folders of pictures are tied to it alike (see
    `prepare_scene`). What the recipe asks of heads that they can't do is logged, a line for all that lack the same.
    Raises HeadError if the pack can't be found or built, has too few heads, or isn't the one whose
    checksum the recipe states, UsageError for a folder of pictures.
    """
    asked = recipe.heads
    if asked.build is not None and _is_there(asked.pack):
        asked = asked.model_copy(update={"build": None})
    path = _pack_path(asked, cache_dir, workers, progress)
    pack = load_pack(path, verify=True)
    found = {"pack": pack.name, "count": _count(asked, pack), "pack_sha256": pack.pack_sha256}
    heads = asked.model_copy(update=found)
    for line in left_out(pack, recipe):
        _log.warning("%s", line)
    wanted = asked.pack_sha256
    if wanted is not None and wanted != pack.pack_sha256:
        raise HeadError(
            f"The pack {pack.name} has the checksum {pack.pack_sha256[:12]}…, the recipe wants {wanted[:12]}….",
            where="heads.pack_sha256",
            mend=f"Get that pack, or leave heads.pack_sha256 out to take the one in {path}.",
        )
    return prepare_scene(recipe.model_copy(update={"heads": heads}), cache_dir), path


def _refuse_other_builder(heads: Heads, build: BuildSpec) -> None:
    """Raise HeadError if a built pack with a stated checksum is wanted, and this version would build another one.

    Seen by its name, since building takes hours.
    """
    named = _BUILT.fullmatch(heads.pack)
    if heads.pack_sha256 is not None and named and heads.pack != build.name:
        raise HeadError(
            f"The recipe wants the pack {heads.pack}; this version would build {build.name}, which has other heads.",
            where="heads.pack_sha256",
            mend="Give that pack's folder by --set heads.pack=FOLDER, take the version of synth that built it, or add"
            " --set heads.pack_sha256=null to take the other heads.",
        )


def pack_entry(pack: HeadPack, recipe: Recipe) -> HeadPackEntry:
    """What the manifest of a dataset that the recipe makes with the pack says of the pack, its people and assets."""
    return HeadPackEntry(pack.name, pack.pack_sha256, pack.license, accounts_of(pack, recipe))


def _is_there(name_or_path: str) -> bool:
    """Whether `heads.pack` names a pack, and not just what is to be built: a bundled one, a folder, or any path.

    A path that leads nowhere is the user's mistake to be told, not hours of building.
    """
    return name_or_path in bundled_packs() or Path(name_or_path).is_dir() or Path(name_or_path).name != name_or_path


def _pack_path(heads: Heads, cache_dir: Path | None, workers: int, progress: Progress | None) -> Path:
    if heads.build is None:
        return ensure_pack(heads.pack)
    asked = heads.build
    shares = Shares.of(asked.shares.model_dump()) if asked.shares else DEFAULT_SHARES
    build = BuildSpec(asked.males, asked.females, asked.seed, asked.texture_px, shares)
    _refuse_other_builder(heads, build)
    return ensure_pack(build=build, cache_dir=cache_dir, workers=workers, progress=progress)


def _count(heads: Heads, pack: HeadPack) -> int:
    there = len(pack.heads)
    wanted = heads.count or (heads.build.count if heads.build else there)
    if wanted > there:
        raise HeadError(
            f"The recipe wants {wanted} heads, the pack {pack.name} has {there}.",
            where="heads.count",
            mend=f"Set heads.count to {there} or less, or take a larger pack.",
        )
    return wanted
