"""The mixture of affine maps finds the map that made the data, and inverts it as Bayes does."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from synth.errors import UsageError
from synth.evaluate.comparators.gllim_mixture import AffineMixture, fit_mixture


def bent(x: np.ndarray) -> np.ndarray:
    """A piecewise affine map with a jump, whose inverse no single affine map comes near: it folds x0 at 0."""
    return np.stack([np.abs(x[:, 0]), x[:, 1] - 0.5 * np.abs(x[:, 0]), 4 * np.sign(x[:, 0])], axis=1)


def samples(n: int, noise: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.uniform(-30, 30, (n, 2))
    y = bent(x)
    return x, y + noise * rng.normal(size=y.shape)


def test_a_piecewise_affine_map_is_inverted():
    x, y = samples(800, 0.5, seed=1)
    mixture = fit_mixture(x, y, 4, seed=0)
    x_new, y_new = samples(200, 0.5, seed=2)
    error = np.abs(mixture.inverse(y_new) - x_new)
    assert error.mean() < 0.8  # the noise alone is 0.4 in x0, 0.45 in x1
    assert np.abs(fit_mixture(x, y, 1, seed=0).inverse(y_new) - x_new).mean() > 3


def test_the_likelihood_never_falls():
    x, y = samples(400, 2.0, seed=3)
    history: list[float] = []
    fit_mixture(x, y, 3, seed=0, iterations=12, tolerance=0, report=lambda _, value: history.append(value))
    assert len(history) > 3
    assert (np.diff(history) > -1e-6).all()


def test_the_inverse_equals_bayes_with_full_matrices():
    rng = np.random.default_rng(8)
    K, L, D = 3, 2, 7
    Gamma = np.stack([np.eye(L) * s for s in (1.0, 2.0, 0.5)])
    m = AffineMixture(
        weight=np.array([0.5, 0.2, 0.3]),
        c=rng.normal(size=(K, L)),
        Gamma=Gamma,
        A=rng.normal(size=(K, D, L)),
        b=rng.normal(size=(K, D)),
        variance=rng.uniform(0.5, 2, (K, D)),
    )
    y = rng.normal(size=(5, D))
    w, means = np.empty((5, K)), np.empty((5, K, L))
    for k in range(K):
        full = np.diag(m.variance[k]) + m.A[k] @ Gamma[k] @ m.A[k].T
        centre = m.A[k] @ m.c[k] + m.b[k]
        w[:, k] = m.weight[k] * multivariate_normal(centre, full).pdf(y)
        means[:, k] = m.c[k] + (y - centre) @ np.linalg.inv(full) @ m.A[k] @ Gamma[k]
    expected = (w[:, :, None] * means).sum(1) / w.sum(1, keepdims=True)
    np.testing.assert_allclose(m.inverse(y), expected, rtol=1e-9)


def test_more_features_than_samples_are_no_trouble():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (60, 3))
    y = x @ rng.normal(size=(3, 500)) + 0.1 * rng.normal(size=(60, 500))
    mixture = fit_mixture(x, y, 2, seed=0)
    assert np.abs(mixture.inverse(y) - x).mean() < 0.05


def test_a_component_without_samples_is_dropped():
    x = np.repeat([[0.0, 0.0], [5.0, 5.0]], 20, axis=0) + np.random.default_rng(0).normal(size=(40, 2)) * 0.01
    mixture = fit_mixture(x, np.tile(x, 3), 5, seed=0)
    assert np.isfinite(mixture.inverse(np.tile(x, 3))).all()


def test_too_few_samples_are_refused():
    with pytest.raises(UsageError, match="too few for 10 local maps"):
        fit_mixture(np.zeros((20, 3)), np.zeros((20, 9)), 10, seed=0)
