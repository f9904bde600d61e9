"""Who a pack's heads are: age, origin and skin tone, spread so evenly that no group is a corner case.

Independent draws leave gaps: of 48 heads some tenth of the skin tones is missing, and old dark-skinned women are there
by luck. Here head n of a pack is point n of a low-discrepancy sequence (Sobol 1967, directions by Joe and Kuo 2008),
shifted by what (seed, sex) draws. So every beginning of a pack covers ages, origins and tones, and head n doesn't
depend on how many there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv
from scipy.stats.qmc import Sobol

from synth.errors import HeadError

AGE_BANDS = ((0.12, 3.0, 12.0), (0.08, 13.0, 19.0), (0.60, 20.0, 60.0), (0.20, 60.0, 88.0))
"""(share, youngest, oldest) of the ages."""

TONES = (0.02, 0.95)
"""Skin tones of built heads, from the lightest to the darkest; all are equally frequent."""

_CONCENTRATION = 1.05
"""Sum of the Dirichlet's parameters for the origins: as small as this, most people are mainly of one of the three."""

_DIMENSIONS, _BITS = 4, 30


@dataclass(frozen=True)
class Demographics:
    """Age in years, skin tone 0 (lightest) to 1, and the shares of MakeHuman's three origins, which sum to 1."""

    age_years: float
    skin_tone: float
    african: float
    asian: float
    european: float


def demographics(seed: int, stream: int, number: int) -> Demographics:
    """Of head `number` (from 1) of one stream: men are one and women another. A pure function.

    Raises HeadError for a number below 1.
    """
    if number < 1:
        raise HeadError(f"There is no head number {number}.", where="heads.build", mend="Count from 1.")
    age, tone, african, asian = (float(x) for x in _point(seed, stream, number))
    return from_shares(age, tone, african, asian)


def from_shares(age: float, tone: float, african: float, asian: float) -> Demographics:
    """The person at four places in 0 … 1; places that are uniform and independent give the intended distributions."""
    darkness = TONES[0] + tone * (TONES[1] - TONES[0])
    return Demographics(age_at(age), darkness, *origin_at(tone, african, asian))


def age_at(share: float) -> float:
    """The age, years, that this share of all people is younger than."""
    for width, low, high in AGE_BANDS:
        if share < width:
            return low + share / width * (high - low)
        share -= width
    return AGE_BANDS[-1][2]


def origin_at(tone: float, african: float, asian: float) -> tuple[float, float, float]:
    """Shares (african, asian, european) at two places in 0 … 1, given the tone's place among all.

    The origins say what a face is shaped like, not how dark it is: South Asians, Aboriginal Australians, people of the
    Middle East and Latin Americans are none of the three. So a tone makes origins more or less likely and rules none
    out. Over all tones each origin has a third: the means below are 1/3 integrated over `tone`.
    """
    mean_african = 0.03 + 0.91 * tone**2
    mean_asian_of_rest = 0.5 + 0.4 * (tone - 0.375)
    rest = _CONCENTRATION * (1 - mean_african)
    first = float(betaincinv(_CONCENTRATION * mean_african, rest, african))
    second = (1 - first) * float(betaincinv(rest * mean_asian_of_rest, rest * (1 - mean_asian_of_rest), asian))
    return first, second, max(0.0, 1 - first - second)


def _point(seed: int, stream: int, number: int) -> NDArray[np.float64]:
    """(4,) float64 in 0 … 1: a point of the sequence with each digit flipped or not, which keeps it as even."""
    engine = Sobol(_DIMENSIONS, scramble=False, bits=_BITS)
    engine.fast_forward(number)  # past point 0, the corner of the cube
    digits = (engine.random(1)[0] * 2**_BITS).astype(np.int64)
    flips = np.random.default_rng([seed, stream]).integers(0, 2**_BITS, _DIMENSIONS)
    return np.asarray(((digits ^ flips) + 0.5) / 2**_BITS, dtype=np.float64)
