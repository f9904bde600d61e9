"""A glTF or GLB container: its JSON, checked against the file's real size, and its buffers."""

from __future__ import annotations

import base64
import binascii
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from synth.errors import HeadError
from synth.heads.foreign.counts import lying_header
from synth.heads.foreign.folder import Folder, local_name, shown
from synth.heads.foreign.limits import MAX_FILE_BYTES

_JSON_CHUNK, _BINARY_CHUNK = 0x4E4F534A, 0x004E4942
_MAX_JSON_BYTES = 64 * 2**20
COMPONENT_BYTES = {5120: 1, 5121: 1, 5122: 2, 5123: 2, 5125: 4, 5126: 4}
COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}


@dataclass(frozen=True, eq=False)
class Container:
    """The document and where its bytes are: `binary_at` is the GLB's binary chunk, (offset, length), if it has one."""

    folder: Folder
    name: PurePosixPath
    tree: dict[str, Any]
    binary_at: tuple[int, int] | None = None
    _read: dict[str, bytes] = field(default_factory=dict, repr=False)
    """What was read so far, by uri; the binary chunk as the empty one."""

    @property
    def where(self) -> str:
        return str(self.name)

    def rows(self, key: str) -> list[dict[str, Any]]:
        """A top-level list of objects, empty where there is none. Raises HeadError where it is something else."""
        rows = self.tree.get(key, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise malformed(f"`{key}` is no list of objects", self.where)
        return rows

    def buffer(self, index: int) -> bytes:
        """The bytes of one buffer. Raises HeadError where it is missing or shorter than it says."""
        buffers = self.rows("buffers")
        entry = row(buffers, index, "buffer", self.where)
        uri = entry.get("uri")
        data = self._binary_chunk() if uri is None else self.resource(uri)
        if len(data) < whole(entry, "byteLength", self.where):
            raise lying_header(f"a buffer of {entry['byteLength']:,} bytes holds {len(data):,}", where=self.where)
        return data

    def view(self, index: int) -> bytes:
        """The bytes of one buffer view."""
        entry = row(self.rows("bufferViews"), index, "buffer view", self.where)
        start = whole(entry, "byteOffset", self.where, 0)
        end = start + whole(entry, "byteLength", self.where)
        data = self.buffer(whole(entry, "buffer", self.where))
        if end > len(data):
            raise lying_header("a buffer view reaches beyond its buffer", where=self.where)
        return data[start:end]

    def resource(self, uri: Any) -> bytes:
        """What a `uri` stands for: a data URI's content, or a file in this file's own folder."""
        if not isinstance(uri, str):
            raise malformed("a `uri` is no text", self.where)
        if uri not in self._read and uri.startswith("data:"):
            self._read[uri] = _decode(uri, self.where)
        elif uri not in self._read:
            inner = self.name.parent / local_name(uri, where=self.where, is_uri=True)
            self._read[uri] = self.folder.read(inner, where=self.where)
        return self._read[uri]

    def _binary_chunk(self) -> bytes:
        if self.binary_at is None:
            raise malformed("a buffer has neither a uri nor a binary chunk", self.where)
        start, length = self.binary_at
        if "" not in self._read:
            with self.folder.open(self.name, where=self.where) as (file, _):
                file.seek(start)
                self._read[""] = file.read(length)
        return self._read[""]


def open_container(folder: Folder, name: PurePosixPath) -> Container:
    """Read a file's JSON and check every reference and buffer length in it; no buffer is read yet.

    Raises HeadError.
    """
    where = str(name)
    with folder.open(name, where=where) as (file, size):
        if file.read(4) == b"glTF":
            document, binary_at = _read_glb(file, size, where)
        else:
            file.seek(0)
            document, binary_at = file.read(), None
    container = Container(folder, name, _parse(document, where), binary_at)
    for uri in _uris(container.tree):
        if not uri.startswith("data:"):
            local_name(uri, where=where, is_uri=True)
    declared = sum(whole(entry, "byteLength", where) for entry in container.rows("buffers"))
    if declared > MAX_FILE_BYTES:
        raise HeadError(
            f"Its buffers are declared as {declared / 1e6:,.0f} MB; up to {MAX_FILE_BYTES // 2**20} MiB are read.",
            where=where,
            mend="Reduce the mesh or its pictures.",
        )
    return container


def _read_glb(file: BinaryIO, size: int, where: str) -> tuple[bytes, tuple[int, int] | None]:
    head = file.read(16)
    if len(head) < 16:
        raise lying_header("it is shorter than a header", where=where)
    version, length, json_length, kind = struct.unpack("<IIII", head)
    if version != 2:
        raise HeadError(f"It is glTF version {version}.", where=where, mend="Export it as glTF 2.")
    if length != size or kind != _JSON_CHUNK or 20 + json_length > size:
        raise lying_header(f"{length:,} bytes are announced, the file has {size:,}", where=where)
    if json_length > _MAX_JSON_BYTES:
        raise HeadError(f"Its JSON has {json_length:,} bytes.", where=where, mend="Export it again.")
    document = file.read(json_length)
    chunk = file.read(8)
    if len(chunk) < 8:
        return document, None
    binary_length, kind = struct.unpack("<II", chunk)
    start = 28 + json_length
    if kind != _BINARY_CHUNK or start + binary_length > size:
        raise lying_header("its binary chunk reaches beyond the file", where=where)
    return document, (start, binary_length)


def _parse(document: bytes, where: str) -> dict[str, Any]:
    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no number")

    try:
        tree = json.loads(document.decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise malformed(shown(str(error)), where) from error
    if not isinstance(tree, dict) or not isinstance(tree.get("asset"), dict):
        raise malformed("it has no asset", where)
    if not str(tree["asset"].get("version", "")).startswith("2"):
        raise HeadError("It isn't glTF version 2.", where=where, mend="Export it as glTF 2.")
    return tree


def _uris(node: Any) -> Iterator[str]:
    """Every `uri` anywhere in the document, extensions too."""
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, dict):
            if isinstance(current.get("uri"), str):
                yield current["uri"]
            pending += current.values()
        elif isinstance(current, list):
            pending += current


def _decode(uri: str, where: str) -> bytes:
    head, _, payload = uri.partition(",")
    if not head.endswith(";base64"):
        raise malformed("a data URI isn't base64", where)
    if len(payload) * 3 // 4 > MAX_FILE_BYTES:
        raise HeadError("A data URI is too large.", where=where, mend="Reduce the mesh or its pictures.")
    try:
        return base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError) as error:
        raise malformed("a data URI isn't base64", where) from error


def malformed(what: str, where: str) -> HeadError:
    """The error for a document that isn't valid glTF."""
    return HeadError(f"It isn't valid glTF: {what}.", where=where, mend="Export it again.")


def whole(entry: dict[str, Any], key: str, where: str, default: int | None = None) -> int:
    """A field that must be a whole number of 0 or more. Raises HeadError otherwise."""
    value = entry.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise malformed(f"`{key}` is {shown(repr(value), 40)}", where)
    return value


def row(rows: list[dict[str, Any]], index: Any, what: str, where: str) -> dict[str, Any]:
    """One row of a list. Raises HeadError where the index is out of range."""
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < len(rows):
        raise malformed(f"there is no {what} {shown(repr(index), 20)}", where)
    return rows[index]
