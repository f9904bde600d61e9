"""Wang et al.'s SIFT and 3-D HOG on depth, as a comparator."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.decomposition import PCA
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import Ridge
from sklearn.metrics.pairwise import rbf_kernel

from synth.data.network_input import NetworkInput
from synth.evaluate.comparators.base import Arrays, Comparator, Progress, fitted
from synth.evaluate.comparators.storage import check_arrays
from synth.evaluate.comparators.surface_features import HOG3D_SIZE, SIDE_PX, SIFT_SIZE, hog_of_normals, sift_on_a_grid

_LAYOUT = {
    "mean": "F",
    "components": "P F",
    "landmarks": "M P",
    "whitening": "M M",
    "gamma": "1",
    "coefficients": "3 M",
    "intercept_deg": "3",
}


class SiftHog(Comparator):
    """SIFT of the depth picture beside histograms of its normals, and a kernel regression to the angles.

    B. Wang, W. Liang, Y. Wang, Y. Liang, "Head pose estimation with combined 2D SIFT and 3D HOG features", ICIG 2013.

    Approximate: their key points, their 3-D HOG and their regressor aren't published in detail. Here SIFT describes a
    fixed 4×4 grid, the 3-D HOG counts directions of surface normals, both are joined and reduced by PCA, and the
    regressor is a ridge on a Nyström approximation of the Gaussian kernel. `steps` has no meaning.
    """

    name = "sift_hog"
    about = "2-D SIFT and 3-D HOG on depth (Wang et al., ICIG 2013)"
    approximate = "grid of SIFT, histograms of normals and kernel ridge stand for parts that aren't published"
    estimates = "angles"
    input = NetworkInput(size_px=SIDE_PX, content="depth")
    default_steps = 1
    default_samples = 20_000

    def __init__(self, *, directions: int = 120, landmarks: int = 1000, ridge: float = 1e-2) -> None:
        self.directions, self.landmarks, self.ridge = directions, landmarks, ridge
        self.fitted: dict[str, npt.NDArray[np.float64]] | None = None

    def fit_arrays(
        self,
        pictures: npt.NDArray[np.uint8],
        euler_deg: npt.NDArray[np.float64],
        *,
        seed: int,
        steps: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.check_pictures(pictures)
        features = _features(pictures)
        pca = PCA(min(self.directions, len(features) - 1), svd_solver="randomized", random_state=seed).fit(features)
        reduced = pca.transform(features)
        # exp(-γ d²) with γ from the mean squared distance, 2 · total variance.
        gamma = 1 / (2 * float(reduced.var(axis=0).sum()) + 1e-12)
        kernel = Nystroem(gamma=gamma, n_components=min(self.landmarks, len(reduced)), random_state=seed).fit(reduced)
        ridge = Ridge(alpha=self.ridge).fit(kernel.transform(reduced), euler_deg)
        learnt = {
            "mean": pca.mean_,
            "components": pca.components_,
            "landmarks": kernel.components_,
            "whitening": kernel.normalization_,
            "gamma": [gamma],
            "coefficients": ridge.coef_,
            "intercept_deg": ridge.intercept_,
        }
        # In the order in which they are read back from a file, so that the last bit is the same.
        self.fitted = {name: np.ascontiguousarray(array, np.float64) for name, array in learnt.items()}
        if progress is not None:
            progress(1, 1, {"error_deg": float(np.abs(self.predict(pictures) - euler_deg).mean())})

    def predict(self, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        self.check_pictures(pictures)
        f = fitted(self.name, self.fitted)
        if not len(pictures):
            return np.empty((0, 3))
        reduced = (_features(pictures) - f["mean"]) @ f["components"].T
        kernel = rbf_kernel(reduced, f["landmarks"], gamma=float(f["gamma"][0]))
        return np.asarray(kernel @ f["whitening"].T @ f["coefficients"].T + f["intercept_deg"])

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        return dict(fitted(self.name, self.fitted))

    def set_arrays(self, arrays: Arrays) -> None:
        check_arrays(arrays, _LAYOUT, F=SIFT_SIZE + HOG3D_SIZE)
        self.fitted = dict(arrays)


def _features(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Both kinds of equal weight: each divided by the square root of how many numbers of unit blocks it has."""
    sift, normals = sift_on_a_grid(pictures), hog_of_normals(pictures)
    return np.concatenate(
        [sift / np.sqrt(SIFT_SIZE / 128), normals / np.sqrt(HOG3D_SIZE / 96)], axis=1, dtype=np.float64
    )
