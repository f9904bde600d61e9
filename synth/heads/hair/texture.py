"""The small picture that all hair of a head shares: strands side by side, roots at the top, tips at the bottom."""

from __future__ import annotations

import numpy as np

from synth.heads.colour import WHITE_HAIR, linear_to_srgb, to_bytes
from synth.heads.hair.ribbons import TONE_LOW
from synth.heads.part import ByteArray, FloatArray, Material

WIDTH_PX, HEIGHT_PX = 512, 64
SHELL_U = (0.015, 0.110)
"""The columns that shells and other things under the strands use: darker, as hair in the shade of hair is."""


def hair_texture(colour: FloatArray, rng: np.random.Generator, variation: float = 0.13, grey: float = 0.0) -> ByteArray:
    """(HEIGHT_PX, WIDTH_PX, 3) uint8 sRGB around `colour` (linear RGB), darker at the roots.

    Broad columns give strands their own tone; tufts of about a millimetre and fine columns make one ribbon look like
    several hairs. The share `grey` of the hairs is white, more of them to the right, and the others are as dark as the
    mean `colour` then asks.
    """
    columns = np.arange(WIDTH_PX)
    light = float(np.clip(colour.mean() / 0.4, 0, 1))
    # Light hair scatters light from strand to strand: less contrast, lighter depths.
    variation = variation * (1.0 - 0.2 * light)
    broad = np.interp(columns, np.linspace(0, WIDTH_PX, 60), rng.normal(0, 1.8 * variation, 60))
    tuft = np.interp(columns, np.linspace(0, WIDTH_PX, 150), rng.normal(0, 0.9 * variation, 150))
    fine = tuft + rng.normal(0, 0.6 * variation, WIDTH_PX)
    drift = np.cumsum(rng.normal(0, 0.02, (HEIGHT_PX, WIDTH_PX)), axis=0)
    tone = np.exp(broad + fine + drift)
    warmth = 1.0 + 0.25 * (broad[:, None] + 0.3 * fine[:, None]) * np.array([1.0, 0.15, -0.6])
    along = np.interp(np.linspace(0, 1, HEIGHT_PX), [0, 0.12, 0.35, 1], [0.62 + 0.2 * light, 0.86, 1.0, 1.10])
    shade = np.where(columns < (TONE_LOW - 0.02) * WIDTH_PX, 0.42 + 0.33 * light, 1.0)
    hue = _greyed(colour, grey, columns / WIDTH_PX, rng)
    picture = hue[None] * (tone * along[:, None] * shade)[..., None] * warmth[None]
    return to_bytes(linear_to_srgb(picture))


def _greyed(colour: FloatArray, grey: float, place: FloatArray, rng: np.random.Generator) -> FloatArray:
    """(W, 3) the colour of each column: white ones and dark ones, with `colour` as their mean."""
    chance = rng.random(len(place))
    if grey <= 0.0:
        return np.tile(colour, (len(place), 1))
    across = np.where(place < TONE_LOW, 0.0, (place - TONE_LOW) / (1 - TONE_LOW) - 0.5)
    share = grey + 1.6 * min(grey, 1.0 - grey) * across
    white, dark = np.maximum(WHITE_HAIR, colour), pigment(colour, grey)
    # Never quite so far apart: a column shows several hairs.
    amount = np.where(chance < share, 0.75, 0.25 * share)[:, None]
    mixed = dark + (white - dark) * amount
    return np.asarray(mixed * (colour / mixed.mean(0)))


def pigment(colour: FloatArray, grey: float) -> FloatArray:
    """Linear RGB of the hairs that aren't white, where the share `grey` is and `colour` is the mean of all."""
    white = np.maximum(WHITE_HAIR, colour)
    return np.asarray(np.clip((colour - grey * white) / max(1.0 - grey, 0.05), 0.1 * colour, None))


def hair_material(
    name: str, colour: FloatArray, rng: np.random.Generator, grey: float = 0.0, variation: float = 0.13
) -> Material:
    """Dull, opaque hair: a rough surface with little specular light, so that it never looks wet."""
    return Material(
        name=name,
        base_colour_texture=hair_texture(np.asarray(colour, dtype=np.float64), rng, variation, grey),
        roughness=0.60,
        specular=0.08,
        jpeg_quality=88,
    )
