"""Light given by a condition is not metered away; light of the scene is."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from synth.plan.plan import plan_shot
from synth.plan.shot import Procedural, Surroundings
from synth.recipe.load import parse_recipe
from synth.render.environment import LUMINANCE, EnvironmentMap
from synth.render.lighting import background, light_shot

K = np.array([[525.0, 0, 40], [0, 525.0, 30], [0, 0, 1]])
RECIPE = parse_recipe(
    "name: light\nsamples: 31\nheads: {count: 1}\n"
    "scene: {environments: [], procedural: 0}\nvariants: {illumination: {}}\n",
    "r.yaml",
)
SHOTS = {shot.condition: shot for shot in (plan_shot(RECIPE, k) for k in range(31))}
FRONT = np.array([0.0, 0.0, 1.0])


class Given:
    """Scenery with this picture, or this panorama, and nothing else."""

    fill_lights = 1

    def __init__(self, picture=None, panorama=None):
        self._picture, self._panorama = picture, panorama

    def panorama(self, around):
        return None if around.environment is None else self._panorama

    def picture(self, shot):
        return self._picture


EVEN = Given()


def on_face(condition, normal=FRONT):
    """Irradiance from key and ambient on a surface of the face, (3,) linear RGB."""
    lighting = light_shot(SHOTS[condition], EVEN)
    cosine = max(0.0, float(np.dot(lighting.key.toward, normal)))
    return lighting.fill.irradiance(normal) + cosine * np.array(lighting.key.irradiance)


def test_twice_the_intensity_is_twice_the_light():
    assert on_face("intensity=0.6") == pytest.approx(2 * on_face("intensity=0.3"))
    assert on_face("intensity=1.2") == pytest.approx(4 * on_face("intensity=0.3"))


def test_neutral_light_on_white_paper_is_just_below_white():
    assert 0.8 < on_face("azimuth=0").max() / np.pi <= 0.9


@pytest.mark.parametrize("azimuth", [20, 60, 100])
def test_the_light_comes_from_the_azimuths_side(azimuth):
    right, left = np.array([0.8, 0, 0.6]), np.array([-0.8, 0, 0.6])
    assert on_face(f"azimuth={azimuth}", right)[0] > 1.3 * on_face(f"azimuth={azimuth}", left)[0]
    assert on_face(f"azimuth={-azimuth}", left) == pytest.approx(on_face(f"azimuth={azimuth}", right))


@pytest.mark.parametrize(
    ("color", "strong", "weak"), [("red", 0, 1), ("green", 1, 0), ("blue", 2, 1), ("cyan", 2, 0), ("purple", 2, 1)]
)
def test_the_light_has_its_colour(color, strong, weak):
    rgb = on_face(f"color={color}")
    assert rgb[strong] > 2.5 * rgb[weak]


def test_grey_is_white_with_less_light():
    grey, white = on_face("color=grey"), on_face("color=white")
    assert np.ptp(grey) == pytest.approx(0)
    assert 0.5 < grey[0] / white[0] < 0.75


def test_what_stands_behind_follows_the_intensity_and_nothing_else():
    def behind(condition):
        shot = SHOTS[condition]
        return background(shot, light_shot(shot, EVEN), EVEN, K, 80, 60).mean(axis=(0, 1))

    assert behind("intensity=0.5") == pytest.approx(0.5 * behind("azimuth=0"))
    assert behind("color=blue") == pytest.approx(behind("azimuth=80"))


def test_a_shot_of_the_base_is_metered_as_ever():
    base = dataclasses.replace(SHOTS["azimuth=0"], studio=None)
    dim = dataclasses.replace(SHOTS["intensity=0.3"], studio=None)
    assert light_shot(base, EVEN) == light_shot(dim, EVEN)


# --- pictures behind the head

BASE = dataclasses.replace(SHOTS["azimuth=0"], studio=None)


def before(picture, **changes):
    """The base shot, all of its light from the surroundings, before `picture`; and the scenery."""
    around = Surroundings(None, 0.0, None, 0.0, 0.0, picture=Procedural("wall", 1))
    key = dataclasses.replace(BASE.key_light, share=0.0)
    shot = dataclasses.replace(BASE, surroundings=dataclasses.replace(around, **changes), key_light=key)
    return shot, Given(np.asarray(picture, np.float32))


def plain_picture(level):
    return np.broadcast_to(np.asarray(level, np.float32), (60, 80, 3))


def test_a_picture_is_shown_as_it_is_and_its_exposure_follows_the_shots():
    for exposure_ev, factor in ((0.0, 1.0), (1.0, 2.0)):
        shot, scenery = before(plain_picture(0.3), exposure_ev=exposure_ev)
        seen = background(shot, light_shot(shot, scenery), scenery, shot.camera.K, 640, 480)
        assert seen.shape == (480, 640, 3)
        assert seen == pytest.approx(0.3 * factor, abs=1e-5)


def test_before_a_darker_picture_the_head_is_darker_too_but_less_so():
    def on_head(level):
        shot, scenery = before(plain_picture(level))
        return light_shot(shot, scenery).fill.irradiance(FRONT) @ LUMINANCE

    assert 1.2 < on_head(0.25) / on_head(0.05) < 2.0
    assert 1.0 < on_head(0.8) / on_head(0.25) < 1.6


def test_the_heads_light_has_something_of_the_pictures_colour():
    shot, scenery = before(plain_picture((0.4, 0.25, 0.1)))
    r, g, b = light_shot(shot, scenery).fill.irradiance(FRONT)
    assert 1.05 < r / g < 1.5
    assert 1.05 < g / b < 2.0


def test_light_comes_from_the_side_where_the_picture_is_bright():
    picture = np.full((60, 80, 3), 0.1)
    picture[:, 60:] = 1.0  # a window on the image's right
    shot, scenery = before(picture)
    fill = light_shot(shot, scenery).fill
    right, left = (fill.irradiance(np.array([x, 0.0, 0.6])) @ LUMINANCE for x in (0.8, -0.8))
    assert right > 1.3 * left


def test_a_region_shows_the_same_part_of_the_picture_as_the_whole_frame():
    picture = np.random.default_rng(3).random((60, 80, 3))
    shot, scenery = before(picture, blur_px=3.0)
    lighting = light_shot(shot, scenery)
    whole = background(shot, lighting, scenery, shot.camera.K, 640, 480)
    shifted = shot.camera.K.copy()
    shifted[:2, 2] -= [200, 120]
    part = background(shot, lighting, scenery, shifted, 160, 200)
    assert np.allclose(part, whole[120:320, 200:360], atol=1e-5)


def test_a_panorama_and_the_head_are_exposed_as_one_picture():
    panorama = EnvironmentMap(np.full((32, 64, 3), 4.0, np.float32))
    around = Surroundings("forest", 0.0, None, 0.0, 0.0)
    shot = dataclasses.replace(BASE, surroundings=around, key_light=dataclasses.replace(BASE.key_light, share=0.0))
    scenery = Given(panorama=panorama)
    lighting = light_shot(shot, scenery)
    seen = background(shot, lighting, scenery, shot.camera.K, 640, 480)
    assert seen.mean() == pytest.approx(lighting.fill.irradiance(FRONT).mean() / np.pi, rel=1e-3)


# --- white balance


@pytest.mark.parametrize(("mired", "warmer"), [(40.0, True), (-40.0, False)])
def test_a_wrong_white_balance_makes_everything_warmer_or_colder_and_no_brighter(mired, warmer):
    shot, scenery = before(plain_picture(0.3), white_balance_mired=mired)
    balance = np.array(light_shot(shot, scenery).white_balance)
    assert bool(balance[0] > 1.1 * balance[2]) is warmer
    assert bool(balance[2] > 1.1 * balance[0]) is not warmer
    assert balance @ LUMINANCE == pytest.approx(1, abs=0.03)
    assert light_shot(*before(plain_picture(0.3))).white_balance == (1.0, 1.0, 1.0)


def test_under_a_studio_light_white_is_white():
    around = dataclasses.replace(BASE.surroundings, white_balance_mired=50.0)
    shot = dataclasses.replace(SHOTS["azimuth=0"], surroundings=around)
    assert light_shot(shot, EVEN).white_balance == (1.0, 1.0, 1.0)


def test_under_a_studio_light_the_picture_behind_follows_the_intensity_and_lights_nothing():
    shot, scenery = before(plain_picture((0.4, 0.2, 0.1)))
    dim = dataclasses.replace(shot, studio=SHOTS["intensity=0.5"].studio)
    lighting = light_shot(dim, scenery)
    seen = background(dim, lighting, scenery, dim.camera.K, 64, 48)
    assert seen[0, 0] == pytest.approx([0.2, 0.1, 0.05], abs=1e-5)
    r, g, b = lighting.fill.irradiance(FRONT)
    assert r == g == b
