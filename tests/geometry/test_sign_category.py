"""Categories by the signs of angles, of which the paper's four are one choice."""

from __future__ import annotations

import numpy as np
import pytest

from synth.errors import UsageError
from synth.geometry.pose import SIGN_STRATEGIES, category_signs, pose_category, sign_category

ANGLES = np.random.default_rng(0).uniform(-60, 60, (500, 3))


def test_pitch_and_yaw_give_the_papers_categories():
    edges = np.array([[0, 0, 5], [0, -1, 0], [-1, 0, 0], [-0.0, -0.0, 0]])
    for angles in (ANGLES, edges):
        np.testing.assert_array_equal(sign_category(angles), pose_category(angles))


def test_every_choice_of_signs_is_there_once():
    assert len({frozenset(angles) for angles in SIGN_STRATEGIES.values()}) == len(SIGN_STRATEGIES) == 7


@pytest.mark.parametrize("strategy", SIGN_STRATEGIES)
def test_a_category_is_one_pattern_of_signs_and_all_occur(strategy):
    chosen = list(SIGN_STRATEGIES[strategy])
    number = sign_category(ANGLES, strategy)
    assert set(number) == set(range(2 ** len(chosen)))
    np.testing.assert_array_equal(category_signs(strategy)[number], np.where(ANGLES[:, chosen] < 0, -1, 1))


@pytest.mark.parametrize("strategy", SIGN_STRATEGIES)
def test_neighbours_in_number_differ_in_one_sign(strategy):
    signs = category_signs(strategy)
    assert ((signs != np.roll(signs, 1, axis=0)).sum(axis=1) == 1).all()


def test_an_angle_that_is_not_labelled_has_no_sign():
    assert sign_category([10.0, -10.0, np.nan]) == 3
    assert sign_category([10.0, -10.0, np.nan], "pitch+yaw+roll") == -1


def test_an_unknown_choice_of_signs_names_the_known_ones():
    with pytest.raises(UsageError, match=r"'yaw\+pitch' is no way .* pitch\+yaw"):
        sign_category([0.0, 0.0, 0.0], "yaw+pitch")
