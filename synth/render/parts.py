"""Which part of a person a mesh shows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synth.heads.face import FaceTemplate
from synth.shard.layout import PART_NAMES

# First words of the names that docs/heads.md gives to a head's meshes. Brows and stubble are painted on the skin.
_PART_OF_MESH = {
    "skin": "skin",
    "sockets": "skin",
    "torso": "skin",
    "hair": "hair",
    "beard": "hair",
    "eye": "eyes",
    "lashes": "eyes",
    "mouth": "mouth",
    "teeth": "mouth",
    "tongue": "mouth",
    "glasses": "glasses",
    "garment": "clothes",
    "hat": "clothes",
    "mask": "mask",
}


def part_of(name: str) -> str:
    """The kind of mesh that an object's name says: `eye.L.mesh` → `eye`."""
    return name.split(".", 1)[0]


def part_codes(name: str, triangles: int, face: FaceTemplate | None = None) -> NDArray[np.uint8]:
    """(triangles,) uint8: what each triangle of the object `name` is, as places in `PART_NAMES`.

    face: given for the skin that it describes; then the lips are told apart. A mesh of another name (imported files
    have their own) counts as skin.
    """
    codes = np.full(triangles, PART_NAMES.index(_PART_OF_MESH.get(part_of(name), "skin")), np.uint8)
    if face is not None:
        codes[face.lips] = PART_NAMES.index("lips")
    return codes
