"""Faces found, looked at, drawn and listed."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import cv2
import numpy as np
import pytest

from synth.data.face_boxes import FIVE_POINTS_MM, head_box
from synth.data.network_input import NetworkInput
from synth.errors import UsageError
from synth.evaluate.trial import Reading
from synth.geometry.pose import rotation_from_euler
from synth.predict.draw import angles_text, draw_heads
from synth.predict.faces import Face, find_by_haar, given_faces, open_finder, yunet_faces
from synth.predict.predict import HeadPose, Predictor
from synth.predict.run import Seen, as_csv
from synth.view.colours import AXIS_LOOK, AXIS_X

BOX = np.array([60.0, 60, 160, 180])


def head(euler_deg=(10.0, 40.0, 0.0), box=BOX) -> HeadPose:
    return HeadPose(Face(box, "given"), rotation_from_euler(euler_deg), np.array(euler_deg))


def center(box: np.ndarray) -> np.ndarray:
    return (box[:2] + box[2:]) / 2


# --- finding


def test_the_cascades_give_a_head_box_and_keep_their_own(face):
    (found,) = find_by_haar(face)
    assert found.detector == "haar_frontal"
    assert found.score >= 5
    assert np.abs(center(found.head_box_px) - 120).max() < 15
    np.testing.assert_allclose(found.head_box_px, head_box(found.face_box_px, "haar_frontal"))


def test_a_small_head_in_a_large_picture_is_not_looked_for(face):
    large = np.full((3200, 3200, 3), 90, np.uint8)
    large[:240, :240] = face
    assert find_by_haar(large) == []


def test_yunets_landmarks_become_head_boxes_the_largest_first():
    def row(scale, x, y):
        points = scale * FIVE_POINTS_MM[:, :2] + [x, y]
        return np.concatenate([[0, 0, 1, 1], points.ravel(), [0.9]])

    faces = yunet_faces(np.stack([row(0.2, 100, 100), row(0.4, 300, 120)]).astype(np.float32), 0.5)
    np.testing.assert_allclose(center(faces[0].head_box_px), [600, 240], atol=1e-3)
    np.testing.assert_allclose(center(faces[1].head_box_px), [200, 200], atol=1e-3)
    assert faces[0].score == pytest.approx(0.9)
    assert yunet_faces(None, 1.0) == []


def test_landmarks_that_make_no_face_are_passed_over():
    assert yunet_faces(np.full((1, 15), np.nan), 1.0) == []
    assert yunet_faces(np.ones((1, 15)), 1.0) == []


def test_a_yunet_model_that_is_not_there_is_said(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match=r"absent\.onnx: There is no YuNet model"):
        open_finder(tmp_path / "absent.onnx")
    monkeypatch.setenv("SYNTH_YUNET", str(tmp_path / "other.onnx"))
    with pytest.raises(UsageError, match=r"other\.onnx"):
        open_finder()


def test_a_file_that_is_no_model_is_refused(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"not a model")
    with pytest.raises(UsageError, match=r"model\.onnx: OpenCV can't load"):
        open_finder(path)


@pytest.mark.parametrize("box", [[5, 5, 5, 9], [0, 0, np.inf, 1]])
def test_a_given_box_has_to_be_one(box):
    with pytest.raises(UsageError, match="is no box"):
        given_faces([box])


# --- asking


def test_each_head_is_cropped_by_its_own_box(brightness):
    rgb = np.zeros((100, 300, 3), np.uint8)
    rgb[:, 150:] = 160
    left, right = Predictor(brightness, find_by_haar)(rgb, given_faces([[20, 20, 60, 60], [220, 20, 260, 60]]))
    assert left.euler_deg[1] == pytest.approx(-128)
    assert right.euler_deg[1] == pytest.approx(32)
    assert right.category == "L1"
    assert left.category == "L4"


def test_a_picture_without_a_face_gives_nothing(brightness):
    assert Predictor(brightness, find_by_haar)(np.full((200, 200, 3), 80, np.uint8)) == []


def test_the_second_look_is_centred_by_the_first(brightness, face):
    once, twice = (Predictor(brightness, find_by_haar, looks)(face)[0] for looks in (1, 2))
    expected = head_box(once.face.face_box_px, "haar_frontal", once.R)
    np.testing.assert_allclose(twice.face.head_box_px, expected)
    assert abs(center(twice.face.head_box_px) - center(once.face.head_box_px))[1] > 1


def test_a_given_box_stays_where_it_is(brightness, face):
    (found,) = Predictor(brightness, find_by_haar, 3)(face, given_faces([BOX]))
    np.testing.assert_array_equal(found.face.head_box_px, BOX)


def test_a_network_that_reads_depth_is_refused(brightness):
    deep = replace(brightness, input=NetworkInput(32, "depth", 1.2))
    with pytest.raises(UsageError, match="reads depth maps"):
        Predictor(deep, find_by_haar)


def test_a_classifier_is_refused_when_it_is_asked(brightness, face):
    blunt = replace(brightness, read=lambda pictures: Reading(None, None, np.zeros(len(pictures), np.int64)))
    with pytest.raises(UsageError, match="categories, not angles"):
        Predictor(blunt, find_by_haar)(face)


# --- drawing and listing


@pytest.mark.parametrize("yaw_deg", [50.0, -50.0])
def test_the_blue_axis_points_where_the_face_looks(yaw_deg):
    picture = np.zeros((240, 240, 3), np.uint8)
    drawn = draw_heads(picture, [head((0.0, yaw_deg, 0.0))])
    blue = np.argwhere((np.abs(drawn.astype(int) - AXIS_LOOK) < 12).all(axis=2))
    assert np.sign(blue[:, 1].mean() - 110) == -np.sign(yaw_deg)  # yaw > 0 is to the picture's left
    assert not picture.any()


def test_axes_are_as_long_as_the_head_is_large():
    def reach(box):
        drawn = draw_heads(np.zeros((960, 960, 3), np.uint8), [head((0.0, 0.0, 0.0), box)])
        red = np.argwhere((np.abs(drawn.astype(int) - AXIS_X) < 12).all(axis=2))
        return np.ptp(red[:, 1])

    large, small = reach(np.array([320.0, 280, 640, 680])), reach(np.array([400.0, 380, 560, 580]))
    assert large == pytest.approx(2 * small, rel=0.1)


@pytest.mark.parametrize("box", [(-500.0, -400, -300, -200), (230.0, 230, 900, 900), (100.0, 100, 101, 102)])
def test_boxes_beyond_the_picture_can_be_drawn(box):
    assert draw_heads(np.zeros((240, 240, 3), np.uint8), [head(box=np.array(box))]).shape == (240, 240, 3)


def test_angles_are_told_with_signs():
    assert angles_text(head((3.2, -21.4, 0.6))) == "pitch +3°, yaw −21°, roll +1°"


def test_the_table_has_a_line_a_head_and_the_matrix_by_rows():
    two = Seen("a.jpg", (head(), head((-5.0, -6.0, 7.0))))
    rows = list(csv.DictReader(io.StringIO(as_csv([two, Seen("b.mp4", (head(),), 3, 0.12), Seen("c.jpg", ())]))))
    assert [(row["file"], row["head"], row["frame"]) for row in rows] == [
        ("a.jpg", "1", ""), ("a.jpg", "2", ""), ("b.mp4", "1", "3"),
    ]  # fmt: skip
    assert (rows[1]["pitch"], rows[1]["yaw"], rows[1]["roll"], rows[1]["category"]) == ("-5.0", "-6.0", "7.0", "L3")
    R = rotation_from_euler([-5, -6, 7])
    assert float(rows[1]["r02"]) == pytest.approx(R[0, 2], abs=1e-5)
    assert float(rows[1]["r20"]) == pytest.approx(R[2, 0], abs=1e-5)
    assert (rows[0]["x0"], rows[0]["y1"]) == ("60.0", "180.0")


def test_pictures_are_taken_as_the_camera_was_held(tmp_path, face):
    from PIL import Image

    from synth.data.readers.files import read_picture

    exif = Image.Exif()
    exif[0x0112] = 6  # turn right to see it upright
    sideways = np.ascontiguousarray(np.rot90(face[:, :200]))
    Image.fromarray(sideways).save(tmp_path / "photo.jpg", exif=exif, quality=95)
    upright = read_picture(tmp_path / "photo.jpg", upright=True)
    assert upright.shape == (240, 200, 3)
    assert np.abs(upright.astype(int) - face[:, :200]).mean() < 5
    assert read_picture(tmp_path / "photo.jpg").shape == (200, 240, 3)
    assert cv2.imread(str(tmp_path / "photo.jpg")).shape == (240, 200, 3)
