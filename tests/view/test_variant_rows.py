"""Variants of one shot stand side by side on the sheet, a row for each thing that is varied."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny_dataset import make_record

from synth.shard.commit import commit_bytes
from synth.shard.dataset import Dataset, open_dataset
from synth.shard.header import ShardHeader, shard_name
from synth.shard.manifest import Manifest, shard_entry, write_manifest
from synth.shard.write import build_shard_bytes
from synth.view.contact_sheet import contact_sheet, depth_bar
from synth.view.overlay import depth_picture
from synth.view.variant_rows import variant_rows

CONDITIONS = ("azimuth=-20", "azimuth=0", "azimuth=20", "color=red", "color=white")


def variants(folder: Path, samples: int, conditions: tuple[str, ...] = CONDITIONS, depth: bool = False) -> Dataset:
    n = len(conditions)
    records = [make_record(k, depth=depth, base_id=k // n, condition=conditions[k % n]) for k in range(samples)]
    recipe = {"name": "varied", "seed": 7}
    data = build_shard_bytes(records, ShardHeader(0, "varied-1", 7, recipe))
    folder.mkdir()
    commit_bytes(folder / shard_name(0), data)
    write_manifest(
        folder, Manifest("varied-1", "varied", 7, recipe, (shard_entry(0, shard_name(0), data, range(samples)),))
    )
    return open_dataset(folder)


def test_a_shot_has_a_row_for_each_thing_that_is_varied(tmp_path):
    dataset = variants(tmp_path / "v", 20)
    assert variant_rows(dataset, 5) == [[10, 11, 12], [13, 14]]
    assert variant_rows(dataset, 10) == [[5, 6, 7], [8, 9], [15, 16, 17], [18, 19]]
    assert len(variant_rows(dataset, 1)) == 2


def test_a_shot_that_lacks_conditions_is_passed_over_for_a_whole_one(tmp_path):
    dataset = variants(tmp_path / "v", 7)  # the second shot has two of its five
    assert variant_rows(dataset, 32) == [[0, 1, 2], [3, 4]]


def test_draws_of_one_effect_are_one_row(tmp_path):
    dataset = variants(tmp_path / "v", 6, ("blur=gaussian:1.10", "blur=gaussian:2.20", "blur=gaussian:0.50"))
    assert variant_rows(dataset, 6) == [[0, 1, 2], [3, 4, 5]]


def test_where_no_shot_comes_twice_the_sheet_is_an_ordinary_one(tmp_path):
    assert variant_rows(variants(tmp_path / "v", 6, ("blur=gaussian:1.10",)), 6) == []


def test_the_sheet_has_the_rows_and_leaves_places_empty(tmp_path):
    dataset = variants(tmp_path / "v", 10)
    two, four = contact_sheet(dataset, 5), contact_sheet(dataset, 10)
    assert two.shape[1] == four.shape[1]
    assert four.shape[0] - 104 == pytest.approx(2 * (two.shape[0] - 104), abs=14)
    assert len(np.unique(two[-40:-20, -100:-40].reshape(-1, 3), axis=0)) == 1  # nothing stands below azimuth=20


def test_pictures_of_variants_are_shown_without_axes_and_box(tmp_path):
    dataset = variants(tmp_path / "v", 5)
    axes = np.array([240, 72, 62])
    assert not (np.abs(contact_sheet(dataset, 5).astype(int) - axes).max(axis=2) < 6).any()


def test_the_colour_bar_has_the_colours_of_the_depth_picture():
    bar = depth_bar(-150, 200)
    assert [text for _, text in bar.marks] == ["−150 mm", "head centre", "+200 mm"]
    assert bar.marks[1][0] == pytest.approx(150 / 350)
    for share, range_mm in ((0.0, 850.0), (0.5, 1025.0), (1.0, 1200.0)):
        shown = depth_picture(np.array([[range_mm]]), 850, 1200)[0, 0]
        assert np.abs(bar.strip[0, round(255 * share)].astype(int) - shown).max() <= 4


def test_a_sheet_with_range_maps_has_the_bar_and_one_without_has_none(tmp_path):
    yellow = np.array([253, 231, 36])

    def has_bar(depth: bool) -> bool:
        sheet = contact_sheet(variants(tmp_path / f"v{depth}", 5, depth=depth), 5)
        return bool((np.abs(sheet[12:24].astype(int) - yellow).max(axis=2) < 12).any())

    assert has_bar(True)
    assert not has_bar(False)
