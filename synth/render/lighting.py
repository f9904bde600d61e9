"""How much light comes from where: surroundings and key light balanced to the shot's exposure. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from synth.plan.light import white_balance_gain
from synth.plan.shot import KeyLight, Rgb, Shot, Surroundings
from synth.render.environment import LUMINANCE, DistantLight, EnvironmentMap, LightField, fit_lights
from synth.scenes.seen import behind, panorama_of

Floats = NDArray[np.floating]

# Radiance of a white diffuser that faces the camera, at exposure 0: bright skin stays below white.
_METERED_RADIANCE = 0.85
# How far the white balance follows the surroundings' mean colour: cameras don't take a sunset's warmth away altogether.
_WHITE_BALANCE = 0.65
# The metering looks at a frontal face and at its two cheeks, forehead and chin.
_METER_NORMALS = np.array([[0, 0, 1], [0.6, 0, 0.8], [-0.6, 0, 0.8], [0, 0.6, 0.8], [0, -0.6, 0.8]])
# Nothing brighter than this is kept of a background: it is white anyway, and would glare through the denoiser.
_WHITE = 1.1
# Before a dark picture the head is darker, too: as this power of the picture's brightness against a middling one.
_MIDDLING, _FOLLOWS, _AT_MOST = 0.25, 0.35, 1.4
_EVEN = LightField((1.0, 1.0, 1.0), ())
_EVEN_GROUND = (0.18, 0.18, 0.18)


class Scenery(Protocol):
    """Where the pixels of a shot's surroundings come from (`synth.render.scenery`)."""

    fill_lights: int

    def panorama(self, around: Surroundings) -> EnvironmentMap | None: ...

    def picture(self, shot: Shot) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class Lighting:
    """What a shot's light comes to: fill and key as they shine on the head, the factor (linear RGB) from the values of
    the panorama or picture behind to the sample's, and the camera's white balance, a factor on all of it."""

    fill: LightField
    key: DistantLight
    behind_gain: Rgb
    white_balance: Rgb = (1.0, 1.0, 1.0)


def light_shot(shot: Shot, scenery: Scenery) -> Lighting:
    """Balance surroundings and key light so that the metered exposure and the key's share are the shot's.

    A studio light is given in full: nothing is metered, so a weaker light makes a darker picture, and its white is
    white.
    """
    metered = _by_picture(shot, scenery) if shot.surroundings.picture else _by_panorama(shot, scenery)
    if shot.studio is None:
        return metered
    studio = shot.studio
    key = DistantLight(_toward(studio.azimuth_deg, studio.elevation_deg), studio.irradiance)
    r, g, b = (gain * studio.intensity for gain in metered.behind_gain)
    return Lighting(LightField(studio.ambient, ()), key, (r, g, b))


def _by_panorama(shot: Shot, scenery: Scenery) -> Lighting:
    """Head and panorama are exposed alike, as one picture."""
    around = shot.surroundings
    panorama = scenery.panorama(around)
    field = panorama.light_field(around.rotation_deg) if panorama else _EVEN
    target = np.pi * _METERED_RADIANCE * 2.0**around.exposure_ev
    gain = _gain(field, (1 - shot.key_light.share) * target)
    balance = white_balance_gain(around.white_balance_mired)
    return Lighting(field.times(gain), _key_light(shot.key_light, target), _rgb(gain), balance)


def _by_picture(shot: Shot, scenery: Scenery) -> Lighting:
    """A picture is exposed already; the head's light has its directions and colours, and something of its level."""
    around = shot.surroundings
    picture = scenery.picture(shot)
    field = fit_lights(panorama_of(picture), scenery.fill_lights)
    level = float(np.mean(np.clip(picture, 0, 1) @ LUMINANCE)) / _MIDDLING
    exposure = 2.0**around.exposure_ev
    follows = float(np.clip(level**_FOLLOWS, 1 / _AT_MOST, _AT_MOST**0.5))
    target = np.pi * _METERED_RADIANCE * exposure * follows
    gain = _gain(field, (1 - shot.key_light.share) * target)
    balance = white_balance_gain(around.white_balance_mired)
    return Lighting(field.times(gain), _key_light(shot.key_light, target), (exposure,) * 3, balance)


def _gain(field: LightField, target: float) -> Floats:
    """(3,) the factor that makes the light on a face `target` (luminance) and takes off most of its tint."""
    metered = np.maximum(np.mean([field.irradiance(n) for n in _METER_NORMALS], axis=0), 1e-6)
    balance = (metered / (metered @ LUMINANCE)) ** -_WHITE_BALANCE
    return np.asarray(balance * target / (metered * balance @ LUMINANCE))


def _rgb(values: Floats) -> Rgb:
    return float(values[0]), float(values[1]), float(values[2])


def _key_light(key: KeyLight, target: float) -> DistantLight:
    toward = _toward(key.azimuth_deg, key.elevation_deg)
    metered = np.mean(np.clip(_METER_NORMALS @ toward, 0.1, None))
    return DistantLight(toward, tuple(key.share * target / metered * np.array(key.color)))


def _toward(azimuth_deg: float, elevation_deg: float) -> Rgb:
    """The unit vector from the head to a light, world frame."""
    azimuth, elevation = np.radians([azimuth_deg, elevation_deg])
    level = np.cos(elevation)
    return float(np.sin(azimuth) * level), float(np.sin(elevation)), float(np.cos(azimuth) * level)


def background(shot: Shot, lighting: Lighting, scenery: Scenery, K: Floats, width_px: int, height_px: int) -> Floats:
    """What stands behind the head in a picture with intrinsics `K`: (height, width, 3) float32, linear, 1 = white."""
    around = shot.surroundings
    panorama = scenery.panorama(around)
    if around.picture is not None:
        x0, y0 = (round(float(shot.camera.K[axis, 2] - K[axis, 2])) for axis in (0, 1))
        region, frame = (x0, y0, x0 + width_px, y0 + height_px), (shot.camera.width_px, shot.camera.height_px)
        seen = behind(scenery.picture(shot), frame, region, around.blur_px)
    elif around.plain is not None or panorama is None:
        level = 1.0 if shot.studio is None else shot.studio.intensity
        ground = np.clip(level * np.asarray(around.plain or _EVEN_GROUND, np.float32), 0, _WHITE)
        return np.broadcast_to(ground.astype(np.float32), (height_px, width_px, 3))
    else:
        seen = panorama.background(K, width_px, height_px, around.rotation_deg, around.blur_px)
    return np.clip(seen * np.asarray(lighting.behind_gain, np.float32), 0, _WHITE)
