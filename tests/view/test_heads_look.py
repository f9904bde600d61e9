"""Pictures of packs: the contact sheet and the panels of its statistics."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from known_pack import known_heads, record, write_pack
from PIL import Image

from synth.errors import UsageError
from synth.heads.pack import load_pack
from synth.view.heads_sheet import ORIGIN_COLOURS, caption, heads_sheet, skin_colour
from synth.view.heads_stats import SEX_COLOURS, stats_png
from synth.view.sheet import Line

RED = np.full((40, 40, 3), (255, 0, 0), np.uint8)
BLUE = np.full((40, 40, 3), (0, 0, 255), np.uint8)


def count(picture: np.ndarray, colour: tuple[int, int, int]) -> int:
    return int((picture == colour).all(axis=-1).sum())


def decoded(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def test_a_head_is_captioned_with_what_is_known() -> None:
    boy, woman, man, other = (caption(head) for head in known_heads())
    assert boy == (Line("m1", "male 7 y"), Line("buzz blond, glasses, cap"))
    assert woman == (Line("f1", "female 81 y"), Line("afro white, mask"))
    assert man[1] == Line("short forward darkbrown, beard, sunglasses")
    assert other[1] == Line("bald, goatee")
    assert caption(record("x")) == (Line("x", ""), Line(""))


def test_heads_stand_in_rows_with_their_portraits_below_each_other() -> None:
    heads = known_heads()
    sheet = heads_sheet([(head, (RED, BLUE)) for head in heads], "four", columns=3, tile_px=40)
    assert count(sheet, (255, 0, 0)) == count(sheet, (0, 0, 255)) == 4 * 40 * 40
    one = heads_sheet([(head, (RED,)) for head in heads], "four", columns=3, tile_px=40)
    assert sheet.shape[0] - one.shape[0] >= 2 * 40


def test_rows_of_heads_are_filled_evenly() -> None:
    heads = known_heads()
    eight = heads_sheet([(head, (RED,)) for head in [*heads, *heads]], "x", columns=6)
    assert eight.shape[1] == heads_sheet([(head, (RED,)) for head in heads], "x").shape[1]


def test_below_a_portrait_stand_its_skins_colour_and_its_origins() -> None:
    heads = known_heads()
    sheet = heads_sheet([(heads[1], (RED,))], "one", tile_px=200)
    assert count(sheet, skin_colour(0.9)) > 100
    lengths = {name: count(sheet, colour) for name, colour in ORIGIN_COLOURS.items()}
    assert lengths["african"] > 10 * lengths["asian"] > 0
    unknown = heads_sheet([(record("x"), (RED,))], "one", tile_px=200)
    assert all(count(unknown, colour) == 0 for colour in ORIGIN_COLOURS.values())


def test_skin_gets_darker_with_its_tone() -> None:
    levels = [sum(skin_colour(tone)) for tone in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert levels == sorted(levels, reverse=True)


def test_an_empty_sheet_is_refused() -> None:
    with pytest.raises(UsageError):
        heads_sheet([], "pack")


def test_the_panels_show_both_sexes_and_equal_packs_give_equal_pictures(tmp_path: Path) -> None:
    pack = load_pack(write_pack(tmp_path / "known", known_heads()))
    png = stats_png(pack)
    picture = decoded(png)
    assert picture.shape[1] > 1500
    assert count(picture, SEX_COLOURS["male"]) > count(picture, SEX_COLOURS["female"]) > 0
    assert stats_png(pack) == png


def test_heads_of_whom_nothing_is_known_are_drawn_as_such(tmp_path: Path) -> None:
    pack = write_pack(tmp_path / "scans", [record("a", rig="none"), record("b", rig="none")])
    picture = decoded(stats_png(load_pack(pack)))
    assert count(picture, SEX_COLOURS["male"]) == 0
    assert count(picture, SEX_COLOURS[None]) > 0  # their files have sizes
