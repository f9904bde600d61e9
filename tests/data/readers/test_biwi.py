"""Biwi in its own layout: run-length coded depth, two cameras, poses in the depth camera's frame."""

from __future__ import annotations

import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest

from synth.data.network_input import NetworkInput
from synth.data.readers import open_real
from synth.data.readers.biwi import open_biwi
from synth.data.readers.biwi_files import read_planar_mm
from synth.data.source import PoseSource
from synth.errors import DatasetError
from synth.geometry.pose import geodesic_deg, rotation_from_euler

IDENTITY_CAL = np.eye(3), np.zeros(3)
# As of a Kinect: the colour camera sits 24 mm beside the depth camera and looks a degree lower.
RGB_CAL = rotation_from_euler([1.0, 0.3, -0.2], "biwi"), np.array([-24.0, 6.0, -13.0])
T_MM = np.array([40.0, 60.0, 900.0])


def cal_text(K_px: float, R: np.ndarray, t_mm: np.ndarray) -> str:
    K = np.array([[K_px, 0, 320], [0, K_px, 240], [0, 0, 1]])
    rows = [" ".join(f"{v:.6f}" for v in row) + " " for row in (*K, [], [0, 0, 0, 0], [], *R, [], t_mm, [])]
    return "\n".join([*rows, "640 480 "]) + "\n"


def depth_bytes(planar_mm: np.ndarray) -> bytes:
    """As the set's makers coded it: empty pixels are counted, full ones written."""
    flat = planar_mm.astype(np.int16).ravel()
    out, at = np.array(planar_mm.shape[::-1], "<i4").tobytes(), 0
    while at < flat.size:
        full_from = at + int(np.argmax(flat[at:] > 0)) if (flat[at:] > 0).any() else flat.size
        full_to = full_from + int(np.argmax(flat[full_from:] == 0)) if (flat[full_from:] == 0).any() else flat.size
        out += np.array([full_from - at, full_to - full_from], "<i4").tobytes()
        out += flat[full_from:full_to].astype("<i2").tobytes()
        at = full_to
    return out


def a_depth_map() -> np.ndarray:
    planar = np.zeros((480, 640))
    planar[200:400, 250:420] = 850
    planar[220:230, 260:262] = 0
    return planar


def write_frame(root: Path, sequence: str, number: int, R: np.ndarray, t_mm: np.ndarray = T_MM) -> Path:
    folder = root / sequence
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"frame_{number:05d}"
    rows = "\n".join(" ".join(f"{v:.6f}" for v in row) + " " for row in R)
    (folder / f"{stem}_pose.txt").write_text(f"{rows}\n\n" + " ".join(f"{v:.4f}" for v in t_mm) + " \n")
    cv2.imwrite(str(folder / f"{stem}_rgb.png"), np.full((480, 640, 3), (10, 120, 240), np.uint8))
    (folder / f"{stem}_depth.bin").write_bytes(depth_bytes(a_depth_map()))
    (folder / "rgb.cal").write_text(cal_text(517.7, *RGB_CAL))
    (folder / "depth.cal").write_text(cal_text(575.8, *IDENTITY_CAL))
    return folder / stem


@pytest.fixture
def folder(tmp_path):
    write_frame(tmp_path / "hpdb", "01", 3, np.eye(3))
    write_frame(tmp_path / "hpdb", "01", 501, rotation_from_euler([41.5, -62.1, -12.8], "biwi"), np.array([0, 0, 1e3]))
    write_frame(tmp_path / "hpdb", "15", 7, rotation_from_euler([5, 10, 0]))
    write_frame(tmp_path / "hpdb", "03", 4, rotation_from_euler([5, 10, 0]))
    return tmp_path


def test_the_known_frame_has_the_known_angles(folder):
    """Of the real 01/frame_00501, by Fanelli's angles and by those of 300W-LP; both are rounded to 0.1°."""
    table = open_biwi(folder, "depth").table
    at = table.ids.tolist().index(100_501)
    np.testing.assert_allclose(table.euler_deg[at], [-54.9, -52.4, 41.6], atol=0.15)


def test_the_same_person_has_one_name_in_both_sequences(folder):
    table = open_biwi(folder).table
    assert table.ids.tolist() == [100_003, 100_501, 300_004, 1_500_007]
    assert table.subjects.tolist() == ["biwi-01", "biwi-01", "biwi-03", "biwi-03"]


def test_the_pose_is_moved_into_the_camera_that_took_the_picture(folder):
    rgb, depth = open_biwi(folder)[0], open_biwi(folder, "depth")[0]
    R, t_mm = RGB_CAL
    np.testing.assert_allclose(depth.labels["t_mm"], T_MM)
    np.testing.assert_allclose(rgb.labels["t_mm"], R @ T_MM + t_mm, atol=1e-3)
    assert geodesic_deg(rgb.labels["R_camera_from_head"], R) < 1e-3
    assert geodesic_deg(depth.labels["R_camera_from_head"], np.eye(3)) < 1e-6


def test_the_table_has_the_pose_along_the_ray(folder):
    """A head parallel to the camera but right of and below its axis looks past it, on its right and below."""
    pitch, yaw, _ = open_biwi(folder, "depth").table.euler_deg[0]
    assert yaw == pytest.approx(-np.degrees(np.arctan2(T_MM[0], T_MM[2])), abs=0.02)
    assert pitch == pytest.approx(-np.degrees(np.arctan2(T_MM[1], T_MM[2])), abs=0.02)


def test_the_head_box_is_of_fixed_size_around_the_projected_head_centre(folder):
    image = open_biwi(folder, "depth")[0]
    x0, y0, x1, y1 = image.head_box_px
    assert (x0 + x1) / 2 == pytest.approx(320 + 575.8 * 40 / 900)
    assert (y0 + y1) / 2 == pytest.approx(240 + 575.8 * 60 / 900)
    assert y1 - y0 == pytest.approx(226 * 575.8 / 900)
    assert 0.7 < (x1 - x0) / (y1 - y0) < 0.9


def test_pictures_are_red_first_and_depth_is_range_along_the_ray(folder):
    assert open_biwi(folder)[0].rgb[5, 5].tolist() == [240, 120, 10]
    image = open_biwi(folder, "depth")[0]
    assert image.rgb is None
    expected = 850 * np.sqrt(1 + ((300.5 - 320) / 575.8) ** 2 + ((210.5 - 240) / 575.8) ** 2)
    assert image.range_mm[210, 300] == pytest.approx(expected, rel=1e-6)
    assert image.range_mm[225, 261] == 0
    assert image.range_mm[0, 0] == 0


def test_run_lengths_are_undone_exactly(tmp_path):
    for planar in (a_depth_map(), np.zeros((3, 5)), np.full((3, 5), 700)):
        path = tmp_path / "frame_00003_depth.bin"
        path.write_bytes(depth_bytes(planar))
        np.testing.assert_array_equal(read_planar_mm(path), planar)


def test_both_streams_are_sources_that_workers_can_read(folder):
    for name, content in (("biwi", "rgb"), ("biwi_depth", "depth")):
        source = open_real(name, folder)
        assert source.table.ids.size == 4
        source = pickle.loads(pickle.dumps(source))  # noqa: S301
        assert isinstance(source, PoseSource)
        assert source.name == name
        assert NetworkInput(content=content).picture(source[1]).std() >= 0


def test_a_missing_set_says_where_it_is_had_and_on_which_terms(tmp_path):
    (tmp_path / "other").mkdir()
    for folder in (tmp_path / "nowhere", tmp_path, tmp_path / "other"):
        with pytest.raises(DatasetError, match=r"ETH Zürich.*research only"):
            open_biwi(folder)


def test_poses_without_pictures_are_reported_with_the_first(folder):
    (folder / "hpdb/01/frame_00501_rgb.png").unlink()
    with pytest.raises(DatasetError, match=r"01: 1 poses have no rgb\.png .* frame 501"):
        open_biwi(folder)
    assert len(open_biwi(folder, "depth")) == 4


BAD_POSES = (
    "",
    "1 0 0\n0 1 0\n",
    "1 0 0\n0 1 0\n0 0 1\n\n1 2 x\n",
    "2 0 0\n0 2 0\n0 0 2\n\n1 2 3\n",
    "1 0 0\n0 1 0\n0 0 -1\n\n1 2 900\n",
    "1 0 0\n0 1 0\n0 0 nan\n\n1 2 900\n",
    "1 0 0\n0 1 0\n0 0 1\n\n1 2 -900\n",
)


@pytest.mark.parametrize("text", BAD_POSES)
def test_a_bad_pose_names_its_file(folder, text):
    (folder / "hpdb/01/frame_00003_pose.txt").write_text(text)
    with pytest.raises(DatasetError, match=r"frame_00003_pose\.txt"):
        _ = open_biwi(folder).table


@pytest.mark.parametrize("change", [lambda lines: lines[:8], lambda lines: ["0 0 0", *lines[1:]], lambda lines: []])
def test_a_bad_calibration_names_its_file(folder, change):
    path = folder / "hpdb/01/rgb.cal"
    path.write_text("\n".join(change(path.read_text().splitlines())))
    with pytest.raises(DatasetError, match=r"01.rgb\.cal"):
        open_biwi(folder)


def _ints(*values: int) -> bytes:
    return np.array(values, "<i4").tobytes()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        _ints(640),
        _ints(1 << 30, 1 << 30, 1, 1),
        _ints(-640, 480),
        _ints(640, 480),
        _ints(4, 4, 17, 0),
        _ints(4, 4, -1, 1),
        _ints(4, 4, 0, 1 << 30),
        _ints(4, 4, 0, 16) + b"\0" * 8,
        _ints(4, 4) + _ints(0, 0) * 1000,
        _ints(2, 1, 0, 2) + np.array([5, -5], "<i2").tobytes(),
    ],
)
def test_hostile_depth_is_refused_with_its_file(folder, content):
    (folder / "hpdb/01/frame_00003_depth.bin").write_bytes(content)
    with pytest.raises(DatasetError, match=r"frame_00003_depth\.bin"):
        open_biwi(folder, "depth")[0]
