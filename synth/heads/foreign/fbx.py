"""FBX: walked and checked here, then turned into GLB by Blender in a process of its own, then read as a GLB."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path, PurePosixPath

import synth
from synth.errors import HeadError
from synth.heads.foreign.counts import empty
from synth.heads.foreign.fbx_file import FbxContent, walk_fbx
from synth.heads.foreign.folder import Folder, shown
from synth.heads.foreign.gltf import read_gltf
from synth.heads.foreign.limits import Limits
from synth.heads.foreign.mesh import Source
from synth.heads.foreign.picture import PICTURE_SUFFIXES, read_texture

_TIMEOUT_S = 300.0
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
_PACKAGE_ROOT = str(Path(synth.__file__).resolve().parents[1])
_CONVERTER = "synth.render.convert"  # named, not imported: only synth.render imports Blender
_INPUT, _OUTPUT, _FAULT = "head.fbx", "head.glb", "head.glb.fault"


def read_fbx(folder: Folder, name: PurePosixPath, limits: Limits) -> Source:
    """Read a binary FBX file with its textures: embedded ones, or files of the same name in the FBX's folder.

    FBX files name textures by the absolute path they had on the artist's machine; only the last part counts here.
    Raises HeadError.
    """
    where = str(name)
    data = folder.read(name, where=where)
    content = walk_fbx(data, limits, where=where)
    if not content.triangles:
        raise empty(where)
    if not 1e-6 < content.cm_per_unit < 1e6:
        raise HeadError(f"Its unit is {content.cm_per_unit} cm.", where=where, mend="Export it again.")
    for picture in content.embedded:
        read_texture(picture, "embedded in it", where=where)
    with tempfile.TemporaryDirectory(prefix="synth-fbx-") as scratch:
        work = Path(scratch)
        (work / _INPUT).write_bytes(data)
        _copy_pictures(folder, name, content, work)
        _convert(work, where)
        source = read_gltf(Folder(work), PurePosixPath(_OUTPUT), limits)
    metres_per_unit = content.cm_per_unit / 100
    pieces = tuple(replace(piece, vertices=piece.vertices / metres_per_unit) for piece in source.pieces)
    note = f"read by Blender; the file's own unit is {content.cm_per_unit:g} cm"
    return replace(source, pieces=pieces, metres_per_unit=metres_per_unit, notes=(note,))


def _copy_pictures(folder: Folder, name: PurePosixPath, content: FbxContent, work: Path) -> None:
    """Put the pictures that lie beside the FBX file into the converter's folder. A missing one is its to report."""
    beside = {path.name: path for path in folder.files() if path.parent == name.parent}
    for picture in sorted(content.picture_names):
        if picture in beside and beside[picture].suffix.lower() in PICTURE_SUFFIXES:
            data = folder.read(beside[picture], where=str(name))
            read_texture(data, shown(picture), where=str(name))
            (work / picture).write_bytes(data)


def _convert(work: Path, where: str) -> None:
    # -P: a module that lies in the user's current folder, beside a stranger's meshes say, is never imported.
    command = [sys.executable, "-P", "-m", _CONVERTER, str(work / _INPUT), str(work / _OUTPUT)]
    kept = {key: os.environ[key] for key in _ENVIRONMENT if key in os.environ}
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, [_PACKAGE_ROOT, os.environ.get("PYTHONPATH")]))
    mend = "Export it again, or as GLB."
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=work,
            timeout=_TIMEOUT_S,
            env={**kept, "HOME": str(work), "LC_ALL": "C.UTF-8"},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise HeadError(f"Blender needed more than {_TIMEOUT_S:.0f} s for it.", where=where, mend=mend) from error
    fault = work / _FAULT
    if fault.is_file():
        raise HeadError(shown(fault.read_text(), 400), where=where, mend="Put it beside the FBX file, or embed it.")
    if done.returncode != 0 or not (work / _OUTPUT).is_file():
        last = done.stderr.decode("utf-8", errors="replace").strip().splitlines()[-1:] or [f"exit {done.returncode}"]
        raise HeadError(f"Blender can't read it: {shown(last[0], 200)}.", where=where, mend=mend)
