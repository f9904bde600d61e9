"""A mosaic of faces shows heads alone, different people first."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from tiny_dataset import make_tiny_dataset

from synth.errors import UsageError
from synth.shard.dataset import open_dataset
from synth.view.mosaic import _one_of_each, mosaic
from synth.view.preview import write_faces


@pytest.fixture
def folder(tmp_path):
    make_tiny_dataset(tmp_path / "tiny")
    return tmp_path / "tiny"


def test_it_is_as_large_as_its_tiles_and_the_gaps_between_them(folder):
    assert mosaic(open_dataset(folder), 2, 3, 48).shape == (2 * 48 + 4, 3 * 48 + 2 * 4, 3)


def test_each_tile_is_centred_on_a_head(folder):
    dataset = open_dataset(folder)
    sheet = mosaic(dataset, 1, 1, 64)
    item = dataset[0]
    assert item.rgb is not None
    x0, y0, x1, y1 = item.head_box_px - np.tile(item.crop_box_px[:2], 2)
    middle = item.rgb[int((y0 + y1) / 2), int((x0 + x1) / 2)].astype(int)
    assert np.abs(sheet[31:33, 31:33].reshape(-1, 3).mean(0) - middle).max() < 25


def test_people_are_not_shown_again_before_all_have_been():
    subjects = np.array(["a", "a", "a", "b", "b", "c"])
    assert _one_of_each(subjects, 3) == [0, 3, 5]
    assert _one_of_each(subjects, 5) == [0, 1, 3, 4, 5]


def test_more_tiles_than_samples_are_refused_with_the_mend(folder):
    with pytest.raises(UsageError, match="don't fill"):
        mosaic(open_dataset(folder), 9, 9)


@pytest.mark.parametrize("size", ["", "6", "0x3", "6x", "6*10", "100x1"])
def test_another_size_is_refused(folder, size):
    with pytest.raises(UsageError, match="size of a mosaic"):
        write_faces(folder, size)


def test_it_goes_into_the_folder_or_where_it_is_asked_to_go(folder, tmp_path):
    assert write_faces(folder, "2x3") == folder / "faces.png"
    jpeg = write_faces(folder, "2x3", tmp_path / "people.jpg")
    assert cv2.imread(str(jpeg)).shape == cv2.imread(str(folder / "faces.png")).shape
    with pytest.raises(UsageError, match="neither a PNG nor a JPEG"):
        write_faces(folder, "2x3", tmp_path / "people.gif")
