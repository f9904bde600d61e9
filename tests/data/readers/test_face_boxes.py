"""Face boxes and landmarks turned into head boxes, and the second look."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from drawn_face import drawn_face

from synth.data.face_boxes import (
    FACE_BOXES,
    FIVE_POINTS_MM,
    HEAD_SIDE_MM,
    head_box,
    head_box_from_68,
    head_box_from_five,
)  # fmt: skip
from synth.data.haar import find_faces
from synth.data.recentred import Recentred, has_face_boxes
from synth.data.source import PoseImage, PoseSource, PoseTable
from synth.errors import UsageError
from synth.geometry.pose import rotation_from_euler

FACE = np.array([100.0, 100, 200, 200])


def center(box: np.ndarray) -> np.ndarray:
    return (box[:2] + box[2:]) / 2


def side(box: np.ndarray) -> float:
    return float(box[3] - box[1])


@pytest.mark.parametrize("kind", sorted(FACE_BOXES))
def test_a_head_box_scales_and_moves_with_its_face_box(kind):
    box = head_box(FACE, kind)
    np.testing.assert_allclose(head_box(FACE * 3 + np.tile([7, -4], 2), kind), box * 3 + np.tile([7, -4], 2))
    assert side(box) > 100


def test_the_head_lies_behind_the_face():
    """Face toward the image's left: the skull is right of it. Face up: the skull is below it."""
    front = center(head_box(FACE, "pointing04", np.eye(3)))
    assert center(head_box(FACE, "pointing04", rotation_from_euler([0, 60, 0])))[0] > front[0] + 40
    assert center(head_box(FACE, "pointing04", rotation_from_euler([0, -60, 0])))[0] < front[0] - 40
    assert center(head_box(FACE, "pointing04", rotation_from_euler([40, 0, 0])))[1] > front[1] + 30


def test_without_a_pose_a_frontal_one_is_assumed_and_of_profiles_a_half_turned_one():
    np.testing.assert_allclose(head_box(FACE, "haar_frontal"), head_box(FACE, "haar_frontal", np.eye(3)))
    half = rotation_from_euler([0, 30, 0])
    np.testing.assert_allclose(head_box(FACE, "haar_profile_left"), head_box(FACE, "haar_profile_left", half))


def test_the_two_profile_cascades_are_mirror_images():
    left, right = center(head_box(FACE, "haar_profile_left")), center(head_box(FACE, "haar_profile_right"))
    np.testing.assert_allclose([left[0] - 150, left[1]], [150 - right[0], right[1]])


@pytest.mark.parametrize("box", [[1, 2, 3], [5, 0, 5, 9], [0, 9, 5, 1], [0, 0, np.nan, 4]])
def test_what_is_no_box_is_refused(box):
    with pytest.raises(UsageError, match="is no box"):
        head_box(box, "haar_frontal")


def test_an_unknown_kind_is_refused_with_those_there_are():
    with pytest.raises(UsageError, match="pointing04"):
        head_box(FACE, "dlib")


@pytest.mark.parametrize("euler_deg", [(0, 0, 0), (20, -45, 12), (-30, 70, -20)])
def test_five_landmarks_give_back_the_head_they_are_of(euler_deg):
    points = 0.4 * (FIVE_POINTS_MM @ rotation_from_euler(euler_deg).T)[:, :2] + [300, 200]
    box = head_box_from_five(points)
    np.testing.assert_allclose(center(box), [300, 200], atol=1e-9)
    assert side(box) == pytest.approx(0.4 * HEAD_SIDE_MM)


def test_noisy_landmarks_move_the_head_box_little():
    noise = np.random.default_rng(5).normal(0, 1.0, (200, 5, 2))
    boxes = np.array([head_box_from_five(0.5 * FIVE_POINTS_MM[:, :2] + [300, 200] + n) for n in noise])
    assert np.abs(np.array([center(box) for box in boxes]) - [300, 200]).mean() < 0.05 * 113
    assert np.std([side(box) for box in boxes]) < 0.05 * 113


@pytest.mark.parametrize("points", [np.zeros((4, 2)), np.full((5, 2), np.nan), np.ones((5, 2))])
def test_landmarks_that_make_no_face_are_refused(points):
    with pytest.raises(UsageError, match="landmarks"):
        head_box_from_five(points)
    with pytest.raises(UsageError, match=r"not \(68, 2\)"):
        head_box_from_68(points)


# --- the cascades


def test_a_face_is_found_once_where_it_is():
    faces = find_faces(drawn_face())
    assert len(faces) == 1
    assert faces[0].kind == "haar_frontal"
    assert np.abs(center(faces[0].head_box_px) - 120).max() < 15
    assert 90 < side(faces[0].head_box_px) < 170


def test_two_faces_come_with_the_larger_first():
    small = cv2.resize(drawn_face(), None, fx=0.7, fy=0.7)
    picture = np.full((260, 460), 90, np.uint8)
    picture[40 : 40 + small.shape[0], 10 : 10 + small.shape[1]] = small
    picture[10:250, 210:450] = drawn_face()
    faces = find_faces(picture)
    assert len(faces) == 2
    assert center(faces[0].head_box_px)[0] > 210 > center(faces[1].head_box_px)[0]


def test_a_large_picture_is_searched_smaller_and_boxes_are_of_the_large_one():
    picture = cv2.resize(drawn_face(), None, fx=8, fy=8)
    (face,) = find_faces(picture, 300)
    assert np.abs(center(face.head_box_px) - 960).max() < 120


@pytest.mark.parametrize("shape", [(240, 240), (10, 10), (1, 500)])
def test_where_there_is_nothing_nothing_is_found(shape):
    assert find_faces(np.full(shape, 128, np.uint8)) == []


# --- the second look


class OneFace:
    """Two pictures, the second without a face box."""

    name, has_rgb, has_depth, about = "two", True, False, "two pictures"

    @property
    def table(self) -> PoseTable:
        texts = np.array(["a", "b"])
        return PoseTable(np.arange(2), texts, np.full((2, 3, 3), np.nan), np.full((2, 3), np.nan), texts)

    def __len__(self) -> int:
        return 2

    def __getitem__(self, index: int) -> PoseImage:
        labels = {"face_box_px": FACE, "face_box_kind": "pointing04"} if index == 0 else {}
        return PoseImage(np.zeros((300, 300, 3), np.uint8), None, head_box(FACE, "pointing04"), labels)


def test_a_second_look_is_centred_by_the_first_estimate_and_by_no_label():
    R = np.stack([rotation_from_euler([0, 50, 0])] * 2)
    source = Recentred(OneFace(), R)
    assert isinstance(source, PoseSource)
    np.testing.assert_allclose(source[0].head_box_px, head_box(FACE, "pointing04", R[0]))
    np.testing.assert_allclose(source[1].head_box_px, OneFace()[1].head_box_px)
    assert "first estimate" in source.about
    assert has_face_boxes(source)
    assert source.narrowed("grey")[0].head_box_px.tolist() == source[0].head_box_px.tolist()


def test_a_picture_without_an_estimate_keeps_its_box():
    np.testing.assert_allclose(
        Recentred(OneFace(), np.full((2, 3, 3), np.nan))[0].head_box_px, OneFace()[0].head_box_px
    )


def test_a_second_look_needs_an_estimate_for_each_picture():
    with pytest.raises(UsageError, match="2 rotations"):
        Recentred(OneFace(), np.eye(3)[None])
