"""Error measures over arrays of poses. Pure: no network, no file.

Angles are (pitch, yaw, roll) in degrees, convention `300wlp`; NaN in the truth = not labelled, NaN in an estimate =
none was given. Neither enters a mean; `Spread.count` says how many did. Differences are wrapped at ±180° and nowhere
else: a face that is read as turned away by 180° counts as 180°.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata
from scipy.stats import t as student_t

from synth.errors import UsageError
from synth.geometry.pose import geodesic_deg, wrapped_difference_deg

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Spread:
    """Mean, standard deviation (population) and median of `count` values; NaN if there are none."""

    mean: float
    std: float
    median: float
    count: int


@dataclass(frozen=True)
class PoseErrors:
    """Absolute errors in degrees over `samples` samples: a `Spread` an angle, and that of the geodesic distance."""

    samples: int
    pitch: Spread
    yaw: Spread
    roll: Spread
    geodesic: Spread

    @property
    def mean_deg(self) -> float:
        """The mean over the labelled angles of their mean absolute errors: of all three, unless one has no labels."""
        known = [spread.mean for spread in (self.pitch, self.yaw, self.roll) if spread.count]
        return sum(known) / len(known) if known else math.nan


@dataclass(frozen=True)
class Trend:
    """How estimates follow labels that may be stretched (nominal ones): over `count` samples.

    `rank_correlation`: Spearman's, in [−1, 1]. `slope` and `offset_deg`: least squares of estimate against label.
    `bias_deg`: mean of estimate − label. NaN where there is too little to tell: all labels or all estimates equal.
    """

    rank_correlation: float
    slope: float
    offset_deg: float
    bias_deg: float
    count: int


def spread(values: ArrayLike) -> Spread:
    """Of all values that aren't NaN."""
    known = _known(np.asarray(values, dtype=np.float64).ravel())
    if known.size == 0:
        return Spread(math.nan, math.nan, math.nan, 0)
    return Spread(float(known.mean()), float(known.std()), float(np.median(known)), known.size)


def absolute_errors_deg(estimated_deg: ArrayLike, true_deg: ArrayLike) -> Floats:
    """(N, 3) absolute wrapped differences from two (N, 3). Raises UsageError if the shapes differ."""
    estimated, true = np.asarray(estimated_deg, dtype=np.float64), np.asarray(true_deg, dtype=np.float64)
    if estimated.shape != true.shape or true.shape[-1:] != (3,):
        raise UsageError(
            f"There are {estimated.shape} estimated angles for {true.shape} labelled ones.",
            where="errors",
            mend="Give (pitch, yaw, roll) for every sample.",
        )
    return np.abs(wrapped_difference_deg(estimated, true))


def geodesic_errors_deg(estimated_R: ArrayLike, true_R: ArrayLike) -> Floats:
    """(N,) degrees in [0, 180] between (N, 3, 3) rotations; NaN where either has a NaN."""
    estimated, true = np.asarray(estimated_R, dtype=np.float64), np.asarray(true_R, dtype=np.float64)
    known = np.isfinite(estimated).all(axis=(1, 2)) & np.isfinite(true).all(axis=(1, 2))
    errors = np.full(len(true), np.nan)
    if known.any():
        errors[known] = geodesic_deg(estimated[known], true[known])
    return errors


def mean_error_deg(errors_deg: Floats) -> Floats:
    """(N,): a sample's mean over its labelled angles, from (N, 3) absolute errors; NaN if it has none."""
    known = np.isfinite(errors_deg)
    count = known.sum(axis=1)
    total = np.where(known, errors_deg, 0.0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(errors_deg), np.nan), where=count > 0)


def pose_errors(errors_deg: Floats, geodesic: Floats) -> PoseErrors:
    """Summed up from (N, 3) absolute errors and (N,) geodesic ones."""
    pitch, yaw, roll = (spread(errors_deg[:, n]) for n in range(3))
    return PoseErrors(len(errors_deg), pitch, yaw, roll, spread(geodesic))


def margin_by_people(values: ArrayLike, subjects: NDArray[np.str_]) -> float:
    """Half the width of a 95 % interval for the mean of `values` (N,), as if people and not pictures were drawn.

    Samples of one person err alike, so that the interval is made from the people's own means (Student's t). NaN for
    fewer than two people.
    """
    known = np.asarray(values, dtype=np.float64)
    labelled = np.isfinite(known)
    _, person = np.unique(np.asarray(subjects)[labelled], return_inverse=True)
    means = np.bincount(person, known[labelled]) / np.maximum(np.bincount(person), 1)
    if len(means) < 2:
        return math.nan
    return float(student_t.ppf(0.975, len(means) - 1) * means.std(ddof=1) / math.sqrt(len(means)))


def trend(estimated_deg: ArrayLike, true_deg: ArrayLike) -> Trend:
    """Of one angle: (N,) estimates and labels. Estimates are first wrapped to within 180° of their labels."""
    true = np.asarray(true_deg, dtype=np.float64)
    difference = wrapped_difference_deg(estimated_deg, true)
    known = np.isfinite(difference)
    true, estimated = true[known], true[known] + difference[known]
    bias = float(difference[known].mean()) if known.any() else math.nan
    if true.size < 2 or np.ptp(true) == 0:
        return Trend(math.nan, math.nan, math.nan, bias, true.size)
    slope = float(np.cov(true, estimated, bias=True)[0, 1] / true.var())
    offset = float(estimated.mean() - slope * true.mean())
    return Trend(_correlation(rankdata(true), rankdata(estimated)), slope, offset, bias, true.size)


def _correlation(a: Floats, b: Floats) -> float:
    """Pearson's; NaN if either is constant."""
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return math.nan
    return float(np.corrcoef(a, b)[0, 1])


def sign_accuracy(estimated_deg: ArrayLike, true_deg: ArrayLike) -> Spread:
    """Share of estimates on their label's side of zero; `mean` is the share. Labels at zero have no side: left out."""
    estimated, true = np.asarray(estimated_deg, dtype=np.float64), np.asarray(true_deg, dtype=np.float64)
    sided = np.isfinite(estimated) & np.isfinite(true) & (true != 0)
    return spread((estimated[sided] > 0) == (true[sided] > 0))


def always_frontal(true_deg: ArrayLike) -> Floats:
    """(N, 3) estimates of someone who says "frontal" to every picture: the bar that any estimator must clear."""
    return np.zeros_like(np.asarray(true_deg, dtype=np.float64))


def _known(values: Floats) -> Floats:
    return values[np.isfinite(values)]
