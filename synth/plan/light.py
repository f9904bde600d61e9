"""The key light and its colour, the surroundings, the background, the camera's white balance."""

from __future__ import annotations

import numpy as np

from synth.plan.shot import KeyLight, Photo, Procedural, Rgb, Surroundings
from synth.plan.streams import integer, pick, uniform
from synth.recipe.scene import Scene

# XYZ → linear sRGB, IEC 61966-2-1 (D65).
_RGB_FROM_XYZ = (
    (3.2404542, -1.5371385, -0.4985314),
    (-0.9692660, 1.8760108, 0.0415560),
    (0.0556434, -0.2040259, 1.0572252),
)
_LUMINANCE: Rgb = (0.2126729, 0.7151522, 0.0721750)
_DAYLIGHT_MIRED = 1e6 / 6504  # D65, sRGB's white
_SMALLEST_ZOOM = 0.6  # of a photograph's part against the largest that fits
_SEEDS = 2**31
_TINT = 0.25  # a plain background's channels differ by up to this share of its level


def planckian_xy(kelvin: float) -> tuple[float, float]:
    """CIE 1931 chromaticity of a black body, by Krystek's rational approximation; error in (u, v) below 1e-4.

    Valid from 1000 K to 15000 K. Source: M. Krystek, "An algorithm to calculate correlated colour temperature", Color
    Research & Application 10 (1985), 38–40; u, v are CIE 1960.
    """
    t = kelvin
    u = (0.860117757 + 1.54118254e-4 * t + 1.28641212e-7 * t * t) / (1 + 8.42420235e-4 * t + 7.08145163e-7 * t * t)
    v = (0.317398726 + 4.22806245e-5 * t + 4.20481691e-8 * t * t) / (1 - 2.89741816e-5 * t + 1.61456053e-7 * t * t)
    return 3 * u / (2 * u - 8 * v + 4), 2 * v / (2 * u - 8 * v + 4)


def color_of_kelvin(kelvin: float) -> Rgb:
    """Linear sRGB of a black body's light, luminance 1; what sRGB can't hold (blue below 1900 K) is clipped to 0."""
    x, y = planckian_xy(kelvin)
    xyz = (x / y, 1.0, (1 - x - y) / y)
    r, g, b = (max(0.0, row[0] * xyz[0] + row[1] * xyz[1] + row[2] * xyz[2]) for row in _RGB_FROM_XYZ)
    luminance = _LUMINANCE[0] * r + _LUMINANCE[1] * g + _LUMINANCE[2] * b
    return r / luminance, g / luminance, b / luminance


def draw_key_light(rng: np.random.Generator, scene: Scene) -> KeyLight:
    return KeyLight(
        azimuth_deg=uniform(rng, scene.key_azimuth_deg),
        elevation_deg=uniform(rng, scene.key_elevation_deg),
        share=uniform(rng, scene.key_share),
        color=color_of_kelvin(uniform(rng, scene.key_kelvin)),
    )


def white_balance_gain(mired: float) -> Rgb:
    """What a camera whose white balance is off by so many mired makes of white: linear sRGB, of luminance about 1."""
    seen, white = color_of_kelvin(1e6 / (_DAYLIGHT_MIRED + mired)), color_of_kelvin(1e6 / _DAYLIGHT_MIRED)
    return seen[0] / white[0], seen[1] / white[1], seen[2] / white[2]


def draw_surroundings(
    rng: np.random.Generator, picture_rng: np.random.Generator, balance_rng: np.random.Generator, scene: Scene
) -> Surroundings:
    """Environment, its turn, the plain background or the picture where there is one, defocus, exposure, white balance.

    All is drawn in the same order whatever the recipe says, so that changing one setting leaves the others' values.
    """
    environments: tuple[str | None, ...] = scene.environments or (None,)
    environment = pick(rng, environments)
    rotation_deg = uniform(rng, (0.0, 360.0))
    share = float(rng.random())
    plain = _draw_plain(rng, scene)
    blur_px, exposure_ev = uniform(rng, scene.background_blur_px), uniform(rng, scene.exposure_ev)
    hdri, picture = _draw_hdri(picture_rng, scene), None
    if share >= scene.plain:
        picture = _draw_picture(picture_rng, scene, share - scene.plain)
    if hdri is not None or picture is not None:
        environment = None
    is_plain = share < scene.plain or (environment is None and hdri is None and picture is None)
    return Surroundings(
        environment=environment,
        rotation_deg=rotation_deg,
        plain=plain if is_plain else None,
        blur_px=blur_px,
        exposure_ev=exposure_ev,
        hdri=hdri if picture is None else None,
        picture=picture,
        white_balance_mired=uniform(balance_rng, scene.white_balance_mired),
    )


def _draw_hdri(rng: np.random.Generator, scene: Scene) -> float | None:
    """Which of the user's HDRIs, 0 … 1; None where another environment lights the shot. Two draws."""
    which, place = float(rng.random()), float(rng.random())
    if scene.hdris is None or (scene.environments and which >= scene.hdris.share):
        return None
    return place


def _draw_picture(rng: np.random.Generator, scene: Scene, share: float) -> Photo | Procedural | None:
    """The photograph or drawing whose part of the shares `share` falls into; None beyond both."""
    seed, kind = integer(rng, _SEEDS), pick(rng, scene.procedural_kinds)
    place, across, down = (float(v) for v in rng.random(3))
    zoom, mirrored = uniform(rng, (_SMALLEST_ZOOM, 1.0)), float(rng.random()) < 0.5
    of_photos = scene.photos.share if scene.photos else 0.0
    if share < of_photos:
        return Photo(place, zoom, across, down, mirrored)
    return Procedural(kind, seed) if share - of_photos < scene.procedural else None


def _draw_plain(rng: np.random.Generator, scene: Scene) -> Rgb:
    level = uniform(rng, scene.plain_level)
    r, g, b = (min(1.0, level * (1 + _TINT * (float(v) - 0.5))) for v in rng.random(3))
    return r, g, b
