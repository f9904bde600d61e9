"""The small picture that all hair of a head shares: strands side by side, roots at the top, tips at the bottom."""

from __future__ import annotations

import numpy as np

from synth.heads.colour import linear_to_srgb, to_bytes
from synth.heads.hair.strands import TONE_LOW
from synth.heads.part import ByteArray, FloatArray, Material

WIDTH_PX, HEIGHT_PX = 256, 64
SHELL_U = (0.015, 0.110)
"""The columns that shells and other things under the strands use: darker, as hair in the shade of hair is."""


def hair_texture(colour: FloatArray, rng: np.random.Generator, variation: float = 0.14) -> ByteArray:
    """(HEIGHT_PX, WIDTH_PX, 3) uint8 sRGB around `colour` (linear RGB), darker at the roots.

    Broad columns give strands their own tone; fine columns make one ribbon look like several hairs.
    """
    columns = np.arange(WIDTH_PX)
    broad = np.interp(columns, np.linspace(0, WIDTH_PX, 40), rng.normal(0, 0.8 * variation, 40))
    fine = rng.normal(0, 0.9 * variation, WIDTH_PX)
    drift = np.cumsum(rng.normal(0, 0.02, (HEIGHT_PX, WIDTH_PX)), axis=0)
    tone = np.exp(broad + fine + drift)
    warmth = 1.0 + 0.35 * (broad[:, None] + 0.5 * fine[:, None]) * np.array([1.0, 0.15, -0.6])
    along = np.interp(np.linspace(0, 1, HEIGHT_PX), [0, 0.12, 0.35, 1], [0.62, 0.86, 1.0, 1.12])
    # Light hair scatters light between its strands: its depths stay lighter.
    depth = 0.40 + 0.25 * float(np.clip(colour.mean() / 0.4, 0, 1))
    shade = np.where(columns < (TONE_LOW - 0.02) * WIDTH_PX, depth, 1.0)
    picture = colour * (tone * along[:, None] * shade)[..., None] * warmth[None]
    return to_bytes(linear_to_srgb(picture))


def hair_material(name: str, colour: FloatArray, rng: np.random.Generator) -> Material:
    """Dull, opaque hair: a rough surface with little specular light, so that it never looks wet."""
    return Material(
        name=name,
        base_colour_texture=hair_texture(np.asarray(colour, dtype=np.float64), rng),
        roughness=0.58,
        specular=0.22,
        jpeg_quality=88,
    )
