"""Drouard et al.'s regression from HOG to head pose by GLLiM, as a comparator."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from synth.data.network_input import NetworkInput
from synth.evaluate.comparators.base import Arrays, Comparator, Progress, fitted, report_of
from synth.evaluate.comparators.gllim_mixture import AffineMixture, fit_mixture
from synth.evaluate.comparators.hog import SIDE_PX, hog, hog_size
from synth.evaluate.comparators.storage import check_arrays

_MIN_ROWS_PER_COMPONENT = 30


class GLLiM(Comparator):
    """HOG pyramid of 1,888 numbers of the 64×64 grey face → pitch, yaw, roll, by K local affine maps.

    V. Drouard, S. Ba, G. Evangelidis, A. Deleforge, R. Horaud, "Head pose estimation via probabilistic
    high-dimensional regression", ICIP 2015; the mixture is explained in `gllim_mixture`. `components`: K; with fewer
    than 30 pictures for each it is lowered. `steps` counts EM iterations.
    """

    name = "gllim"
    about = "HOG and a mixture of locally affine maps (Drouard et al., ICIP 2015)"
    approximate = "no latent part; variances have a floor"
    estimates = "angles"
    input = NetworkInput(size_px=SIDE_PX, content="grey")
    default_steps = 40
    default_samples = 20_000

    def __init__(self, *, components: int = 50) -> None:
        self.components = components
        self.mixture: AffineMixture | None = None

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
        iterations = steps or self.default_steps
        components = max(1, min(self.components, len(pictures) // _MIN_ROWS_PER_COMPONENT))
        report = report_of(progress, iterations, "log_likelihood")
        self.mixture = fit_mixture(
            euler_deg, hog(pictures), components, seed=seed, iterations=iterations, report=report
        )

    def predict(self, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        self.check_pictures(pictures)
        return fitted(self.name, self.mixture).inverse(hog(pictures))

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        return dict(vars(fitted(self.name, self.mixture)))

    def set_arrays(self, arrays: Arrays) -> None:
        layout = {"weight": "K", "c": "K 3", "Gamma": "K 3 3", "A": "K D 3", "b": "K D", "variance": "K D"}
        check_arrays(arrays, layout, D=hog_size())
        self.mixture = AffineMixture(**arrays)
