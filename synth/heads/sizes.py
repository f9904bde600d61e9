"""How large heads are. Distance and size are labels, so a head's metric size has to be right for its age."""

from __future__ import annotations

import numpy as np

INTERPUPILLARY_AGE_YEARS = (2, 5, 8, 10, 13, 16, 20, 40)
INTERPUPILLARY_MM = {
    "male": (46.5, 51.0, 54.5, 56.6, 59.3, 61.5, 63.0, 64.0),
    "female": (45.5, 50.0, 53.5, 55.5, 58.0, 60.0, 61.3, 61.7),
}
"""Mean interpupillary distance by age.

Adults after ANSUR II (Gordon et al. 2014: men 64.0 mm, women 61.7 mm); children after MacLachlan and Howland (2002),
"Normal values and standard deviations for pupil diameter and interpupillary distance in subjects aged 1 month to 19
years", rounded and joined to the adult means.
"""

INTERPUPILLARY_SIGMA = 0.045
"""Relative spread between people of one age and sex (a little below ANSUR's 5.5 %, clipped at two sigmas)."""


def mean_interpupillary_mm(sex: str, age_years: float) -> float:
    """The mean distance between the pupils' centres, mm, at this age."""
    return float(np.interp(age_years, INTERPUPILLARY_AGE_YEARS, INTERPUPILLARY_MM[sex]))


def sample_interpupillary_mm(rng: np.random.Generator, sex: str, age_years: float) -> float:
    """Draw a person's interpupillary distance, mm."""
    deviation = float(np.clip(rng.normal(), -2, 2))
    return mean_interpupillary_mm(sex, age_years) * (1 + INTERPUPILLARY_SIGMA * deviation)
