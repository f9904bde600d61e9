"""GLLiM and the template ranking learn poses of ellipsoid heads from their HOG."""

from __future__ import annotations

import numpy as np
import pytest
from ellipsoid_heads import HeadSource, grey, poses

from synth.errors import UsageError
from synth.evaluate.comparators.base import Budget, Comparator
from synth.evaluate.comparators.gllim import GLLiM
from synth.evaluate.comparators.hog import hog, hog_size
from synth.evaluate.comparators.template_ranking import TemplateRanking

TRAIN, TEST = poses(300, seed=1), poses(60, seed=2)


def test_the_pyramid_has_the_1888_numbers_of_the_paper():
    features = hog(np.random.default_rng(0).integers(0, 256, (2, 1, 64, 64), dtype=np.uint8))
    assert features.shape == (2, hog_size()) == (2, 1888)
    assert np.isfinite(features).all()
    assert np.ptp(features) > 0.1


@pytest.mark.parametrize("shape", [(1, 3, 64, 64), (1, 1, 32, 32), (1, 64, 64)])
def test_hog_refuses_other_pictures(shape):
    with pytest.raises(UsageError, match="HOG takes"):
        hog(np.zeros(shape, np.uint8))


@pytest.mark.parametrize(("comparator", "pitch_and_yaw", "roll"), [(GLLiM(), 2.5, 2.0), (TemplateRanking(), 5, 15)])
def test_it_learns_the_poses_of_ellipsoid_heads(comparator: Comparator, pitch_and_yaw: float, roll: float):
    comparator.fit_arrays(grey(TRAIN, 64), TRAIN, seed=0)
    error = np.abs(comparator.predict(grey(TEST, 64)) - TEST).mean(axis=0)
    assert error[:2].max() < pitch_and_yaw  # always frontal: 20 and 25
    assert error[2] < roll


@pytest.mark.parametrize("kind", [GLLiM, TemplateRanking])
def test_the_same_seed_gives_the_same_fit_and_a_folder_keeps_it(kind, tmp_path):
    pictures = grey(TRAIN[:120], 64)
    one, two = kind(), kind()
    one.fit_arrays(pictures, TRAIN[:120], seed=3, steps=4)
    two.fit_arrays(pictures, TRAIN[:120], seed=3, steps=4)
    np.testing.assert_array_equal(one.predict(pictures), two.predict(pictures))
    one.save(tmp_path / "kept")
    np.testing.assert_array_equal(kind.load(tmp_path / "kept").predict(pictures), one.predict(pictures))


@pytest.mark.parametrize("kind", [GLLiM, TemplateRanking])
def test_pictures_of_another_shape_are_refused(kind):
    comparator = kind()
    with pytest.raises(UsageError, match="hasn't been fitted"):
        comparator.predict(np.zeros((1, 1, 64, 64), np.uint8))
    with pytest.raises(UsageError, match=r"takes \(N, 1, 64, 64\) uint8"):
        comparator.fit_arrays(np.zeros((9, 3, 64, 64), np.uint8), np.zeros((9, 3)), seed=0)


def test_a_fit_to_a_source_takes_labelled_pictures_up_to_the_budget_and_reports():
    euler_deg = poses(150, seed=4)
    euler_deg[:30, 2] = np.nan
    reports: list[tuple[int, int]] = []
    comparator = GLLiM()
    comparator.fit(
        HeadSource(euler_deg),
        seed=0,
        budget=Budget(steps=3, samples=100),
        progress=lambda done, of, numbers: reports.append((done, of)),
    )
    assert comparator.arrays()["weight"].shape == (3,)  # 100 pictures, 30 or more for each component
    assert reports[0] == (1, 3)


def test_a_source_without_the_pictures_or_the_labels_is_refused():
    with pytest.raises(UsageError, match="has no"):
        GLLiM().fit(HeadSource(TRAIN[:40], has_rgb=False), seed=0)
    unlabelled = TRAIN[:40].copy()
    unlabelled[:, 2] = np.nan
    with pytest.raises(UsageError, match="No picture has all the angles"):
        GLLiM().fit(HeadSource(unlabelled), seed=0)


def test_an_empty_budget_is_refused():
    with pytest.raises(UsageError, match="0 is no budget"):
        Budget(steps=0)
