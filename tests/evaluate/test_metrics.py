"""Error measures against numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from synth.errors import UsageError
from synth.evaluate.metrics import (
    absolute_errors_deg,
    always_frontal,
    geodesic_errors_deg,
    margin_by_people,
    mean_error_deg,
    pose_errors,
    sign_accuracy,
    spread,
    trend,
)
from synth.geometry.pose import rotation_from_euler, wrapped_difference_deg

NAN = math.nan


@pytest.mark.parametrize(
    ("estimated", "true", "expected"),
    [(10, 4, 6), (4, 10, -6), (170, -170, -20), (-170, 170, 20), (180, -180, 0), (90, -90, -180), (350, -5, -5)],
)
def test_a_difference_goes_the_short_way_round(estimated, true, expected):
    assert wrapped_difference_deg(estimated, true) == pytest.approx(expected)


def test_a_flip_by_180_degrees_is_an_error_of_180():
    assert absolute_errors_deg([[0, 180, 0]], [[0, 0, 0]]).tolist() == [[0, 180, 0]]


def test_the_errors_of_four_samples():
    true = np.array([[0.0, 0, 0], [10, -20, 5], [NAN, 30, NAN], [-10, 10, -5]])
    guess = np.array([[2.0, -4, 0], [10, -10, 8], [50, 36, 50], [-14, NAN, -5]])
    errors = absolute_errors_deg(guess, true)
    found = pose_errors(errors, np.array([1.0, 2.0, NAN, 6.0]))
    assert found.samples == 4
    assert (found.pitch.mean, found.pitch.count) == (2.0, 3)  # 2, 0, 4
    assert found.pitch.std == pytest.approx(math.sqrt(8 / 3))
    assert found.yaw.mean == pytest.approx(20 / 3)  # 4, 10, 6
    assert found.roll.mean == 1.0  # 0, 3, 0
    assert found.roll.median == 0.0
    assert found.mean_deg == pytest.approx((2 + 20 / 3 + 1) / 3)
    assert (found.geodesic.mean, found.geodesic.median, found.geodesic.count) == (3.0, 2.0, 3)
    assert mean_error_deg(errors) == pytest.approx([2, 13 / 3, 6, 2])


def test_an_angle_without_labels_is_not_in_the_mean():
    errors = absolute_errors_deg([[1.0, 3, 99]], [[0, 0, NAN]])
    found = pose_errors(errors, np.array([NAN]))
    assert found.mean_deg == 2.0
    assert found.roll.count == 0
    assert math.isnan(found.roll.mean)
    assert math.isnan(found.geodesic.mean)


def test_nothing_labelled_gives_no_number():
    found = pose_errors(np.full((2, 3), NAN), np.full(2, NAN))
    assert math.isnan(found.mean_deg)
    assert np.isnan(mean_error_deg(np.full((2, 3), NAN))).all()
    assert spread([]).count == 0


def test_the_geodesic_error_is_the_angle_of_the_rotation_between():
    true = rotation_from_euler([[0, 0, 0], [0, 0, 0], [20, 30, 10]])
    guess = rotation_from_euler([[0, 40, 0], [0, 0, 180], [20, 30, 10]])
    assert geodesic_errors_deg(guess, true) == pytest.approx([40, 180, 0], abs=1e-6)


def test_a_rotation_that_is_not_known_has_no_geodesic_error():
    true = rotation_from_euler(np.zeros((2, 3)))
    true[1] = NAN
    assert np.isnan(geodesic_errors_deg(rotation_from_euler(np.ones((2, 3))), true)).tolist() == [False, True]


@pytest.mark.parametrize("estimated", [np.zeros((2, 3)), np.zeros((3, 2)), np.zeros(3)])
def test_estimates_for_other_samples_are_refused(estimated):
    with pytest.raises(UsageError, match="estimated angles for"):
        absolute_errors_deg(estimated, np.zeros((3, 3)))


def test_the_margin_is_over_people_not_over_pictures():
    subjects = np.array(["a", "a", "b", "b", "c", "c", "d"])
    values = [1.0, 3, 4, 4, 5, 7, NAN]  # means 2, 4, 6: standard error 2 / √3, and t(97.5 %, 2) = 4.3027
    assert margin_by_people(values, subjects) == pytest.approx(4.3027 * 2 / math.sqrt(3), rel=1e-4)
    often = margin_by_people(values * 100, np.tile(subjects, 100))
    assert often == pytest.approx(margin_by_people(values, subjects))


def test_one_person_gives_no_margin():
    assert math.isnan(margin_by_people([1.0, 2], np.array(["a", "a"])))
    assert math.isnan(margin_by_people([NAN], np.array(["a"])))


def test_a_trend_of_labels_stretched_twofold():
    true = np.array([-30.0, -15, 0, 15, 30, NAN])
    found = trend(true / 2 + 3, true)
    assert found.rank_correlation == pytest.approx(1)
    assert (found.slope, found.offset_deg) == (pytest.approx(0.5), pytest.approx(3))
    assert found.bias_deg == pytest.approx(3)
    assert found.count == 5


def test_ranks_with_ties_are_averaged():
    # Ranks of the labels 1.5, 1.5, 3, 4 and of the estimates 1, 3, 2, 4: Pearson's of those by hand.
    found = trend([0.0, 20, 10, 30], [-10.0, -10, 0, 10])
    a, b = np.array([1.5, 1.5, 3, 4]) - 2.5, np.array([1.0, 3, 2, 4]) - 2.5
    assert found.rank_correlation == pytest.approx((a @ b) / math.sqrt((a @ a) * (b @ b)))


def test_a_constant_estimate_has_no_rank_and_no_slope():
    found = trend(np.zeros(3), [10.0, 20, 30])
    assert math.isnan(found.rank_correlation)
    assert found.slope == 0
    assert found.bias_deg == -20


def test_labels_that_are_all_equal_give_no_trend():
    found = trend([1.0, 2, 3], [5.0, 5, 5])
    assert math.isnan(found.slope)
    assert math.isnan(found.rank_correlation)
    assert found.bias_deg == pytest.approx(-3)


def test_signs_are_judged_where_the_label_has_one():
    found = sign_accuracy([5.0, -5, 5, 7, NAN], [10.0, 10, -10, 0, 10])
    assert found.mean == pytest.approx(1 / 3)
    assert found.count == 3


def test_always_frontal_on_pointing04_is_as_far_off_as_the_issue_says():
    yaw = np.array([-45.0, -30, -15, 0, 15, 30, 45])
    true = np.stack([np.zeros(7), yaw, np.full(7, NAN)], axis=1)
    assert absolute_errors_deg(always_frontal(true), true)[:, 1].mean() == pytest.approx(25.7, abs=0.02)


_ANGLES = arrays(np.float64, (5, 3), elements=st.floats(-180, 180))


@given(_ANGLES, _ANGLES)
def test_errors_lie_in_0_to_180_and_are_symmetric(a, b):
    errors = absolute_errors_deg(a, b)
    assert (errors >= 0).all()
    assert (errors <= 180).all()
    assert errors == pytest.approx(absolute_errors_deg(b, a), abs=1e-9)


@given(_ANGLES, st.permutations(range(5)))
def test_errors_do_not_depend_on_the_order_of_samples(angles, order):
    errors = absolute_errors_deg(angles, np.zeros((5, 3)))
    one, other = (pose_errors(e, e[:, 0]) for e in (errors, errors[list(order)]))
    assert one.yaw.mean == pytest.approx(other.yaw.mean)
    assert one.pitch.std == pytest.approx(other.pitch.std)
