"""Drawn backgrounds: the same for the same seed, all different, and as bright as rooms and streets are."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from synth.plan.shot import Procedural
from synth.recipe.scene import PROCEDURAL_KINDS
from synth.scenes.procedural import draw_background
from synth.scenes.seen import behind, panorama_of

EVERY_KIND = pytest.mark.parametrize("kind", PROCEDURAL_KINDS)


@EVERY_KIND
def test_a_seed_always_draws_the_same_and_another_something_else(kind):
    first, again, other = (draw_background(Procedural(kind, seed), 4 / 3) for seed in (5, 5, 6))
    assert np.array_equal(first, again)
    assert np.abs(first - other).mean() > 0.01


@EVERY_KIND
def test_what_is_drawn_is_light_that_a_camera_could_see(kind):
    for seed in range(25):
        light = draw_background(Procedural(kind, seed), 4 / 3)
        assert light.shape == (256, 341, 3)
        assert light.dtype == np.float32
        assert np.isfinite(light).all()
        assert light.min() >= 0
        assert 0.01 < np.clip(light, 0, 1).mean() < 0.95


@EVERY_KIND
def test_a_kind_is_dark_and_bright_and_of_many_colours(kind):
    looks = np.array([np.clip(draw_background(Procedural(kind, s), 4 / 3), 0, 1).mean((0, 1)) for s in range(30)])
    assert looks.mean(1).max() > 1.6 * looks.mean(1).min()
    assert np.std(looks[:, 0] / looks[:, 2]) > 0.05


@EVERY_KIND
def test_nothing_is_sharper_than_an_unfocused_lens_shows_it(kind):
    """Of the fine detail, finer than 4 pixels of 256, there is hardly any."""
    for seed in range(5):
        light = np.clip(draw_background(Procedural(kind, seed), 4 / 3), 0, 1)
        fine = light - cv2.GaussianBlur(light, (0, 0), 1.5)
        assert fine.std() < 0.45 * max(light.std(), 0.05)


@pytest.mark.parametrize("aspect", [0.5, 1.0, 16 / 9, 3.0])
def test_frames_of_any_shape_are_filled(aspect):
    for kind in PROCEDURAL_KINDS:
        assert draw_background(Procedural(kind, 3), aspect).shape == (256, max(16, round(256 * aspect)), 3)


def test_a_region_that_reaches_beyond_the_frame_is_filled():
    picture = draw_background(Procedural("street", 1), 4 / 3)
    assert np.isfinite(behind(picture, (640, 480), (-40, -40, 700, 500), 5.0)).all()


def test_the_panorama_of_a_picture_has_it_behind_the_head_and_goes_round_without_a_step():
    picture = np.zeros((60, 80, 3), np.float32)
    picture[:30, :, 2] = 0.5  # blue sky
    picture[:, :20, 0] = 0.5  # something red on the image's left
    around = panorama_of(picture)
    assert around.shape == (32, 64, 3)
    ahead = around[:, 16:48]
    assert ahead[5:10, 10:22, 2].mean() > 0.4
    assert ahead[20:30, :6, 0].mean() > 0.4 > 0.1 > ahead[20:30, 12:, 0].mean()
    assert np.abs(around[:, 0] - around[:, -1]).max() < 0.1
