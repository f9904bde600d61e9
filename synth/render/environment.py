"""Surroundings: an equirectangular HDRI as the background's picture and as the source of a few soft lights.

Lighting a face with the HDRI itself is where the noise of few samples comes from (docs/rendering.md has the figures).
So its light is summed up: an even ambient and a few area lights from where it shines strongest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from synth.geometry.camera import pixel_rays
from synth.plan.shot import Rgb

Floats = NDArray[np.floating]
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # Rec. 709
_COARSE = (32, 64)
# A lamp stands for what shines within this angle of its direction.
_LAMP_COSINE = np.cos(np.radians(40))
_STEPS = 4095
_FLAT: tuple[Rgb, Rgb, Rgb] = ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))


@dataclass(frozen=True)
class DistantLight:
    """Light from one direction: `toward` (3,) unit vector from the head to the light, world frame (y up, camera looks
    along -z); `irradiance` (3,) linear RGB on a surface that faces it."""

    toward: Rgb
    irradiance: Rgb


@dataclass(frozen=True)
class LightField:
    """Soft light from all around plus a few lamps.

    From direction d (unit, world frame) comes the linear RGB radiance max(0, ambient + gradient @ d); `gradient` has a
    row of three for each colour, the first-order spherical harmonics of the surroundings.
    """

    ambient: Rgb
    lights: tuple[DistantLight, ...]
    gradient: tuple[Rgb, Rgb, Rgb] = _FLAT

    def irradiance(self, normal: Floats) -> Floats:
        """(3,) linear RGB on an unoccluded surface with this unit normal (3,)."""
        total = np.pi * np.array(self.ambient) + 2 * np.pi / 3 * np.array(self.gradient) @ normal
        for light in self.lights:
            total = total + np.array(light.irradiance) * max(0.0, float(np.dot(light.toward, normal)))
        return total

    def turned(self, turn: Floats) -> LightField:
        """The same light with every direction turned by a rotation (3, 3)."""
        lights = tuple(DistantLight(_rgb(turn @ np.array(lamp.toward)), lamp.irradiance) for lamp in self.lights)
        return LightField(self.ambient, lights, _rows(np.array(self.gradient) @ turn.T))

    def times(self, gain: Floats) -> LightField:
        """The same light multiplied by a linear RGB factor (3,)."""
        lights = tuple(DistantLight(lamp.toward, _rgb(gain * lamp.irradiance)) for lamp in self.lights)
        return LightField(_rgb(gain * self.ambient), lights, _rows(gain[:, None] * np.array(self.gradient)))


def _rgb(values: Floats) -> Rgb:
    return (float(values[0]), float(values[1]), float(values[2]))


def _rows(values: Floats) -> tuple[Rgb, Rgb, Rgb]:
    return (_rgb(values[0]), _rgb(values[1]), _rgb(values[2]))


class EnvironmentMap:
    """An equirectangular panorama, (H, W, 3) float32 linear RGB, top row = up, centre column = straight ahead (-z)."""

    def __init__(self, radiance: NDArray[np.float32], lights: int = 1) -> None:
        self.radiance = radiance
        self._field = fit_lights(radiance, lights)

    def light_field(self, rotation_deg: float) -> LightField:
        """The fitted light of the panorama turned about the vertical."""
        return self._field.turned(_about_vertical(rotation_deg))

    def background(self, K: Floats, width_px: int, height_px: int, rotation_deg: float, blur_px: float) -> Floats:
        """What a camera with intrinsics `K` sees, out of focus by a Gaussian of σ = `blur_px` pixels.

        (height, width, 3) float32 linear RGB. A crop shows the same as that part of the whole frame.
        """
        around = int(np.ceil(3 * blur_px)) + 1
        wider = np.array(K, dtype=np.float64)
        wider[:2, 2] += around
        directions = pixel_rays(wider, width_px + 2 * around, height_px + 2 * around) * [1, -1, -1]
        u, v = _panorama_coordinates(directions @ _about_vertical(rotation_deg), self.radiance.shape)
        seen = cv2.remap(self.radiance, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        if blur_px > 0:
            seen = cv2.GaussianBlur(seen, (2 * around - 1, 2 * around - 1), blur_px)
        return seen[around:-around, around:-around]


def _about_vertical(rotation_deg: float) -> Floats:
    return np.asarray(Rotation.from_euler("y", rotation_deg, degrees=True).as_matrix())


def _panorama_coordinates(directions: Floats, shape: Sequence[int]) -> tuple[Floats, Floats]:
    """World directions (…, 3) → column, row of the panorama, float32, pixel centres at integers."""
    height, width = shape[0], shape[1]
    # In arrays of their own: over strided ones NumPy's arctan2 differs in the last bit from run to run.
    x, y, z = (np.ascontiguousarray(directions[..., axis]) for axis in range(3))
    azimuth = np.arctan2(x, -z)
    elevation = np.arcsin(np.clip(y, -1, 1))
    u = (azimuth / (2 * np.pi) + 0.5) * width - 0.5
    v = (0.5 - elevation / np.pi) * height - 0.5
    return u.astype(np.float32), v.astype(np.float32)


def fit_lights(radiance: Floats, count: int) -> LightField:
    """Soft light plus `count` lamps that together light a face like the panorama does.

    One after the other, each lamp takes what is brighter than the median around the spot that shines most; what is left
    becomes the ambient and its first-order gradient. Many lamps cost noise, since each path looks at one of them only.
    """
    colors, directions, solid_angle = _coarse_sphere(radiance)
    luminance = colors @ LUMINANCE
    level = _weighted_median(luminance, solid_angle)
    excess = np.clip(1 - level / np.maximum(luminance, 1e-9), 0, None)[:, None] * colors
    lights = []
    for _ in range(count):
        light, taken = _brightest(directions, excess, solid_angle)
        lights.append(light)
        excess, colors = excess - taken, colors - taken
    weight = solid_angle / solid_angle.sum()
    ambient = weight @ colors
    gradient = 3 * (colors * weight[:, None]).T @ directions
    steepest = np.linalg.norm(gradient, axis=1)
    gradient *= np.minimum(1, ambient / np.maximum(steepest, 1e-12))[:, None]  # no negative light
    return LightField(_rgb(ambient), tuple(lights), _rows(gradient))


def _coarse_sphere(radiance: Floats) -> tuple[Floats, Floats, Floats]:
    """A panorama averaged to N patches: (N, 3) linear RGB, (N, 3) directions in the world frame, (N,) steradians."""
    rows, columns = _COARSE
    coarse = cv2.resize(np.asarray(radiance, np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    directions, solid_angle = _patches()
    return coarse.reshape(-1, 3).astype(np.float64), directions, solid_angle


@lru_cache(maxsize=1)
def _patches() -> tuple[Floats, Floats]:
    """Of the coarse panorama's N patches: (N, 3) directions in the world frame, (N,) steradians."""
    rows, columns = _COARSE
    elevation = np.repeat((0.5 - (np.arange(rows) + 0.5) / rows) * np.pi, columns)
    azimuth = np.tile(((np.arange(columns) + 0.5) / columns - 0.5) * 2 * np.pi, rows)
    level = np.cos(elevation)
    directions = np.stack([level * np.sin(azimuth), np.sin(elevation), -level * np.cos(azimuth)], axis=1)
    return directions, level * (np.pi / rows) * (2 * np.pi / columns)


@lru_cache(maxsize=1)
def _near_each_other() -> NDArray[np.float32]:
    """(N, N): 1 where a lamp toward one patch stands for the other too, else 0."""
    directions = _patches()[0]
    return (directions @ directions.T > _LAMP_COSINE).astype(np.float32)


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values, kind="stable")
    return float(values[order][np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)])


def _brightest(directions: Floats, excess: Floats, solid_angle: Floats) -> tuple[DistantLight, Floats]:
    """The lamp around the direction where most flux gathers, and what it takes of `excess` (N, 3)."""
    flux = excess * solid_angle[:, None]
    weight = flux @ LUMINANCE
    # In whole numbers, whose sums a float32 holds exactly, so that every machine finds the same brightest spot.
    steps = np.round(weight * (_STEPS / max(float(weight.max()), 1e-30))).astype(np.float32)
    toward = directions[np.argmax(_near_each_other() @ steps)]
    for _ in range(8):
        near = directions @ toward > _LAMP_COSINE
        mean = weight[near] @ directions[near]
        if not np.linalg.norm(mean) > 0:
            break
        toward = mean / np.linalg.norm(mean)
    near = directions @ toward > _LAMP_COSINE
    irradiance = (flux * np.clip(directions @ toward, 0, None)[:, None])[near].sum(0)
    return DistantLight(_rgb(toward), _rgb(irradiance)), excess * near[:, None]
