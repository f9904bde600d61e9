"""Draws of a person's eyes, lashes and brows: fields of `Person` by name."""

from __future__ import annotations

from typing import Any

import numpy as np

from synth.heads.colour import srgb_to_linear
from synth.heads.draws import as_rgb, choose

IRIS_SRGB = {
    "darkbrown": (0.22, 0.13, 0.08),
    "brown": (0.31, 0.19, 0.10),
    "hazel": (0.40, 0.29, 0.14),
    "green": (0.33, 0.37, 0.25),
    "blue": (0.32, 0.40, 0.47),
    "grey": (0.40, 0.43, 0.45),
}


def sample_eyes(
    rng: np.random.Generator, sex: str, age: float, african: float, asian: float, tone: float
) -> dict[str, Any]:
    """Iris, pupil, lashes and brows. `tone` is the skin's, 0 lightest to 1 darkest."""
    dark = african + asian > 0.6 or tone > 0.45
    shares = (0.6, 0.37, 0.03, 0.0, 0.0, 0.0) if dark else (0.14, 0.28, 0.16, 0.12, 0.22, 0.08)
    iris = choose(rng, tuple(IRIS_SRGB), shares)
    shade = srgb_to_linear(np.clip(np.array(IRIS_SRGB[iris]) * rng.uniform(0.85, 1.15), 0, 1))
    male = sex == "male"
    young = 0.8 + 0.2 * float(np.clip((age - 5) / 10, 0, 1))
    opening = 0.86 - 0.06 * asian - 0.08 * np.clip((age - 45) / 35, 0, 1) + 0.02 * (age < 13)
    return {
        "iris": iris,
        "iris_rgb": as_rgb(shade),
        "iris_half_deg": float(rng.uniform(20.8, 22.4)),
        "pupil_ratio": float(rng.uniform(0.34, 0.48)),
        "lash_length": float(rng.uniform(0.5, 0.7) if male else rng.uniform(0.75, 1.05)),
        "eye_openness": float(np.clip(opening + rng.normal(0, 0.03), 0.70, 0.95)),
        "brow_density": young * float(rng.uniform(0.75, 1.25) if male else rng.uniform(0.65, 1.05)),
        "brow_thickness": young * float(rng.uniform(0.0042, 0.0066) if male else rng.uniform(0.0032, 0.0052)),
        "brow_arch": float(rng.uniform(0.0004, 0.0026) if male else rng.uniform(0.0010, 0.0036)),
    }
