"""Gaussian locally linear mapping (GLLiM): a mixture of affine maps, learnt one way and used the other.

A. Deleforge, F. Forbes, R. Horaud, "High-dimensional regression with Gaussian mixtures and partially-latent response
variables", Statistics and Computing 2015 (arXiv 1308.2302), without its latent part.

Few numbers x (L of them: angles) and many y (D: a HOG) are tied by K local affine maps, *from few to many*:

    z ~ π,    x | z=k ~ N(c_k, Γ_k),    y | x, z=k ~ N(A_k x + b_k, Σ_k),   Σ_k = diag(σ²_k1 … σ²_kD).

So each feature needs L + 2 numbers a component, where the direct regression from D to L would need a D×D covariance.

**EM.** E-step: r_nk ∝ π_k N(x_n; c_k, Γ_k) N(y_n; A_k x_n + b_k, Σ_k). M-step, with r_k = Σ_n r_nk: π_k = r_k / N;
c_k, Γ_k the weighted mean and covariance of x; [A_k b_k] the weighted least squares of y on [x, 1],
[A_k b_k] = (Σ_n r_nk y_n x̃_nᵀ)(Σ_n r_nk x̃_n x̃_nᵀ)⁻¹; σ²_kd the weighted mean of the squared residual. All of these
are sums of r_nk times products of x̃ and y, hence a few matrix products of all data at once.

**Inverse.** By Bayes x | y is a mixture of K affine maps too:

    Γ*_k = Σ_k + A_k Γ_k A_kᵀ,   c*_k = A_k c_k + b_k,   w_k(y) ∝ π_k N(y; c*_k, Γ*_k),
    Σ*_k = (Γ_k⁻¹ + A_kᵀ Σ_k⁻¹ A_k)⁻¹,   E[x | y, k] = Σ*_k (A_kᵀ Σ_k⁻¹ (y − b_k) + Γ_k⁻¹ c_k),
    E[x | y] = Σ_k w_k(y) E[x | y, k].

Γ*_k is D×D, but of rank L beside a diagonal: with e = y − c*_k and u = A_kᵀ Σ_k⁻¹ e, Woodbury gives
eᵀ Γ*_k⁻¹ e = eᵀ Σ_k⁻¹ e − uᵀ Σ*_k u, and the determinant lemma log|Γ*_k| = log|Σ_k| + log|Γ_k| − log|Σ*_k|. So a
prediction costs O(K·D·L), and nothing of size D×D is ever made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp
from sklearn.cluster import KMeans

from synth.errors import UsageError

Array = npt.NDArray[np.float64]

_LOG_2PI = float(np.log(2 * np.pi))
# Shares of the data's own variance: under these a component has closed in on a few samples.
_X_FLOOR, _Y_FLOOR = 1e-4, 1e-2
# A component with less weight than this many samples takes no part: its maps can't be told from noise.
_MIN_SAMPLES = 6.0
_ROWS = 2048


@dataclass(frozen=True, eq=False)
class AffineMixture:
    """weight (K,), c (K, L), Gamma (K, L, L), A (K, D, L), b (K, D), variance (K, D), all float64."""

    weight: Array
    c: Array
    Gamma: Array
    A: Array
    b: Array
    variance: Array

    def inverse(self, y: npt.ArrayLike) -> Array:
        """E[x | y]: (N, D) → (N, L)."""
        rows = np.asarray(y, dtype=np.float64)
        parts = [self._inverse(rows[start : start + _ROWS]) for start in range(0, len(rows), _ROWS)]
        return np.concatenate(parts) if parts else np.empty((0, self.c.shape[1]))

    def _inverse(self, y: Array) -> Array:
        count, size = len(self.weight), y.shape[1]
        log_w = np.empty((len(y), count))
        means = np.empty((len(y), count, self.c.shape[1]))
        for k in range(count):
            precision = 1 / self.variance[k]
            scaled = self.A[k] * precision[:, None]
            Gamma_inverse = np.linalg.inv(self.Gamma[k])
            S = np.linalg.inv(Gamma_inverse + self.A[k].T @ scaled)  # Σ*_k
            e = y - (self.A[k] @ self.c[k] + self.b[k])
            u = e @ scaled
            squared = (e * e) @ precision - np.einsum("ni,ij,nj->n", u, S, u)
            log_det = np.log(self.variance[k]).sum() + np.linalg.slogdet(self.Gamma[k])[1] - np.linalg.slogdet(S)[1]
            log_w[:, k] = np.log(self.weight[k]) - 0.5 * (size * _LOG_2PI + log_det + squared)
            # The same as Σ* (Aᵀ Σ⁻¹ (y − b) + Γ⁻¹ c), written from the component's own centre.
            means[:, k] = self.c[k] + u @ S
        w = np.exp(log_w - logsumexp(log_w, axis=1, keepdims=True))
        return np.asarray(np.einsum("nk,nkl->nl", w, means))


def fit_mixture(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    components: int,
    *,
    seed: int,
    iterations: int = 30,
    tolerance: float = 1e-4,
    report: Callable[[int, float], None] | None = None,
) -> AffineMixture:
    """EM from a K-means of x. x: (N, L), y: (N, D); `report(iteration, mean log likelihood)` after each E-step.

    Stops after `iterations`, or when the log likelihood grows by less than `tolerance` of its total gain. Raises
    `UsageError` with fewer samples than a component needs.
    """
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if len(x) < components * _MIN_SAMPLES:
        raise UsageError(
            f"{len(x)} samples are too few for {components} local maps.",
            where="components",
            mend=f"Give {int(components * _MIN_SAMPLES)} samples or more, or fewer components.",
        )
    floors = (_X_FLOOR * x.var(axis=0) + 1e-12, _Y_FLOOR * y.var(axis=0) + 1e-12)
    labels = KMeans(components, n_init=3, random_state=seed).fit_predict(x)
    r = np.eye(components)[labels]
    first, last = None, -np.inf
    mixture = _m_step(x, y, r, floors)
    for iteration in range(iterations):
        joint = _log_joint(mixture, x, y)
        total = logsumexp(joint, axis=1, keepdims=True)
        likelihood = float(total.mean())
        if report is not None:
            report(iteration + 1, likelihood)
        first = likelihood if first is None else first
        if likelihood - last < tolerance * max(likelihood - first, 1e-12) and iteration > 0:
            break
        last = likelihood
        mixture = _m_step(x, y, np.exp(joint - total), floors)
    return mixture


def _log_joint(mixture: AffineMixture, x: Array, y: Array) -> Array:
    """log π_k N(x; c_k, Γ_k) N(y; A_k x + b_k, Σ_k), (N, K), with no (N, K, D) array: squares are multiplied out."""
    log_p = np.empty((len(x), len(mixture.weight)))
    design = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    squares = (y * y) @ (1 / mixture.variance).T
    for k, weight in enumerate(mixture.weight):
        maps = np.concatenate([mixture.A[k], mixture.b[k][:, None]], axis=1)
        scaled = maps / mixture.variance[k][:, None]
        cross = np.einsum("nl,nl->n", y @ scaled, design)
        fitted = np.einsum("ni,ij,nj->n", design, maps.T @ scaled, design)
        residual = np.maximum(squares[:, k] - 2 * cross + fitted, 0)
        log_y = -0.5 * (residual + np.log(mixture.variance[k]).sum() + y.shape[1] * _LOG_2PI)
        d = x - mixture.c[k]
        mahalanobis = np.einsum("ni,ij,nj->n", d, np.linalg.inv(mixture.Gamma[k]), d)
        log_x = -0.5 * (mahalanobis + np.linalg.slogdet(mixture.Gamma[k])[1] + x.shape[1] * _LOG_2PI)
        log_p[:, k] = np.log(weight) + log_x + log_y
    return log_p


def _m_step(x: Array, y: Array, r: Array, floors: tuple[Array, Array]) -> AffineMixture:
    """The weighted fits of the module's docstring; components that lost their samples are dropped."""
    r = r[:, r.sum(axis=0) >= _MIN_SAMPLES]
    r = r / r.sum(axis=1, keepdims=True).clip(min=1e-300)
    total = r.sum(axis=0)
    design = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    weighted = r[:, :, None] * design[:, None, :]  # (N, K, L+1)
    gram = np.einsum("nki,nj->kij", weighted, design)
    cross = (weighted.reshape(len(x), -1).T @ y).reshape(*gram.shape[:2], -1)  # (K, L+1, D)
    gram += 1e-9 * total[:, None, None] * np.diag([*floors[0] / _X_FLOOR, 0.0])  # samples with one angle in common
    maps = np.linalg.solve(gram, cross)
    # Σ r (y − m x̃)² = Σ r y² − 2 m·cross + m gram m
    residual = r.T @ (y * y) - 2 * (maps * cross).sum(axis=1) + (maps * (gram @ maps)).sum(axis=1)
    c = weighted[:, :, :-1].sum(axis=0) / total[:, None]
    Gamma = gram[:, :-1, :-1] / total[:, None, None] - c[:, :, None] * c[:, None, :] + np.diag(floors[0])
    return AffineMixture(
        weight=total / total.sum(),
        c=c,
        Gamma=Gamma,
        A=np.ascontiguousarray(maps[:, :-1].swapaxes(1, 2)),
        b=np.ascontiguousarray(maps[:, -1]),
        variance=np.maximum(residual / total[:, None], floors[1]),
    )
