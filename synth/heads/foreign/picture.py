"""Textures: judged by their header, decoded only then, and written as JPEG."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass, field

from PIL import Image, UnidentifiedImageError

from synth.errors import HeadError
from synth.heads.foreign.limits import MAX_PICTURE_PX, MAX_TEXTURE_SIDE_PX

# Named, so that Pillow tries none of its rarer readers (EPS would start Ghostscript).
_FORMATS = ("PNG", "JPEG", "BMP", "TGA", "TIFF", "WEBP")
_MODES = {"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"}
_JPEG_QUALITY = 92
PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tga", ".tif", ".tiff", ".webp"})


@dataclass(frozen=True)
class Texture:
    """A picture in its file's own encoding, whose header has been found sound. Sizes in pixels."""

    name: str
    width: int
    height: int
    has_alpha: bool
    data: bytes = field(repr=False)

    @property
    def size_text(self) -> str:
        return f"{self.width}×{self.height}"


def read_texture(data: bytes, name: str, *, where: str) -> Texture:
    """Judge a picture by its header; nothing is decoded. Raises HeadError if it is none, or has too many pixels."""
    with _open(data, name, where) as picture:
        width, height = picture.size
        if picture.mode not in _MODES:
            raise HeadError(
                f"The picture {name!r} has pixels of a kind that isn't read ({picture.mode}).",
                where=where,
                mend="Save it as 8-bit RGB.",
            )
        has_alpha = "A" in picture.getbands() or "transparency" in picture.info
    if width * height > MAX_PICTURE_PX:
        raise _too_large(name, where, f"{width}×{height}")
    return Texture(name, width, height, has_alpha, data)


def as_jpeg(texture: Texture, *, where: str) -> tuple[bytes, tuple[int, int]]:
    """The texture as JPEG, at most MAX_TEXTURE_SIDE_PX a side, transparency ignored; and its size then.

    Always written anew, so that no metadata of the source (a camera's place, say) goes into the pack.
    Raises HeadError if the picture is damaged.
    """
    try:
        with _open(texture.data, texture.name, where) as picture:
            picture.draft("RGB", (MAX_TEXTURE_SIDE_PX, MAX_TEXTURE_SIDE_PX))
            pixels = picture.convert("RGBA").convert("RGB") if picture.mode in {"P", "PA"} else picture.convert("RGB")
    except (OSError, ValueError, SyntaxError, EOFError, IndexError) as error:
        raise HeadError(
            f"The picture {texture.name!r} is damaged: {error}.", where=where, mend="Export it again."
        ) from error
    pixels.thumbnail((MAX_TEXTURE_SIDE_PX, MAX_TEXTURE_SIDE_PX), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    pixels.save(buffer, "JPEG", quality=_JPEG_QUALITY)
    return buffer.getvalue(), pixels.size


def _open(data: bytes, name: str, where: str) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its own, lower limit; ours is checked by the caller
            return Image.open(io.BytesIO(data), formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise _too_large(name, where, str(error).split("(")[-1].split(")")[0]) from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise HeadError(
            f"The picture {name!r} is none that is read (PNG, JPEG, BMP, TGA, TIFF, WebP).",
            where=where,
            mend="Save it as PNG or JPEG.",
        ) from error


def _too_large(name: str, where: str, size: str) -> HeadError:
    return HeadError(
        f"The picture {name!r} has {size}; at most {MAX_PICTURE_PX / 1e6:.0f} megapixels are read.",
        where=where,
        mend="Scale it down to 8192×8192 or less.",
    )
