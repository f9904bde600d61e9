"""A shot: everything that one sample shows, before anything is rendered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from synth.geometry.camera import Camera
from synth.geometry.pose import rotation_from_euler
from synth.recipe.scene import ProceduralKind

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
class Photo:
    """A part of one of the user's photographs.

    `place` in [0, 1) says which of the folder's pictures, sorted by name: floor(place · n). The part has the frame's
    shape, `zoom` times the size of the largest that fits, and lies `across` and `down` of the room that is left, each
    0 to 1; then it may be mirrored.
    """

    place: float
    zoom: float
    across: float
    down: float
    mirrored: bool


@dataclass(frozen=True)
class Procedural:
    """A background that is drawn: of which kind, and the seed of all else about it."""

    kind: ProceduralKind
    seed: int


@dataclass(frozen=True)
class Surroundings:
    """Where the light that isn't the key light comes from, and what stands behind the head.

    The surroundings are `environment` (a name), or the user's HDRI number floor(hdri · n) of n sorted by name, turned
    by `rotation_deg` about the vertical; behind the head stand they themselves, or where `plain` is given, that linear
    sRGB. Without either the light is even from all sides. Or else there is a `picture`: it stands behind the head, and
    the light is what it suggests. What stands behind is blurred by `blur_px`.

    `exposure_ev` is over the metered exposure. `white_balance_mired` is the camera's error: what is white looks like
    the light of a black body so many mired above daylight's (+ is warmer).
    """

    environment: str | None
    rotation_deg: float
    plain: Rgb | None
    blur_px: float
    exposure_ev: float
    hdri: float | None = None
    picture: Photo | Procedural | None = None
    white_balance_mired: float = 0.0


@dataclass(frozen=True)
class StudioLight:
    """Light of a given strength before a fixed exposure: what shines on the head instead of key light and surroundings.

    Direction as in `KeyLight`. `irradiance` is linear RGB on a surface that faces the key light (π makes white paper
    white), `ambient` the radiance from everywhere. What stands behind is that of the base shot times `intensity`.
    """

    azimuth_deg: float
    elevation_deg: float
    irradiance: Rgb
    ambient: Rgb
    intensity: float
    color: str


@dataclass(frozen=True)
class Blur:
    """Blur of the finished picture; of the three kinds each has its own amounts.

    gaussian: `sigma_px`. motion: a streak of `length_px`, `angle_deg` counter-clockwise from the picture's right. turn:
    Blender's motion blur while the head turns by `turn_deg` (pitch, yaw), half before and half after the pose.
    """

    kind: Literal["gaussian", "motion", "turn"]
    sigma_px: float = 0.0
    length_px: float = 0.0
    angle_deg: float = 0.0
    turn_deg: tuple[float, float] = (0.0, 0.0)

    @property
    def condition(self) -> str:
        """`blur=gaussian:2.31`, `blur=motion:12.0@35`, `blur=turn:5.2`"""
        if self.kind == "gaussian":
            return f"blur=gaussian:{self.sigma_px:.2f}"
        if self.kind == "motion":
            return f"blur=motion:{self.length_px:.1f}@{self.angle_deg:.0f}"
        return f"blur=turn:{float(np.hypot(*self.turn_deg)):.1f}"


@dataclass(frozen=True)
class Occluder:
    """Something laid over the finished picture, at a place that `seed` and the head's box decide.

    Sizes are pixels of the full frame. `fill` is linear sRGB; None is a random texture, or a hand's skin.
    """

    shape: Literal["square", "tall", "wide", "hand"]
    width_px: int
    height_px: int
    fill: Rgb | None
    least_share: float
    seed: int

    @property
    def condition(self) -> str:
        """`occlusion=square`"""
        return f"occlusion={self.shape}"


Effect = Blur | Occluder


@dataclass(frozen=True)
class Shot:
    """What sample `index` of a recipe shows; a pure function of (recipe, index).

    Angles are (pitch, yaw, roll) in degrees, convention 300wlp; `t_mm` is the head centre in the camera frame;
    `gaze_deg` is (pitch, yaw) of the eyes against the head, signed like the head's; `expression` lists facial actions
    (ARKit names) with weights in [0, 1]; `torso_yaw_deg` is how far the torso is turned toward where the head looks,
    `torso_lean_deg` how far it leans (forward, to the image's right) below the head, which stays where it is.

    In a variant, `base_index` is the shot of which it is one, `condition` says what is changed, and `studio` or
    `effect` is that change.
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
    base_index: int | None = None
    studio: StudioLight | None = None
    effect: Effect | None = None
    torso_lean_deg: tuple[float, float] = (0.0, 0.0)

    @property
    def R_camera_from_head(self) -> NDArray[np.float64]:  # noqa: N802
        """(3, 3) float64."""
        return rotation_from_euler(self.euler_deg)

    @property
    def distance_mm(self) -> float:
        return float(np.linalg.norm(self.t_mm))
