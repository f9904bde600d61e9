"""Light given by a condition is not metered away; light of the scene is."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from synth.plan.plan import plan_shot
from synth.recipe.load import parse_recipe
from synth.render.lighting import background, light_shot

K = np.array([[525.0, 0, 40], [0, 525.0, 30], [0, 0, 1]])
RECIPE = parse_recipe(
    "name: light\nsamples: 31\nheads: {count: 1}\nscene: {environments: []}\nvariants: {illumination: {}}\n", "r.yaml"
)
SHOTS = {shot.condition: shot for shot in (plan_shot(RECIPE, k) for k in range(31))}
FRONT = np.array([0.0, 0.0, 1.0])


def on_face(condition, normal=FRONT):
    """Irradiance from key and ambient on a surface of the face, (3,) linear RGB."""
    lighting = light_shot(SHOTS[condition], {})
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
        return background(shot, light_shot(shot, {}), {}, K, 80, 60).mean(axis=(0, 1))

    assert behind("intensity=0.5") == pytest.approx(0.5 * behind("azimuth=0"))
    assert behind("color=blue") == pytest.approx(behind("azimuth=80"))


def test_a_shot_of_the_base_is_metered_as_ever():
    base = dataclasses.replace(SHOTS["azimuth=0"], studio=None)
    dim = dataclasses.replace(SHOTS["intensity=0.3"], studio=None)
    assert light_shot(base, {}) == light_shot(dim, {})
