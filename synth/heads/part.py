"""The value types that every head part is made of.

One frame from the base asset to the GLB file: the glTF frame (metres, y up, the face looks along +Z, +X is the
subject's left). Colours are linear RGB where they are numbers and 8-bit sRGB where they are pictures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.floating]
IntArray = NDArray[np.integer]
ByteArray = NDArray[np.uint8]

JOINTS = ("torso", "neck01", "neck02", "neck03", "head", "jaw", "eye.L", "eye.R")
"""The rig of a built head, in the order of `Part.weights`' columns and of the GLB's skin."""

JOINT_PARENTS = (-1, 0, 1, 2, 3, 4, 4, 4)
"""Index of each joint's parent in `JOINTS`; -1 is the root."""


@dataclass(frozen=True)
class Material:
    """An opaque PBR material.

    `base_colour_texture` is (H, W, 3) uint8 sRGB, row 0 at the top; without it `base_colour` (linear RGB) holds.
    `roughness` is a number or an (H, W) uint8 picture; `normal_texture` is (H, W, 3) uint8, OpenGL convention (+Y up).
    Two parts that share one `Material` object share its textures in the file.
    """

    name: str
    base_colour_texture: ByteArray | None = None
    base_colour: tuple[float, float, float] = (0.5, 0.5, 0.5)
    roughness: float | ByteArray = 0.5
    normal_texture: ByteArray | None = None
    specular: float = 0.5
    clearcoat: float = 0.0
    metallic: float = 0.0
    jpeg_quality: int = 85


@dataclass(frozen=True)
class Part:
    """One mesh of a head: rigid on a joint, or skinned.

    `name` starts with the contract's part word (`skin`, `hair`, `glasses`, ...). `vertices` (N, 3) m, glTF frame, rest
    pose. `triangles` (M, 3), counter-clockwise seen from outside. `uv` (N, 2), glTF convention: (0, 0) is the TOP left
    of the picture. Exactly one of `joint` (rigid part, a name of `JOINTS`) and `weights` ((N, 8), rows summing to 1)
    is given. `base_vertex` (N,) names the template vertex that each vertex came from, so that facial actions can move
    the part with the skin; a part that follows in its own way gives `moves`, by action the offsets (N, 3) m; without
    either it has no morph targets. `normals` (N, 3) are given only where smooth shading of the part alone would show a
    seam: at UV cuts, and where the head meets the torso.
    """

    name: str
    vertices: FloatArray
    triangles: IntArray
    uv: FloatArray
    material: Material
    joint: str | None = None
    weights: FloatArray | None = None
    base_vertex: IntArray | None = None
    normals: FloatArray | None = None
    moves: dict[str, FloatArray] | None = None

    def __post_init__(self) -> None:
        n = len(self.vertices)
        if (self.joint is None) == (self.weights is None):
            raise ValueError(f"part {self.name}: give either a joint or weights")
        if self.joint is not None and self.joint not in JOINTS:
            raise ValueError(f"part {self.name}: {self.joint} is no joint")
        if self.weights is not None and self.weights.shape != (n, len(JOINTS)):
            raise ValueError(f"part {self.name}: weights are {self.weights.shape}, not {(n, len(JOINTS))}")
        if self.uv.shape != (n, 2) or self.triangles.ndim != 2 or self.triangles.shape[1] != 3:
            raise ValueError(f"part {self.name}: uv {self.uv.shape}, triangles {self.triangles.shape}, {n} vertices")
        if len(self.triangles) and not 0 <= self.triangles.min() <= self.triangles.max() < n:
            raise ValueError(f"part {self.name}: a triangle names a vertex that isn't there")
