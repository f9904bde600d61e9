"""Photographs and HDRIs made up for tests."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np


def photo(path: Path, rgb: tuple[int, int, int] = (90, 120, 60), width: int = 64, height: int = 48) -> Path:
    """A picture of one colour, but for a white left margin of an eighth."""
    picture = np.full((height, width, 3), rgb, np.uint8)
    picture[:, : width // 8] = 255
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture[..., ::-1])
    return path


def radiance(path: Path, level: float = 0.5, width: int = 64, height: int = 32) -> Path:
    """An HDRI of one brightness with a sun in it."""
    picture = np.full((height, width, 3), level, np.float32)
    picture[height // 4, width // 4] = 100 * level
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture)
    return path


def exr_header(width: int, height: int, version: int = 2) -> bytes:
    """The beginning of an OpenEXR file with this data window, and no pixels."""
    window = struct.pack("<4i", 0, 0, width - 1, height - 1)
    channels = b"channels\0chlist\0" + struct.pack("<I", 1) + b"\0"
    return (
        b"\x76\x2f\x31\x01"
        + struct.pack("<I", version)
        + channels
        + b"dataWindow\0box2i\0"
        + struct.pack("<I", 16)
        + window
        + b"\0"
    )
