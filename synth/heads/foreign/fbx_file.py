"""The record structure of a binary FBX file, walked without Blender: what it declares, before anything is unpacked.

Layout as Blender's own `io_scene_fbx/parse_fbx.py` reads it.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

import numpy as np

from synth.errors import HeadError
from synth.heads.foreign.counts import check_triangle_count, lying_header
from synth.heads.foreign.folder import shown
from synth.heads.foreign.limits import MAX_FILE_BYTES, Limits

_MAGIC = b"Kaydara FBX Binary  \x00\x1a\x00"
_ARRAY_BYTES = {"b": 1, "c": 1, "i": 4, "l": 8, "f": 4, "d": 8}
_PLAIN_BYTES = {"Z": 1, "Y": 2, "B": 1, "C": 1, "I": 4, "F": 4, "D": 8, "L": 8}
_MAX_DEPTH = 64
_NAME_RECORDS = {b"RelativeFilename", b"FileName", b"Filename"}
_PICTURE_RECORDS = {b"Texture", b"Video"}


@dataclass
class FbxContent:
    """What an FBX file declares: triangles, the pictures it names, those it holds, and centimetres per unit."""

    triangles: int = 0
    picture_names: set[str] = field(default_factory=set)
    embedded: list[bytes] = field(default_factory=list)
    cm_per_unit: float = 1.0
    unpacked_bytes: int = 0


def walk_fbx(data: bytes, limits: Limits, *, where: str) -> FbxContent:
    """Walk all records. Raises HeadError for a text FBX, a record or array that lies about its size, or too much."""
    if not data.startswith(_MAGIC):
        raise HeadError("It isn't a binary FBX file.", where=where, mend="Export it as binary FBX 7, or as GLB.")
    try:
        content = FbxContent()
        _walk(data, content, limits, where)
    except (struct.error, IndexError, zlib.error, ValueError) as error:
        raise lying_header(f"a record is malformed ({shown(str(error))})", where=where) from error
    return content


def _walk(data: bytes, content: FbxContent, limits: Limits, where: str) -> None:
    version = struct.unpack_from("<I", data, 23)[0]
    head = struct.Struct("<QQQB") if version >= 7500 else struct.Struct("<IIIB")
    position = 27
    open_records: list[tuple[int, bytes]] = []
    while True:
        end, count, length, name_length = head.unpack_from(data, position)
        if end == 0:  # the empty record that ends a list of children
            position += head.size
            if not open_records:
                return
            if open_records.pop()[0] != position:
                raise ValueError("a record's end is wrong")
            continue
        name = data[position + head.size : position + head.size + name_length]
        position += head.size + name_length
        limit = open_records[-1][0] if open_records else len(data)
        if not position + length <= end <= limit or count > length:
            raise ValueError("a record reaches beyond its parent")
        parents = {record for _, record in open_records}
        _properties(data, position, count, length, name, parents, content, limits, where)
        position += length
        if position < end:
            open_records.append((end, name))
            if len(open_records) > _MAX_DEPTH:
                raise ValueError("records are nested too deep")


def _properties(
    data: bytes,
    position: int,
    count: int,
    length: int,
    name: bytes,
    parents: set[bytes],
    content: FbxContent,
    limits: Limits,
    where: str,
) -> None:
    end = position + length
    values: list[bytes | float] = []
    for _ in range(count):
        kind = chr(data[position])
        position += 1
        if kind in _ARRAY_BYTES:
            items, encoding, stored = struct.unpack_from("<III", data, position)
            position += 12 + stored
            if position > end:
                raise ValueError("an array reaches beyond its record")
            _array(data[position - stored : position], items, encoding, kind, name, content, limits, where)
        elif kind in "SR":
            size = struct.unpack_from("<I", data, position)[0]
            values.append(data[position + 4 : position + 4 + size])
            position += 4 + size
        else:
            if kind == "D":
                values.append(struct.unpack_from("<d", data, position)[0])
            position += _PLAIN_BYTES.get(kind, len(data))
        if position > end:
            raise ValueError("a property reaches beyond its record")
    _note(name, values, parents, content)


def _array(
    stored: bytes, items: int, encoding: int, kind: str, name: bytes, content: FbxContent, limits: Limits, where: str
) -> None:
    size = items * _ARRAY_BYTES[kind]
    content.unpacked_bytes += size
    if content.unpacked_bytes > MAX_FILE_BYTES:
        mend = "Reduce the mesh."
        raise HeadError(f"Unpacked it has more than {MAX_FILE_BYTES // 2**20} MiB.", where=where, mend=mend)
    if name == b"PolygonVertexIndex":
        check_triangle_count(content.triangles + items // 3, limits.max_triangles, where=where)
    # At most one byte more than declared is unpacked, so a bomb costs nothing.
    raw = zlib.decompressobj().decompress(stored, size + 1) if encoding == 1 else stored
    if len(raw) != size:
        raise ValueError(f"an array of {items:,} numbers holds another count")
    if name == b"PolygonVertexIndex" and kind == "i":
        # The last corner of each polygon is stored negative.
        content.triangles += items - 2 * int((np.frombuffer(raw, "<i4") < 0).sum())
        check_triangle_count(content.triangles, limits.max_triangles, where=where)


def _note(name: bytes, values: list[bytes | float], parents: set[bytes], content: FbxContent) -> None:
    first = values[0] if values else None
    if name in _NAME_RECORDS and parents & _PICTURE_RECORDS and isinstance(first, bytes) and first:
        content.picture_names.add(first.decode("utf-8", errors="replace").replace("\\", "/").rpartition("/")[2])
    elif name == b"Content" and parents & _PICTURE_RECORDS and isinstance(first, bytes) and first:
        content.embedded.append(first)
    elif name == b"P" and first == b"UnitScaleFactor" and isinstance(values[-1], float):
        content.cm_per_unit = values[-1]
