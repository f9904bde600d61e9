"""Surroundings: an equirectangular HDRI as the background's picture and as the source of a few soft lights.

Lighting a face with the HDRI itself is where the noise of few samples comes from (docs/rendering.md has the figures).
So its light is summed up: an even ambient and a few area lights from where it shines strongest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from synth.geometry.camera import pixel_rays

Floats = NDArray[np.floating]
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])  # Rec. 709
_COARSE = (32, 64)


@dataclass(frozen=True)
class DistantLight:
    """Light from one direction: `toward` (3,) unit vector from the head to the light, world frame (y up, camera looks
    along -z); `irradiance` (3,) linear RGB on a surface that faces it."""

    toward: tuple[float, float, float]
    irradiance: tuple[float, float, float]


@dataclass(frozen=True)
class LightField:
    """`ambient`: (3,) linear RGB radiance from everywhere, plus the lights."""

    ambient: tuple[float, float, float]
    lights: tuple[DistantLight, ...]

    def irradiance(self, normal: Floats) -> Floats:
        """(3,) linear RGB on an unoccluded surface with this unit normal (3,)."""
        total = np.pi * np.array(self.ambient)
        for light in self.lights:
            total = total + np.array(light.irradiance) * max(0.0, float(np.dot(light.toward, normal)))
        return total


class EnvironmentMap:
    """An equirectangular panorama, (H, W, 3) float32 linear RGB, top row = up, centre column = straight ahead (-z)."""

    def __init__(self, radiance: NDArray[np.float32], lights: int = 3) -> None:
        self.radiance = radiance
        self._field = fit_lights(radiance, lights)

    def light_field(self, rotation_deg: float) -> LightField:
        """The fitted light of the panorama turned about the vertical."""
        turn = _about_vertical(rotation_deg)
        lights = tuple(
            DistantLight(tuple(turn @ np.array(light.toward)), light.irradiance) for light in self._field.lights
        )
        return LightField(self._field.ambient, lights)

    def background(self, K: Floats, width_px: int, height_px: int, rotation_deg: float, blur_px: float) -> Floats:
        """What a camera with intrinsics `K` sees: (height, width, 3) float32 linear RGB."""
        directions = pixel_rays(K, width_px, height_px) * [1, -1, -1]
        u, v = _panorama_coordinates(directions @ _about_vertical(rotation_deg), self.radiance.shape)
        seen = cv2.remap(self.radiance, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        return cv2.GaussianBlur(seen, (0, 0), blur_px) if blur_px > 0.3 else seen


def _about_vertical(rotation_deg: float) -> Floats:
    return np.asarray(Rotation.from_euler("y", rotation_deg, degrees=True).as_matrix())


def _panorama_coordinates(directions: Floats, shape: Sequence[int]) -> tuple[Floats, Floats]:
    """World directions (…, 3) → column, row of the panorama, float32, pixel centres at integers."""
    height, width = shape[0], shape[1]
    azimuth = np.arctan2(directions[..., 0], -directions[..., 2])
    elevation = np.arcsin(np.clip(directions[..., 1], -1, 1))
    u = (azimuth / (2 * np.pi) + 0.5) * width - 0.5
    v = (0.5 - elevation / np.pi) * height - 0.5
    return u.astype(np.float32), v.astype(np.float32)


def fit_lights(radiance: Floats, count: int) -> LightField:
    """An even ambient plus `count` lights that carry what is brighter than it.

    The ambient is the panorama's median luminance with the mean colour of its darker half; the rest is divided among
    directions by k-means on the sphere, weighted by flux, started from the brightest spots.
    """
    rows, columns = _COARSE
    coarse = cv2.resize(np.asarray(radiance, np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    colors = coarse.reshape(-1, 3).astype(np.float64)
    elevation = np.repeat((0.5 - (np.arange(rows) + 0.5) / rows) * np.pi, columns)
    azimuth = np.tile(((np.arange(columns) + 0.5) / columns - 0.5) * 2 * np.pi, rows)
    directions = np.stack(
        [np.cos(elevation) * np.sin(azimuth), np.sin(elevation), -np.cos(elevation) * np.cos(azimuth)], axis=1
    )
    solid_angle = np.cos(elevation) * (np.pi / rows) * (2 * np.pi / columns)
    luminance = colors @ LUMINANCE
    level = _weighted_median(luminance, solid_angle)
    dark = luminance <= level
    mean_dark = (colors[dark] * solid_angle[dark, None]).sum(0) / solid_angle[dark].sum()
    ambient = mean_dark * level / max(float(mean_dark @ LUMINANCE), 1e-6)
    excess = np.clip(1 - level / np.maximum(luminance, 1e-9), 0, None)[:, None] * colors * solid_angle[:, None]
    lights = _cluster(directions, excess, count)
    return LightField(tuple(ambient), lights)


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values, kind="stable")
    return float(values[order][np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)])


def _cluster(directions: Floats, flux: Floats, count: int, rounds: int = 12) -> tuple[DistantLight, ...]:
    weight = flux @ LUMINANCE
    centers = []
    left = weight.copy()
    for _ in range(count):
        centers.append(directions[np.argmax(left)])
        left = left * (directions @ centers[-1] < 0.5)
    center = np.array(centers)
    for _ in range(rounds):
        nearest = np.argmax(directions @ center.T, axis=1)
        for k in range(count):
            mean = (directions[nearest == k] * weight[nearest == k, None]).sum(0)
            if np.linalg.norm(mean) > 0:
                center[k] = mean / np.linalg.norm(mean)
    nearest = np.argmax(directions @ center.T, axis=1)
    lights = []
    for k in range(count):
        mine = nearest == k
        facing = np.clip(directions[mine] @ center[k], 0, None)
        lights.append(DistantLight(tuple(center[k]), tuple((flux[mine] * facing[:, None]).sum(0))))
    return tuple(lights)
