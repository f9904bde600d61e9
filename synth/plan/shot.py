"""A shot: everything that one sample shows, before anything is rendered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.geometry.camera import Camera
from synth.geometry.pose import rotation_from_euler

Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class KeyLight:
    """One soft light that moves from shot to shot.

    The direction is seen from the head centre in camera axes: azimuth 0° is the camera's side, positive toward the
    image's right; elevation is above the horizontal. `share` is the share of the irradiance on a frontal face that it
    gives, the surroundings give the rest.
    """

    azimuth_deg: float
    elevation_deg: float
    share: float
    color: Rgb  # linear sRGB, luminance 1


@dataclass(frozen=True)
class Surroundings:
    """Where the light that isn't the key light comes from, and what stands behind the head.

    `plain` is the linear sRGB of a plain background; None shows the environment itself, turned by `rotation_deg` about
    the vertical and blurred by `blur_px`. Without an environment the light is even from all sides.
    """

    environment: str | None
    rotation_deg: float
    plain: Rgb | None
    blur_px: float
    exposure_ev: float


@dataclass(frozen=True)
class Shot:
    """What sample `index` of a recipe shows; a pure function of (recipe, index).

    Angles are (pitch, yaw, roll) in degrees, convention 300wlp; `t_mm` is the head centre in the camera frame;
    `gaze_deg` is (pitch, yaw) of the eyes against the head, signed like the head's; `expression` lists facial actions
    (ARKit names) with weights in [0, 1]; `torso_yaw_deg` is how far the torso is turned toward where the head looks.
    """

    index: int
    head_slot: int
    euler_deg: tuple[float, float, float]
    t_mm: tuple[float, float, float]
    camera: Camera
    gaze_deg: tuple[float, float]
    expression: tuple[tuple[str, float], ...]
    torso_yaw_deg: float
    key_light: KeyLight
    surroundings: Surroundings
    noise_sigma: float
    render_seed: int
    condition: str = "base"

    @property
    def R_camera_from_head(self) -> NDArray[np.float64]:  # noqa: N802
        """(3, 3) float64."""
        return rotation_from_euler(self.euler_deg)

    @property
    def distance_mm(self) -> float:
        return float(np.linalg.norm(self.t_mm))
