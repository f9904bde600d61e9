"""Draws of a person's skin: fields of `Person` by name."""

from __future__ import annotations

from typing import Any

import numpy as np

from synth.heads.colour import srgb_to_linear
from synth.heads.draws import as_rgb


def sample_skin(rng: np.random.Generator, sex: str, age: float, tone: float) -> dict[str, Any]:
    """Redness, freckles, moles and lip colour; the tone, 0 (lightest) to 1 (darkest), is given."""
    freckled, freckles = rng.random() < 0.3, rng.uniform(0.15, 0.9)
    painted, strength = rng.random() < 0.4, rng.uniform(0.15, 0.6)
    colour = srgb_to_linear(np.array([rng.uniform(0.50, 0.72), rng.uniform(0.14, 0.32), rng.uniform(0.18, 0.32)]))
    return {
        "skin_tone": tone,
        "skin_redness": float(rng.uniform(0.35, 1.0)),
        "freckles": float(freckles) if freckled and tone < 0.33 else 0.0,
        "moles": int(rng.integers(0, 7)) if age > 8 else 0,
        "lipstick": float(strength) if painted and sex == "female" and age >= 17 else 0.0,
        "lip_rgb": as_rgb(colour),
    }
