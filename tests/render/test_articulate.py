"""The rig puts the head where the label says, and the neck between head and torso."""

import itertools

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from synth.geometry.camera import Camera
from synth.geometry.pose import geodesic_deg
from synth.heads.eyes.lids import SIDES, margins_deg
from synth.heads.frontal import frontal_pitch_deg
from synth.heads.person import sample_person
from synth.heads.shape import shape_body
from synth.plan.expression import lids_following
from synth.plan.shot import KeyLight, Shot, Surroundings
from synth.render.articulate import WORLD_FROM_CAMERA, HeadFrame, Rig, pose_joints

HEIGHTS = {"torso": 1.20, "neck01": 1.38, "neck02": 1.42, "neck03": 1.45, "head": 1.48, "jaw": 1.50}
RIG = Rig(
    {name: np.array([0.0, y, 0.0]) for name, y in HEIGHTS.items()}
    | {"eye.L": np.array([0.031, 1.56, 0.07]), "eye.R": np.array([-0.031, 1.56, 0.07])},
    HeadFrame(np.array([0.0, 1.57, 0.02])),
)


def shot(
    euler_deg=(0.0, 0.0, 0.0), t_mm=(0.0, 0.0, 1000.0), gaze_deg=(0.0, 0.0), torso_yaw_deg=0.0, lean=(0.0, 0.0)
) -> Shot:
    return Shot(
        0,
        0,
        euler_deg,
        t_mm,
        Camera(640, 480, 525, 525, 320, 240),
        gaze_deg,
        (),
        torso_yaw_deg,
        KeyLight(0, 0, 0.5, (1, 1, 1)),
        Surroundings(None, 0, None, 0, 0),
        0,
        0,
        torso_lean_deg=lean,
    )


def to_camera(matrix, point_m):
    return 1000 * WORLD_FROM_CAMERA @ (matrix @ np.append(point_m, 1))[:3]


@pytest.mark.parametrize("euler", [(0, 0, 0), (75, 50, 20), (-75, -50, -20), (10, 0, 0), (0, 90, 45)])
def test_the_head_has_exactly_the_shots_rotation_and_place(euler):
    posed = pose_joints(shot(euler, (40.0, -30.0, 900.0), torso_yaw_deg=12), RIG)["head"]
    label = shot(euler).R_camera_from_head
    assert np.allclose(to_camera(posed, RIG.frame.center_m), [40, -30, 900], atol=1e-6)
    nose_in_head_frame_mm = np.array([0.0, 0.0, -100.0])
    nose_rest = RIG.frame.center_m + WORLD_FROM_CAMERA @ nose_in_head_frame_mm / 1000
    assert np.allclose(to_camera(posed, nose_rest), label @ nose_in_head_frame_mm + [40, -30, 900], atol=1e-6)


def test_an_unturned_person_stands_upright_and_straight():
    for matrix in pose_joints(shot(), RIG).values():
        assert np.allclose(matrix[:3, :3], np.eye(3))


def test_each_joint_stays_on_its_parents_end_so_that_no_neck_is_cut():
    posed = pose_joints(shot((60, -45, 15), torso_yaw_deg=-10), RIG)
    chain = ["torso", "neck01", "neck02", "neck03", "head"]
    for parent, child in itertools.pairwise(chain):
        at = np.append(RIG.joints[child], 1)
        assert np.allclose(posed[parent] @ at, posed[child] @ at), child


def test_the_neck_bends_step_by_step():
    posed = pose_joints(shot((60, 0, 0)), RIG)
    bends = [
        geodesic_deg(posed["torso"][:3, :3], posed[name][:3, :3]) for name in ("neck01", "neck02", "neck03", "head")
    ]
    assert bends == sorted(bends)
    assert bends[-1] == pytest.approx(60)
    assert max(np.diff([0, *bends])) < 30


def test_the_torso_turns_the_way_the_head_does():
    torso = pose_joints(shot((0, 40, 0), torso_yaw_deg=20), RIG)["torso"][:3, :3]
    chest = WORLD_FROM_CAMERA @ torso @ [0, 0, 1]
    assert chest[0] == pytest.approx(-np.sin(np.radians(20)))  # image's left


@pytest.mark.parametrize("euler", [(0, 0, 0), (60, -45, 15), (-75, 50, -20)])
@pytest.mark.parametrize(("yaw", "lean"), [(0, (8, 0)), (20, (-8, 5)), (-15, (30, -30))])
def test_a_torso_that_turns_and_leans_moves_no_head(euler, yaw, lean):
    upright = pose_joints(shot(euler), RIG)
    leaning = pose_joints(shot(euler, torso_yaw_deg=yaw, lean=lean), RIG)
    for name in ("head", "jaw", "eye.L", "eye.R"):
        assert np.array_equal(upright[name][:3, :3], leaning[name][:3, :3])
        assert np.allclose(upright[name], leaning[name], atol=1e-12)
    assert not np.allclose(upright["torso"], leaning["torso"], atol=1e-3)


def test_a_torso_that_leans_forward_stands_behind_the_head_and_one_that_leans_right_to_its_left():
    foot_m = np.array([0.0, 0.8, 0.0, 1.0])
    upright, forward, right = (pose_joints(shot(lean=lean), RIG)["torso"] @ foot_m for lean in ((0, 0), (8, 0), (0, 5)))
    # World: +x is the image's right, +z toward the camera.
    assert forward[2] < upright[2] - 0.05
    assert forward[0] == pytest.approx(upright[0])
    assert right[0] < upright[0] - 0.03
    assert right[2] == pytest.approx(upright[2])


def test_the_eyes_look_where_the_gaze_says_and_turn_with_the_head():
    up, left = 10.0, 15.0
    straight_head = pose_joints(shot(gaze_deg=(up, left)), RIG)["eye.L"]
    look = WORLD_FROM_CAMERA @ straight_head[:3, :3] @ [0, 0, 1]
    assert np.degrees(np.arcsin(-look[1])) == pytest.approx(up)
    assert np.degrees(np.arctan2(-look[0], -look[2])) == pytest.approx(left)
    turned = pose_joints(shot((0, 30, 0), gaze_deg=(up, left)), RIG)
    assert np.allclose(turned["eye.L"][:3, :3], turned["head"][:3, :3] @ straight_head[:3, :3])


def test_a_bend_is_about_one_axis_and_never_twists_the_long_way_round():
    posed = pose_joints(shot((-75, 50, -20), torso_yaw_deg=22), RIG)
    for name in ("neck01", "neck02", "neck03"):
        assert Rotation.from_matrix(posed["torso"][:3, :3].T @ posed[name][:3, :3]).magnitude() < np.radians(90)


def test_a_file_whose_face_looks_down_is_lifted_to_be_frontal():
    looking_down_8 = np.array([0.0, -np.sin(np.radians(8)), np.cos(np.radians(8))])  # the face's direction, rest pose
    rig = Rig(RIG.joints, HeadFrame(RIG.frame.center_m, 8.0))
    head = pose_joints(shot(), rig)["head"]
    assert np.allclose(WORLD_FROM_CAMERA @ head[:3, :3] @ looking_down_8, [0, 0, -1])  # straight into the camera
    assert np.allclose(to_camera(head, rig.frame.center_m), [0, 0, 1000])


def test_eyes_that_look_straight_ahead_look_where_the_face_looks_whatever_the_file_calls_front():
    lifted = Rig(RIG.joints, HeadFrame(np.array([0.0, 1.6, 0.0]), frontal_pitch_deg=6.0))
    assert np.allclose(pose_joints(shot(), lifted)["eye.L"][:3, :3], np.eye(3))
    assert not np.allclose(pose_joints(shot(), lifted)["head"][:3, :3], np.eye(3))


def test_lids_follow_eyes_that_look_down_or_up_and_rest_when_they_look_ahead():
    assert lids_following(0.0) == {}
    assert lids_following(-10)["eyeBlinkLeft"] < lids_following(-20)["eyeBlinkRight"] < 1
    assert lids_following(10)["eyeWideLeft"] < lids_following(20)["eyeWideLeft"]
    assert not any("Blink" in action for action in lids_following(15))


@pytest.mark.parametrize("gaze", [-20, -10, 0, 10, 15])
def test_lids_keep_their_place_on_the_iris_of_eyes_that_look_down_or_up(gaze):
    for seed in range(6):
        body = shape_body(sample_person(np.random.default_rng([8, seed])))
        vertices, person = body.vertices.copy(), body.person
        for action, weight in lids_following(gaze).items():
            vertices += weight * body.scale * body.base.delta(f"face:{action}")
        looks_down = frontal_pitch_deg(body.base, body.vertices) - gaze
        for _, eyeball, upper in SIDES:
            above, _ = margins_deg(body.base, vertices, eyeball, upper, looks_down)
            assert above < person.iris_half_deg + 4  # hardly any white above the iris
            assert above > 0  # more than half of the pupil is seen
