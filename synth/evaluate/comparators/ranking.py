"""Templates on a grid of poses, and feature weights that are learnt so that the right template ranks first.

E. Ricci, J.-M. Odobez, "Learning large margin likelihoods for realtime head pose tracking", ICIP 2009: a template per
pose, a parametric distance d_w(y, T) = Σ_f w_f (y_f − T_f)² with w ≥ 0, and w from large-margin constraints,

    d_w(y_n, T_j) − d_w(y_n, T_right(n)) ≥ Δ(pose_j, pose_n) − ξ_nj    for every wrong template j,

so that a template must lie the farther, the more its pose is off. With φ_nj = (y_n − T_j)² − (y_n − T_right)² this is
linear in w: minimise λ/2 ‖w − 1‖² + the mean of max(0, Δ_nj − w·φ_nj), here over the worst j of each picture, by
projected stochastic subgradients.

Approximate: the paper learns per-pose parameters with a general solver and feeds the likelihood to a particle filter;
here one set of weights serves all templates, and a soft-argmax over the likelihoods exp(−β d) reads the pose.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth.errors import UsageError

Array = npt.NDArray[np.float64]

_REGULARISATION = 0.1
_RATE = 0.1
_MARGIN_DEG = 45.0
_BATCH = 64
_MIN_PER_CELL = 3
_BETAS = np.geomspace(0.03, 300, 41)


@dataclass(frozen=True, eq=False)
class Templates:
    """features (J, D), pose_deg (J, 3): the mean pitch, yaw, roll of the pictures that made it; float64."""

    features: Array
    pose_deg: Array


@dataclass(frozen=True, eq=False)
class Ranking:
    """Templates, weights (D,) ≥ 0 and the likelihood's sharpness β."""

    templates: Templates
    weights: Array
    beta: float

    def distances(self, features: npt.ArrayLike) -> Array:
        """d_w to every template: (N, D) → (N, J)."""
        return weighted_distances(np.asarray(features, np.float64), self.templates.features, self.weights)

    def pose_deg(self, features: npt.ArrayLike) -> Array:
        """Soft-argmax: Σ_j p_j pose_j with p ∝ exp(−β d). (N, D) → (N, 3)."""
        return soft_argmin(self.distances(features), self.templates.pose_deg, self.beta)


def grid_templates(features: Array, euler_deg: Array, cell_deg: float) -> Templates:
    """One template a cell of the pitch/yaw grid: the mean of its pictures. Cells with fewer than 3 have none."""
    cells = np.round(euler_deg[:, :2] / cell_deg).astype(np.int64)
    _, member, size = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    member = member.reshape(-1)
    kept = np.flatnonzero(size >= _MIN_PER_CELL)
    if len(kept) < 2:
        raise UsageError(
            f"{len(features)} pictures fill {len(kept)} cells of {cell_deg:g}°; two are the least.",
            where="template_ranking",
            mend="Give more pictures, or poses that differ more.",
        )
    rows = [np.flatnonzero(member == cell) for cell in kept]
    return Templates(
        np.stack([features[r].mean(axis=0) for r in rows]), np.stack([euler_deg[r].mean(axis=0) for r in rows])
    )


def weighted_distances(features: Array, templates: Array, weights: Array) -> Array:
    """Σ_f w_f (y_f − T_f)², multiplied out: (N, D), (J, D), (D,) → (N, J)."""
    squares = (features * features) @ weights
    cross = (features * weights) @ templates.T
    return np.maximum(squares[:, None] - 2 * cross + ((templates * templates) @ weights)[None, :], 0)


def soft_argmin(distances: Array, pose_deg: Array, beta: float) -> Array:
    logits = -beta * (distances - distances.min(axis=1, keepdims=True))
    p = np.exp(logits)
    return np.asarray((p / p.sum(axis=1, keepdims=True)) @ pose_deg)


def learn_weights(
    features: Array,
    euler_deg: Array,
    templates: Templates,
    *,
    rng: np.random.Generator,
    passes: int = 20,
    report: Callable[[int, float], None] | None = None,
) -> Array:
    """The large-margin weights (D,). Margins are in units of 45° of (pitch, yaw), at most 1.

    They are learnt as multiples of a common scale at which the mean distance is 1; `report(pass, mean hinge)`.
    """
    size = features.shape[1]
    scale = 1 / weighted_distances(features, templates.features, np.ones(size)).mean()
    y, T = features * np.sqrt(scale), templates.features * np.sqrt(scale)
    off = np.linalg.norm(euler_deg[:, None, :2] - templates.pose_deg[None, :, :2], axis=2)  # (N, J) degrees
    right = off.argmin(axis=1)
    # A template that is nearly as near has to lie farther only by what it is worse.
    margin = np.minimum((off - off.min(axis=1, keepdims=True)) / _MARGIN_DEG, 1.0)
    w = np.ones(size)
    for done in range(passes):
        order, total = rng.permutation(len(y)), 0.0
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            wrong, hinge = _worst(y[rows], T, w, right[rows], margin[rows])
            total += hinge.sum()
            broken = hinge > 0
            gradient = _REGULARISATION * (w - 1)
            if broken.any():
                active = y[rows[broken]]
                phi = (active - T[wrong[broken]]) ** 2 - (active - T[right[rows[broken]]]) ** 2
                gradient -= size * phi.sum(axis=0) / len(rows)  # a feature's share of a distance is 1/D
            w = np.maximum(w - _RATE * (1 - done / passes) * gradient, 0)
        if report is not None:
            report(done + 1, total / len(y))
    return w * scale


def _worst(
    y: Array, T: Array, w: Array, right: npt.NDArray[np.int64], margin: Array
) -> tuple[npt.NDArray[np.int64], Array]:
    """For each picture the template that breaks its margin most, and by how much (0: none does)."""
    distances = weighted_distances(y, T, w)
    gaps = distances - np.take_along_axis(distances, right[:, None], axis=1)
    hinge = margin - gaps
    wrong = hinge.argmax(axis=1)
    return wrong, np.take_along_axis(hinge, wrong[:, None], axis=1)[:, 0].clip(min=0)


def choose_beta(distances: Array, euler_deg: Array, pose_deg: Array) -> float:
    """The sharpness with the least mean error in pitch and yaw on the training pictures."""
    scale = 1 / distances.std()
    errors = [
        np.abs(soft_argmin(distances, pose_deg, beta * scale)[:, :2] - euler_deg[:, :2]).mean() for beta in _BETAS
    ]
    return float(_BETAS[int(np.argmin(errors))] * scale)
