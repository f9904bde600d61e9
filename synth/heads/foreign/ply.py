"""PLY: its header is read here first, since it says all that a refusal needs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import BinaryIO

from synth.errors import HeadError
from synth.heads.foreign.counts import check_triangle_count, check_vertex_count, empty, lying_header
from synth.heads.foreign.folder import Folder, local_name, shown
from synth.heads.foreign.limits import Limits
from synth.heads.foreign.load import load_scene, plain_piece
from synth.heads.foreign.mesh import Paint, Source
from synth.heads.foreign.picture import read_texture

_TYPE_BYTES = {
    **dict.fromkeys(("char", "uchar", "int8", "uint8"), 1),
    **dict.fromkeys(("short", "ushort", "int16", "uint16"), 2),
    **dict.fromkeys(("int", "uint", "int32", "uint32", "float", "float32"), 4),
    **dict.fromkeys(("double", "float64", "int64", "uint64"), 8),
}
_MAX_HEADER_BYTES = 65536
_INDEX_NAMES = {"vertex_index", "vertex_indices"}


@dataclass
class _Element:
    """One kind of row: its name, how many there are, and the least bytes of one, in binary and as text."""

    name: str
    count: int
    binary_bytes: int = 0
    text_bytes: int = 0
    properties: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Header:
    is_text: bool
    elements: tuple[_Element, ...]
    texture: str | None
    header_bytes: int

    def count(self, name: str) -> int:
        return sum(element.count for element in self.elements if element.name == name)


def read_ply(folder: Folder, name: PurePosixPath, limits: Limits) -> Source:
    """Read a PLY file, text or binary, and the texture that its header names. Raises HeadError."""
    where = str(name)
    with folder.open(name, where=where) as (file, size):
        header = _read_header(file, where)
        _check_header(header, size, limits, where)
        file.seek(0)
        data = file.read()
    if header.is_text:
        rows = data.count(b"\n", header.header_bytes) + (not data.endswith(b"\n"))
        declared = sum(element.count for element in header.elements)
        if rows < declared:
            raise lying_header(f"{declared:,} rows are announced, {rows:,} are there", where=where)
    texture = None
    if header.texture is not None:
        inner = name.parent / local_name(header.texture, where=where)
        texture = read_texture(folder.read(inner, where=where), shown(inner.name), where=where)
    scene = load_scene(data, "ply", {}, where=where, skip_materials=True)
    meshes = [mesh for mesh in scene.geometry.values() if hasattr(mesh, "faces")]
    if not meshes:
        raise empty(where)
    paint = Paint(colour=(1.0, 1.0, 1.0), texture=texture) if texture else Paint()
    return Source(tuple(plain_piece(mesh, paint, where=where) for mesh in meshes), None, header.count("vertex"))


def _check_header(header: _Header, size: int, limits: Limits, where: str) -> None:
    check_triangle_count(header.count("face"), limits.max_triangles, where=where)
    check_vertex_count(header.count("vertex"), limits.max_triangles, where=where)
    if not header.count("vertex") or not header.count("face"):
        raise empty(where)
    least = sum(e.count * (e.text_bytes if header.is_text else e.binary_bytes) for e in header.elements)
    body = size - header.header_bytes + 1  # the last line of a text file may lack its newline
    if least > body:
        counts = ", ".join(f"{e.count:,} × {shown(e.name, 20)}" for e in header.elements)
        raise lying_header(f"{counts} need at least {least:,} bytes, the file has {size:,}", where=where)
    strange = sorted({e.name for e in header.elements if e.count} - {"vertex", "face"})
    if strange:
        raise HeadError(
            f"It holds {shown(', '.join(strange))} besides vertices and faces.",
            where=where,
            mend="Export triangles alone.",
        )


def _read_header(file: BinaryIO, where: str) -> _Header:
    start = file.read(_MAX_HEADER_BYTES)
    end = start.find(b"end_header")
    if not start.startswith(b"ply") or end < 0:
        raise HeadError("It has no PLY header.", where=where, mend="Export it again as PLY.")
    newline = start.find(b"\n", end)
    header_bytes = newline + 1 if newline >= 0 else len(start)
    try:
        return _parse(start[:end].decode("utf-8").splitlines(), header_bytes, where)
    except (ValueError, KeyError, IndexError) as error:
        raise HeadError(
            f"The PLY header is malformed: {shown(str(error))}.", where=where, mend="Export it again."
        ) from error


def _parse(lines: list[str], header_bytes: int, where: str) -> _Header:
    encoding, elements, texture = "", [], None
    for line in lines[1:]:
        words = line.split()
        if not words:
            continue
        if words[0] == "format":
            encoding = words[1]
        elif words[0] == "element":
            elements.append(_Element(words[1], int(words[2])))
        elif words[0] == "property":
            _add_property(elements[-1], words)
        elif "texturefile" in line.lower():
            if texture is not None:
                mend = "Bake them into one, or export as OBJ or GLB."
                raise HeadError("It names more than one texture.", where=where, mend=mend)
            texture = line[line.lower().index("texturefile") + len("texturefile") :].strip()
    if encoding not in {"ascii", "binary_little_endian", "binary_big_endian"}:
        raise ValueError(f"format {encoding!r}")
    if any(element.count < 0 for element in elements):
        raise lying_header("a count is negative", where=where)
    if not any({"x", "y", "z"} <= set(e.properties) for e in elements if e.name == "vertex"):
        raise ValueError("vertices without x, y, z")
    return _Header(encoding == "ascii", tuple(elements), texture, header_bytes)


def _add_property(element: _Element, words: list[str]) -> None:
    """Count the least bytes of a property: a number, or for a face's vertex list a triangle's worth."""
    if words[1] == "list":
        least = 3 if words[4] in _INDEX_NAMES else 0
        element.binary_bytes += _TYPE_BYTES[words[2]] + least * _TYPE_BYTES[words[3]]
        element.text_bytes += 2 * (1 + least)
    else:
        element.binary_bytes += _TYPE_BYTES[words[1]]
        element.text_bytes += 2
    element.properties.append(words[-1])
