"""What a head can do by the parts it has: turn against its torso, move its eyes, make faces."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from synth.heads.glb import UNREADABLE, read_glb
from synth.heads.pack import HeadPack, HeadRecord

EYES = ("eye.L", "eye.R")


@dataclass(frozen=True)
class Abilities:
    """`neck`: it has joints between head and torso, else it turns as a whole. `eyes`: they can look elsewhere.

    `actions` are the facial actions it can make. `parts` are the first words of its meshes' names.
    """

    neck: bool
    eyes: bool
    actions: frozenset[str]
    parts: frozenset[str]


def abilities(pack: HeadPack, head: HeadRecord) -> Abilities | None:
    """By the head's file, which is what is rendered, whatever its record says; None for a file that can't be read."""
    try:
        document, _ = read_glb(pack.path(head))
        nodes = document.get("nodes", [])
        joints = {nodes[place]["name"] for skin in document.get("skins", []) for place in skin["joints"]}
        meshes = [node for node in nodes if "mesh" in node]
        parts = frozenset(str(node.get("name", "")).partition(".")[0] for node in meshes)
        neck = {"torso", "head"} <= joints
        return Abilities(
            neck=neck,
            eyes=neck and joints.issuperset(EYES) and "eye" in parts,
            actions=frozenset(name for node in meshes for name in _actions(document["meshes"][node["mesh"]])),
            parts=parts,
        )
    except UNREADABLE:
        return None


def _actions(mesh: dict[str, Any]) -> Iterator[str]:
    yield from (str(name) for name in mesh.get("extras", {}).get("targetNames", ()))
