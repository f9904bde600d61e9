"""Pointing'04 in its own layout, made here, and the real pictures where SYNTH_POINTING04 names them."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest

from synth.data.network_input import NetworkInput
from synth.data.readers import READERS, open_real
from synth.data.readers.pointing04 import open_pointing04
from synth.data.source import PoseSource
from synth.errors import DatasetError, UsageError

REAL = os.environ.get("SYNTH_POINTING04", "")


def write_picture(root: Path, stem: str, face: str = "192\n137\n120\n100\n") -> Path:
    folder = root / f"Person{stem[6:8]}"
    folder.mkdir(parents=True, exist_ok=True)
    picture = np.full((288, 384, 3), (10, 120, 240), np.uint8)  # blue, green, red
    cv2.imwrite(str(folder / f"{stem}.jpg"), picture)
    (folder / f"{stem}.txt").write_text(f"{stem}.jpg\n\nFace\n{face}")
    return folder / f"{stem}.jpg"


@pytest.fixture
def folder(tmp_path):
    for stem in ("person02146+0+0", "person01100-90+0", "person01239+15-45"):
        write_picture(tmp_path, stem)
    return tmp_path


def test_angles_and_people_are_read_from_the_names(folder):
    table = open_pointing04(folder).table
    assert table.ids.tolist() == [1100, 1239, 2146]
    assert table.subjects.tolist() == ["pointing04-01", "pointing04-01", "pointing04-02"]
    np.testing.assert_array_equal(table.euler_deg[:, :2], [[-90, 0], [15, -45], [0, 0]])
    assert np.isnan(table.euler_deg[:, 2]).all()
    assert np.isnan(table.R_camera_from_head).all()


def test_a_picture_is_red_first_with_a_head_box_around_its_face_box(folder):
    image = open_pointing04(folder)[2]
    assert np.abs(image.rgb[0, 0].astype(int) - [240, 120, 10]).max() < 6
    assert image.range_mm is None
    np.testing.assert_array_equal(image.labels["face_box_px"], [132, 87, 252, 187])
    x0, y0, x1, y1 = image.head_box_px
    assert y1 - y0 == pytest.approx(1.73 * 120)
    assert (x0 + x1) / 2 == pytest.approx(192)
    assert (y0 + y1) / 2 < 137  # the skull reaches higher above the face than below it


def test_the_head_box_is_made_without_the_labels(tmp_path):
    write_picture(tmp_path, "person01100-30+75")
    write_picture(tmp_path, "person01101+30-75")
    left, right = open_pointing04(tmp_path)
    np.testing.assert_array_equal(left.head_box_px, right.head_box_px)


def test_it_is_a_source_that_workers_can_read(folder):
    source = pickle.loads(pickle.dumps(open_pointing04(folder)))  # noqa: S301
    assert isinstance(source, PoseSource)
    assert len(list(source)) == len(source) == 3
    assert NetworkInput().picture(source[0]).shape == (1, 128, 128)
    assert "cited" in source.about


def test_a_missing_set_says_where_it_is_had_and_on_which_terms(tmp_path):
    for folder in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(DatasetError, match=r"INRIA.*any purpose if the article is cited"):
            open_real("pointing04", folder)


def test_an_unknown_set_is_refused_with_the_nearest_name(tmp_path):
    with pytest.raises(UsageError, match="Did you mean pointing04"):
        open_real("pointing4", tmp_path)
    assert all(reader.terms.terms for reader in READERS.values())


def test_foreign_files_are_left_alone(folder):
    write_picture(folder, "person03100-90+0").rename(folder / "Person03" / "thumbnail.jpg")
    assert len(open_pointing04(folder)) == 3


def test_a_picture_without_its_text_names_it(folder):
    (folder / "Person01" / "person01100-90+0.txt").unlink()
    with pytest.raises(DatasetError, match=r"person01100-90\+0\.jpg: 1 pictures have no \.txt"):
        open_pointing04(folder)


@pytest.mark.parametrize(
    "face", ["192\n137\n120\n", "192\n137\n120\nwide\n", "1\n2\nnan\n4\n", "1\n2\n0\n4\n", "1 2 3 4 5"]
)
def test_a_bad_face_box_names_its_file(tmp_path, face):
    write_picture(tmp_path, "person01100-90+0", face)
    with pytest.raises(DatasetError, match=r"person01100-90\+0\.txt"):
        open_pointing04(tmp_path)[0]


def test_a_text_without_a_face_names_its_file(folder):
    (folder / "Person01" / "person01100-90+0.txt").write_text("nothing here")
    with pytest.raises(DatasetError, match=r"person01100-90\+0\.txt.*Face"):
        open_pointing04(folder)[0]


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xe0 no picture", b"P6 90000 90000 255\n", b"x" * 5000])
def test_a_picture_that_cannot_be_read_names_its_file(folder, content):
    (folder / "Person01" / "person01100-90+0.jpg").write_bytes(content)
    with pytest.raises(DatasetError, match=r"person01100-90\+0\.jpg"):
        open_pointing04(folder)[0]


@pytest.mark.skipif(not REAL, reason="SYNTH_POINTING04 doesn't name the folder")
def test_the_real_pictures_all_have_boxes_that_meet_the_picture():
    source = open_pointing04(REAL)
    people, counts = np.unique(source.table.subjects, return_counts=True)
    assert set(counts) == {186}
    assert len(source) == 186 * len(people)
    for index in range(0, len(source), 61):
        image = source[index]
        assert image.rgb.shape == (288, 384, 3)
        x0, y0, x1, y1 = image.head_box_px
        assert 100 < y1 - y0 < 400
        assert x1 > 40
        assert x0 < 344
        assert y1 > 40
        assert y0 < 248
