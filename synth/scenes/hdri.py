"""Headers of HDRIs: nothing is decoded before its size and shape are known."""

from __future__ import annotations

import re
import struct

from synth.errors import UsageError

HDRI_SUFFIXES = frozenset({".exr", ".hdr"})
MAX_PIXELS = 67_108_864
_EXR_MAGIC = b"\x76\x2f\x31\x01"
_DEEP_OR_MULTIPART = 0x800 | 0x1000
_LONGEST_HEADER = 1 << 16
_RESOLUTION = re.compile(rb"-Y +(\d{1,7}) +\+X +(\d{1,7})[ \r]*\n")
_TWO_TO_ONE = 0.04  # how far a panorama's sides may be off it


def judge_hdri(data: bytes, path: str) -> None:
    """Raises UsageError for a file that isn't an equirectangular OpenEXR or Radiance picture of a moderate size."""
    size = _exr_size(data) if data.startswith(_EXR_MAGIC) else _radiance_size(data) if data[:2] == b"#?" else None
    if size is None:
        what = "It is no HDRI that is read: OpenEXR of one part, or Radiance (.hdr)."
        raise UsageError(what, where=path, mend="Save it again as one of them, or take it out of the folder.")
    width, height = size
    if width * height > MAX_PIXELS:
        what = f"It has {width}x{height} pixels; at most {MAX_PIXELS / 1e6:.0f} megapixels are read."
        raise UsageError(what, where=path, mend="Scale it down; 2048x1024 is all that is used.")
    if height < 16 or abs(width - 2 * height) > _TWO_TO_ONE * width:
        what = f"It has {width}x{height} pixels; an equirectangular panorama is twice as wide as high."
        raise UsageError(what, where=path, mend="Convert it, or take it out of the folder.")


def _exr_size(data: bytes) -> tuple[int, int] | None:
    """(width, height) of the data window; None if the header can't be followed."""
    try:
        (version,) = struct.unpack_from("<I", data, 4)
        if version & _DEEP_OR_MULTIPART:
            return None
        at = 8
        while data[at] and at < _LONGEST_HEADER:
            name_end = data.index(b"\0", at, at + 256)
            kind_end = data.index(b"\0", name_end + 1, name_end + 257)
            (length,) = struct.unpack_from("<I", data, kind_end + 1)
            if data[at:name_end] == b"dataWindow":
                x0, y0, x1, y1 = struct.unpack_from("<4i", data, kind_end + 5)
                return (x1 - x0 + 1, y1 - y0 + 1) if x1 >= x0 and y1 >= y0 else None
            at = kind_end + 5 + length
    except (struct.error, ValueError, IndexError):
        pass
    return None


def _radiance_size(data: bytes) -> tuple[int, int] | None:
    found = _RESOLUTION.search(data[:_LONGEST_HEADER])
    return (int(found[2]), int(found[1])) if found else None
