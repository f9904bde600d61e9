"""What a pose's angles mean, against independent computations and a published test vector."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from synth.errors import UsageError
from synth.geometry.pose import (
    CONVENTIONS,
    euler_from_rotation,
    geodesic_deg,
    pose_along_ray,
    pose_category,
    rotation_from_euler,
)

FACE = np.array([0.0, 0.0, -1.0])  # where an unturned face looks, camera frame: toward the camera
CROWN = np.array([0.0, -1.0, 0.0])


def test_the_identity_is_a_frontal_face_in_every_convention():
    for name in CONVENTIONS:
        assert np.allclose(euler_from_rotation(np.eye(3), name), 0, atol=1e-9), name


def test_positive_pitch_lifts_the_face():
    look = rotation_from_euler([30, 0, 0]) @ FACE
    assert look[1] == pytest.approx(-np.sin(np.radians(30)))  # y is down


def test_positive_yaw_turns_the_face_to_the_images_left():
    look = rotation_from_euler([0, 30, 0]) @ FACE
    assert look[0] == pytest.approx(-np.sin(np.radians(30)))


def test_positive_roll_turns_the_head_clockwise_in_the_image():
    crown = rotation_from_euler([0, 0, 30]) @ CROWN
    assert crown[0] == pytest.approx(np.sin(np.radians(30)))


def test_the_product_of_300wlp_is_rx_minus_pitch_ry_yaw_rz_roll():
    rx = Rotation.from_euler("x", -20, degrees=True).as_matrix()
    ry = Rotation.from_euler("y", 35, degrees=True).as_matrix()
    rz = Rotation.from_euler("z", 10, degrees=True).as_matrix()
    assert np.allclose(rotation_from_euler([20, 35, 10]), rx @ ry @ rz)


def test_6drepnets_own_formula_gives_the_same_matrix():
    p, y, r = np.radians([20, 35, 10])
    rx = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    ry = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    rz = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    d = np.diag([1, -1, -1])
    assert np.allclose(rotation_from_euler([20, 35, 10], "6drepnet"), d @ (rz @ ry @ rx).T @ d)
    assert np.allclose(rotation_from_euler([20, 35, 10], "3ddfa"), d @ (rx.T @ ry.T @ rz.T) @ d)


def test_biwis_angles_follow_fanellis_formulas():
    R = rotation_from_euler([25, -40, 15], "biwi")
    assert np.degrees(np.arctan2(R[2, 1], R[2, 2])) == pytest.approx(25)
    assert np.degrees(np.arctan2(-R[2, 0], np.hypot(R[2, 1], R[2, 2]))) == pytest.approx(-40)
    assert np.degrees(np.arctan2(R[1, 0], R[0, 0])) == pytest.approx(15)


def test_a_known_frame_of_biwi_reads_as_published():
    R = rotation_from_euler([41.5, -62.1, -12.8], "biwi")
    assert np.allclose(euler_from_rotation(R, "300wlp"), [-54.9, -52.4, 41.6], atol=0.15)


@pytest.mark.parametrize("name", sorted(CONVENTIONS))
def test_angles_survive_the_round_trip(name):
    rng = np.random.default_rng(0)
    angles = rng.uniform([-80, -85, -60], [80, 85, 60], (500, 3))
    assert np.allclose(euler_from_rotation(rotation_from_euler(angles, name), name), angles, atol=1e-6)


def test_an_unknown_convention_names_the_known_ones():
    with pytest.raises(UsageError, match="300wlp"):
        rotation_from_euler([0, 0, 0], "biwy")


def test_the_geodesic_distance_is_the_angle_between():
    assert geodesic_deg(rotation_from_euler([0, 10, 0]), rotation_from_euler([0, 35, 0])) == pytest.approx(25)


def test_a_head_off_the_axis_that_faces_the_camera_is_frontal_along_its_ray():
    t = np.array([300.0, -120.0, 900.0])
    ray = t / np.linalg.norm(t)
    axis = np.cross([0, 0, 1], ray)
    turn = Rotation.from_rotvec(axis / np.linalg.norm(axis) * np.arccos(ray[2])).as_matrix()
    assert np.allclose(pose_along_ray(turn, t), np.eye(3), atol=1e-9)
    assert np.allclose(pose_along_ray(turn, [0, 0, 900]), turn)


def test_categories_are_the_papers_quadrants_and_zero_is_positive():
    angles = [[10, 10, 0], [-10, 10, 0], [-10, -10, 0], [10, -10, 0], [0, 0, 90]]
    assert pose_category(angles).tolist() == [0, 1, 2, 3, 0]


def test_a_pose_along_its_ray_is_the_same_alone_and_among_others():
    rng = np.random.default_rng(0)
    R = rotation_from_euler(rng.uniform(-60, 60, (500, 3)))
    t = rng.uniform([-300, -300, 700], [300, 300, 1300], (500, 3))
    assert np.array_equal(pose_along_ray(R, t), [pose_along_ray(one, at) for one, at in zip(R, t, strict=True)])
