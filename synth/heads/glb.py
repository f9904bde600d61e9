"""Reading what a pack's GLB files say, without Blender: their JSON, and the values that it points at."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_GLB_MAGIC, _JSON_CHUNK = 0x46546C67, 0x4E4F534A
_COMPONENTS = {5123: "<u2", 5125: "<u4", 5126: "<f4"}
_MAX_JSON_BYTES = 64 << 20

UNREADABLE = (OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError, struct.error)
"""What reading raises for files that are damaged or none of ours."""


def read_glb(path: Path) -> tuple[dict[str, Any], NDArray[np.uint8]]:
    """A GLB file's JSON and its binary chunk; only those pages are read from the disk that are looked at.

    Raises one of `UNREADABLE`.
    """
    data = np.memmap(path, dtype=np.uint8, mode="r")
    magic, _, _, length, kind = struct.unpack("<IIIII", data[:20].tobytes())
    if (magic, kind) != (_GLB_MAGIC, _JSON_CHUNK) or length > min(_MAX_JSON_BYTES, len(data) - 20):
        raise ValueError("it is no GLB file")
    document = json.loads(data[20 : 20 + length].tobytes())
    if not isinstance(document, dict):
        raise ValueError("its JSON is no mapping")
    return document, data[28 + length :]


def accessor_values(document: dict[str, Any], blob: NDArray[np.uint8], number: int, width: int) -> NDArray[Any]:
    """(N, width): the values of an accessor whose values stand one behind the other, as the builder writes them.

    Raises one of `UNREADABLE`.
    """
    accessor = document["accessors"][number]
    view = document["bufferViews"][accessor["bufferView"]]
    start = view.get("byteOffset", 0) + accessor.get("byteOffset", 0)
    dtype = np.dtype(_COMPONENTS[accessor["componentType"]])
    values = blob[start : start + accessor["count"] * width * dtype.itemsize].tobytes()
    return np.frombuffer(values, dtype).reshape(accessor["count"], width)
