"""Sheets: tiles of one size on a dark ground, each with a caption, under a title."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from synth.errors import UsageError
from synth.view.colours import FAINT_TEXT, GROUND, PANEL, TEXT, Rgb8

Picture = NDArray[np.uint8]

_MARGIN, _GAP, _PADDING = 28, 12, 8
_LINE = 17
_CAPTION_PT, _TITLE_PT, _SUBTITLE_PT = 11, 24, 14
_HEADER = 76
_BAR = (300, 12)


@dataclass(frozen=True)
class Line:
    """One caption line: text at the left and fainter text at the right."""

    left: str
    right: str = ""


@dataclass(frozen=True, eq=False)
class Tile:
    """Pictures one below the other, each (H, W, 3) uint8 and at most as large as a tile, and the caption below them."""

    pictures: tuple[Picture, ...]
    caption: tuple[Line, ...]


@dataclass(frozen=True, eq=False)
class ColourBar:
    """What colours mean: `strip` (1, N, 3) uint8 from left to right, and texts at shares of its length, 0 … 1."""

    strip: Picture
    marks: tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Title:
    """The sheet's head: a title, a fainter line, and at the right a key of coloured words and a colour bar above it."""

    text: str
    subtitle: str = ""
    key: tuple[tuple[str, Rgb8], ...] = ()
    bar: ColourBar | None = None


def lay_out(tiles: Sequence[Tile | None], title: Title, columns: int, tile_px: tuple[int, int]) -> Picture:
    """The sheet, (H, W, 3) uint8; `tile_px` is (width, height) of one picture's place, None leaves one empty.

    All tiles get the room that the one with the most pictures and caption lines needs. Raises UsageError for no tiles
    or no columns.
    """
    if not any(tiles) or columns < 1:
        raise UsageError(f"A sheet of {len(tiles)} tiles in {columns} columns can't be drawn.", where="sheet")
    columns = min(columns, len(tiles))
    width_px, height_px = tile_px
    pictures = max(len(tile.pictures) for tile in tiles if tile)
    lines = max(len(tile.caption) for tile in tiles if tile)
    cell = (width_px + 2 * _PADDING, pictures * (height_px + _PADDING) + _PADDING + lines * _LINE + 4 * bool(lines))
    rows = -(-len(tiles) // columns)
    sheet = Image.new(
        "RGB",
        (2 * _MARGIN + columns * (cell[0] + _GAP) - _GAP, _HEADER + _MARGIN + rows * (cell[1] + _GAP) - _GAP),
        GROUND,
    )
    draw = ImageDraw.Draw(sheet)
    _draw_title(draw, title, sheet.width)
    if title.bar:
        _draw_bar(sheet, draw, title.bar, sheet.width - _MARGIN)
    for number, tile in enumerate(tiles):
        if tile is None:
            continue
        corner = (_MARGIN + number % columns * (cell[0] + _GAP), _HEADER + number // columns * (cell[1] + _GAP))
        _draw_tile(sheet, draw, tile, corner, cell, tile_px)
    return np.asarray(sheet, dtype=np.uint8)


def scaled_to_fit(picture: Picture, tile_px: tuple[int, int]) -> tuple[Picture, float]:
    """The picture as large as fits into (width, height), and the scale: multiply pixel coordinates and K by it."""
    height, width = picture.shape[:2]
    scale = min(tile_px[0] / width, tile_px[1] / height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, size, interpolation=how), dtype=np.uint8), scale


def _draw_title(draw: ImageDraw.ImageDraw, title: Title, width: int) -> None:
    right = width - _MARGIN
    for word, colour in reversed(title.key):
        right -= round(draw.textlength(word, font=font(_SUBTITLE_PT)))
        draw.text((right, 46), word, colour, font=font(_SUBTITLE_PT))
        right -= 16
    room = width - 2 * _MARGIN - (_BAR[0] + 40 if title.bar else 0)
    draw.text((_MARGIN, 14), _cut(draw, title.text, room, _TITLE_PT), TEXT, font=font(_TITLE_PT, bold=True))
    subtitle = _cut(draw, title.subtitle, right - _MARGIN, _SUBTITLE_PT)
    draw.text((_MARGIN, 46), subtitle, FAINT_TEXT, font=font(_SUBTITLE_PT))


def _draw_bar(sheet: Image.Image, draw: ImageDraw.ImageDraw, bar: ColourBar, right: int) -> None:
    """In the upper right corner, its texts below it, the outermost ones flush with its ends."""
    left, top = right - _BAR[0], 12
    stretched = cv2.resize(bar.strip, _BAR, interpolation=cv2.INTER_LINEAR)
    sheet.paste(Image.fromarray(np.ascontiguousarray(stretched)), (left, top))
    for share, text in bar.marks:
        wide = draw.textlength(text, font=font(_CAPTION_PT))
        draw.text((left + share * (_BAR[0] - wide), top + _BAR[1] + 3), text, FAINT_TEXT, font=font(_CAPTION_PT))


def _draw_tile(
    sheet: Image.Image,
    draw: ImageDraw.ImageDraw,
    tile: Tile,
    corner: tuple[int, int],
    cell: tuple[int, int],
    tile_px: tuple[int, int],
) -> None:
    x, y = corner
    draw.rounded_rectangle((x, y, x + cell[0] - 1, y + cell[1] - 1), radius=6, fill=PANEL)
    y += _PADDING
    for picture in tile.pictures:
        height, width = picture.shape[:2]
        at = (x + _PADDING + (tile_px[0] - width) // 2, y + (tile_px[1] - height) // 2)
        sheet.paste(Image.fromarray(np.ascontiguousarray(picture)), at)
        y += tile_px[1] + _PADDING
    for line in tile.caption:
        right = draw.textlength(line.right, font=font(_CAPTION_PT))
        draw.text((x + cell[0] - _PADDING - right, y), line.right, FAINT_TEXT, font=font(_CAPTION_PT))
        left = _cut(draw, line.left, tile_px[0] - right - 6 * bool(line.right), _CAPTION_PT)
        draw.text((x + _PADDING, y), left, TEXT, font=font(_CAPTION_PT))
        y += _LINE


def _cut(draw: ImageDraw.ImageDraw, text: str, width: float, points: int) -> str:
    """The text, shortened with … to what fits."""
    if draw.textlength(text, font=font(points)) <= width:
        return text
    while text and draw.textlength(f"{text}…", font=font(points)) > width:
        text = text[:-1]
    return f"{text.rstrip()}…"


@lru_cache(maxsize=8)
def font(points: int, bold: bool = False) -> ImageFont.FreeTypeFont:
    """DejaVu Sans, which comes with matplotlib, so that a sheet looks the same everywhere."""
    import matplotlib

    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / name), points)
