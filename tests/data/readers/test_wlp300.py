"""300W-LP and AFLW2000-3D in their own layouts, with .mat files as MATLAB writes them."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import scipy.io

from synth.data.face_boxes import FIVE_POINTS_MM, HEAD_SIDE_MM
from synth.data.readers import open_real
from synth.data.source import PoseSource
from synth.errors import DatasetError
from synth.geometry.pose import geodesic_deg, rotation_from_euler

PX_PER_MM = 0.5
CENTER_PX = np.array([220.0, 240.0])


def landmarks(euler_deg: Any) -> np.ndarray:
    """(3, 68) pixels, as of a head with its centre at CENTER_PX: the eyes, nose tip and mouth corners are right."""
    points = np.random.default_rng(3).uniform(100, 300, (68, 3))
    turned = FIVE_POINTS_MM @ rotation_from_euler(euler_deg).T * PX_PER_MM + [*CENTER_PX, 0]
    points[36:42], points[42:48], points[30], points[48], points[54] = turned
    return points.T


def write_picture(path: Path, euler_deg: Any, key: str, **further: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((450, 450, 3), (10, 120, 240), np.uint8))
    pose = np.array([[*np.radians(euler_deg), 100.0, 120.0, 0.0, 0.0012]])
    points = landmarks(euler_deg)
    values = {"Pose_Para": pose, key: points if key == "pt3d_68" else points[:2], "Shape_Para": np.zeros((199, 1))}
    scipy.io.savemat(str(path.with_suffix(".mat")), values | further, do_compression=True)
    return path


@pytest.fixture
def wlp(tmp_path):
    for folder, k, angles in (("AFW", 0, (5, 30, -3)), ("AFW_Flip", 0, (5, -30, 3)), ("AFW", 1, (5, 60, -3))):
        write_picture(tmp_path / folder / f"AFW_134212_1_{k}.jpg", angles, "pt2d")
    write_picture(tmp_path / "HELEN" / "HELEN_100_1_0.jpg", (0, 0, 0), "pt2d")
    (tmp_path / "Code").mkdir()
    return tmp_path


@pytest.fixture
def aflw(tmp_path):
    write_picture(tmp_path / "image00002.jpg", (-12, 40, 9), "pt3d_68", pt2d=np.full((2, 21), -1.0))
    write_picture(tmp_path / "image00004.jpg", (3, 120, 9), "pt3d_68")
    return tmp_path


def test_angles_are_degrees_and_mean_what_3ddfa_means(aflw):
    table = open_real("aflw2000", aflw).table
    np.testing.assert_allclose(table.euler_deg, [[-12, 40, 9]])
    assert geodesic_deg(table.R_camera_from_head[0], rotation_from_euler([-12, 40, 9], "3ddfa")) < 1e-6
    assert table.ids.tolist() == [2]


def test_pictures_beyond_99_degrees_are_left_out_and_counted(aflw):
    source = open_real("aflw2000", aflw)
    assert source.left_out == 1
    assert "1 of 2 pictures" in source.about


def test_the_mirrored_copy_and_all_turned_copies_are_one_moment_of_one_person(wlp):
    table = open_real("300wlp", wlp).table
    by_photo = {subject: set(table.scenes[table.subjects == subject]) for subject in set(table.subjects)}
    assert set(by_photo) == {"300wlp-AFW/AFW_134212_1", "300wlp-HELEN/HELEN_100_1"}
    assert all(len(scenes) == 1 for scenes in by_photo.values())
    assert len(set(table.ids)) == 4


def test_ids_stay_when_a_subset_is_missing(wlp):
    before = open_real("300wlp", wlp).table
    for path in (wlp / "AFW").iterdir():
        path.unlink()
    after = open_real("300wlp", wlp).table
    assert set(after.ids) < set(before.ids)


@pytest.mark.parametrize("euler_deg", [(0, 0, 0), (-20, 35, 10), (10, -60, -25)])
def test_the_head_box_is_a_whole_head_around_the_heads_centre(tmp_path, euler_deg):
    write_picture(tmp_path / "image00002.jpg", euler_deg, "pt3d_68")
    x0, y0, x1, y1 = open_real("aflw2000", tmp_path)[0].head_box_px
    np.testing.assert_allclose([(x0 + x1) / 2, (y0 + y1) / 2], CENTER_PX, atol=1e-6)
    assert y1 - y0 == pytest.approx(HEAD_SIDE_MM * PX_PER_MM)


def test_they_are_sources_that_workers_can_read(wlp):
    source = pickle.loads(pickle.dumps(open_real("300wlp", wlp)))  # noqa: S301
    assert isinstance(source, PoseSource)
    assert source[3].rgb.shape == (450, 450, 3)
    assert len(source) == 4


@pytest.mark.parametrize("name", ["300wlp", "aflw2000"])
def test_a_missing_set_says_where_it_is_had_and_on_which_terms(tmp_path, name):
    for folder in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(DatasetError, match=r"3DDFA.*research only"):
            open_real(name, folder)


def test_a_picture_without_its_mat_names_it(aflw):
    (aflw / "image00002.mat").unlink()
    with pytest.raises(DatasetError, match=r"image00002\.mat: The file is missing"):
        open_real("aflw2000", aflw)


def test_a_set_with_all_pictures_left_out_is_no_set(aflw):
    (aflw / "image00002.jpg").unlink()
    with pytest.raises(DatasetError, match="beyond"):
        open_real("aflw2000", aflw)


@pytest.mark.parametrize(
    "values",
    [
        {"pt3d_68": np.zeros((3, 68))},
        {"Pose_Para": np.zeros((7, 1))},
        {"Pose_Para": np.zeros((1, 7), np.complex128)},
        {"Pose_Para": np.full((1, 7), np.nan)},
        {"Pose_Para": "0000000"},
        {"Pose_Para": {"a": 1.0}},
        {"Pose_Para": np.zeros((1000, 1000))},
    ],
    ids=["missing", "turned", "complex", "nan", "text", "structure", "huge"],
)
def test_a_pose_that_is_no_pose_names_its_file(aflw, values):
    scipy.io.savemat(str(aflw / "image00002.mat"), values, do_compression=True)
    with pytest.raises(DatasetError, match=r"image00002\.mat"):
        open_real("aflw2000", aflw)


@pytest.mark.parametrize("content", [b"", b"MATLAB 7.3 MAT-file" + b"\0" * 600, b"\x89HDF\r\n\x1a\n", b"x" * (5 << 20)])
def test_a_file_that_is_no_mat_names_it(aflw, content):
    (aflw / "image00002.mat").write_bytes(content)
    with pytest.raises(DatasetError, match=r"image00002\.mat"):
        open_real("aflw2000", aflw)


def test_a_cut_off_mat_names_it(aflw):
    path = aflw / "image00002.mat"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DatasetError, match=r"image00002\.mat"):
        open_real("aflw2000", aflw)


def test_landmarks_in_one_place_name_their_file(aflw):
    pose = np.zeros((1, 7))
    scipy.io.savemat(str(aflw / "image00002.mat"), {"Pose_Para": pose, "pt3d_68": np.ones((3, 68))})
    with pytest.raises(DatasetError, match=r"image00002\.mat.*one place"):
        open_real("aflw2000", aflw)[0]
