"""How large heads are. Distance and size are labels, so a head's metric size has to be right for its age."""

from __future__ import annotations

from typing import Any

import numpy as np

AGE_YEARS = (2, 5, 8, 10, 13, 16, 20, 40)
INTERPUPILLARY_MM = {
    "male": (46.5, 51.0, 54.5, 56.6, 59.3, 61.5, 63.0, 64.0),
    "female": (45.5, 50.0, 53.5, 55.5, 58.0, 60.0, 61.3, 61.7),
}
"""Mean interpupillary distance at AGE_YEARS.

Adults after ANSUR II (Gordon et al. 2014: men 64.0 mm, women 61.7 mm); children close to MacLachlan and Howland (2002),
"Normal values and standard deviations for pupil diameter and interpupillary distance in subjects aged 1 month to 19
years", rounded and joined to the adult means.
"""

HEAD_HEIGHT_MM = {
    "male": (180.0, 193.0, 203.0, 208.0, 216.0, 226.0, 232.0, 233.0),
    "female": (177.0, 189.0, 198.0, 203.0, 210.0, 215.0, 218.0, 219.0),
}
"""Mean height from chin to crown at AGE_YEARS: adults near ANSUR II's menton to vertex, children a growth curve."""

INTERPUPILLARY_SIGMA, HEAD_HEIGHT_SIGMA = 0.045, 0.034
"""Relative spread between people of one age and sex; draws are clipped at two sigmas."""

SHARED = 0.5
"""Correlation of the two sizes in one person."""


def mean_interpupillary_mm(sex: str, age_years: float) -> float:
    """The mean distance between the pupils' centres, mm, at this age."""
    return float(np.interp(age_years, AGE_YEARS, INTERPUPILLARY_MM[sex]))


def mean_head_height_mm(sex: str, age_years: float) -> float:
    """The mean height from chin to crown, mm, at this age."""
    return float(np.interp(age_years, AGE_YEARS, HEAD_HEIGHT_MM[sex]))


def sample_sizes(rng: np.random.Generator, sex: str, age_years: float) -> dict[str, Any]:
    """Draw a person's `interpupillary_mm` and `head_height_mm`, fields of `Person`."""
    common, own = np.clip(rng.normal(size=2), -2, 2)
    eyes = mean_interpupillary_mm(sex, age_years) * (1 + INTERPUPILLARY_SIGMA * common)
    deviation = SHARED * common + np.sqrt(1 - SHARED**2) * own
    height = mean_head_height_mm(sex, age_years) * (1 + HEAD_HEIGHT_SIGMA * deviation)
    return {"interpupillary_mm": float(eyes), "head_height_mm": float(height)}
