"""A person: every sampled parameter of a built head, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from synth.heads.base import load_base
from synth.heads.colour import srgb_to_linear
from synth.heads.demographics import Demographics, from_shares
from synth.heads.draws import as_rgb
from synth.heads.eyes.looks import sample_eyes
from synth.heads.features import sample_features, sample_resting_face
from synth.heads.hair.looks import sample_hair
from synth.heads.sizes import sample_sizes
from synth.heads.skin.looks import sample_skin
from synth.heads.worn.looks import sample_clothing, sample_glasses, sample_headwear
from synth.heads.worn.shares import DEFAULT_SHARES, Shares

Sex = Literal["female", "male"]
Rgb = tuple[float, float, float]


@dataclass(frozen=True)
class Person:
    """Who a head shows. A pure function of the generator that `sample_person` is given.

    `maleness`, `muscle`, `weight` are MakeHuman's 0..1 macros; `african + asian + european == 1`. `features` and
    `resting_face` are (target name, weight) pairs. `*_rgb` are linear RGB, `*_mm` sizes that the shape is fitted to
    (`synth.heads.fit`). `eye_openness` is the lids' opening over the iris' width. `hair_wave` is 0 straight to 1 curly;
    of the hairs the share `hair_grey` is white, and `hair_rgb` is the mean of all. `recession` up to 1 lifts the
    hairline, below 0 lowers it, `beard` 0..1 says how full a beard is and so its shape (0 none), `stubble` 0..1 how
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
    head_breadth_mm: float
    head_length_mm: float
    face_breadth_mm: float
    face_height_mm: float
    jaw_breadth_mm: float
    eye_length_mm: float
    features: tuple[tuple[str, float], ...]
    resting_face: tuple[tuple[str, float], ...]
    arms_down_deg: float
    # skin
    skin_tone: float
    skin_redness: float
    skin_oil: float
    freckles: float
    moles: int
    lipstick: float
    lip_rgb: Rgb
    eyeliner: float
    eye_shadow: float
    shadow_rgb: Rgb
    blush: float
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
    hair_wave: float
    hair_grey: float
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
    drawn_sex: Sex = "male" if rng.random() < 0.5 else "female"
    sex = sex or drawn_sex
    drawn = from_shares(*(float(share) for share in rng.random(4)))
    who = demographics or drawn
    age, tone = who.age_years if age_years is None else float(age_years), who.skin_tone
    build_rng, feature_rng, look_rng, worn_rng = rng.spawn(4)
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
        **sample_sizes(build_rng, sex, age, who.african, who.asian),
        arms_down_deg=float(build_rng.uniform(30, 40)),
        features=sample_features(feature_rng, load_base(), sex, age),
        resting_face=sample_resting_face(feature_rng),
        **skin,
        **eyes,
        **hair,
        **sample_clothing(look_rng),
        **glasses | sample_headwear(worn_rng, sex, age, glasses["glasses"], shares),
    )
