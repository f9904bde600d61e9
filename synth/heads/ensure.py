"""Find the head pack that a recipe asks for, and build it once where it has to be built."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

from synth.errors import HeadError
from synth.heads.build import BuildSpec, Progress, build_pack
from synth.heads.pack import PACK_FILE, bundled_packs
from synth.store.cache_folder import default_cache_dir as default_cache_dir


def ensure_pack(
    name_or_path: str | Path | None = None,
    build: BuildSpec | None = None,
    cache_dir: Path | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Path:
    """The folder of a pack: bundled by name, given by path, or built from `build` once into the cache.

    Raises HeadError where nothing fits, with the bundled names.
    """
    if name_or_path is not None and build is None:
        return _existing(name_or_path)
    if build is None:
        raise HeadError("Neither a pack nor what to build is given.", mend="Give a pack's name or path.")
    return _built(build, cache_dir or default_cache_dir(), workers, progress)


def _existing(name_or_path: str | Path) -> Path:
    bundled = bundled_packs()
    if str(name_or_path) in bundled:
        return bundled[str(name_or_path)]
    path = Path(name_or_path).expanduser()
    if (path / PACK_FILE).is_file():
        return path
    if path.name == PACK_FILE and path.is_file():
        return path.parent
    near = difflib.get_close_matches(str(name_or_path), list(bundled), 1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Bundled packs: {', '.join(bundled) or 'none'}."
    is_name = re.fullmatch(r"[\w.-]+", str(name_or_path)) is not None
    what = "There is no head pack of this name." if is_name else "There is no head pack here."
    if path.is_dir():
        what = "This folder is no head pack."
    raise HeadError(what, where=str(name_or_path), mend=f"{hint} Or give a folder that holds a pack.json.")


def _built(build: BuildSpec, cache_dir: Path, workers: int, progress: Progress | None) -> Path:
    """Build in a `.partial` folder and rename it when whole.

    No lock: two processes that build the same pack write the same bytes under the same names, each file whole, and the
    one that comes second to the rename finds the pack ready.
    """
    ready = cache_dir / "heads" / build.name
    partial = ready.with_name(f"{build.name}.partial")
    if (ready / PACK_FILE).is_file():
        return ready
    try:
        build_pack(partial, build, workers=workers, progress=progress)
        partial.rename(ready)
    except OSError as error:
        if not (ready / PACK_FILE).is_file():
            mend = "Free space, or set SYNTH_CACHE to a folder that can be written."
            raise HeadError(f"The pack can't be built here: {error}.", where=str(partial), mend=mend) from error
    return ready
