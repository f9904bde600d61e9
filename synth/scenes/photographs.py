"""The user's photographs: judged by their header, decoded when a shot needs one, a few kept."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections import OrderedDict
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from synth.errors import RenderError, UsageError
from synth.plan.shot import Photo
from synth.scenes.folder import ListedFile, Listing, read_plain_file

PHOTO_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp"})
MAX_PIXELS = 67_108_864
_LEAST_SIDE_PX = 16
_KEPT = 8
_LONGEST_SIDE_PX = 1280  # more than the background of any usual frame shows
# Named, so that Pillow tries none of its rarer readers.
_FORMATS = ("JPEG", "PNG", "WEBP", "TIFF", "BMP")
_ORIENTATION = 0x0112  # of EXIF
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Photographs:
    """The photographs of a folder whose listing is fixed; of the last few the pixels are kept."""

    def __init__(self, folder: Path, listing: Listing) -> None:
        self._folder, self._listing = folder, listing
        self._kept: OrderedDict[str, NDArray[np.uint8]] = OrderedDict()

    def listed(self, photo: Photo) -> ListedFile:
        """Which file it is a part of."""
        return self._listing.at(photo.place)

    def seen(self, photo: Photo, aspect: float) -> NDArray[np.float32]:
        """The part that the shot asks for, of a frame `aspect` times as wide as high: (h, w, 3) float32 linear RGB.

        Raises RenderError if the file is another one than when the run began, UsageError if it can't be read.
        """
        picture = self._picture(photo)
        if photo.mirrored:
            picture = picture[:, ::-1]
        height, width = picture.shape[:2]
        wide = min(width, height * aspect) * photo.zoom
        columns, rows = max(2, round(wide)), max(2, round(wide / aspect))
        x0, y0 = round(photo.across * (width - columns)), round(photo.down * (height - rows))
        part = picture[max(0, y0) : y0 + rows, max(0, x0) : x0 + columns].astype(np.float32) / 255
        return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4).astype(np.float32)

    def _picture(self, photo: Photo) -> NDArray[np.uint8]:
        listed = self._listing.at(photo.place)
        if listed.name in self._kept:
            self._kept.move_to_end(listed.name)
            return self._kept[listed.name]
        data = read_plain_file(self._folder, listed.name)
        path = str(self._folder / listed.name)
        if hashlib.sha256(data).hexdigest() != listed.sha256:
            what = "The photograph has changed since the run began."
            raise RenderError(what, where=path, mend="Put the old file back, or begin a new dataset.")
        picture = _decoded(data, path, _LONGEST_SIDE_PX)
        self._kept[listed.name] = picture
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return picture


def judge_photo(data: bytes, path: str) -> None:
    """Read the header, then decode it small. Raises UsageError for what is no photograph, damaged, or too large."""
    _decoded(data, path, 64)


def _decoded(data: bytes, path: str, longest_px: int) -> NDArray[np.uint8]:
    """(h, w, 3) uint8 sRGB, upright, at most `longest_px` a side."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow's own, lower limit
            picture = Image.open(io.BytesIO(data), formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise _too_large(path, "") from error
    except Exception as error:  # whatever a decoder raises at a file made up or damaged, struct.error too
        what = "It is no picture that is read (JPEG, PNG, WebP, TIFF, BMP)."
        raise UsageError(what, where=path, mend="Save it as JPEG, or take it out of the folder.") from error
    with picture:
        width, height = picture.size
        if width * height > MAX_PIXELS:
            raise _too_large(path, f"{width}x{height}")
        if min(width, height) < _LEAST_SIDE_PX:
            what = f"It has {width}x{height} pixels, too few to stand behind a head."
            raise UsageError(what, where=path, mend="Take it out of the folder.")
        try:
            picture.draft("RGB", (longest_px, longest_px))
            turn = _UPRIGHT.get(picture.getexif().get(_ORIENTATION, 1))
            colored = _eight_bit(picture, path).convert("RGB")
            pixels = np.asarray(colored if turn is None else colored.transpose(turn))
        except UsageError:
            raise
        except Exception as error:
            what = f"The picture is damaged: {error}."
            raise UsageError(what, where=path, mend="Save it again, or take it out of the folder.") from error
    shrink = longest_px / max(pixels.shape[:2])
    if shrink < 1:
        size = (max(1, round(pixels.shape[1] * shrink)), max(1, round(pixels.shape[0] * shrink)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(pixels)


def _eight_bit(picture: Image.Image, path: str) -> Image.Image:
    """Grey of 16 bit scaled to 8 bit, which Pillow would clip; any other picture as it is."""
    if picture.mode != "F" and not picture.mode.startswith("I"):
        return picture
    values = np.asarray(picture)
    if picture.mode == "F" or values.min() < 0 or values.max() > 65_535:
        what = "Its grey has more than 16 bit or is of real numbers, so which are black and white isn't known."
        raise UsageError(what, where=path, mend="Save it as JPEG or 8-bit PNG.")
    return Image.fromarray(np.round(values / 257).astype(np.uint8))


def _too_large(path: str, size: str) -> UsageError:
    what = f"It has {size or 'too many'} pixels; at most {MAX_PIXELS / 1e6:.0f} megapixels are read."
    return UsageError(what, where=path, mend="Scale it down, or take it out of the folder.")
