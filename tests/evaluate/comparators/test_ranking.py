"""Large-margin weights put the right template first where plain distances are misled."""

from __future__ import annotations

import numpy as np
import pytest

from synth.errors import UsageError
from synth.evaluate.comparators.ranking import (
    Ranking,
    choose_beta,
    grid_templates,
    learn_weights,
    soft_argmin,
    weighted_distances,
)


def toy(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Ten features tell pitch and yaw; thirty are louder and tell nothing."""
    rng = np.random.default_rng(seed)
    pose = np.concatenate([rng.uniform(-45, 45, (n, 2)), rng.normal(size=(n, 1))], axis=1)
    telling = np.sin(pose[:, :2] @ np.random.default_rng(1).normal(size=(2, 10)) / 25)
    return np.concatenate([telling + 0.1 * rng.normal(size=(n, 10)), 2 * rng.normal(size=(n, 30))], axis=1), pose


def test_weights_order_the_templates_better_than_none_do():
    features, pose = toy(1200, seed=2)
    templates = grid_templates(features, pose, 15)
    history: list[float] = []
    weights = learn_weights(
        features, pose, templates, rng=np.random.default_rng(0), passes=15, report=lambda _, h: history.append(h)
    )
    assert (weights >= 0).all()
    assert weights[:10].min() > 2 * weights[10:].mean()
    assert history[-1] < 0.95 * history[0]
    new, new_pose = toy(300, seed=3)
    plain = weighted_distances(new, templates.features, np.ones(40)).argmin(axis=1)
    learnt = weighted_distances(new, templates.features, weights).argmin(axis=1)
    off_plain, off = (
        np.linalg.norm(templates.pose_deg[j, :2] - new_pose[:, :2], axis=1).mean() for j in (plain, learnt)
    )
    assert off < 0.7 * off_plain


def test_the_soft_argmax_reads_between_templates():
    features, pose = toy(1200, seed=4)
    templates = grid_templates(features, pose, 15)
    weights = learn_weights(features, pose, templates, rng=np.random.default_rng(0), passes=15)
    distances = Ranking(templates, weights, 1.0).distances(features)
    ranking = Ranking(templates, weights, choose_beta(distances, pose, templates.pose_deg))
    new, new_pose = toy(300, seed=5)
    hard = templates.pose_deg[ranking.distances(new).argmin(axis=1)]
    soft_error = np.abs(ranking.pose_deg(new) - new_pose)[:, :2].mean()
    assert soft_error < np.abs(hard - new_pose)[:, :2].mean()
    assert soft_error < 11  # always frontal: 22.5


def test_distances_are_the_weighted_squares():
    rng = np.random.default_rng(0)
    y, T, w = rng.normal(size=(4, 6)), rng.normal(size=(3, 6)), rng.uniform(0, 1, 6)
    expected = (w * (y[:, None] - T[None]) ** 2).sum(-1)
    np.testing.assert_allclose(weighted_distances(y, T, w), expected)


def test_a_sharp_likelihood_takes_the_nearest_template():
    poses = np.array([[0.0, 0, 0], [10, 20, 0]])
    assert soft_argmin(np.array([[5.0, 1.0]]), poses, 1e3).tolist() == [[10, 20, 0]]
    assert soft_argmin(np.array([[5.0, 1.0]]), poses, 0.0).tolist() == [[5, 10, 0]]


def test_too_few_pictures_for_a_grid_are_refused():
    features, pose = toy(4, seed=0)
    with pytest.raises(UsageError, match="two are the least"):
        grid_templates(features, pose, 10)
