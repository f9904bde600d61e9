"""The Boston University films in their own layout: numbered films, tables without names."""

from __future__ import annotations

import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest

from synth.data.haar import HaarFace
from synth.data.readers import boston, open_real
from synth.data.readers.boston import rebased
from synth.data.source import PoseSource
from synth.errors import DatasetError, UsageError
from synth.geometry.pose import geodesic_deg, rotation_from_euler

FACE_PX = np.array([100.0, 60, 200, 160])


def write_film(folder: Path, name: str, frames: int = 4, rows: int = 4) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30, (320, 240))
    for number in range(frames):
        writer.write(np.full((240, 320, 3), (20, 40 * number, 200), np.uint8))
    writer.release()
    table = [[0] * 7] + [[n, 1.5, -2, 30, 10 + n, 20 + n, -5 * n] for n in range(rows)]  # …, roll, yaw, pitch
    path.with_suffix(".dat").write_text("\n".join(" ".join(map(str, row)) for row in table) + "\n")
    return path


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two films; the face is found in every frame but the first, a little lower each time."""

    def find(grey, smallest_px):
        number = round(float(grey.mean()) - 62) // 20
        return [HaarFace(FACE_PX + np.array([0, number, 0, number]), "haar_frontal", 9.0)] if number > 0 else []

    monkeypatch.setattr(boston, "find_faces", find)
    write_film(tmp_path / "uniform-light", "jam1")
    write_film(tmp_path / "uniform-light", "vam9")
    return tmp_path


def test_angles_are_read_from_their_columns_with_the_signs_of_300wlp(folder):
    table = open_real("boston", folder).table
    np.testing.assert_allclose(table.euler_deg[:4], [[5 * n, -20 - n, -10 - n] for n in range(4)])
    assert table.subjects.tolist() == ["boston-jam"] * 4 + ["boston-vam"] * 4
    assert len(set(table.ids)) == 8


def test_frames_come_in_order_red_first(folder):
    source = open_real("boston", folder)
    shown = [source[n].rgb[120, 160].astype(int) for n in range(4)]
    np.testing.assert_allclose(shown, [[200, 40 * n, 20] for n in range(4)], atol=12)
    assert [source[n].labels["frame"] for n in (4, 7, 1)] == [0, 3, 1]


def test_a_frame_without_a_face_takes_the_box_of_the_nearest_with_one(folder):
    source = open_real("boston", folder)
    np.testing.assert_array_equal(source[0].head_box_px, source[1].head_box_px)
    assert source[3].head_box_px[1] > source[1].head_box_px[1]


def test_it_is_a_source_that_workers_can_read(folder):
    source = open_real("boston", folder)
    assert source[5].rgb.shape == (240, 320, 3)
    again = pickle.loads(pickle.dumps(source))  # noqa: S301
    assert isinstance(again, PoseSource)
    np.testing.assert_array_equal(again[5].rgb, source[5].rgb)


def test_rebased_poses_count_from_each_films_first_frame(folder):
    source = open_real("boston", folder)
    R = source.table.R_camera_from_head
    against_first = rebased(R, source.films)
    np.testing.assert_allclose(against_first[[0, 4]], np.stack([np.eye(3)] * 2), atol=1e-12)
    assert geodesic_deg(against_first[3], R[0].T @ R[3]) < 1e-6


def test_rebasing_takes_away_a_sensor_that_sits_askew():
    R = rotation_from_euler([[0, 0, 0], [10, 20, -5], [3, -40, 8]])
    camera_offset = rotation_from_euler([5, 5, 5])
    np.testing.assert_allclose(rebased(camera_offset @ R, [0, 0, 0]), rebased(R, [0, 0, 0]), atol=1e-12)


def test_rebasing_needs_a_film_for_each_pose():
    with pytest.raises(UsageError, match="films"):
        rebased(np.stack([np.eye(3)] * 3), [0, 0])


def test_a_missing_set_says_where_it_is_had(tmp_path):
    for folder in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(DatasetError, match="Boston University, Computer Science"):
            open_real("boston", folder)


def test_a_film_without_its_table_names_it(folder):
    (folder / "uniform-light/vam9.dat").unlink()
    with pytest.raises(DatasetError, match=r"vam9\.dat: The file is missing"):
        open_real("boston", folder)


@pytest.mark.parametrize(
    "text", ["", "0 0 0 0 0 0 0\n", "header\n1 2 3\n", "0\n1 2 3 4 5 six 7\n", "0\n1 2 3 4 nan 6 7\n"]
)
def test_a_bad_table_names_its_file(folder, text):
    (folder / "uniform-light/vam9.dat").write_text(text)
    with pytest.raises(DatasetError, match=r"vam9\.dat"):
        open_real("boston", folder)


def test_a_film_with_fewer_frames_than_its_table_names_both(folder):
    write_film(folder / "uniform-light", "jam1", frames=3)
    with pytest.raises(DatasetError, match=r"jam1\.avi: It has 3 readable frames, its \.dat 4"):
        open_real("boston", folder)[0]


def test_a_film_that_is_none_names_its_file(folder):
    (folder / "uniform-light/jam1.avi").write_bytes(b"RIFF\0\0\0\0AVI LIST" + b"\0" * 100)
    with pytest.raises(DatasetError, match=r"jam1\.avi"):
        open_real("boston", folder)[0]


def test_a_film_without_a_face_names_its_file(folder, monkeypatch):
    monkeypatch.setattr(boston, "find_faces", lambda grey, smallest_px: [])
    with pytest.raises(DatasetError, match=r"jam1\.avi: In none of its frames"):
        open_real("boston", folder)[0]
