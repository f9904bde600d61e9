"""What every format is read into."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.heads.foreign.picture import Texture

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Paint:
    """The look of one piece: linear RGB 0..1, multiplied with the texture where there is one."""

    name: str = ""
    colour: tuple[float, float, float] = (0.6, 0.6, 0.6)
    texture: Texture | None = None


@dataclass(frozen=True, eq=False)
class Piece:
    """The triangles of one material.

    vertices: (N, 3) float64, the file's unit and axes at first; metres in the glTF frame once it is placed.
    triangles: (M, 3) int64. uv: (N, 2) float64 or None, (0, 0) is the top left of the picture.
    colours: (N, 3) float64 linear RGB or None.
    """

    vertices: Floats
    triangles: Ints
    uv: Floats | None = None
    colours: Floats | None = None
    paint: Paint = Paint()


@dataclass(frozen=True, eq=False)
class Source:
    """A file as it was read, before anything is done to it.

    metres_per_unit: what the format says about its own unit; None where it says nothing. header_triangles and
    vertex_count count what stands in the file. notes and warnings: one line each.
    """

    pieces: tuple[Piece, ...]
    metres_per_unit: float | None = None
    vertex_count: int = 0
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
