"""Files of foreign datasets: nothing in them is trusted before it is checked, and faults name the file and the mend."""

from __future__ import annotations

import io
import math
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from synth.errors import DatasetError

MAX_PICTURE_BYTES = 64 << 20
MAX_PICTURE_PIXELS = 64_000_000
MAX_TEXT_BYTES = 1 << 20
FETCH_AGAIN = "Unpack the set again, or fetch this file again."
_FORMATS = ("JPEG", "PNG", "BMP", "WEBP", "TIFF", "GIF", "PPM")


def read_bytes(path: Path, limit: int, mend: str = FETCH_AGAIN) -> bytes:
    """The whole file. Raises `DatasetError` if it isn't there, can't be read or is larger than `limit`."""
    try:
        if not path.is_file():
            raise DatasetError("The file is missing.", where=str(path), mend=mend)
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except OSError as error:
        raise DatasetError(f"It can't be read: {error.strerror}.", where=str(path), mend=mend) from error
    if len(data) > limit:
        raise DatasetError(f"It has more than {limit:,} bytes.", where=str(path), mend=mend)
    return data


def read_text(path: Path, limit: int = MAX_TEXT_BYTES) -> str:
    """A text file; what isn't ASCII becomes �. Raises `DatasetError` as `read_bytes`."""
    return read_bytes(path, limit).decode("ascii", "replace")


def numbers_in(text: str, path: Path, count: int, what: str) -> npt.NDArray[np.float64]:
    """(count,) float64: the finite numbers that stand in `text`, and nothing else.

    Raises `DatasetError`, saying that `what` was expected, if it is anything else.
    """
    words = text.split()
    try:
        values = [float(word) for word in words]
    except ValueError:
        values = []
    if len(values) != count or len(words) != count or not all(map(math.isfinite, values)):
        raise DatasetError(f"{what} was expected, {count} numbers.", where=str(path), mend=FETCH_AGAIN)
    return np.array(values)


def read_picture(path: Path, *, upright: bool = False, mend: str = FETCH_AGAIN) -> npt.NDArray[np.uint8]:
    """(H, W, 3) uint8, sRGB, red first.

    upright: turn it as the camera's EXIF says; benchmarks label the pixels as they are stored. mend: what is proposed
    if it can't be read, for one that isn't of a set that was unpacked. The header is looked at before anything is
    decoded. Raises `DatasetError` if it is missing, no picture, damaged, or larger than 64 MP.
    """
    data = read_bytes(path, MAX_PICTURE_BYTES, mend)
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            width, height = image.size
            decodable = image.format != "GIF"
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DatasetError("It is no picture that can be read.", where=str(path), mend=mend) from error
    if width * height > MAX_PICTURE_PIXELS or min(width, height) < 1:
        raise DatasetError(
            f"It has {width}×{height} pixels, more than {MAX_PICTURE_PIXELS:,}.", where=str(path), mend="Scale it down."
        )
    flags = cv2.IMREAD_COLOR if upright else cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), flags) if decodable else None
    if bgr is None or sorted(bgr.shape[:2]) != sorted((height, width)):
        raise DatasetError("The picture can't be decoded.", where=str(path), mend=mend)
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def files_below(folder: Path, pattern: str) -> list[Path]:
    """Files whose path below `folder` matches a glob pattern, sorted; hidden ones left out."""
    found = [path for path in folder.glob(pattern) if not path.name.startswith(".")]
    return sorted(found)
