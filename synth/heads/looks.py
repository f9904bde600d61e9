"""Draws of a person's colours and of what they wear. Each function returns fields of `Person` by name."""

from __future__ import annotations

from typing import Any

import numpy as np

from synth.heads.colour import srgb_to_linear

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
IRIS_SRGB = {
    "darkbrown": (0.22, 0.13, 0.08),
    "brown": (0.31, 0.19, 0.10),
    "hazel": (0.40, 0.29, 0.14),
    "green": (0.33, 0.37, 0.25),
    "blue": (0.32, 0.40, 0.47),
    "grey": (0.40, 0.43, 0.45),
}
HAIR_STYLES = ("bald", "buzz", "short_forward", "short_side", "slick", "receding", "medium", "long", "bun", "afro")
STYLE_SHARES = {
    "man": (0.08, 0.15, 0.23, 0.24, 0.11, 0.09, 0.06, 0.02, 0.02, 0.0),
    "old man": (0.17, 0.17, 0.13, 0.22, 0.07, 0.22, 0.02, 0.0, 0.0, 0.0),
    "african man": (0.18, 0.44, 0.08, 0.02, 0.0, 0.05, 0.0, 0.0, 0.02, 0.21),
    "woman": (0.0, 0.005, 0.02, 0.07, 0.06, 0.0, 0.32, 0.36, 0.165, 0.0),
    "old woman": (0.0, 0.01, 0.05, 0.24, 0.08, 0.0, 0.34, 0.10, 0.18, 0.0),
    "african woman": (0.0, 0.09, 0.0, 0.02, 0.05, 0.0, 0.09, 0.12, 0.27, 0.36),
    "boy": (0.0, 0.15, 0.42, 0.29, 0.0, 0.0, 0.12, 0.02, 0.0, 0.0),
    "african boy": (0.02, 0.58, 0.12, 0.0, 0.0, 0.0, 0.0, 0.0, 0.02, 0.26),
    "girl": (0.0, 0.0, 0.06, 0.04, 0.05, 0.0, 0.30, 0.38, 0.17, 0.0),
    "african girl": (0.0, 0.04, 0.0, 0.0, 0.06, 0.0, 0.08, 0.12, 0.40, 0.30),
}
"""Shares of HAIR_STYLES by group of people."""

GLASSES = ("none", "round", "rectangle", "wide", "half", "browline", "aviator")
GLASSES_SHARES = (0.76, 0.06, 0.06, 0.04, 0.03, 0.03, 0.02)
NECKLINES = ("crew", "v", "scoop", "turtle")
PATTERNS = ("plain", "stripes", "mottled")


def _rgb(values: np.ndarray) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


def _choose(rng: np.random.Generator, names: tuple[str, ...], shares: tuple[float, ...]) -> str:
    """One draw by shares, through one uniform number, so that other shares don't move later draws."""
    edges = np.cumsum(shares) / np.sum(shares)
    return names[min(int(np.searchsorted(edges, rng.random(), side="right")), len(names) - 1)]


def sample_skin(
    rng: np.random.Generator, sex: str, age: float, african: float, asian: float, european: float
) -> dict[str, Any]:
    """Skin tone 0 (lightest) to 1 (darkest) by origin, redness, freckles, moles and lip colour."""
    tone = african * rng.uniform(0.58, 0.92) + asian * rng.uniform(0.14, 0.42) + european * rng.uniform(0.04, 0.32)
    freckled, freckles = rng.random() < 0.3, rng.uniform(0.15, 0.9)
    painted, strength = rng.random() < 0.4, rng.uniform(0.15, 0.6)
    colour = srgb_to_linear(np.array([rng.uniform(0.50, 0.72), rng.uniform(0.14, 0.32), rng.uniform(0.18, 0.32)]))
    return {
        "skin_tone": float(np.clip(tone, 0.02, 0.95)),
        "skin_redness": float(rng.uniform(0.35, 1.0)),
        "freckles": float(freckles) if freckled and tone < 0.33 else 0.0,
        "moles": int(rng.integers(0, 7)) if age > 8 else 0,
        "lipstick": float(strength) if painted and sex == "female" and age >= 17 else 0.0,
        "lip_rgb": _rgb(colour),
    }


def sample_eyes(rng: np.random.Generator, sex: str, age: float, african: float, asian: float) -> dict[str, Any]:
    """Iris, pupil, lashes and brows."""
    dark = african + asian > 0.6
    shares = (0.6, 0.37, 0.03, 0.0, 0.0, 0.0) if dark else (0.14, 0.28, 0.16, 0.12, 0.22, 0.08)
    iris = _choose(rng, tuple(IRIS_SRGB), shares)
    shade = srgb_to_linear(np.clip(np.array(IRIS_SRGB[iris]) * rng.uniform(0.85, 1.15), 0, 1))
    male = sex == "male"
    opening = 0.82 - 0.08 * asian - 0.07 * np.clip((age - 45) / 35, 0, 1) + 0.03 * (age < 13)
    return {
        "iris": iris,
        "iris_rgb": _rgb(shade),
        "iris_half_deg": float(rng.uniform(23.2, 24.8)),
        "pupil_ratio": float(rng.uniform(0.34, 0.48)),
        "lash_length": float(rng.uniform(0.5, 0.7) if male else rng.uniform(0.75, 1.05)),
        "eye_openness": float(np.clip(opening + rng.normal(0, 0.045), 0.62, 0.98)),
        "brow_density": float(rng.uniform(0.85, 1.25) if male else rng.uniform(0.75, 1.05)),
        "brow_thickness": float(rng.uniform(0.0046, 0.0064) if male else rng.uniform(0.0034, 0.0048)),
        "brow_arch": float(rng.uniform(0.0008, 0.0030) if male else rng.uniform(0.0022, 0.0052)),
    }


def sample_hair(rng: np.random.Generator, sex: str, age: float, african: float, asian: float) -> dict[str, Any]:
    """Hair style, colour, recession, beard and stubble."""
    grown = age >= 18
    male = sex == "male"
    group = ("man" if male else "woman") if age >= 13 else ("boy" if male else "girl")
    if african > 0.45:
        group = f"african {group}"
    elif age >= 62:
        group = f"old {group}"
    colour = _sample_hair_colour(rng, age, african, asian)
    shade = srgb_to_linear(np.clip(np.array(HAIR_SRGB[colour]) * rng.uniform(0.82, 1.18), 0, 1))
    style = _choose(rng, HAIR_STYLES, STYLE_SHARES[group])
    recession, receding = rng.uniform(0, 0.35), rng.uniform(0.7, 1.0)
    bearded, beard, stubble = rng.random() < 0.28, rng.uniform(0.45, 1.0), rng.uniform(0.05, 0.75)
    return {
        "hair_style": style,
        "hair_colour": colour,
        "hair_rgb": _rgb(shade),
        "recession": float(receding) if style == "receding" else float(recession) * (male and age > 20),
        "beard": _beard(float(beard)) if bearded and male and age > 20 else 0.0,
        "stubble": float(stubble) if male and grown else 0.0,
    }


def _beard(drawn: float) -> float:
    """Fullness of a beard: the sparsest drawn (of 0.45..1) become goatees and moustaches, see `scalp.beard_field`."""
    return drawn if drawn > 0.56 else float(np.interp(drawn, [0.45, 0.56], [0.13, 0.38]))


def _sample_hair_colour(rng: np.random.Generator, age: float, african: float, asian: float) -> str:
    greyed = rng.random() < 0.9 * np.clip((age - 40) / 33, 0, 1)
    white = rng.random() < np.clip((age - 55) / 35, 0, 0.6)
    dyed = rng.random() < 0.02
    names = ("black", "darkbrown", "brown", "lightbrown", "blond", "red")
    shares = (0.75, 0.25, 0.0, 0.0, 0.0, 0.0) if african + asian > 0.55 else (0.12, 0.26, 0.24, 0.16, 0.15, 0.07)
    natural = _choose(rng, names, shares)
    if greyed:
        return "white" if white else "grey"
    return "dyed" if dyed and age > 15 else natural


def sample_glasses(rng: np.random.Generator) -> dict[str, Any]:
    """Frame style, colour and whether it is metal."""
    style = _choose(rng, GLASSES, GLASSES_SHARES)
    dark, metal = rng.random() < 0.6, rng.random() < 0.35
    bright = srgb_to_linear(rng.uniform(0.05, 0.6, 3))
    frame = np.array([0.012, 0.011, 0.010]) if dark else bright
    grey = srgb_to_linear(np.full(3, rng.uniform(0.45, 0.75)))
    return {"glasses": style, "glasses_rgb": _rgb(grey if metal else frame), "glasses_metal": bool(metal)}


def sample_clothing(rng: np.random.Generator) -> dict[str, Any]:
    """Neckline, sleeves, cloth colour and pattern: mostly muted, now and then bright; dark or blue trousers."""
    from matplotlib.colors import hsv_to_rgb

    def cloth() -> tuple[float, float, float]:
        saturation = rng.beta(1.3, 2.4)
        return _rgb(srgb_to_linear(hsv_to_rgb([rng.random(), saturation, rng.uniform(0.12, 0.9)])))

    worn: dict[str, Any] = {
        "neckline": _choose(rng, NECKLINES, (0.46, 0.2, 0.16, 0.18)),
        "garment_rgb": cloth(),
        "garment_pattern": _choose(rng, PATTERNS, (0.62, 0.2, 0.18)),
        "pattern_rgb": cloth(),
    }
    short, hue, bright = rng.random() < 0.35, rng.uniform(0.55, 0.68), rng.uniform(0.08, 0.38)
    worn["sleeves"] = "short" if short and worn["neckline"] != "turtle" else "long"
    worn["trouser_rgb"] = _rgb(srgb_to_linear(hsv_to_rgb([hue, rng.uniform(0.0, 0.5), bright])))
    return worn
