"""What is drawn over a picture lies where the labels say."""

from __future__ import annotations

import numpy as np
import pytest

from synth.errors import UsageError
from synth.geometry.pose import rotation_from_euler
from synth.view.colours import AXIS_LOOK, AXIS_X, AXIS_Y, BOX, GROUND
from synth.view.overlay import axis_ends_mm, depth_picture, draw_box, draw_pose

K = np.array([[525.0, 0, 100.0], [0, 525.0, 100.0], [0, 0, 1]])
T_MM = (0.0, 0.0, 1000.0)
BLACK = np.zeros((200, 200, 3), np.uint8)


def centre_of(picture, colour, near=60):
    """Mean picture coordinates (pixel centres at + 0.5) of the pixels of about this colour."""
    close = np.abs(picture.astype(int) - np.array(colour)).max(axis=-1) < near
    rows, columns = np.nonzero(close)
    assert rows.size, f"nothing drawn in {colour}"
    return columns.mean() + 0.5, rows.mean() + 0.5


def tips(picture, colour, origin, near=40):
    """The pixel of this colour that is farthest from the origin, picture coordinates."""
    close = np.abs(picture.astype(int) - np.array(colour)).max(axis=-1) < near
    rows, columns = np.nonzero(close)
    points = np.stack([columns + 0.5, rows + 0.5], axis=1)
    return points[np.argmax(np.linalg.norm(points - origin, axis=1))]


def test_a_frontal_face_has_red_to_the_right_green_down_and_blue_toward_the_viewer():
    ends = axis_ends_mm(np.eye(3), T_MM, length_mm=100.0)
    np.testing.assert_allclose(ends, [[100, 0, 1000], [0, 100, 1000], [0, 0, 900]], atol=1e-9)


@pytest.mark.parametrize(
    ("euler_deg", "axis", "component", "sign"),
    [
        ((40, 0, 0), 2, 1, -1),  # face up: the look goes up in the picture
        ((0, 40, 0), 2, 0, -1),  # toward the image's left
        ((0, 0, 40), 0, 1, +1),  # clockwise: the axis to the right sinks
    ],
)
def test_positive_pitch_yaw_and_roll_look_as_the_convention_says(euler_deg, axis, component, sign):
    ends = axis_ends_mm(rotation_from_euler(euler_deg), T_MM, length_mm=100.0) - np.array(T_MM)
    assert sign * ends[axis, component] > 50


@pytest.mark.parametrize("euler_deg", [(0, 0, 0), (30, 40, 10), (-25, -50, 20), (60, 10, -15)])
def test_the_axes_end_where_the_pinhole_camera_puts_them(euler_deg):
    R = rotation_from_euler(euler_deg)
    picture = draw_pose(BLACK, R, K, T_MM, length_mm=130.0)
    for column, sign, colour in ((0, 1, AXIS_X), (1, 1, AXIS_Y), (2, -1, AXIS_LOOK)):
        end = np.array(T_MM) + sign * 130.0 * R[:, column]
        expected = 525.0 * end[:2] / end[2] + 100.0
        if np.linalg.norm(expected - 100.0) < 12:  # points at the viewer: its dot is all there is
            assert np.linalg.norm(np.array(centre_of(picture, colour)) - expected) < 2
            continue
        # The dot at the end is about 2 px wide in radius; it reaches that far beyond the end, along the axis.
        reach = 2.2 * (expected - 100.0) / np.linalg.norm(expected - 100.0)
        assert np.linalg.norm(tips(picture, colour, np.array([100.0, 100.0])) - expected - reach) < 2.0


def test_a_dot_is_centred_on_its_point_to_a_fraction_of_a_pixel():
    # An axis that points at the viewer is drawn as a dot at the projected head centre.
    for shift in (0.0, 0.25, 0.5, 0.75):
        moved = K + np.array([[0, 0, shift], [0, 0, shift], [0, 0, 0]])
        picture = draw_pose(BLACK, np.eye(3), moved, T_MM, length_mm=1.0, thickness_px=6).astype(float)
        weight = picture.max(axis=-1)
        x = (weight.sum(axis=0) * (np.arange(200) + 0.5)).sum() / weight.sum()
        assert x == pytest.approx(100.0 + shift, abs=0.3)


def test_the_axis_nearest_to_the_viewer_is_drawn_last():
    R = rotation_from_euler((0, 89.0, 0))  # the look lies in the picture's plane, x points into it or out of it
    ends = axis_ends_mm(R, T_MM, 100.0)
    nearest = int(np.argmin(ends[:, 2]))
    picture = draw_pose(BLACK, R, K, T_MM, length_mm=100.0)
    centre = picture[100, 100]
    assert np.abs(centre.astype(int) - np.array((AXIS_X, AXIS_Y, AXIS_LOOK)[nearest])).max() < 60


def test_the_picture_that_is_drawn_on_stays_as_it_was():
    picture = np.full((200, 200, 3), 7, np.uint8)
    draw_pose(picture, np.eye(3), K, T_MM)
    draw_box(picture, (10, 10, 50, 60))
    assert (picture == 7).all()


def test_axes_that_reach_behind_the_camera_are_refused_with_the_mend():
    with pytest.raises(UsageError, match="Draw shorter axes"):
        draw_pose(BLACK, np.eye(3), K, (0.0, 0.0, 100.0), length_mm=130.0)


def test_a_box_is_drawn_along_its_edges_and_nowhere_else():
    picture = draw_box(BLACK, (20.5, 30.5, 80.5, 90.5))
    rows, columns = np.nonzero(picture.max(axis=-1) > 100)
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (20, 80, 30, 90)
    np.testing.assert_allclose(picture[30, 50], BOX, atol=30)  # anti-aliased
    assert not picture[40:80, 30:70].any()


def test_depth_gets_brighter_toward_the_camera_and_nothing_hit_is_background():
    ranges = np.array([[0.0, 900.0, 1000.0, 1100.0]])
    picture = depth_picture(ranges, 900.0, 1100.0).astype(int)
    assert tuple(picture[0, 0]) == GROUND
    brightness = picture[0, 1:] @ [0.2126, 0.7152, 0.0722]
    assert brightness[0] > brightness[1] > brightness[2]


def test_depth_outside_the_limits_is_clipped():
    picture = depth_picture(np.array([[500.0, 900.0, 1100.0, 3000.0]]), 900.0, 1100.0)
    assert (picture[0, 0] == picture[0, 1]).all()
    assert (picture[0, 2] == picture[0, 3]).all()


def test_depth_limits_the_wrong_way_round_are_refused():
    with pytest.raises(UsageError, match="nearer"):
        depth_picture(np.ones((2, 2)), 1100.0, 900.0)


def test_landmarks_are_drawn_where_they_are_green_if_seen_and_unknown_ones_not_at_all():
    from synth.view.overlay import draw_landmarks

    ground = np.zeros((40, 60, 3), np.uint8)
    points = np.array([[10.5, 20.5], [40.5, 5.5], [np.nan, np.nan]])
    drawn = draw_landmarks(ground, points, [True, False, False])
    assert drawn[20, 10].argmax() == 1
    assert drawn[5, 40].argmax() == 0
    assert np.count_nonzero(drawn.any(-1)) < 60
    assert not ground.any()


def test_normals_and_parts_have_colours_of_their_own():
    from synth.shard.layout import PART_NAMES
    from synth.view.colours import GROUND, PARTS
    from synth.view.overlay import normals_picture, parts_picture

    normals = np.array([[[0, 0, 0], [0, 0, -1], [1, 0, 0], [0, -1, 0]]], np.float32)
    assert normals_picture(normals)[0].tolist() == [list(GROUND), [128, 128, 255], [255, 128, 128], [128, 255, 128]]
    assert len(PARTS) == len(set(PARTS)) == len(PART_NAMES)
    assert parts_picture(np.arange(len(PARTS), dtype=np.uint8)[None])[0].tolist() == [list(colour) for colour in PARTS]
