"""Chance that is the same for everybody: keyed by seed, sample, epoch and aspect, and by nothing else."""

from __future__ import annotations

import itertools
import subprocess
import sys
from statistics import NormalDist

import numpy as np
import pytest

from synth.effects.randomness import draw_below, draw_normals, draw_one, draw_uniform, effect_rng
from synth.errors import UsageError

FIRST_DRAW = 0.16095323863966482
FIRST_NORMALS = [-0.4475098, -1.0686035, -0.7341309]


def test_the_same_key_draws_the_same_numbers_in_another_process() -> None:
    code = "from synth.effects.randomness import *; print(effect_rng(7, 3, 2, 'blur').random(4).tolist())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(effect_rng(7, 3, 2, "blur").random(4).tolist())


def test_the_draws_are_those_of_the_day_when_this_test_was_written() -> None:
    assert effect_rng(7, 3, 2, "blur").random() == FIRST_DRAW
    assert draw_normals(effect_rng(7, 3, 2, "blur"), (3,)).tolist() == pytest.approx(FIRST_NORMALS, abs=1e-6)


def test_whatever_differs_gives_other_draws() -> None:
    keys = itertools.product((0, 1), (0, 1, 2**63 - 1), (0, 1, 2**63 - 1), ("blur", "jpeg"))
    draws = [effect_rng(*key).random() for key in keys]
    assert len(set(draws)) == len(draws)


@pytest.mark.parametrize("bad", [(-1, 0, 0), (0, -1, 0), (0, 0, -1), (2**63, 0, 0), (0.5, 0, 0), (True, 0, 0)])
def test_a_number_that_is_no_key_is_refused(bad: tuple[int, int, int]) -> None:
    with pytest.raises(UsageError, match="out of range"):
        effect_rng(*bad)


def test_normal_numbers_are_normal() -> None:
    values = draw_normals(effect_rng(1, 1), (400, 500)).astype(np.float64)
    assert values.shape == (400, 500)
    assert abs(values.mean()) < 4 / np.sqrt(values.size)
    assert values.var() == pytest.approx(1, abs=0.015)
    for limit in (0.5, 1, 2, 3):
        assert (values < limit).mean() == pytest.approx(NormalDist().cdf(limit), abs=0.004)
    assert abs(np.corrcoef(values[:, 1:].ravel(), values[:, :-1].ravel())[0, 1]) < 0.01


def test_uniform_draws_fill_their_range_evenly() -> None:
    rng = effect_rng(1, 2)
    values = np.array([draw_uniform(rng, (-2, 6)) for _ in range(4000)])
    assert values.min() >= -2
    assert values.max() <= 6
    assert np.histogram(values, 8, (-2, 6))[0] == pytest.approx(500, abs=110)


def test_choices_are_equally_likely() -> None:
    rng = effect_rng(1, 3)
    assert np.bincount([draw_below(rng, 5) for _ in range(5000)]) == pytest.approx(1000, abs=140)
    drawn = [draw_one(rng, ("a", "b")) for _ in range(2000)]
    assert drawn.count("a") == pytest.approx(1000, abs=120)
