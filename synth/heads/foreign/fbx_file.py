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
_MAX_RECORDS = 2_000_000
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
    walk = _Walk(data, limits, where)
    try:
        walk.records()
    except (struct.error, IndexError, zlib.error, ValueError) as error:
        raise lying_header(f"a record is malformed ({shown(str(error))})", where=where) from error
    return walk.content


class _Walk:
    """One pass over the records of a file. Its methods raise ValueError where the structure is wrong."""

    def __init__(self, data: bytes, limits: Limits, where: str) -> None:
        self.content = FbxContent()
        self._data, self._limits, self._where = data, limits, where
        self._open: list[tuple[int, bytes]] = []
        """Where each record that we are inside of ends, and its name."""

    def records(self) -> None:
        """Walk them all, in the order of the file: children follow their parent's properties."""
        version = struct.unpack_from("<I", self._data, 23)[0]
        head = struct.Struct("<QQQB") if version >= 7500 else struct.Struct("<IIIB")
        position = 27
        for _ in range(_MAX_RECORDS):
            end, count, length, name_length = head.unpack_from(self._data, position)
            position += head.size
            if end == 0:  # the empty record that ends a list of children
                if not self._open:
                    return
                if self._open.pop()[0] != position:
                    raise ValueError("a record's end is wrong")
                continue
            name = self._data[position : position + name_length]
            position += name_length
            limit = self._open[-1][0] if self._open else len(self._data)
            if not position + length <= end <= limit or count > length:
                raise ValueError("a record reaches beyond its parent")
            self._note(name, self._values(name, position, count, position + length))
            position += length
            if position < end:
                self._open.append((end, name))
                if len(self._open) > _MAX_DEPTH:
                    raise ValueError("records are nested too deep")
        raise ValueError(f"more than {_MAX_RECORDS:,} records")

    def _values(self, name: bytes, position: int, count: int, end: int) -> list[bytes | float]:
        """The texts, raw bytes and doubles among a record's properties; its arrays are checked."""
        values: list[bytes | float] = []
        for _ in range(count):
            kind = chr(self._data[position])
            position += 1
            if kind in _ARRAY_BYTES:
                items, encoding, stored = struct.unpack_from("<III", self._data, position)
                position += 12 + stored
                if position > end:
                    raise ValueError("an array reaches beyond its record")
                self._array(name, kind, items, encoding, self._data[position - stored : position])
            elif kind in "SR":
                size = struct.unpack_from("<I", self._data, position)[0]
                values.append(self._data[position + 4 : position + 4 + size])
                position += 4 + size
            else:
                if kind == "D":
                    values.append(struct.unpack_from("<d", self._data, position)[0])
                position += _PLAIN_BYTES.get(kind, len(self._data))
            if position > end:
                raise ValueError("a property reaches beyond its record")
        return values

    def _array(self, name: bytes, kind: str, items: int, encoding: int, stored: bytes) -> None:
        content, cap, where = self.content, self._limits.max_triangles, self._where
        size = items * _ARRAY_BYTES[kind]
        content.unpacked_bytes += size
        if content.unpacked_bytes > MAX_FILE_BYTES:
            mend = "Reduce the mesh."
            raise HeadError(f"Unpacked it has more than {MAX_FILE_BYTES // 2**20} MiB.", where=where, mend=mend)
        if name == b"PolygonVertexIndex":
            check_triangle_count(content.triangles + items // 3, cap, where=where)
        # At most one byte more than declared is unpacked, so a bomb costs nothing.
        raw = zlib.decompressobj().decompress(stored, size + 1) if encoding == 1 else stored
        if len(raw) != size:
            raise ValueError(f"an array of {items:,} numbers holds another count")
        if name == b"PolygonVertexIndex" and kind == "i":
            # The last corner of each polygon is stored negative.
            content.triangles += items - 2 * int((np.frombuffer(raw, "<i4") < 0).sum())
            check_triangle_count(content.triangles, cap, where=where)

    def _note(self, name: bytes, values: list[bytes | float]) -> None:
        """Keep what a record says about pictures and the unit."""
        first = values[0] if values else None
        if not isinstance(first, bytes) or not first:
            return
        if name == b"P" and first == b"UnitScaleFactor" and isinstance(values[-1], float):
            self.content.cm_per_unit = values[-1]
        elif name in _NAME_RECORDS and self._in_picture():
            text = first.decode("utf-8", errors="replace").replace("\\", "/")
            self.content.picture_names.add(text.rpartition("/")[2])
        elif name == b"Content" and self._in_picture():
            self.content.embedded.append(first)

    def _in_picture(self) -> bool:
        return any(name in _PICTURE_RECORDS for _, name in self._open)
