"""`write_preview`: two pictures in the dataset's folder, whole or not at all."""

from __future__ import annotations

import cv2
import pytest
from tiny_dataset import make_tiny_dataset

from synth.errors import DatasetError, DiskError, UsageError
from synth.shard.verify import verify_dataset
from synth.view.preview import write_preview


@pytest.fixture
def folder(tmp_path):
    make_tiny_dataset(tmp_path / "tiny")
    return tmp_path / "tiny"


def test_both_pictures_lie_in_the_datasets_folder_which_stays_whole(folder):
    written = write_preview(folder)
    assert (written.contact_sheet, written.histograms) == (folder / "preview.png", folder / "histograms.png")
    assert all(cv2.imread(str(path)) is not None for path in (written.contact_sheet, written.histograms))
    assert verify_dataset(folder, deep=True) == []


def test_the_pictures_go_where_they_are_asked_to_go(folder, tmp_path):
    written = write_preview(folder, tmp_path / "sheet.png")
    assert written.contact_sheet == tmp_path / "sheet.png"
    assert written.histograms == tmp_path / "sheet-histograms.png"
    assert not (folder / "preview.png").exists()
    assert sorted(p.name for p in tmp_path.glob("*.png")) == ["sheet-histograms.png", "sheet.png"]


def test_drawing_again_gives_the_same_bytes(folder):
    first = write_preview(folder).contact_sheet.read_bytes()
    assert write_preview(folder).contact_sheet.read_bytes() == first


def test_another_kind_of_file_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(UsageError, match=r"\.png"):
        write_preview(tmp_path / "nowhere", tmp_path / "sheet.jpg")


def test_a_folder_that_is_no_dataset_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="not a dataset"):
        write_preview(tmp_path)


def test_a_folder_that_is_not_there_is_named(folder, tmp_path):
    with pytest.raises(DiskError, match="nowhere"):
        write_preview(folder, tmp_path / "nowhere" / "sheet.png")
