"""Draws of a person's hair and beard: fields of `Person` by name."""

from __future__ import annotations

from typing import Any

import numpy as np

from synth.heads.colour import WHITE_HAIR, srgb_to_linear
from synth.heads.draws import as_rgb, choose

HAIR_SRGB = {
    "black": (0.075, 0.060, 0.055),
    "darkbrown": (0.16, 0.105, 0.075),
    "brown": (0.26, 0.17, 0.11),
    "lightbrown": (0.42, 0.29, 0.18),
    "blond": (0.66, 0.51, 0.32),
    "red": (0.46, 0.21, 0.10),
    "grey": (0.52, 0.51, 0.50),
    "white": (0.80, 0.79, 0.77),
    "dyed": (0.46, 0.14, 0.28),
}
DYES_SRGB = ((0.36, 0.10, 0.13), (0.55, 0.24, 0.11), (0.78, 0.70, 0.56), (0.14, 0.20, 0.40), (0.46, 0.14, 0.28))
DYE_SHARES = (0.30, 0.26, 0.24, 0.10, 0.10)
"""What `dyed` hair may be dyed: burgundy, copper, platinum, blue, magenta."""
HAIR_STYLES = (
    *("bald", "buzz", "short_forward", "short_side", "slick", "receding", "medium", "long", "bun", "afro"),
    *("ponytail", "braids"),
)
STYLE_SHARES = {
    "man": (0.08, 0.15, 0.23, 0.24, 0.11, 0.09, 0.06, 0.01, 0.01, 0.0, 0.02, 0.0),
    "old man": (0.17, 0.17, 0.13, 0.22, 0.07, 0.22, 0.02, 0.0, 0.0, 0.0, 0.0, 0.0),
    "african man": (0.18, 0.44, 0.08, 0.02, 0.0, 0.05, 0.0, 0.0, 0.02, 0.21, 0.0, 0.0),
    "woman": (0.0, 0.005, 0.02, 0.07, 0.06, 0.0, 0.26, 0.27, 0.11, 0.0, 0.135, 0.07),
    "old woman": (0.0, 0.01, 0.05, 0.24, 0.08, 0.0, 0.32, 0.1, 0.15, 0.0, 0.03, 0.02),
    "african woman": (0.0, 0.08, 0.0, 0.02, 0.05, 0.0, 0.08, 0.09, 0.13, 0.31, 0.1, 0.14),
    "boy": (0.0, 0.15, 0.42, 0.29, 0.0, 0.0, 0.12, 0.02, 0.0, 0.0, 0.0, 0.0),
    "african boy": (0.02, 0.58, 0.12, 0.0, 0.0, 0.0, 0.0, 0.0, 0.02, 0.26, 0.0, 0.0),
    "girl": (0.0, 0.0, 0.06, 0.04, 0.03, 0.0, 0.2, 0.22, 0.06, 0.0, 0.18, 0.21),
    "african girl": (0.0, 0.04, 0.0, 0.0, 0.04, 0.0, 0.06, 0.07, 0.14, 0.24, 0.16, 0.25),
}
"""Shares of HAIR_STYLES by group of people."""


def sample_hair(
    rng: np.random.Generator, sex: str, age: float, african: float, asian: float, tone: float, beards: float = 0.28
) -> dict[str, Any]:
    """Hair style, colour, wave, recession, beard and stubble.

    `tone` is the skin's, 0 lightest to 1 darkest; `beards` the share of men over twenty who grow one.
    """
    grown = age >= 18
    male = sex == "male"
    group = ("man" if male else "woman") if age >= 13 else ("boy" if male else "girl")
    if african > 0.45:
        group = f"african {group}"
    elif age >= 62:
        group = f"old {group}"
    colour, natural = _sample_hair_colour(rng, age, african, asian, tone)
    tint = rng.uniform(0.82, 1.18)
    # A stream of its own, so that these draws don't move those of eyes and clothes.
    (own,) = rng.spawn(1)
    grey, wave = _sample_grey(own, colour, age), _sample_wave(own, african, asian)
    dye = DYES_SRGB[int(own.choice(len(DYES_SRGB), p=DYE_SHARES))]
    pigment = srgb_to_linear(np.clip(np.array(dye if natural == "dyed" else HAIR_SRGB[natural]) * tint, 0, 1))
    shade = (1 - grey) * pigment + grey * WHITE_HAIR
    style = choose(rng, HAIR_STYLES, STYLE_SHARES[group])
    recession, receding = rng.uniform(0, 0.35), rng.uniform(0.7, 1.0)
    bearded, beard, stubble = rng.random() < beards, rng.uniform(0.45, 1.0), rng.uniform(0.05, 0.75)
    return {
        "hair_style": style,
        "hair_colour": colour,
        "hair_rgb": as_rgb(shade),
        "hair_wave": wave,
        "hair_grey": grey,
        "recession": float(receding) if style == "receding" else _recession(float(recession), male, age),
        "beard": _beard(float(beard)) if bearded and male and age > 20 else 0.0,
        "stubble": float(stubble) if male and grown else 0.0,
    }


def _recession(drawn: float, male: bool, age: float) -> float:
    """Of those who don't bald, from a number of 0..0.35: women's and most of all children's hairlines are low."""
    if male and age > 20:
        return drawn
    return drawn - 0.55 if age < 13 else drawn - 0.30 * (not male)


def _beard(drawn: float) -> float:
    """Fullness of a beard from a number of 0.45..1: moustaches, goatees, chin straps, boxed and full beards.

    See `scalp.beard_field` for what each fullness covers.
    """
    places = (0.45, 0.515, 0.52, 0.635, 0.64, 0.695, 0.70, 0.795, 0.80, 1.0)
    return float(np.interp(drawn, places, (0.13, 0.19, 0.22, 0.38, 0.41, 0.46, 0.48, 0.57, 0.60, 1.0)))


def _sample_hair_colour(
    rng: np.random.Generator, age: float, african: float, asian: float, tone: float
) -> tuple[str, str]:
    """The colour's name, and that of the colour before it greyed."""
    greyed = rng.random() < 0.9 * np.clip((age - 40) / 33, 0, 1)
    white = rng.random() < np.clip((age - 55) / 35, 0, 0.6)
    dyed = rng.random() < 0.02 * (age < 45)
    names = ("black", "darkbrown", "brown", "lightbrown", "blond", "red")
    shares = (0.10, 0.20, 0.22, 0.18, 0.20, 0.10)
    if african + asian > 0.55 or tone > 0.5:
        shares = (0.75, 0.25, 0.0, 0.0, 0.0, 0.0)
    elif tone > 0.33:
        shares = (0.40, 0.38, 0.18, 0.04, 0.0, 0.0)
    natural = choose(rng, names, shares)
    if dyed and age > 15:
        return "dyed", "dyed"
    return ("white" if white else "grey") if greyed else natural, natural


def _sample_grey(rng: np.random.Generator, colour: str, age: float) -> float:
    """Share of the hairs that are white; from the early thirties on a few are."""
    drawn, some = rng.random(), rng.random() < 0.6
    if colour == "white":
        return float(0.88 + 0.12 * drawn)
    if colour == "grey":
        return float(0.35 + 0.42 * drawn)
    early = float(np.clip((age - 32) / 25, 0, 1))
    return 0.28 * early * float(drawn) if some and colour != "dyed" else 0.0


def _sample_wave(rng: np.random.Generator, african: float, asian: float) -> float:
    """0 straight to 1 curly."""
    place, bend = rng.random(), rng.beta(1.1, 1.5)
    if african > 0.45:
        return float(0.3 + 0.7 * bend)
    straight = 0.75 if asian > 0.5 else 0.4
    return 0.08 * float(bend) if place < straight else float(0.15 + 0.85 * bend)
