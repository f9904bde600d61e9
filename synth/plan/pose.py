"""How the head is turned, where it stands, and what torso and eyes do with it."""

from __future__ import annotations

import math

import numpy as np

from synth.geometry.camera import Camera
from synth.plan.streams import in_unit_disc, uniform
from synth.recipe.schema import CameraSpec, Person, Pose

# How far a torso sways off its share of the yaw, degrees, at a torso_turn of 1.
_SWAY_DEG = 10.0
_FAR_PITCH_DEG = 35.0


def draw_euler_deg(rng: np.random.Generator, pose: Pose) -> tuple[float, float, float]:
    """(pitch, yaw, roll), degrees, convention 300wlp: uniform and independent."""
    return uniform(rng, pose.pitch_deg), uniform(rng, pose.yaw_deg), uniform(rng, pose.roll_deg)


def camera_of(spec: CameraSpec) -> Camera:
    """The recipe's camera; the principal point is the frame's centre where the recipe gives none."""
    cx = spec.width_px / 2 if spec.cx_px is None else spec.cx_px
    cy = spec.height_px / 2 if spec.cy_px is None else spec.cy_px
    return Camera(spec.width_px, spec.height_px, spec.fx_px, spec.fy_px, cx, cy)


def draw_t_mm(
    distance_rng: np.random.Generator, place_rng: np.random.Generator, spec: CameraSpec, camera: Camera
) -> tuple[float, float, float]:
    """The head centre in the camera frame, mm.

    Its distance to the camera centre is uniform; its picture is uniform over the frame shrunk by `off_axis` toward the
    principal point, so 0 puts it on the optical axis and no principal point inside the frame puts it outside.
    """
    distance = uniform(distance_rng, spec.distance_mm)
    across, down = float(place_rng.random()), float(place_rng.random())
    x = spec.off_axis * (across * camera.width_px - camera.cx_px) / camera.fx_px
    y = spec.off_axis * (down * camera.height_px - camera.cy_px) / camera.fy_px
    z = distance / math.sqrt(x * x + y * y + 1)
    return x * z + 0.0, y * z + 0.0, z  # + 0.0: no negative zeros in the labels


def draw_torso_yaw_deg(rng: np.random.Generator, person: Person, yaw_deg: float) -> float:
    """A share of the head's yaw, and a sway of a few degrees; `torso_turn` 0 keeps the torso square to the camera."""
    share = uniform(rng, person.torso_turn)
    return yaw_deg * share + _SWAY_DEG * person.torso_turn[1] * (2 * float(rng.random()) - 1)


def draw_torso_lean_deg(rng: np.random.Generator, person: Person, pitch_deg: float) -> tuple[float, float]:
    """How far the torso leans forward and to the image's right; two draws.

    Below a head that looks far up or down the torso leans the same way, where the recipe's range lets it: no neck is
    asked to bend further than by the pose itself.
    """
    forward, right = uniform(rng, person.torso_lean_deg), uniform(rng, person.torso_tilt_deg)
    with_the_head = math.copysign(forward, -pitch_deg)
    low, high = person.torso_lean_deg
    if abs(pitch_deg) > _FAR_PITCH_DEG and low <= with_the_head <= high:
        forward = with_the_head
    return forward, right


def draw_gaze_deg(rng: np.random.Generator, person: Person) -> tuple[float, float]:
    """(pitch, yaw) of the eyes against the head, within a disc of `gaze_deg`, more often near its centre."""
    x, y = in_unit_disc(rng)
    reach = person.gaze_deg * float(rng.random())
    return reach * y, reach * x
