"""A contact sheet of a head pack: portraits of each head and what it was made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from synth.errors import UsageError
from synth.heads.census import beard_name
from synth.view.colours import PANEL, Rgb8
from synth.view.sheet import Line, Picture, Tile, Title, lay_out, scaled_to_fit

ORIGIN_COLOURS: dict[str, Rgb8] = {"african": (226, 132, 74), "asian": (98, 188, 140), "european": (120, 150, 232)}
_STRIP_PX, _GAP_PX = 7, 4
_WAVY, _CURLY = 0.15, 0.5
_SHORTEST = ("bald", "buzz", "afro")
_SWATCH = 0.3
"""Share of the strip's width that shows the skin's colour; the rest are the shares of the origins."""


def heads_sheet(
    heads: Sequence[tuple[Any, Sequence[Picture]]],
    title: str,
    subtitle: str = "",
    columns: int = 6,
    tile_px: int = 220,
) -> Picture:
    """(H, W, 3) uint8 from (head record, portraits (h, w, 3) uint8) pairs; a record has the fields of `pack.json`.

    The portraits of one head stand below each other, then a strip with the colour of its skin and the shares of its
    origins, then two lines. At most `columns` in a row, fewer where that fills the rows evenly. Raises UsageError if
    there are none.
    """
    if not heads:
        raise UsageError("The pack has no heads to show.", where=title)
    rows = -(-len(heads) // max(columns, 1))
    columns = -(-len(heads) // rows)
    tiles, place = [], (tile_px, tile_px)
    for record, portraits in heads:
        shown = [scaled_to_fit(picture, place)[0] for picture in portraits]
        strip = _strip(record, tile_px)
        # All pictures of a tile get the same room, so several portraits and the strip are put together first.
        parts = [part for picture in shown for part in (picture, _empty(tile_px, _GAP_PX))][:-1]
        whole = np.concatenate([*(_centred(p, tile_px) for p in parts), _empty(tile_px, _GAP_PX), strip])
        tiles.append(Tile((np.ascontiguousarray(whole),), caption(record)))
    height = max(tile.pictures[0].shape[0] for tile in tiles)
    key = tuple(ORIGIN_COLOURS.items()) if any(record.origin is not None for record, _ in heads) else ()
    return lay_out(tiles, Title(title, subtitle or f"{len(tiles):,} heads", key), columns, (tile_px, height))


def caption(record: Any) -> tuple[Line, Line]:
    """Two lines about a head; what isn't known is left out."""
    known = [record.sex or "", "" if record.age_years is None else f"{record.age_years:.0f} y"]
    looks = [_hair(record), *_extras(record)]
    return Line(record.id, " ".join(filter(None, known))), Line(", ".join(filter(None, looks)))


def skin_colour(tone: float) -> Rgb8:
    """sRGB of a skin of this tone, 0 lightest to 1 darkest, as the builder paints it."""
    from synth.heads.colour import linear_to_srgb
    from synth.heads.skin.colour import plain_skin_rgb

    red, green, blue = (round(255 * float(c)) for c in np.clip(linear_to_srgb(plain_skin_rgb(tone)), 0, 1))
    return red, green, blue


def _strip(record: Any, width: int) -> Picture:
    strip = _empty(width, _STRIP_PX)
    swatch = round(_SWATCH * width)
    if record.skin_tone is not None:
        strip[:, :swatch] = skin_colour(record.skin_tone)
    if record.origin is not None:
        start = swatch + _GAP_PX
        shares = np.cumsum([0.0, *(float(getattr(record.origin, name)) for name in ORIGIN_COLOURS)])
        edges = start + np.round(shares / max(shares[-1], 1e-9) * (width - start)).astype(int)
        for colour, left, right in zip(ORIGIN_COLOURS.values(), edges[:-1], edges[1:], strict=True):
            strip[:, left:right] = colour
    return strip


def _empty(width: int, height: int) -> Picture:
    return np.full((height, width, 3), PANEL, np.uint8)


def _centred(picture: Picture, width: int) -> Picture:
    framed = _empty(width, picture.shape[0])
    left = (width - picture.shape[1]) // 2
    framed[:, left : left + picture.shape[1]] = picture
    return framed


def _hair(record: Any) -> str:
    style, colour = (record.hair_style or "").replace("_", " "), record.hair_colour or ""
    wave = "" if record.hair_wave is None or style in _SHORTEST else _wave_name(record.hair_wave)
    return style if style == "bald" else " ".join(filter(None, (style, wave, colour)))


def _wave_name(wave: float) -> str:
    return "curly" if wave >= _CURLY else "wavy" if wave >= _WAVY else ""


def _extras(record: Any) -> list[str]:
    glasses, hat = record.glasses or "none", record.hat or "none"
    extras = list(filter(None, [beard_name(record.beard or 0)]))
    if glasses != "none":
        extras.append("sunglasses" if glasses.startswith("sun") else "glasses")
    if hat != "none":
        extras.append(hat.replace("_", " "))
    extras += ["mask"] if (record.mask or "none") != "none" else []
    painted = (record.lipstick, record.eyeliner, record.eye_shadow, record.blush)
    return [*extras, *(["make-up"] if any(painted) else [])]
