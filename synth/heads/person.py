"""A person: every sampled parameter of a built head, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from synth.heads.base import BaseMesh, load_base
from synth.heads.colour import srgb_to_linear
from synth.heads.demographics import Demographics, from_shares
from synth.heads.draws import as_rgb
from synth.heads.eyes.looks import sample_eyes
from synth.heads.hair.looks import sample_hair
from synth.heads.sizes import sample_sizes
from synth.heads.skin.looks import sample_skin
from synth.heads.worn.looks import sample_clothing, sample_glasses, sample_headwear
from synth.heads.worn.shares import DEFAULT_SHARES, Shares

Sex = Literal["female", "male"]
Rgb = tuple[float, float, float]

FEATURE_SIGMA = {
    "head": 0.16,
    "forehead": 0.26,
    "eyebrows": 0.28,
    "eyes": 0.22,
    "nose": 0.28,
    "mouth": 0.26,
    "ears": 0.30,
    "chin": 0.28,
    "cheek": 0.28,
    "neck": 0.18,
}
"""Standard deviation of each group's target weights; larger ones on `head` give cone-shaped skulls."""

LEFT_OUT = (
    *("head-trans", "neck-trans", "ears-shape", "ear-shape", "eye-trans", "eye-scale", "head-age", "neck-circ"),
    *("neck-height", "head-fat", "head-angle", "mouth-laugh-lines", "eye-push", "mouth-trans-in", "nose-trans-in"),
    *("head-back-scale",),
)
"""Targets that size, age or rig code sets itself, and those that move a whole feature off the middle."""

WOMEN_SHIFT = {
    "eyebrows-trans-backward-forward": -0.38,
    "nose-scale-depth-decr-incr": -0.19,
    "nose-scale-vert-decr-incr": -0.19,
    "nose-hump-decr-incr": -0.31,
    "nose-volume-decr-incr": -0.25,
    "nose-width2-decr-incr": -0.12,
    "chin-bones-decr-incr": -0.31,
    "chin-width-decr-incr": -0.38,
    "chin-height-decr-incr": -0.25,
    "chin-prominent-decr-incr": -0.19,
    "chin-cleft-decr-incr": -0.31,
    "neck-scale-horiz-decr-incr": -0.31,
    "neck-scale-depth-decr-incr": -0.25,
    "mouth-upperlip-volume-decr-incr": 0.12,
    "mouth-lowerlip-volume-decr-incr": 0.12,
}
"""Means of some features of women of 13 years and older, within the range that is drawn: a flatter brow ridge, a finer
nose, jaw and neck than the macro shapes alone give."""

SKULL_FORMS = ("diamond", "invertedtriangular", "oval", "rectangular", "round", "square", "triangular")


@dataclass(frozen=True)
class Person:
    """Who a head shows. A pure function of the generator that `sample_person` is given.

    `maleness`, `muscle`, `weight` are MakeHuman's 0..1 macros; `african + asian + european == 1`. `features` and
    `resting_face` are (target name, weight) pairs. `*_rgb` are linear RGB. `eye_openness` is the lids' opening over the
    iris' width. `recession` 0..1 lifts the hairline, `beard` 0..1 is how full a beard is (0 none), `stubble` 0..1 how
    dark shaven growth is.
    """

    sex: Sex
    age_years: float
    maleness: float
    muscle: float
    weight: float
    african: float
    asian: float
    european: float
    interpupillary_mm: float
    head_height_mm: float
    features: tuple[tuple[str, float], ...]
    resting_face: tuple[tuple[str, float], ...]
    arms_down_deg: float
    # skin
    skin_tone: float
    skin_redness: float
    freckles: float
    moles: int
    lipstick: float
    lip_rgb: Rgb
    # eyes and brows
    iris: str
    iris_rgb: Rgb
    iris_half_deg: float
    pupil_ratio: float
    lash_length: float
    eye_openness: float
    brow_density: float
    brow_thickness: float
    brow_arch: float
    # hair
    hair_style: str
    hair_colour: str
    hair_rgb: Rgb
    recession: float
    beard: float
    stubble: float
    # worn
    glasses: str
    glasses_rgb: Rgb
    glasses_metal: bool
    neckline: str
    garment_rgb: Rgb
    garment_pattern: str
    pattern_rgb: Rgb
    sleeves: str
    trouser_rgb: Rgb
    hat: str
    hat_rgb: Rgb
    hat_second_rgb: Rgb
    hat_pattern: str
    mask: str
    mask_rgb: Rgb

    @property
    def adult(self) -> bool:
        """Eighteen or older."""
        return self.age_years >= 18

    @property
    def oldness(self) -> float:
        """How far skin has aged, 0 (up to 32 years) to 1 (80 and more)."""
        return float(np.clip((self.age_years - 32) / 48, 0, 1))

    @property
    def brow_rgb(self) -> Rgb:
        """Linear RGB of the eyebrows: a darker shade of the hair; greyed hair leaves them half dark."""
        hair = np.array(self.hair_rgb)
        if self.hair_colour in ("grey", "white"):
            hair = 0.45 * hair + 0.55 * srgb_to_linear(np.array([0.25, 0.22, 0.20]))
        elif self.hair_colour == "dyed":
            hair = srgb_to_linear(np.array([0.20, 0.14, 0.10]))
        return as_rgb(hair * 0.7)

    def with_(self, **changes: object) -> Person:
        """A copy with some fields changed."""
        return replace(self, **changes)  # type: ignore[arg-type]


def sample_person(
    rng: np.random.Generator,
    sex: Sex | None = None,
    age_years: float | None = None,
    demographics: Demographics | None = None,
    shares: Shares = DEFAULT_SHARES,
) -> Person:
    """Draw a person. `sex`, `age_years` and `demographics` fix those without moving any other draw; `shares` says how
    many wear what.

    An age given as `age_years` goes before that of `demographics`, which packs take from `demographics.demographics`.
    """
    base = load_base()
    drawn_sex: Sex = "male" if rng.random() < 0.5 else "female"
    sex = sex or drawn_sex
    drawn = from_shares(*(float(share) for share in rng.random(4)))
    who = demographics or drawn
    age, tone = who.age_years if age_years is None else float(age_years), who.skin_tone
    build_rng, feature_rng, look_rng, worn_rng = rng.spawn(4)
    calm = 0.5 if age < 13 else 0.75 if age < 20 else 1.0
    maleness = build_rng.normal(0.92, 0.07) if sex == "male" else build_rng.normal(0.05, 0.05)
    skin = sample_skin(look_rng, sex, age, tone)
    hair = sample_hair(look_rng, sex, age, who.african, who.asian, tone, shares.beards)
    eyes = sample_eyes(look_rng, sex, age, who.african, who.asian, tone)
    glasses = sample_glasses(look_rng, shares)
    return Person(
        sex=sex,
        age_years=age,
        maleness=float(np.clip(maleness, 0, 1)),
        muscle=float(np.clip(build_rng.normal(0.5 if sex == "male" else 0.36, 0.14), 0.1, 0.9)),
        weight=float(np.clip(build_rng.normal(0.50, 0.17), 0.08, 0.95)),
        african=who.african,
        asian=who.asian,
        european=who.european,
        **sample_sizes(build_rng, sex, age),
        arms_down_deg=float(build_rng.uniform(30, 40)),
        features=_sample_features(feature_rng, base, calm, WOMEN_SHIFT if sex == "female" and age >= 13 else {}),
        resting_face=_sample_resting_face(feature_rng),
        **skin,
        **eyes,
        **hair,
        **sample_clothing(look_rng),
        **glasses | sample_headwear(worn_rng, sex, age, glasses["glasses"], shares),
    )


def _sample_features(
    rng: np.random.Generator, base: BaseMesh, calm: float, shift: dict[str, float]
) -> tuple[tuple[str, float], ...]:
    """Local changes of shape: each feature one normal draw, both sides nearly alike, plus slight asymmetry."""
    chosen: dict[str, float] = {}
    shared: dict[tuple[str, str], float] = {}
    for pair in base.pairs:
        if any(word in pair.positive for word in LEFT_OUT):
            continue
        key = (pair.group, pair.feature)
        if key not in shared:
            drawn = rng.normal(0, FEATURE_SIGMA[pair.group] * calm) + shift.get(pair.feature, 0.0)
            shared[key] = float(np.clip(drawn, -0.8, 0.8))
            amount = shared[key]
        else:
            amount = shared[key] + rng.normal(0, 0.04)
        chosen[pair.positive if amount > 0 else pair.negative] = abs(float(amount))
    for name in sorted(base.targets):
        if name.startswith("asym:asym-"):
            present, amount = rng.random() < 0.35, abs(float(rng.normal(0, 0.2 * calm)))
            if present:
                chosen[name] = amount
    form = SKULL_FORMS[int(rng.integers(len(SKULL_FORMS)))]
    chosen[f"head:head-{form}"] = float(rng.uniform(0, 0.35 * calm))
    return tuple(sorted(chosen.items()))


def _sample_resting_face(rng: np.random.Generator) -> tuple[tuple[str, float], ...]:
    """A resting face: mouth corners and inner brows a touch up; never quite symmetric."""
    smile = float(np.clip(rng.normal(0.15, 0.09), 0, 0.35))
    brow = float(np.clip(rng.normal(0.04, 0.08), 0, 0.25))
    crooked = rng.normal(0, 0.015, 2)
    return (
        ("face:browInnerUp", brow),
        ("face:mouthSmileLeft", max(0.0, smile + float(crooked[0]))),
        ("face:mouthSmileRight", max(0.0, smile + float(crooked[1]))),
    )
