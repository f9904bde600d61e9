"""Which way a built face looks: told by its landmarks, so that no sex or age is labelled lower than another."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from synth.heads.base import load_base
from synth.heads.frontal import TEMPLATE_PITCH_DEG, frontal_pitch_deg
from synth.heads.person import sample_person
from synth.heads.shape import shape_body


def test_a_template_that_looks_down_has_to_be_lifted_by_as_much() -> None:
    base = load_base()
    assert frontal_pitch_deg(base, base.vertices) == pytest.approx(TEMPLATE_PITCH_DEG)
    for down in (-8.0, 5.0):
        turn = Rotation.from_euler("x", down, degrees=True).as_matrix()  # +x turns the face, which looks along +z, down
        lifted = frontal_pitch_deg(base, 1.2 * base.vertices @ turn.T + [0.1, 0.2, 0.3])
        assert lifted == pytest.approx(TEMPLATE_PITCH_DEG + down, abs=1e-6)


def test_heads_are_lifted_by_a_few_degrees() -> None:
    base = load_base()
    lifts = [
        frontal_pitch_deg(base, shape_body(sample_person(np.random.default_rng([5, seed]))).vertices)
        for seed in range(40)
    ]
    assert -4 < min(lifts) < max(lifts) < 13
    assert 0.5 < np.std(lifts) < 4
