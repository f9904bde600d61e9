"""Where each joint of a head goes so that the head has exactly the shot's pose: forward kinematics, no Blender.

Everything is in the glTF frame of the head file (metres, y up, the face looks along +z), which is also the renderer's
world frame: the camera stands at the origin and looks along -z.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from synth.plan.shot import Shot

Matrix = NDArray[np.float64]

# OpenCV camera axes (x right, y down, z forward) against the world's (x right, y up, z backward).
WORLD_FROM_CAMERA = np.diag([1.0, -1.0, -1.0])
PARENT = {
    "torso": None,
    "neck01": "torso",
    "neck02": "neck01",
    "neck03": "neck02",
    "head": "neck03",
    "jaw": "head",
    "eye.L": "head",
    "eye.R": "head",
}
# Share of the head's rotation (against the torso) that each joint has reached: the neck bends like a neck, not a hinge.
_REACHED = {"neck01": 0.18, "neck02": 0.40, "neck03": 0.65}


@dataclass(frozen=True)
class HeadFrame:
    """Where the labels' head frame lies in a head file.

    Its origin, (3,) m in the file's glTF frame, and how many degrees the file's face has to be lifted to look straight
    ahead.
    """

    center_m: Matrix
    frontal_pitch_deg: float = 0.0

    @property
    def lift(self) -> Matrix:
        """(3, 3): the rest pose → a frontal face, glTF axes."""
        return np.asarray(Rotation.from_euler("x", -self.frontal_pitch_deg, degrees=True).as_matrix())


@dataclass(frozen=True)
class Rig:
    """Rest positions of the joints, glTF frame, metres, and the head's frame."""

    joints: Mapping[str, Matrix]
    frame: HeadFrame


def head_transform(shot: Shot, frame: HeadFrame) -> Matrix:
    """(4, 4): rest coordinates of the head → world, metres; exactly the shot's rotation and translation."""
    turned = np.eye(4)
    turned[:3, :3] = WORLD_FROM_CAMERA @ shot.R_camera_from_head @ WORLD_FROM_CAMERA @ frame.lift
    turned[:3, 3] = WORLD_FROM_CAMERA @ np.asarray(shot.t_mm) / 1000 - turned[:3, :3] @ frame.center_m
    return turned


def pose_joints(shot: Shot, rig: Rig) -> dict[str, Matrix]:
    """(4, 4) for each joint of `rig`: rest coordinates → world, metres.

    The head's is `head_transform`; the neck's joints divide the rotation between torso and head among them.
    """
    head = head_transform(shot, rig.frame)
    torso = _torso_rotation(shot)
    bend = Rotation.from_matrix(torso.T @ head[:3, :3]).as_rotvec()
    rotation = {name: torso @ Rotation.from_rotvec(share * bend).as_matrix() for name, share in _REACHED.items()}
    rotation |= {"torso": torso, "head": head[:3, :3]}
    rotation["jaw"] = rotation["head"]
    gaze_pitch, gaze_yaw = shot.gaze_deg
    gaze = Rotation.from_euler("YX", [-gaze_yaw, -gaze_pitch], degrees=True).as_matrix()
    # Gaze is told against the face as it looks straight ahead, not against the axes of its file.
    rotation["eye.L"] = rotation["eye.R"] = rotation["head"] @ rig.frame.lift.T @ gaze

    placed: dict[str, Matrix] = {}
    for name in (joint for joint in PARENT if joint in rig.joints):
        parent = PARENT[name]
        at = rig.joints[name]
        carried = placed[parent] @ np.append(at, 1) if parent in placed else np.append(at, 1)
        placed[name] = np.eye(4)
        placed[name][:3, :3] = rotation[name]
        placed[name][:3, 3] = carried[:3] - rotation[name] @ at
    shift = head[:3, 3] - placed["head"][:3, 3]
    for matrix in placed.values():
        matrix[:3, 3] += shift
    return placed


def _torso_rotation(shot: Shot) -> Matrix:
    """Turned by a yaw signed as 300wlp's (positive toward the image's left, the world's -x), then leaning.

    A torso that leans forward has its head end nearer to where it faces; one that leans right, to the image's right.
    """
    forward, right = shot.torso_lean_deg
    return np.asarray(Rotation.from_euler("YXZ", [-shot.torso_yaw_deg, forward, -right], degrees=True).as_matrix())
