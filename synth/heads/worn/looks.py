"""Draws of what a person wears: fields of `Person` by name."""

from __future__ import annotations

from typing import Any

import numpy as np

from synth.heads.colour import srgb_to_linear
from synth.heads.draws import as_rgb, choose
from synth.heads.worn.shares import DEFAULT_SHARES, Shares

GLASSES = ("round", "rectangle", "wide", "half", "browline", "aviator")
GLASSES_SHARES = (0.25, 0.25, 1 / 6, 0.125, 0.125, 1 / 12)
SUNGLASSES = ("sun_wide", "sun_aviator", "sun_round")
SUNGLASSES_SHARES = (0.45, 0.35, 0.2)
NECKLINES = ("crew", "v", "scoop", "turtle")
PATTERNS = ("plain", "stripes", "mottled")
HAT_PATTERNS = ("plain", "stripes", "mottled")

HATS = ("beanie", "cap", "cap_back", "brimmed", "bucket", "turban")
HEADSCARVES = ("hijab", "bandana")
HAT_SHARES = {
    "child": (0.36, 0.28, 0.06, 0.04, 0.26, 0.0),
    "man": (0.30, 0.26, 0.08, 0.18, 0.08, 0.10),
    "old man": (0.28, 0.28, 0.0, 0.30, 0.06, 0.08),
    "woman": (0.34, 0.14, 0.04, 0.24, 0.14, 0.10),
}
"""Shares of HATS by group of people."""
MASKS = ("surgical", "ffp2", "cloth")
MASK_SHARES = (0.5, 0.3, 0.2)
SCARF_FROM_YEARS, MASK_FROM_YEARS = 8.0, 6.0


def sample_glasses(rng: np.random.Generator, shares: Shares = DEFAULT_SHARES) -> dict[str, Any]:
    """Frame style, colour and whether it is metal."""
    place = rng.random()
    if place < shares.sunglasses:
        style = at_share(place / shares.sunglasses, SUNGLASSES, SUNGLASSES_SHARES)
    elif place >= 1 - shares.glasses:
        style = at_share((place - 1 + shares.glasses) / shares.glasses, GLASSES, GLASSES_SHARES)
    else:
        style = "none"
    dark, metal = rng.random() < 0.6, rng.random() < 0.35
    bright = srgb_to_linear(rng.uniform(0.05, 0.6, 3))
    frame = np.array([0.012, 0.011, 0.010]) if dark else bright
    grey = srgb_to_linear(np.full(3, rng.uniform(0.45, 0.75)))
    return {"glasses": style, "glasses_rgb": as_rgb(grey if metal else frame), "glasses_metal": bool(metal)}


def sample_headwear(
    rng: np.random.Generator, sex: str, age: float, glasses: str, shares: Shares = DEFAULT_SHARES
) -> dict[str, Any]:
    """Hat or head scarf, its colours and pattern, and a face mask; what `glasses` become under the mask.

    All numbers are drawn whatever is worn.
    """
    place, kind, masked, which = rng.random(4)
    first, second = cloth_rgb(rng), cloth_rgb(rng)
    pattern = at_share(rng.random(), HAT_PATTERNS, (0.62, 0.22, 0.16))
    tint = rng.random()
    scarves = shares.headscarves if sex == "female" and age >= SCARF_FROM_YEARS else 0.0
    hat = "none"
    if place < scarves:
        hat = at_share(kind, HEADSCARVES, (0.82, 0.18))
    elif place >= 1 - shares.hats:
        group = "child" if age < 13 else "woman" if sex == "female" else "man" if age < 60 else "old man"
        hat = at_share(kind, HATS, HAT_SHARES[group])
    mask = "none"
    if masked < shares.masks and age >= MASK_FROM_YEARS:
        mask = at_share(which, MASKS, MASK_SHARES)
    worn = {"hat": hat, "hat_rgb": first, "hat_second_rgb": second, "hat_pattern": pattern}
    off = mask != "none" and glasses in SUNGLASSES
    return worn | {"mask": mask, "mask_rgb": _mask_rgb(mask, tint, second), "glasses": "none" if off else glasses}


def _mask_rgb(mask: str, tint: float, cloth: tuple[float, float, float]) -> tuple[float, float, float]:
    """Surgical masks are mostly light blue, FFP2 masks white or black, those of cloth of any colour."""
    if mask == "cloth":
        return cloth
    if mask == "ffp2":
        return as_rgb(srgb_to_linear(np.array([0.11, 0.11, 0.12] if tint > 0.78 else [0.90, 0.90, 0.89])))
    shade = (0.62, 0.78, 0.88) if tint < 0.68 else (0.90, 0.91, 0.92) if tint < 0.82 else (0.13, 0.13, 0.14)
    return as_rgb(srgb_to_linear(np.array(shade)))


def cloth_rgb(rng: np.random.Generator) -> tuple[float, float, float]:
    """Linear RGB of cloth: half of it black, grey or white, the rest mostly muted."""
    from matplotlib.colors import hsv_to_rgb

    grey, hue, saturation, value, level = rng.random(5)
    if grey < 0.42:
        return as_rgb(srgb_to_linear(np.full(3, 0.06 + 0.84 * level**1.6)))
    return as_rgb(srgb_to_linear(hsv_to_rgb([hue, 0.15 + 0.65 * saturation**1.4, 0.12 + 0.7 * value])))


def at_share(place: float, names: tuple[str, ...], shares: tuple[float, ...]) -> str:
    """The name at `place` (0 … 1) where each takes its share of the line."""
    edges = np.cumsum(shares) / np.sum(shares)
    return names[min(int(np.searchsorted(edges, place, side="right")), len(names) - 1)]


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
