"""Where a face's 68 landmarks and its lips lie on the skin of every head built from the template.

`assets/base/face68.json` names vertices and triangles of the part `skin`; all built heads share their numbering, so
landmarks move with shape, pose and expression. Imported heads have a numbering of their own, and no landmarks.
"""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synth.errors import HeadError
from synth.heads.locate import assets_dir
from synth.heads.part import FloatArray, IntArray

LANDMARKS = 68
FILE_NAME = "face68.json"
_MOST_CORNERS = 3


@dataclass(frozen=True, eq=False)
class FaceTemplate:
    """The landmarks in iBUG's order, 0-based: jaw 0-16 from the image's left (the subject's right ear) over the chin,
    brows 17-26, bridge of the nose 27-30, below the nose 31-35, eyes 36-47, outer lips 48-59, inner lips 60-67.

    `corners` (68, 3) int: vertices of `skin`; `shares` (68, 3), rows sum to 1: landmark i is their blend. `lips`
    (triangles,) bool: which triangles of `skin` are lips. `vertices`, `triangles`, `triangles_sha256`: the skin that
    this is said of.
    """

    corners: IntArray
    shares: FloatArray
    lips: np.ndarray
    vertices: int
    triangles: int
    triangles_sha256: str

    def fits(self, vertices: int, triangles: IntArray) -> bool:
        """Whether a mesh of so many vertices with these (M, 3) triangles is that skin."""
        if (vertices, len(triangles)) != (self.vertices, self.triangles):
            return False
        return triangles_sha256(triangles) == self.triangles_sha256

    def landmarks(self, vertices: FloatArray) -> FloatArray:
        """(68, 3): the landmarks on the skin's vertices (N, 3), in their frame and unit."""
        return np.asarray((vertices[self.corners] * self.shares[..., None]).sum(axis=1))


def triangles_sha256(triangles: IntArray) -> str:
    """SHA-256 (hex) of (M, 3) triangles as little-endian 32-bit numbers."""
    return hashlib.sha256(np.ascontiguousarray(triangles, dtype="<u4").tobytes()).hexdigest()


@functools.lru_cache(maxsize=1)
def face_template() -> FaceTemplate:
    """The bundled one, read once a process."""
    return read_face_template(assets_dir() / "base" / FILE_NAME)


def read_face_template(path: Path) -> FaceTemplate:
    """Read a face template. Raises HeadError where the file is missing or isn't one."""
    try:
        return _face_template(json.loads(path.read_bytes()))
    except FileNotFoundError as error:
        raise HeadError("The face template is missing.", where=str(path), mend="Install the package again.") from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise HeadError(
            f"The face template can't be read: {error}.", where=str(path), mend="Install the package again."
        ) from error


def _face_template(content: dict) -> FaceTemplate:
    blends = content["landmarks"]
    if content["format"] != "synth-face" or content["version"] != 1 or len(blends) != LANDMARKS:
        raise ValueError(f"it isn't a synth-face of version 1 with {LANDMARKS} landmarks")
    corners, shares = np.zeros((LANDMARKS, _MOST_CORNERS), np.int64), np.zeros((LANDMARKS, _MOST_CORNERS))
    for number, blend in enumerate(blends):
        for place, (vertex, share) in enumerate(blend):
            corners[number, place], shares[number, place] = vertex, share
    lips = np.zeros(content["triangles"], bool)
    for first, last in content["lips"]:
        lips[first : last + 1] = True
    if corners.min() < 0 or corners.max() >= content["vertices"] or np.abs(shares.sum(axis=1) - 1).max() > 1e-9:
        raise ValueError("landmarks name vertices that aren't there, or their shares don't sum to 1")
    return FaceTemplate(corners, shares, lips, content["vertices"], content["triangles"], content["triangles_sha256"])
