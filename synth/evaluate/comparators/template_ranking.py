"""Ricci and Odobez's templates as a comparator."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from synth.data.network_input import NetworkInput
from synth.evaluate.comparators.base import Arrays, Comparator, Progress, fitted, report_of
from synth.evaluate.comparators.hog import SIDE_PX, hog, hog_size
from synth.evaluate.comparators.ranking import Ranking, Templates, choose_beta, grid_templates, learn_weights
from synth.evaluate.comparators.storage import check_arrays


class TemplateRanking(Comparator):
    """HOG templates every `cell_deg` of pitch and yaw, weights by large margin (see `ranking`), roll read along.

    `steps` counts passes over the data.
    """

    name = "template_ranking"
    about = "HOG templates ranked by a large margin (Ricci & Odobez, ICIP 2009)"
    approximate = "one set of weights for all templates; soft-argmax; roll is the templates' mean"
    estimates = "angles"
    input = NetworkInput(size_px=SIDE_PX, content="grey")
    default_steps = 20
    default_samples = 20_000

    def __init__(self, *, cell_deg: float = 10.0) -> None:
        self.cell_deg = cell_deg
        self.ranking: Ranking | None = None

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
        passes = steps or self.default_steps
        features = hog(pictures).astype(np.float64)
        templates = grid_templates(features, euler_deg, self.cell_deg)
        report = report_of(progress, passes, "hinge")
        rng = np.random.default_rng(seed)
        weights = learn_weights(features, euler_deg, templates, rng=rng, passes=passes, report=report)
        distances = Ranking(templates, weights, 1.0).distances(features)
        self.ranking = Ranking(templates, weights, choose_beta(distances, euler_deg, templates.pose_deg))

    def predict(self, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        self.check_pictures(pictures)
        return fitted(self.name, self.ranking).pose_deg(hog(pictures))

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        ranking = fitted(self.name, self.ranking)
        return {
            "features": ranking.templates.features,
            "pose_deg": ranking.templates.pose_deg,
            "weights": ranking.weights,
            "beta": np.array([ranking.beta]),
        }

    def set_arrays(self, arrays: Arrays) -> None:
        check_arrays(arrays, {"features": "J D", "pose_deg": "J 3", "weights": "D", "beta": "1"}, D=hog_size())
        templates = Templates(arrays["features"], arrays["pose_deg"])
        self.ranking = Ranking(templates, arrays["weights"], float(arrays["beta"][0]))
