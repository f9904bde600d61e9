"""Draws of a person's skin: fields of `Person` by name."""

from __future__ import annotations

from typing import Any

import numpy as np

from synth.heads.colour import srgb_to_linear
from synth.heads.draws import as_rgb

MADE_UP, MAKE_UP_FROM = 0.55, 17
"""Share of women with more than lipstick, and the age in years from which anyone wears make-up."""

MAKE_UP = (((0.4, 1.0), 0.8), ((0.25, 0.75), 0.55), ((0.25, 0.8), 0.7))
"""(bounds of strength, share of the made-up who wear it) for eyeliner, eye shadow and blush."""

SHADOWS = ((0.42, 0.30, 0.26), (0.36, 0.33, 0.36), (0.50, 0.32, 0.36), (0.32, 0.38, 0.46), (0.58, 0.44, 0.30))
"""sRGB of eye shadow: brown, grey, rose, blue, bronze."""


def sample_skin(rng: np.random.Generator, sex: str, age: float, tone: float) -> dict[str, Any]:
    """Redness, freckles, moles and make-up; the tone, 0 (lightest) to 1 (darkest), is given."""
    freckled, freckles = rng.random() < 0.3, rng.uniform(0.15, 0.9)
    painted, strength = rng.random() < 0.4, rng.uniform(0.15, 0.6)
    colour = srgb_to_linear(np.array([rng.uniform(0.50, 0.72), rng.uniform(0.14, 0.32), rng.uniform(0.18, 0.32)]))
    made_up = rng.random() < MADE_UP and sex == "female" and age >= MAKE_UP_FROM
    liner, shadow, blush = (float(rng.uniform(*bounds)) * (rng.random() < share) for bounds, share in MAKE_UP)
    shade = srgb_to_linear(np.array(SHADOWS[int(rng.integers(len(SHADOWS)))]) * rng.uniform(0.8, 1.15))
    return {
        "eyeliner": liner if made_up else 0.0,
        "eye_shadow": shadow if made_up else 0.0,
        "shadow_rgb": as_rgb(np.clip(shade, 0, 1)),
        "blush": blush if made_up else 0.0,
        "skin_tone": tone,
        "skin_redness": float(rng.uniform(0.35, 1.0)),
        "skin_oil": float(rng.uniform(0.2, 1.0)) * (0.4 if age < 12 else 1.0),
        "freckles": float(freckles) if freckled and tone < 0.33 else 0.0,
        "moles": int(rng.integers(0, 7)) if age > 8 else 0,
        "lipstick": float(strength) if painted and sex == "female" and age >= MAKE_UP_FROM else 0.0,
        "lip_rgb": as_rgb(colour),
    }
