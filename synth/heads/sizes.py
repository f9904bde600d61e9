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

Adults after ANSUR II (Gordon et al. 2014: men 64.0 mm, women 61.7 mm; Dodgson 2004, "Variation and extrema of human
interpupillary distance": adults of both sexes around 63 mm); children close to MacLachlan and Howland (2002), "Normal
values and standard deviations for pupil diameter and interpupillary distance in subjects aged 1 month to 19 years",
rounded and joined to the adult means. They lie within 1.3 mm of the means of 220 children under six years whom Pacific
University measured in 1993, "The development of norms of pediatric interpupillary distance": 47.5, 49.5, 51.0, 51.0 mm
in the third to sixth year of life, looking far.
"""

HEAD_HEIGHT_MM = {
    "male": (180.0, 193.0, 203.0, 208.0, 216.0, 226.0, 232.0, 233.0),
    "female": (177.0, 189.0, 198.0, 203.0, 210.0, 215.0, 218.0, 219.0),
}
"""Mean height from chin to crown at AGE_YEARS: adults near ANSUR II's menton to vertex, children a growth curve."""

HEAD_BREADTH_MM = {
    "male": (134.0, 139.0, 142.0, 144.0, 147.0, 150.0, 153.0, 154.0),
    "female": (131.0, 136.0, 139.0, 140.5, 142.5, 144.5, 146.0, 147.0),
}
HEAD_LENGTH_MM = {
    "male": (171.0, 179.0, 184.0, 187.0, 191.0, 196.0, 198.5, 199.0),
    "female": (167.0, 174.0, 178.5, 181.0, 184.5, 187.5, 189.5, 190.0),
}
"""Mean breadth and length of the skull at AGE_YEARS: adults ANSUR II's rounded, children close to Snyder et al. (1977),
"Anthropometry of infants, children, and youths to age 18", UM-HSRI-77-17. Within 2 % of Farkas et al. (1992),
"Anthropometric growth study of the head", where grown girls' heads are 182.7 mm long at 10 and 142.7 mm broad at 14
years, grown boys' 189.2 mm long at 14; that study's adults are smaller than ANSUR II's."""

FACE_BREADTH_MM = {
    "male": (104.0, 114.0, 120.0, 123.5, 129.0, 135.0, 140.0, 142.0),
    "female": (102.0, 111.5, 117.0, 120.5, 125.5, 129.0, 132.0, 133.5),
}
FACE_HEIGHT_MM = {
    "male": (87.0, 97.0, 103.0, 107.5, 112.5, 118.0, 122.0, 122.5),
    "female": (85.0, 94.5, 100.5, 104.0, 108.0, 111.0, 112.5, 113.0),
}
"""Mean bizygomatic breadth and height from the nose's root to the chin at AGE_YEARS: adults near ANSUR II's bizygomatic
breadth and menton-sellion length, children a growth curve: near Farkas (1994), "Anthropometry of the head and face",
not checked against the book; the height is set so that it grows by 24 % (boys) and 17 % (girls) from six years on, as
Ferrario et al. (1998), "Craniofacial growth: a three-dimensional soft-tissue study from 6 years to adulthood", report
for the middle and lower thirds of 1,347 faces (18 and 23 %, 13 and 17 %)."""

EYE_LENGTH_MM = {
    "male": (24.5, 26.2, 27.4, 27.9, 28.5, 29.1, 29.5, 29.5),
    "female": (24.3, 25.9, 27.0, 27.5, 28.1, 28.6, 28.9, 28.9),
}
"""Mean length of the eyes' opening from corner to corner at AGE_YEARS: adults near Farkas (1994), children a growth
curve: nearly grown by 13, so that a child's eyes are large in the face."""

JAW_SHARE = {
    "male": (0.74, 0.745, 0.755, 0.765, 0.78, 0.79, 0.80, 0.80),
    "female": (0.74, 0.745, 0.75, 0.755, 0.76, 0.765, 0.77, 0.77),
}
"""The jaw's breadth over the face's, at AGE_YEARS; between published skulls' and soft cheeks', chosen by eye."""

SIGMA = {
    "interpupillary_mm": 0.045,
    "head_height_mm": 0.034,
    "head_breadth_mm": 0.034,
    "head_length_mm": 0.034,
    "face_breadth_mm": 0.038,
    "face_height_mm": 0.042,
    "jaw_breadth_mm": 0.042,
    "eye_length_mm": 0.035,
}
"""Relative spread between people of one age and sex; draws are clipped at two sigmas."""

ORIGIN = {
    "head_breadth_mm": (-0.015, 0.025),
    "head_length_mm": (0.010, -0.025),
    "face_breadth_mm": (0.0, 0.025),
    "eye_length_mm": (0.010, -0.025),
}
"""Relative shift of a mean for African and for Asian origin: long or round skulls, broad faces; chosen by eye."""

SHARED = 0.5
"""Correlation of two sizes in one person."""


def mean_interpupillary_mm(sex: str, age_years: float) -> float:
    """The mean distance between the pupils' centres, mm, at this age."""
    return _at(INTERPUPILLARY_MM[sex], age_years)


def mean_head_height_mm(sex: str, age_years: float) -> float:
    """The mean height from chin to crown, mm, at this age."""
    return _at(HEAD_HEIGHT_MM[sex], age_years)


def mean_sizes_mm(sex: str, age_years: float) -> dict[str, float]:
    """The mean of every size in SIGMA, mm, for a sex and an age, over all origins."""
    face = _at(FACE_BREADTH_MM[sex], age_years)
    return {
        "interpupillary_mm": mean_interpupillary_mm(sex, age_years),
        "head_height_mm": mean_head_height_mm(sex, age_years),
        "head_breadth_mm": _at(HEAD_BREADTH_MM[sex], age_years),
        "head_length_mm": _at(HEAD_LENGTH_MM[sex], age_years),
        "face_breadth_mm": face,
        "face_height_mm": _at(FACE_HEIGHT_MM[sex], age_years),
        "jaw_breadth_mm": face * _at(JAW_SHARE[sex], age_years),
        "eye_length_mm": _at(EYE_LENGTH_MM[sex], age_years),
    }


def _at(curve: tuple[float, ...], age_years: float) -> float:
    return float(np.interp(age_years, AGE_YEARS, curve))


def sample_sizes(
    rng: np.random.Generator, sex: str, age_years: float, african: float = 0.0, asian: float = 0.0
) -> dict[str, Any]:
    """Draw a person's sizes, the fields of `Person` that SIGMA names, mm: one shared draw and one of each size."""
    common = float(np.clip(rng.normal(), -2, 2))
    drawn = {}
    for name, mean in mean_sizes_mm(sex, age_years).items():
        own = float(np.clip(rng.normal(), -2, 2))
        deviation = float(np.clip(np.sqrt(SHARED) * common + np.sqrt(1 - SHARED) * own, -2, 2))
        of_african, of_asian = ORIGIN.get(name, (0.0, 0.0))
        shifted = mean * (1 + of_african * african + of_asian * asian)
        drawn[name] = shifted * (1 + SIGMA[name] * deviation)
    return drawn
