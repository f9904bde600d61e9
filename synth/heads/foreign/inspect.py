"""Read one foreign head: what it is, what was done to it, and what is doubtful about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

import numpy as np

from synth.errors import HeadError
from synth.heads.foreign.check import Topology, check_numbers, examine
from synth.heads.foreign.fbx import read_fbx
from synth.heads.foreign.folder import Folder, shown
from synth.heads.foreign.gltf import read_gltf
from synth.heads.foreign.limits import MAX_TEXTURE_SIDE_PX, MAX_TRIANGLES, Limits
from synth.heads.foreign.mesh import Floats, Piece, Source
from synth.heads.foreign.obj import read_obj
from synth.heads.foreign.orient import Axes, check_unit, metres_per_unit
from synth.heads.foreign.ply import read_ply
from synth.heads.foreign.stl import read_stl

_Reader = Callable[[Folder, PurePosixPath, Limits], Source]
READERS: dict[str, _Reader] = {
    ".obj": read_obj,
    ".ply": read_ply,
    ".stl": read_stl,
    ".glb": read_gltf,
    ".gltf": read_gltf,
    ".fbx": read_fbx,
}
_MAX_WIDTH_MM = 1000.0


@dataclass(frozen=True)
class Reading:
    """How to read a folder's meshes: the unit (None: the format's own), the axes, and the limits."""

    unit: str | None = None
    axes: Axes = field(default_factory=Axes)
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        check_unit(self.unit)
        if self.limits.max_triangles < 1:
            raise HeadError("The cap leaves no triangle.", where="--max-triangles", mend="Give 1 or more.")


@dataclass(frozen=True)
class Inspection:
    """What a mesh file holds, as a head.

    size_mm: (width, height, depth) after unit and axes were applied. textures: name and size of each colour picture.
    steps: a line for each thing that was found or done; warnings: a line for each doubt.
    """

    file: str
    triangles: int
    vertices: int
    pieces: int
    size_mm: tuple[float, float, float]
    textures: tuple[str, ...]
    steps: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def height_mm(self) -> float:
        return self.size_mm[1]


@dataclass(frozen=True, eq=False)
class ForeignHead:
    """A head in metres, glTF frame, the middle of its box at the origin; and how it came there."""

    pieces: tuple[Piece, ...]
    box_m: Floats
    inspection: Inspection


def inspect_head(
    path: str | Path,
    *,
    unit: str | None = None,
    up: str = "+y",
    front: str = "+z",
    max_triangles: int = MAX_TRIANGLES,
) -> Inspection:
    """Read one mesh file (OBJ, PLY, STL, GLB, glTF, FBX) and judge it as a head; nothing is written.

    unit: "m", "cm", "mm", "in", or None for the format's own (glTF: metres, FBX: as the file says; the others have
    none). up, front: the file's axes. Raises HeadError for what `import_heads` refuses.
    """
    file = Path(path)
    reading = Reading(unit, Axes(up, front), Limits(max_triangles))
    return read_head(Folder(file.parent), PurePosixPath(file.name), reading).inspection


def read_head(folder: Folder, name: PurePosixPath, reading: Reading) -> ForeignHead:
    """Read, check and place one file of `folder`. Raises HeadError."""
    where = shown(str(name))
    reader = READERS.get(name.suffix.lower())
    if reader is None:
        raise HeadError("Meshes of this kind aren't read.", where=where, mend=f"Use {' '.join(sorted(READERS))}.")
    source = _read(reader, folder, name, reading.limits)
    check_numbers(source.pieces, where=where)
    compact = tuple(_without_unused(piece) for piece in source.pieces if len(piece.triangles))
    unused = sum(len(p.vertices) for p in source.pieces) - sum(len(p.vertices) for p in compact)
    pieces, box_m, scale = _place(compact, source.metres_per_unit, reading, where)
    topology = examine(pieces)
    kept = tuple(_without_lost_texture(piece) for piece in pieces)
    inspection = Inspection(
        file=where,
        triangles=sum(len(piece.triangles) for piece in kept),
        vertices=sum(len(piece.vertices) for piece in kept),
        pieces=len(kept),
        size_mm=_size_mm(box_m),
        textures=_textures(kept),
        steps=(
            *_found(name, source, kept, unused, topology),
            *_placing(reading, box_m, scale),
            *_looks(kept),
        ),
        warnings=(*source.warnings, *topology.warnings(), *_surface_warnings(pieces)),
    )
    return ForeignHead(kept, box_m, inspection)


def _read(reader: _Reader, folder: Folder, name: PurePosixPath, limits: Limits) -> Source:
    try:
        return reader(folder, name, limits)
    except HeadError:
        raise
    # A stranger's bytes can be wrong in ways that no reader foresees; then the file is at fault, and nothing was done.
    except Exception as error:
        what = f"The file can't be read: {shown(str(error) or type(error).__name__)}."
        raise HeadError(what, where=shown(str(name)), mend="Export it again, or as GLB.") from error


def _place(
    pieces: tuple[Piece, ...], from_file: float | None, reading: Reading, where: str
) -> tuple[tuple[Piece, ...], Floats, float]:
    """The pieces in metres, glTF frame, centred; their box (2, 3) before it was centred; and the scale applied."""
    R = reading.axes.R_gltf_from_file
    with np.errstate(over="ignore"):
        extremes = np.concatenate([(piece.vertices.min(0), piece.vertices.max(0)) for piece in pieces])
        turned = np.sort(np.stack([extremes.min(0), extremes.max(0)]) @ R.T, axis=0)
        width, height, depth = (float(side) for side in turned[1] - turned[0])
    scale = metres_per_unit(height, reading.unit, from_file, where=where)
    if 1000 * scale * max(width, depth) > _MAX_WIDTH_MM:
        raise HeadError(
            f"It is {1000 * scale * max(width, depth):,.4g} mm wide or deep, and {1000 * scale * height:,.4g} mm high.",
            where=where,
            mend="Remove what lies far from the head, and check --up and --front.",
        )
    box_m = scale * turned
    center_m = box_m.mean(0)
    placed = tuple(replace(piece, vertices=scale * (piece.vertices @ R.T) - center_m) for piece in pieces)
    return placed, box_m, scale


def _size_mm(box_m: Floats) -> tuple[float, float, float]:
    width, height, depth = (round(float(side), 3) for side in 1000 * (box_m[1] - box_m[0]))
    return width, height, depth


def _without_lost_texture(piece: Piece) -> Piece:
    """A texture can't be shown without coordinates; what is left is the material's plain colour."""
    if piece.uv is None and piece.paint.texture is not None:
        return replace(piece, paint=replace(piece.paint, texture=None))
    return piece


def _without_unused(piece: Piece) -> Piece:
    used = np.unique(piece.triangles)
    if len(used) == len(piece.vertices):
        return piece
    new_index = np.full(len(piece.vertices), -1)
    new_index[used] = np.arange(len(used))
    uv = None if piece.uv is None else piece.uv[used]
    colours = None if piece.colours is None else piece.colours[used]
    return replace(piece, vertices=piece.vertices[used], triangles=new_index[piece.triangles], uv=uv, colours=colours)


def _textures(pieces: tuple[Piece, ...]) -> tuple[str, ...]:
    found = {p.paint.texture.name: p.paint.texture.size_text for p in pieces if p.paint.texture is not None}
    return tuple(f"{name} {size}" for name, size in found.items())


def _surface_warnings(pieces: tuple[Piece, ...]) -> list[str]:
    found = []
    bare = sum(len(piece.triangles) for piece in pieces if piece.uv is None)
    total = sum(len(piece.triangles) for piece in pieces)
    if bare:
        found.append(f"{bare:,} of {total:,} triangles have no texture coordinates (no UV)")
    if any(piece.uv is None and piece.paint.texture is not None for piece in pieces):
        found.append("a texture is named, but can't be shown without texture coordinates")
    if any(p.paint.texture is not None and p.paint.texture.has_alpha for p in pieces):
        found.append("the texture's transparency is ignored: heads are opaque")
    return found


def _found(
    name: PurePosixPath, source: Source, pieces: tuple[Piece, ...], unused: int, topology: Topology
) -> list[str]:
    triangles = sum(len(piece.triangles) for piece in pieces)
    parts = "1 piece" if len(pieces) == 1 else f"{len(pieces)} pieces"
    kind = name.suffix[1:].upper()
    steps = [f"found {triangles:,} triangles, {source.vertex_count:,} vertices, {parts} ({kind})", *source.notes]
    if unused:
        steps.append(f"left out {unused:,} vertices that no triangle uses")
    if topology.open_edges:
        steps.append(f"{topology.open_edges:,} open edges (a border, as scans have)")
    return steps


def _placing(reading: Reading, box_m: Floats, scale: float) -> list[str]:
    width, height, depth = _size_mm(box_m)
    x, y, z = (round(float(c), 1) + 0.0 for c in 1000 * box_m.mean(0))
    unit = f"unit {reading.unit}, as given" if reading.unit else "unit as the file's format says"
    return [
        f"{unit}: 1 = {1000 * scale:.6g} mm",
        f"axes: up {reading.axes.up}, front {reading.axes.front}",
        f"height {height:.1f} mm, width {width:.1f} mm, depth {depth:.1f} mm",
        f"centred: the middle of its box was at ({x}, {y}, {z}) mm",
    ]


def _looks(pieces: tuple[Piece, ...]) -> list[str]:
    textures = dict.fromkeys(p.paint.texture for p in pieces if p.paint.texture is not None)
    steps = [f"texture {texture.name} {texture.size_text}" for texture in textures]
    if not steps:
        steps.append("colours per vertex" if any(p.colours is not None for p in pieces) else "no texture")
    for texture in textures:
        if max(texture.width, texture.height) > MAX_TEXTURE_SIDE_PX:
            steps.append(f"texture {texture.name} is scaled down to {MAX_TEXTURE_SIDE_PX} pixels a side")
    return steps
