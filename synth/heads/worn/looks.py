"""Draws of what a person wears: fields of `Person` by name."""

from __future__ import annotations

from typing import Any

import numpy as np

from synth.heads.colour import srgb_to_linear
from synth.heads.draws import as_rgb, choose

GLASSES = ("none", "round", "rectangle", "wide", "half", "browline", "aviator")
GLASSES_SHARES = (0.76, 0.06, 0.06, 0.04, 0.03, 0.03, 0.02)
NECKLINES = ("crew", "v", "scoop", "turtle")
PATTERNS = ("plain", "stripes", "mottled")


def sample_glasses(rng: np.random.Generator) -> dict[str, Any]:
    """Frame style, colour and whether it is metal."""
    style = choose(rng, GLASSES, GLASSES_SHARES)
    dark, metal = rng.random() < 0.6, rng.random() < 0.35
    bright = srgb_to_linear(rng.uniform(0.05, 0.6, 3))
    frame = np.array([0.012, 0.011, 0.010]) if dark else bright
    grey = srgb_to_linear(np.full(3, rng.uniform(0.45, 0.75)))
    return {"glasses": style, "glasses_rgb": as_rgb(grey if metal else frame), "glasses_metal": bool(metal)}


def sample_clothing(rng: np.random.Generator) -> dict[str, Any]:
    """Neckline, sleeves, cloth colour and pattern: mostly muted, now and then bright; dark or blue trousers."""
    from matplotlib.colors import hsv_to_rgb

    def cloth() -> tuple[float, float, float]:
        saturation = rng.beta(1.3, 2.4)
        return as_rgb(srgb_to_linear(hsv_to_rgb([rng.random(), saturation, rng.uniform(0.12, 0.9)])))

    worn: dict[str, Any] = {
        "neckline": choose(rng, NECKLINES, (0.46, 0.2, 0.16, 0.18)),
        "garment_rgb": cloth(),
        "garment_pattern": choose(rng, PATTERNS, (0.62, 0.2, 0.18)),
        "pattern_rgb": cloth(),
    }
    short, hue, bright = rng.random() < 0.35, rng.uniform(0.55, 0.68), rng.uniform(0.08, 0.38)
    worn["sleeves"] = "short" if short and worn["neckline"] != "turtle" else "long"
    worn["trouser_rgb"] = as_rgb(srgb_to_linear(hsv_to_rgb([hue, rng.uniform(0.0, 0.5), bright])))
    return worn
