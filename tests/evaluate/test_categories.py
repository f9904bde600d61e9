"""Categories and confusion by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from known_errors import FakeSource, fake_candidate, trial_of

from synth.errors import UsageError
from synth.evaluate.categories import (
    category_names,
    confusion_from_angles,
    confusion_of_classifier,
    quadrant_confusion,
    quadrant_hits,
)
from synth.evaluate.confusion import confusion
from synth.geometry.pose import SIGN_STRATEGIES, sign_category


def test_six_samples_in_three_categories():
    found = confusion([0, 0, 1, 2, 2, 0], [0, 1, 1, 2, 2, 2], 3)
    assert found.counts.tolist() == [[1, 0, 0], [1, 1, 0], [1, 0, 2]]
    assert found.accuracy == pytest.approx(4 / 6)
    assert found.recall == pytest.approx([1, 0.5, 2 / 3])
    assert found.precision == pytest.approx([1 / 3, 1, 1])
    assert found.majority == 0.5


def test_samples_without_label_or_estimate_are_left_out():
    found = confusion([0, -1, 1], [0, 1, -1], 2)
    assert found.samples == 1
    assert found.accuracy == 1


def test_no_samples_give_no_accuracy():
    found = confusion([], [], 4)
    assert math.isnan(found.accuracy)
    assert math.isnan(found.majority)
    assert np.isnan(found.recall).all()


@pytest.mark.parametrize(("guess", "true"), [([4], [0]), ([0], [4]), ([0, 1], [0])])
def test_categories_that_there_are_not_are_refused(guess, true):
    with pytest.raises(UsageError):
        confusion(guess, true, 4)


def test_the_quadrants_have_the_paper_names():
    assert category_names("pitch+yaw") == (
        "pitch +, yaw +", "pitch −, yaw +", "pitch −, yaw −", "pitch +, yaw −",
    )  # fmt: skip


@pytest.mark.parametrize("strategy", SIGN_STRATEGIES)
def test_a_name_tells_the_signs_of_its_category(strategy):
    for number, name in enumerate(category_names(strategy)):
        signs = dict(part.split() for part in name.split(", "))
        angles = [{"+": 5.0, "−": -5.0}[signs.get(angle, "+")] for angle in ("pitch", "yaw", "roll")]
        assert sign_category([angles], strategy).tolist() == [number]


TRUE = [[10, 10, 1], [-10, 10, 1], [-10, -10, -1], [10, -10, -1]]
GUESS = [[10, 10, -1], [10, 10, 1], [-10, -10, -1], [10, -10, 1]]  # pitch wrong once, roll wrong twice


@pytest.mark.parametrize(
    ("strategy", "accuracy"),
    [("pitch", 0.75), ("yaw", 1), ("roll", 0.5), ("pitch+yaw", 0.75), ("pitch+roll", 0.25), ("yaw+roll", 0.5),
     ("pitch+yaw+roll", 0.25)],
)  # fmt: skip
def test_accuracy_of_each_strategy_by_angles(strategy, accuracy):
    found = confusion_from_angles(trial_of(fake_candidate(GUESS), FakeSource(TRUE)), strategy)
    assert found.accuracy == accuracy
    assert found.samples == 4


def test_a_classifier_is_judged_in_its_own_strategy():
    candidate = fake_candidate(GUESS, category=[0, 0, 1, 1], strategy="yaw")
    trial = trial_of(candidate, FakeSource(TRUE))
    own = confusion_of_classifier(trial)
    assert own is not None
    assert own.accuracy == 1
    assert quadrant_confusion(trial).accuracy == 0.75  # by the angles: its classifier knows no quadrants


def test_a_classifier_of_quadrants_goes_before_the_angles():
    candidate = fake_candidate(GUESS, category=[0, 1, 0, 0], strategy="pitch+yaw")
    trial = trial_of(candidate, FakeSource(TRUE))
    assert quadrant_confusion(trial).accuracy == 0.5
    assert quadrant_hits(trial).tolist() == [1, 1, 0, 0]


def test_an_unlabelled_sample_is_neither_hit_nor_miss():
    trial = trial_of(fake_candidate(GUESS), FakeSource([[np.nan, 10, 1], *TRUE[1:]]))
    assert np.isnan(quadrant_hits(trial)).tolist() == [True, False, False, False]
    assert quadrant_confusion(trial).samples == 3
