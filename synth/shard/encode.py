"""Pictures to bytes and back: JPEG for RGB, PNG for what is measured: 16-bit ranges, normals, parts, alpha.

Decoding trusts nothing: the header is read first, by us, and its size, depth and kind must be what a shard may hold
before a codec sees the bytes.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from synth.errors import ShardError

JPEG_QUALITY = 95
RANGE_SCALE_MM = 0.1
MAX_RANGE_MM = 65535 * RANGE_SCALE_MM
NORMAL_ZERO, NORMAL_LEVELS = 128, 127
"""A component c of a unit normal is stored as 128 + 127 c, rounded: at most 0.4° off. Nothing hit is 0, 0, 0."""

MAX_PIXELS = 1 << 24  # 16.7 Mpx: a 4096×4096 picture

_JPEG_START = b"\xff\xd8"
_UNIT_TOLERANCE = 1e-3
_LEVEL_TOLERANCE = 1.0  # of 127: rounding takes at most 0.87
_PNG_RGB = 2
_PNG_START = b"\x89PNG\r\n\x1a\n"
_JPEG_BASELINE = 0xC0
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_SCAN = 0xDA
_JPEG_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xDA)})


@dataclass(frozen=True)
class ImageSize:
    """What an image's header declares, pixels."""

    width: int
    height: int


def encode_rgb(rgb: npt.NDArray[np.uint8], quality: int = JPEG_QUALITY) -> bytes:
    """(H, W, 3) uint8 sRGB → baseline JPEG without chroma subsampling (4:4:4)."""
    options = [
        cv2.IMWRITE_JPEG_QUALITY, quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]  # fmt: skip
    return _encoded(".jpg", cv2.cvtColor(np.ascontiguousarray(rgb), cv2.COLOR_RGB2BGR), options)


def encode_range(range_mm: npt.NDArray[np.floating]) -> bytes:
    """(H, W) float, mm, 0 = nothing hit → 16-bit PNG in steps of 0.1 mm.

    Raises `ShardError` for values that are not finite, negative, above 6553.5 mm, or so near (below 0.05 mm) that they
    would be stored as "nothing hit".
    """
    steps = np.rint(np.asarray(range_mm, dtype=np.float64) / RANGE_SCALE_MM)
    if not np.isfinite(steps).all() or steps.min(initial=0.0) < 0.0:
        raise ShardError("The range map holds values that are negative or not finite.", where="range_mm")
    if steps.max(initial=0.0) > 65535:
        raise ShardError(
            f"{np.max(range_mm):.1f} mm is more than the {MAX_RANGE_MM:g} mm that a range map can hold.",
            where="range_mm",
            mend="Bring the camera nearer, or set what is farther to 0 (nothing hit).",
        )
    if ((steps == 0.0) & (np.asarray(range_mm) != 0.0)).any():
        raise ShardError("The range map holds values below 0.05 mm, which mean nothing hit.", where="range_mm")
    return _encoded(".png", steps.astype(np.uint16), [cv2.IMWRITE_PNG_COMPRESSION, 4])


def encode_normals(normals: npt.NDArray[np.floating]) -> bytes:
    """(H, W, 3) float unit vectors, zeros = nothing hit → 8-bit PNG with x, y, z in red, green, blue.

    Raises `ShardError` for vectors that aren't of length 1 or 0.
    """
    normals = np.asarray(normals, dtype=np.float32)
    length = np.sqrt((normals**2).sum(axis=-1))
    hit = length > 0
    if not (np.abs(length[hit] - 1) < _UNIT_TOLERANCE).all() or not np.isfinite(length).all():
        raise ShardError("The normals hold vectors that aren't of length 1, or 0 for nothing hit.", where="normals")
    levels = (np.rint(normals * NORMAL_LEVELS) + NORMAL_ZERO).astype(np.uint8)
    levels[~hit] = 0
    return _encoded(".png", cv2.cvtColor(levels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 4])


def encode_grey(levels: npt.NDArray[np.uint8]) -> bytes:
    """(H, W) uint8 → 8-bit grey PNG."""
    return _encoded(".png", np.ascontiguousarray(levels), [cv2.IMWRITE_PNG_COMPRESSION, 4])


def decode_rgb(data: bytes, where: str = "picture") -> npt.NDArray[np.uint8]:
    """Baseline JPEG → (H, W, 3) uint8 in RGB order; `ShardError` if it is anything else or damaged."""
    size = jpeg_size(data, where)
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION  # an EXIF tag must not turn a picture
    return _decoded(data, flags, (size.height, size.width, 3), np.dtype(np.uint8), where).astype(np.uint8, copy=False)


def decode_range(data: bytes, where: str = "range map") -> npt.NDArray[np.float32]:
    """16-bit grey PNG → (H, W) float32, mm, 0 = nothing hit; `ShardError` if it is anything else or damaged."""
    size = png_size(data, where)
    steps = _decoded(data, cv2.IMREAD_UNCHANGED, (size.height, size.width), np.dtype(np.uint16), where)
    return np.multiply(steps, np.float32(RANGE_SCALE_MM), dtype=np.float32)


def decode_normals(data: bytes, where: str = "normals") -> npt.NDArray[np.float32]:
    """8-bit RGB PNG → (H, W, 3) float32 unit vectors, zeros = nothing hit.

    Raises `ShardError` if it is anything else or damaged, or holds a colour that no normal has.
    """
    size = png_size(data, where, bits=8, color=_PNG_RGB)
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    levels = _decoded(data, flags, (size.height, size.width, 3), np.dtype(np.uint8), where)
    normals = levels.astype(np.float32) - NORMAL_ZERO
    hit = levels.any(axis=-1)
    length = np.sqrt((normals**2).sum(axis=-1, keepdims=True))
    if (np.abs(length[hit] - NORMAL_LEVELS) > _LEVEL_TOLERANCE).any():
        raise ShardError("It holds colours that no unit vector has.", where=where)
    normals /= np.where(hit[..., None], length, 1)
    normals[~hit] = 0
    return normals


def decode_grey(data: bytes, where: str = "parts") -> npt.NDArray[np.uint8]:
    """8-bit grey PNG → (H, W) uint8; `ShardError` if it is anything else or damaged."""
    size = png_size(data, where, bits=8)
    return _decoded(data, cv2.IMREAD_UNCHANGED, (size.height, size.width), np.dtype(np.uint8), where).astype(
        np.uint8, copy=False
    )


def jpeg_size(data: bytes, where: str = "picture") -> ImageSize:
    """Size from a baseline JPEG's header; `ShardError` if it isn't one of three 8-bit channels or is too large."""
    if not data.startswith(_JPEG_START):
        raise ShardError("It is not a JPEG.", where=where)
    position = len(_JPEG_START)
    while position + 4 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        if marker == 0xFF:  # a fill byte
            position += 1
        elif marker in _JPEG_WITHOUT_LENGTH:
            position += 2
        elif marker in _JPEG_FRAMES:
            return _frame_size(marker, data[position + 4 : position + 10], where)
        elif marker == _JPEG_SCAN:
            break
        else:
            position += 2 + max(2, int.from_bytes(data[position + 2 : position + 4], "big"))
    raise ShardError("Its JPEG header is damaged.", where=where)


def _frame_size(marker: int, frame: bytes, where: str) -> ImageSize:
    if marker != _JPEG_BASELINE or len(frame) < 6:
        raise ShardError("It is not a baseline JPEG.", where=where)
    bits, height, width, channels = struct.unpack(">BHHB", frame)
    if (bits, channels) != (8, 3):
        raise ShardError(f"The JPEG has {channels} channels of {bits} bits, not 3 of 8.", where=where)
    return _checked_size(width, height, where)


def png_size(data: bytes, where: str = "range map", *, bits: int = 16, color: int = 0) -> ImageSize:
    """Size from a PNG's header; `ShardError` if it has other bits or colours, interlacing, or is too large."""
    if not data.startswith(_PNG_START) or len(data) < 33 or data[12:16] != b"IHDR":
        raise ShardError("It is not a PNG.", where=where)
    width, height, found_bits, found_color, _, _, interlace = struct.unpack(">IIBBBBB", data[16:29])
    if (found_bits, found_color, interlace) != (bits, color, 0):
        raise ShardError(f"It is not a {bits}-bit {'RGB' if color else 'grey'} PNG.", where=where)
    return _checked_size(width, height, where)


def checksum(data: bytes) -> int:
    """CRC-32 (zlib's) of the stored bytes."""
    return zlib.crc32(data)


def _checked_size(width: int, height: int, where: str) -> ImageSize:
    if width < 1 or height < 1 or width * height > MAX_PIXELS:
        raise ShardError(f"It declares {width}x{height} pixels; at most {MAX_PIXELS} are allowed.", where=where)
    return ImageSize(width, height)


def _encoded(kind: str, picture: npt.NDArray[np.generic], options: list[int]) -> bytes:
    try:
        done, buffer = cv2.imencode(kind, picture, options)
    except cv2.error as error:
        raise ShardError(f"The picture can't be encoded: {error.err}.", where=kind) from error
    if not done:
        raise ShardError("The picture can't be encoded.", where=kind)
    return bytes(buffer)


def _decoded(
    data: bytes, flags: int, shape: tuple[int, ...], dtype: np.dtype[np.generic], where: str
) -> npt.NDArray[np.generic]:
    try:
        picture = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), flags)
    except cv2.error as error:
        raise ShardError(f"It can't be decoded: {error.err}.", where=where) from error
    if picture is None or picture.shape != shape or picture.dtype != dtype:
        raise ShardError("It can't be decoded.", where=where)
    return np.asarray(picture)
