"""STL: triangles without texture, unit or shared vertices."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import BinaryIO

from synth.heads.foreign.counts import check_triangle_count, empty, lying_header
from synth.heads.foreign.folder import Folder
from synth.heads.foreign.limits import Limits
from synth.heads.foreign.load import load_scene, plain_piece
from synth.heads.foreign.mesh import Paint, Source
from synth.heads.foreign.weld import weld

_HEADER_BYTES, _TRIANGLE_BYTES = 84, 50


def read_stl(folder: Folder, name: PurePosixPath, limits: Limits) -> Source:
    """Read an STL file, binary or text. Its vertices are welded, since the format can't share them.

    Raises HeadError.
    """
    where = str(name)
    with folder.open(name, where=where) as (file, size):
        is_text = _check_header(file, size, limits, where)
        file.seek(0)
        data = file.read()
    if is_text:
        _check_text(data, limits, where)
    scene = load_scene(data, "stl", {}, where=where)
    pieces = [plain_piece(mesh, Paint(), where=where) for mesh in scene.geometry.values() if hasattr(mesh, "faces")]
    if not pieces:
        raise empty(where)
    welded = tuple(weld(piece) for piece in pieces)
    before, after = (sum(len(p.vertices) for p in group) for group in (pieces, welded))
    note = f"welded: {before:,} corners at {after:,} places (STL can't share vertices)"
    return Source(welded, None, vertex_count=before, notes=(note,))


def _check_header(file: BinaryIO, size: int, limits: Limits, where: str) -> bool:
    """Whether it is a text STL; raises HeadError where a binary one's count is too large or contradicts its size."""
    start = file.read(4096)
    count = int.from_bytes(start[80:84], "little") if len(start) >= _HEADER_BYTES else 0
    expected = _HEADER_BYTES + _TRIANGLE_BYTES * count
    lower = start.lower()
    looks_like_text = lower.lstrip().startswith(b"solid") and (b"facet" in lower or b"endsolid" in lower)
    if looks_like_text and size != expected:
        return True
    if len(start) < _HEADER_BYTES:
        raise empty(where) if not start.strip() else lying_header("it is shorter than a header", where=where)
    check_triangle_count(count, limits.max_triangles, where=where)
    if size != expected:
        raise lying_header(f"{count:,} triangles are {expected:,} bytes, the file has {size:,}", where=where)
    return False


def _check_text(data: bytes, limits: Limits, where: str) -> None:
    lower = data.lower()
    count = lower.count(b"endfacet")
    check_triangle_count(count, limits.max_triangles, where=where)
    if lower.count(b"vertex") < 3 * count or lower.count(b"endsolid") < 1:
        raise lying_header("a facet lacks corners, or the file is cut off", where=where)
