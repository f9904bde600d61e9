"""SIFT-HOG's features see the surface's shape, and its regressor reads the pose of ellipsoid heads."""

from __future__ import annotations

import numpy as np
import pytest
from ellipsoid_heads import depth, poses

from synth.errors import UsageError
from synth.evaluate.comparators.sift_hog import SiftHog
from synth.evaluate.comparators.surface_features import HOG3D_SIZE, SIFT_SIZE, hog_of_normals, sift_on_a_grid


def test_it_beats_the_constant_guess_by_far_on_heads_that_it_hasnt_seen():
    train, test = poses(120, seed=1), poses(40, seed=2)
    comparator = SiftHog()
    comparator.fit_arrays(depth(train, 64), train, seed=0)
    error = np.abs(comparator.predict(depth(test, 64)) - test).mean(axis=0)
    constant = np.abs(train.mean(axis=0) - test).mean(axis=0)
    assert (error < 0.4 * constant).all()


def test_histograms_of_normals_tell_which_way_a_plane_tilts():
    x, y = np.meshgrid(np.arange(64), np.arange(64))
    right, down, left = (np.clip(128 + s, 1, 255).astype(np.uint8)[None] for s in (1.0 * x, 1.0 * y, -1.0 * x))
    features = hog_of_normals(np.stack([right, down, left]))
    assert features.shape == (3, HOG3D_SIZE)
    similar = features @ features.T
    assert (np.diag(similar) > 10 * np.abs(similar - np.diag(np.diag(similar))).max(axis=1)).all()


def test_features_of_a_picture_without_depth_are_finite():
    empty = np.zeros((2, 1, 64, 64), np.uint8)
    assert (hog_of_normals(empty) == 0).all()
    assert sift_on_a_grid(empty).shape == (2, SIFT_SIZE)
    assert np.isfinite(sift_on_a_grid(empty)).all()


def test_features_dont_change_with_the_distance():
    euler_deg = poses(4, seed=3)
    near, far = depth(euler_deg, 64, distance_mm=900.0), depth(euler_deg, 64, distance_mm=1100.0)
    assert np.abs(hog_of_normals(near) - hog_of_normals(far)).mean() < 0.02
    assert np.abs(sift_on_a_grid(near) - sift_on_a_grid(far)).mean() < 0.02


def test_a_folder_keeps_it(tmp_path):
    euler_deg = poses(30, seed=1)
    comparator = SiftHog(directions=8, landmarks=20)
    comparator.fit_arrays(depth(euler_deg, 64), euler_deg, seed=0)
    comparator.save(tmp_path)
    kept = SiftHog.load(tmp_path)
    assert kept.settings() == {"directions": 8, "landmarks": 20, "ridge": 0.01}
    pictures = depth(poses(5, seed=2), 64)
    np.testing.assert_array_equal(kept.predict(pictures), comparator.predict(pictures))
    assert kept.predict(pictures[:0]).shape == (0, 3)
    arrays = comparator.arrays()
    with pytest.raises(UsageError, match="instead of"):
        SiftHog().set_arrays({**arrays, "landmarks": arrays["landmarks"][:, :-1]})


def test_the_saved_regression_equals_scikit_learns():
    from sklearn.kernel_approximation import Nystroem

    euler_deg = poses(40, seed=1)
    comparator = SiftHog(directions=6, landmarks=15)
    comparator.fit_arrays(depth(euler_deg, 64), euler_deg, seed=3)
    fitted = comparator.arrays()
    kernel = Nystroem(gamma=float(fitted["gamma"][0]), n_components=15, random_state=3)
    kernel.components_, kernel.normalization_ = fitted["landmarks"], fitted["whitening"]
    kernel.component_indices_, kernel.n_features_in_, kernel._n_features_out = np.arange(15), 6, 15
    pictures = depth(poses(5, seed=2), 64)
    from synth.evaluate.comparators.sift_hog import _features

    reduced = (_features(pictures) - fitted["mean"]) @ fitted["components"].T
    expected = kernel.transform(reduced) @ fitted["coefficients"].T + fitted["intercept_deg"]
    np.testing.assert_allclose(comparator.predict(pictures), expected, rtol=1e-9)
