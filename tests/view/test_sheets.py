"""Contact sheets: which samples, where, how large, with what on them."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_dataset import make_tiny_dataset

from synth.errors import UsageError
from synth.shard.dataset import open_dataset
from synth.view.colours import AXIS_LOOK, AXIS_X, GROUND
from synth.view.contact_sheet import contact_sheet, draw_contact_sheet, labelled_picture, spread_evenly
from synth.view.sheet import Line, Tile, Title, lay_out, scaled_to_fit

RED = np.full((40, 40, 3), (255, 0, 0), np.uint8)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    folder = tmp_path_factory.mktemp("view") / "tiny"
    make_tiny_dataset(folder, samples=12, shard_samples=4)
    return open_dataset(folder)


@pytest.mark.parametrize(("total", "count"), [(64, 32), (310_000, 32), (5, 32), (7, 3), (1, 1), (100, 99)])
def test_samples_are_spread_evenly_and_none_comes_twice(total, count):
    chosen = spread_evenly(total, count)
    assert len(chosen) == min(total, count) == len(set(chosen))
    assert chosen[0] >= 0
    assert chosen[-1] < total
    gaps = np.diff(chosen)
    if gaps.size:
        assert gaps.max() - gaps.min() <= 1


def test_labels_that_nothing_can_be_drawn_from_cross_out_their_tile(tmp_path):
    for name, t_mm in (("sound", [0.0, 0.0, 1000.0]), ("odd", [0.0, 0.0, -1000.0])):
        make_tiny_dataset(tmp_path / name, samples=1, t_mm=np.array(t_mm))
    sound = draw_contact_sheet(open_dataset(tmp_path / "sound"), 1)
    odd = draw_contact_sheet(open_dataset(tmp_path / "odd"), 1)
    assert sound.damaged == ()
    assert [error.where == "sample 0" for error in odd.damaged] == [True]
    assert (odd.picture == AXIS_X).all(axis=2).sum() > 100


def test_a_sheet_grows_by_whole_tiles(dataset):
    one_row = contact_sheet(dataset, count=4, columns=4, tile_px=100)
    two_rows = contact_sheet(dataset, count=8, columns=4, tile_px=100)
    three_rows = contact_sheet(dataset, count=12, columns=4, tile_px=100)
    assert one_row.dtype == np.uint8
    assert one_row.shape[1] == two_rows.shape[1] == three_rows.shape[1]
    assert three_rows.shape[0] - two_rows.shape[0] == two_rows.shape[0] - one_row.shape[0] > 200
    wider = contact_sheet(dataset, count=6, columns=6, tile_px=100)
    assert wider.shape[1] - one_row.shape[1] == 2 * (100 + 2 * 8 + 12)


def test_fewer_samples_than_asked_for_make_a_smaller_sheet(dataset):
    assert contact_sheet(dataset, count=99, columns=4).shape == contact_sheet(dataset, count=12, columns=4).shape


def test_the_sheet_shows_the_pose_axes(dataset):
    sheet = contact_sheet(dataset, count=4, columns=4)
    assert (np.abs(sheet.astype(int) - np.array(AXIS_LOOK)).max(axis=-1) < 30).sum() > 100


def test_a_dataset_without_depth_needs_less_height(tmp_path):
    make_tiny_dataset(tmp_path / "rgb", samples=4, depth=False)
    make_tiny_dataset(tmp_path / "both", samples=4)
    make_tiny_dataset(tmp_path / "depth", samples=4, rgb=False)
    rgb, both, depth = (contact_sheet(open_dataset(tmp_path / n), 4, 4, 100) for n in ("rgb", "both", "depth"))
    assert both.shape[0] == rgb.shape[0] + 100 + 8
    assert depth.shape == rgb.shape
    assert not np.array_equal(depth, rgb)


def test_the_labels_are_scaled_with_the_picture(dataset):
    """The axes of a sample start where its ball is, at any size of tile."""
    item = dataset[0]
    for tile in (24, 48, 200):
        plain, scale = scaled_to_fit(item.rgb, (tile, tile))
        drawn = labelled_picture(item, item.rgb, (tile, tile))
        centre = (item.K @ item.t_mm / item.t_mm[2])[:2] * scale
        changed = np.argwhere((plain.astype(int) - drawn).any(axis=-1))[:, ::-1] + 0.5
        assert np.abs(changed - centre).max(axis=1).min() < 2


@pytest.mark.parametrize(
    ("size", "place", "expected"), [((480, 640), (160, 160), (120, 160)), ((50, 50), (200, 100), (100, 100))]
)
def test_pictures_fill_their_place_and_keep_their_shape(size, place, expected):
    scaled, scale = scaled_to_fit(np.zeros((*size, 3), np.uint8), place)
    assert scaled.shape[:2] == expected
    assert scale == pytest.approx(expected[0] / size[0])


def test_a_picture_stands_whole_inside_its_tile():
    sheet = lay_out([Tile((RED,), (Line("a"),))] * 3, Title("t"), columns=2, tile_px=(40, 40))
    reds = (sheet == (255, 0, 0)).all(axis=-1)
    assert reds.sum() == 3 * RED.shape[0] * RED.shape[1]
    assert tuple(sheet[-1, -1]) == GROUND


def test_a_caption_too_long_for_its_tile_is_cut_and_stays_inside():
    short = lay_out([Tile((RED,), (Line("a", "b"),))], Title("t"), 1, (40, 40))
    long = lay_out([Tile((RED,), (Line("a" * 500, "b"),))], Title("t" * 500), 1, (40, 40))
    assert short.shape == long.shape
    assert (long[:, -1] == GROUND).all()


def test_an_empty_sheet_is_refused(dataset):
    with pytest.raises(UsageError):
        lay_out([], Title("t"), 4, (40, 40))
    with pytest.raises(UsageError):
        contact_sheet(dataset, count=0)


def test_whole_frames_get_larger_tiles_than_crops_and_fewer_columns(tmp_path):
    make_tiny_dataset(tmp_path / "crops", samples=12, side_px=60)
    small_head = np.array([20.0, 20.0, 26.0, 26.0])
    make_tiny_dataset(tmp_path / "frames", samples=12, side_px=60, head_box_px=small_head)
    crops, frames = (contact_sheet(open_dataset(tmp_path / name)) for name in ("crops", "frames"))
    assert crops.shape[1] <= 1870
    assert frames.shape[1] <= 1870
    assert frames.shape[0] > 1.5 * crops.shape[0]
