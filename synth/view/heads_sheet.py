"""A contact sheet of a head pack: a portrait of each head and what it was made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from synth.errors import UsageError
from synth.view.sheet import Line, Picture, Tile, Title, lay_out, scaled_to_fit


def heads_sheet(
    portraits: Sequence[tuple[Any, Picture]], title: str, subtitle: str = "", columns: int = 6, tile_px: int = 220
) -> Picture:
    """(H, W, 3) uint8 from (head record, portrait (h, w, 3) uint8) pairs; a record has the fields of `pack.json`.

    At most `columns` in a row, fewer where that fills the rows evenly. Raises UsageError if there are no portraits.
    """
    if not portraits:
        raise UsageError("The pack has no heads to show.", where=title)
    place = (tile_px, tile_px)
    rows = -(-len(portraits) // max(columns, 1))
    columns = -(-len(portraits) // rows)
    tiles = [Tile((scaled_to_fit(picture, place)[0],), caption(record)) for record, picture in portraits]
    return lay_out(tiles, Title(title, subtitle or f"{len(tiles):,} heads"), columns, place)


def caption(record: Any) -> tuple[Line, Line]:
    """Two lines about a head; what isn't known is left out."""
    known = [record.sex or "", "" if record.age_years is None else f"{record.age_years:.0f} y"]
    looks = [_hair(record), *_extras(record)]
    return Line(record.id, " ".join(filter(None, known))), Line(", ".join(filter(None, looks)))


def _hair(record: Any) -> str:
    style, colour = (record.hair_style or "").replace("_", " "), record.hair_colour or ""
    return style if style == "bald" else f"{style} {colour}".strip()


def _extras(record: Any) -> list[str]:
    extras = ["beard"] if (record.beard or 0) > 0.3 else []
    return extras + (["glasses"] if record.glasses not in (None, "", "none") else [])
