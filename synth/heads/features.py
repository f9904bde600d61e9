"""Draws of a face's local shape: which of the template's targets a person wears, and how far.

A face is a mean of its sex, age and origin, some types (a snub nose, a square jaw) and a little of every feature: types
make people tell apart, while large independent draws of sixty overlapping targets make caricatures.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from synth.heads.base import BaseMesh

Weights = dict[str, float]
"""Feature name, as `Pair.feature` -> signed weight; positive is the pair's positive target."""

FEATURE_SIGMA = {
    "forehead": 0.14,
    "eyebrows": 0.20,
    "eyes": 0.15,
    "nose": 0.14,
    "mouth": 0.12,
    "ears": 0.28,
    "chin": 0.16,
    "cheek": 0.20,
    "neck": 0.14,
}
"""Standard deviation of each group's target weights; the skull's own sizes are fitted, see `synth.heads.fit`."""

LARGEST = 0.85
LEFT_OUT = (
    *("head-", "neck-trans", "measure-neck", "ear-shape", "eye-trans", "eye-scale", "eye-push", "eye-height"),
    *("mouth-laugh-lines", "mouth-trans-in", "nose-trans-in", "nose-compression"),
)
"""Features, by how their names begin, that sizes, lids or the rig set, and those that move a feature off the middle."""

SKULL_FORMS = ("diamond", "invertedtriangular", "oval", "round", "triangular")

NOSES: tuple[Weights, ...] = (
    {},
    {"nose-hump-decr-incr": 0.8, "nose-curve-concave-convex": 0.5, "nose-point-down-up": -0.4},
    {"nose-point-down-up": 0.7, "nose-curve-concave-convex": -0.6, "nose-scale-vert-decr-incr": -0.3},
    {"nose-width1-decr-incr": 0.4, "nose-width2-decr-incr": 0.6, "nose-width3-decr-incr": 0.5},
    {"nose-width1-decr-incr": -0.4, "nose-width2-decr-incr": -0.6, "nose-width3-decr-incr": -0.4},
    {"nose-scale-vert-decr-incr": 0.6, "nose-scale-depth-decr-incr": 0.4},
    {"nose-volume-decr-incr": 0.5, "nose-point-width-decr-incr": 0.7},
    {"nose-greek-decr-incr": 0.7, "nose-hump-decr-incr": -0.3},
)
JAWS: tuple[Weights, ...] = (
    {},
    {"chin-width-decr-incr": 0.7, "chin-bones-decr-incr": 0.6},
    {"chin-width-decr-incr": -0.7, "chin-height-decr-incr": 0.3},
    {"chin-prominent-decr-incr": 0.6, "chin-prognathism-decr-incr": 0.25},
    {"chin-prominent-decr-incr": -0.5, "chin-height-decr-incr": -0.3},
    {"chin-height-decr-incr": 0.6},
    {"chin-cleft-decr-incr": 0.7, "chin-bones-decr-incr": 0.3},
    {"neck-double-decr-incr": 0.5, "chin-jaw-drop-decr-incr": 0.4},
)
CHEEKS: tuple[Weights, ...] = (
    {},
    {"cheek-volume-decr-incr": 0.7, "cheek-inner-decr-incr": 0.3},
    {"cheek-volume-decr-incr": -0.6, "cheek-bones-decr-incr": 0.4},
    {"cheek-bones-decr-incr": 0.8, "cheek-trans-down-up": 0.4},
    {"cheek-trans-down-up": -0.5, "cheek-inner-decr-incr": 0.5},
)
MOUTHS: tuple[Weights, ...] = (
    {},
    {"mouth-upperlip-volume-decr-incr": 0.5, "mouth-lowerlip-volume-decr-incr": 0.5},
    {"mouth-upperlip-volume-decr-incr": -0.5, "mouth-lowerlip-volume-decr-incr": -0.4},
    {"mouth-scale-horiz-decr-incr": 0.6},
    {"mouth-scale-horiz-decr-incr": -0.5, "mouth-lowerlip-volume-decr-incr": 0.3},
    {"mouth-cupidsbow-decr-incr": 0.7, "mouth-philtrum-volume-decr-incr": 0.3},
    {"mouth-angles-down-up": 0.4, "mouth-dimples-in-out": -0.5},
)
EYES: tuple[Weights, ...] = (
    {},
    {"eye-corner2-down-up": 0.6},
    {"eye-corner2-down-up": -0.6},
    {"eye-eyefold-down-up": -0.5},
    {"eye-bag-decr-incr": 0.4, "eye-eyefold-down-up": 0.4},
    {"eye-corner1-down-up": -0.5, "eye-corner2-down-up": 0.3},
)
BROWS: tuple[Weights, ...] = (
    {},
    {"eyebrows-trans-down-up": 0.5},
    {"eyebrows-trans-down-up": -0.35, "eyebrows-trans-backward-forward": 0.4},
    {"eyebrows-angle-down-up": 0.5},
    {"forehead-nubian-decr-incr": 0.35, "forehead-trans-backward-forward": 0.2},
    {"forehead-trans-backward-forward": -0.5},
)
TYPES = (NOSES, JAWS, CHEEKS, MOUTHS, EYES, BROWS)

WOMAN: Weights = {
    "eyebrows-trans-backward-forward": -0.55,
    "eyebrows-trans-down-up": 0.22,
    "nose-scale-depth-decr-incr": -0.22,
    "nose-scale-vert-decr-incr": -0.15,
    "nose-hump-decr-incr": -0.40,
    "nose-volume-decr-incr": -0.35,
    "nose-width2-decr-incr": -0.18,
    "nose-width3-decr-incr": -0.20,
    "nose-point-down-up": 0.18,
    "chin-bones-decr-incr": -0.45,
    "chin-width-decr-incr": -0.45,
    "chin-prominent-decr-incr": -0.15,
    "chin-cleft-decr-incr": -0.40,
    "cheek-volume-decr-incr": 0.12,
    "neck-scale-horiz-decr-incr": -0.40,
    "neck-scale-depth-decr-incr": -0.30,
    "mouth-upperlip-volume-decr-incr": 0.16,
    "mouth-lowerlip-volume-decr-incr": 0.16,
    "mouth-cupidsbow-decr-incr": 0.15,
    "forehead-trans-backward-forward": 0.15,
}
"""Means of women of 13 years and older: a flat brow ridge, a high brow, a finer nose, jaw and neck, fuller lips."""

MAN: Weights = {
    "neck-scale-horiz-decr-incr": -0.25,
    "neck-scale-depth-decr-incr": -0.10,
    "nose-volume-decr-incr": -0.10,
}
"""Means of men: a neck narrower than the macro shapes'."""

CHILD: Weights = {
    "eyebrows-trans-backward-forward": -0.50,
    "nose-scale-horiz-decr-incr": 0.40,
    "nose-scale-vert-decr-incr": -0.18,
    "nose-point-down-up": 0.25,
    "nose-curve-concave-convex": -0.22,
    "nose-hump-decr-incr": -0.40,
    "nose-volume-decr-incr": -0.20,
    "chin-bones-decr-incr": -0.50,
    "chin-width-decr-incr": -0.15,
    "chin-prominent-decr-incr": -0.20,
    "chin-cleft-decr-incr": -0.40,
    "cheek-volume-decr-incr": 0.40,
    "cheek-inner-decr-incr": 0.20,
    "cheek-bones-decr-incr": -0.20,
    "eye-bag-decr-incr": -0.40,
    "mouth-trans-backward-forward": -0.15,
    "mouth-upperlip-volume-decr-incr": 0.10,
    "forehead-trans-backward-forward": 0.20,
    "neck-scale-horiz-decr-incr": -0.60,
    "neck-scale-depth-decr-incr": -0.40,
}
"""Means of a young child, fading out toward CHILD_UNTIL: round cheeks, a short snub nose, no brow ridge, no chin."""

OLD: Weights = {
    "nose-scale-vert-decr-incr": 0.25,
    "nose-point-down-up": -0.30,
    "nose-point-width-decr-incr": 0.20,
    "ear-scale-vert-decr-incr": 0.45,
    "ear-lobe-decr-incr": 0.45,
    "mouth-upperlip-volume-decr-incr": -0.40,
    "mouth-lowerlip-volume-decr-incr": -0.30,
    "mouth-upperlip-height-decr-incr": -0.20,
    "cheek-trans-down-up": -0.30,
    "cheek-inner-decr-incr": -0.25,
    "chin-jaw-drop-decr-incr": 0.45,
    "neck-double-decr-incr": 0.35,
    "eye-bag-decr-incr": 0.45,
    "eye-corner2-down-up": -0.25,
    "eye-eyefold-down-up": -0.35,
    "eyebrows-trans-down-up": -0.10,
}
"""What age adds, at 80 and more: nose and ears grow, lips thin, cheeks, jowls, lids and the throat sag."""

CHILD_UNTIL, CHILD_FULL = 14.0, 5.0
OLD_FROM, OLD_FULL = 40.0, 80.0


def sample_features(
    rng: np.random.Generator, base: BaseMesh, sex: str, age_years: float
) -> tuple[tuple[str, float], ...]:
    """(target name, weight 0..1) pairs of a person's local shape, sorted by name; slightly asymmetric."""
    calm = 0.6 if age_years < 13 else 0.8 if age_years < 20 else 1.0
    mean = _sum([*_types(rng, calm), *_means(sex, age_years)])
    chosen: Weights = {}
    shared: dict[tuple[str, str], float] = {}
    for pair in base.pairs:
        if pair.feature.startswith(LEFT_OUT):
            continue
        key = (pair.group, pair.feature)
        if key not in shared:
            drawn = rng.normal(0, FEATURE_SIGMA[pair.group] * calm) + mean.get(pair.feature, 0.0)
            shared[key] = float(np.clip(drawn, -LARGEST, LARGEST))
            amount = shared[key]
        else:
            amount = shared[key] + rng.normal(0, 0.05)
        chosen[pair.positive if amount > 0 else pair.negative] = abs(float(amount))
    for name in sorted(base.targets):
        if name.startswith("asym:asym-"):
            present, amount = rng.random() < 0.35, abs(float(rng.normal(0, 0.2 * calm)))
            if present:
                chosen[name] = amount
    form = SKULL_FORMS[int(rng.integers(len(SKULL_FORMS)))]
    chosen[f"head:head-{form}"] = float(rng.uniform(0, 0.25 * calm))
    return tuple(sorted(chosen.items()))


def _types(rng: np.random.Generator, calm: float) -> list[Weights]:
    """One type a part of the face, each between hinted at and plain to see."""
    drawn = []
    for kinds in TYPES:
        kind, amount = kinds[int(rng.integers(len(kinds)))], float(rng.uniform(0.35, 1.0)) * calm
        drawn.append({name: amount * weight for name, weight in kind.items()})
    return drawn


def _means(sex: str, age_years: float) -> list[Weights]:
    young = float(np.clip((CHILD_UNTIL - age_years) / (CHILD_UNTIL - CHILD_FULL), 0, 1))
    aged = float(np.clip((age_years - OLD_FROM) / (OLD_FULL - OLD_FROM), 0, 1))
    grown = (WOMAN, 1 - young) if sex == "female" else (MAN, 1 - young)
    shares = [(CHILD, young), (OLD, aged), grown]
    return [{name: share * weight for name, weight in mean.items()} for mean, share in shares]


def _sum(parts: Iterable[Weights]) -> Weights:
    total: Weights = {}
    for part in parts:
        for name, weight in part.items():
            total[name] = total.get(name, 0.0) + weight
    return total


def sample_resting_face(rng: np.random.Generator) -> tuple[tuple[str, float], ...]:
    """A resting face: mouth corners and inner brows a touch up; never quite symmetric."""
    smile = float(np.clip(rng.normal(0.17, 0.10), 0, 0.4))
    brow = float(np.clip(rng.normal(0.08, 0.08), 0, 0.3))
    crooked = rng.normal(0, 0.015, 2)
    return (
        ("face:browInnerUp", brow),
        ("face:mouthSmileLeft", max(0.0, smile + float(crooked[0]))),
        ("face:mouthSmileRight", max(0.0, smile + float(crooked[1]))),
    )
