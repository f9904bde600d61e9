"""How much light comes from where: surroundings and key light balanced to the shot's exposure. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.plan.shot import KeyLight, Rgb, Shot
from synth.render.environment import LUMINANCE, DistantLight, EnvironmentMap, LightField

Floats = NDArray[np.floating]

# Radiance of a white diffuser that faces the camera, at exposure 0: bright skin stays below white.
_METERED_RADIANCE = 0.85
# How far the white balance follows the surroundings' mean colour: cameras don't take a sunset's warmth away altogether.
_WHITE_BALANCE = 0.65
# The metering looks at a frontal face and at its two cheeks, forehead and chin.
_METER_NORMALS = np.array([[0, 0, 1], [0.6, 0, 0.8], [-0.6, 0, 0.8], [0, 0.6, 0.8], [0, -0.6, 0.8]])
# Nothing brighter than this is kept of a background: it is white anyway, and would glare through the denoiser.
_WHITE = 1.1
_EVEN = LightField((1.0, 1.0, 1.0), ())
_EVEN_GROUND = (0.18, 0.18, 0.18)


@dataclass(frozen=True)
class Lighting:
    """What a shot's light comes to: fill and key as they shine on the head, and the factor (linear RGB) from a
    panorama's values to the picture's."""

    fill: LightField
    key: DistantLight
    panorama_gain: tuple[float, float, float]


def light_shot(shot: Shot, panoramas: Mapping[str, EnvironmentMap]) -> Lighting:
    """Balance surroundings and key light so that the metered exposure and the key's share are the shot's.

    A studio light is given in full: nothing is metered, so a weaker light makes a darker picture.
    """
    metered = _metered(shot, panoramas)
    if shot.studio is None:
        return metered
    studio = shot.studio
    key = DistantLight(_toward(studio.azimuth_deg, studio.elevation_deg), studio.irradiance)
    r, g, b = (gain * studio.intensity for gain in metered.panorama_gain)
    return Lighting(LightField(studio.ambient, ()), key, (r, g, b))


def _metered(shot: Shot, panoramas: Mapping[str, EnvironmentMap]) -> Lighting:
    around = shot.surroundings
    field = _EVEN
    if around.environment is not None:
        field = panoramas[around.environment].light_field(around.rotation_deg)
    metered = np.mean([field.irradiance(n) for n in _METER_NORMALS], axis=0)
    balance = (metered / (metered @ LUMINANCE)) ** -_WHITE_BALANCE
    target = np.pi * _METERED_RADIANCE * 2.0**around.exposure_ev
    gain = balance * (1 - shot.key_light.share) * target / (metered * balance @ LUMINANCE)
    return Lighting(field.times(gain), _key_light(shot.key_light, target), tuple(gain))


def _key_light(key: KeyLight, target: float) -> DistantLight:
    toward = _toward(key.azimuth_deg, key.elevation_deg)
    metered = np.mean(np.clip(_METER_NORMALS @ toward, 0.1, None))
    return DistantLight(toward, tuple(key.share * target / metered * np.array(key.color)))


def _toward(azimuth_deg: float, elevation_deg: float) -> Rgb:
    """The unit vector from the head to a light, world frame."""
    azimuth, elevation = np.radians([azimuth_deg, elevation_deg])
    level = np.cos(elevation)
    return float(np.sin(azimuth) * level), float(np.sin(elevation)), float(np.cos(azimuth) * level)


def background(
    shot: Shot, lighting: Lighting, panoramas: Mapping[str, EnvironmentMap], K: Floats, width_px: int, height_px: int
) -> Floats:
    """What stands behind the head in a picture with intrinsics `K`: (height, width, 3) float32, linear, 1 = white."""
    around = shot.surroundings
    if around.plain is not None or around.environment is None:
        level = 1.0 if shot.studio is None else shot.studio.intensity
        ground = np.clip(level * np.asarray(around.plain or _EVEN_GROUND, np.float32), 0, _WHITE)
        return np.broadcast_to(ground.astype(np.float32), (height_px, width_px, 3))
    panorama = panoramas[around.environment]
    seen = panorama.background(K, width_px, height_px, around.rotation_deg, around.blur_px)
    return np.clip(seen * np.asarray(lighting.panorama_gain, np.float32), 0, _WHITE)
