"""The bundled pack with parts of its heads taken away, as heads from elsewhere may lack them."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from synth.heads.pack import HeadPack, bundled_packs, file_sha256, load_pack

Change = Callable[[dict[str, Any]], None]


def edited_pack(folder: Path, changes: Mapping[int, Change]) -> HeadPack:
    """The bundled pack, the JSON of some of its files changed."""
    shutil.copytree(bundled_packs()["demo8"], folder)
    content = json.loads((folder / "pack.json").read_text())
    for place, change in changes.items():
        head = content["heads"][place]
        path = folder / head["file"]
        edit_glb(path, change)
        head |= {"bytes": path.stat().st_size, "sha256": file_sha256(path)}
    (folder / "pack.json").write_text(json.dumps(content))
    return load_pack(folder)


def edit_glb(path: Path, change: Change) -> None:
    data = path.read_bytes()
    length = struct.unpack("<I", data[12:16])[0]
    document = json.loads(data[20 : 20 + length])
    change(document)
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    rest = data[20 + length :]
    head = struct.pack("<4sII", b"glTF", 2, 20 + len(text) + len(rest)) + struct.pack("<I4s", len(text), b"JSON")
    path.write_bytes(head + text + rest)


def without_eyes(document: dict[str, Any]) -> None:
    for node in document["nodes"]:
        if node["name"].startswith("eye.") and "mesh" in node:
            del node["mesh"]


def without_actions(document: dict[str, Any]) -> None:
    for mesh in document["meshes"]:
        mesh.pop("extras", None)
        for primitive in mesh["primitives"]:
            primitive.pop("targets", None)


def without_rig(document: dict[str, Any]) -> None:
    document.pop("skins")
    for node in document["nodes"]:
        node.pop("skin", None)


def without_smile(document: dict[str, Any]) -> None:
    for mesh in document["meshes"]:
        names = mesh.get("extras", {}).get("targetNames", [])
        names[:] = [f"{name}_" if "Smile" in name else name for name in names]
