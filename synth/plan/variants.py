"""Conditions: which one a variant recipe's sample has, and what it does to the base shot."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from synth.plan.shot import Blur, Effect, Occluder, Shot, StudioLight
from synth.plan.streams import in_unit_disc, integer, pick, stream, uniform
from synth.recipe import variants as recipe_variants
from synth.recipe.variants import LIGHT_COLORS, Illumination, LightColor, Occlusion, Variants

_SEEDS = 2**31


def split_index(variants: Variants, index: int) -> tuple[int, int]:
    """(base shot, its condition's number) of sample `index`."""
    return divmod(index, variants.conditions)


def vary(base: Shot, variants: Variants, seed: int, index: int, condition: int) -> Shot:
    """The base shot as sample `index`, under its condition number `condition`; everything else stays the same."""
    if variants.illumination is not None:
        text, light = studio_light(variants.illumination, condition)
        return replace(base, index=index, base_index=base.index, condition=text, studio=light)
    effect = draw_effect(variants, stream(seed, f"variants {variants.kind}", index))
    return replace(base, index=index, base_index=base.index, condition=effect.condition, effect=effect)


def draw_effect(variants: Variants, rng: np.random.Generator) -> Effect:
    """What is done to a finished picture, of a section that does such a thing."""
    if variants.occlusion is not None:
        return draw_occluder(rng, variants.occlusion)
    return draw_blur(rng, variants.blur or recipe_variants.Blur())


def studio_light(settings: Illumination, condition: int) -> tuple[str, StudioLight]:
    """Condition number `condition`, as text and as light: first the azimuths, then intensities, then colours."""
    azimuth_deg, intensity, color = 0.0, 1.0, "white"
    of_azimuths, of_intensities = len(settings.azimuth_deg), len(settings.intensity)
    if condition < of_azimuths:
        azimuth_deg = settings.azimuth_deg[condition]
        text = f"azimuth={azimuth_deg:g}"
    elif condition < of_azimuths + of_intensities:
        intensity = settings.intensity[condition - of_azimuths]
        text = f"intensity={intensity:g}"
    else:
        color = settings.colors[condition - of_azimuths - of_intensities]
        text = f"color={color}"
    return text, _studio(settings, azimuth_deg, intensity, color)  # type: ignore[arg-type]


def _studio(settings: Illumination, azimuth_deg: float, intensity: float, color: LightColor) -> StudioLight:
    key = math.pi * settings.level * (1 - settings.ambient_share) * intensity
    ambient = settings.level * settings.ambient_share * intensity
    r, g, b = LIGHT_COLORS[color]
    return StudioLight(
        azimuth_deg=azimuth_deg,
        elevation_deg=settings.elevation_deg,
        irradiance=(key * r, key * g, key * b),
        ambient=(ambient, ambient, ambient),
        intensity=intensity,
        color=color,
    )


def draw_blur(rng: np.random.Generator, settings: recipe_variants.Blur) -> Blur:
    """All is drawn whatever the kind, so that another kind has its amounts at the same places of its range."""
    sigma_px, length_px = uniform(rng, settings.sigma_px), uniform(rng, settings.length_px)
    turn_deg, angle_deg = uniform(rng, settings.turn_deg), uniform(rng, (0.0, 180.0))
    x, y = in_unit_disc(rng)
    length = math.sqrt(x * x + y * y) or 1.0
    if settings.kind == "gaussian":
        return Blur("gaussian", sigma_px=sigma_px)
    if settings.kind == "motion":
        return Blur("motion", length_px=length_px, angle_deg=angle_deg)
    return Blur("turn", turn_deg=(turn_deg * y / length, turn_deg * x / length))


def draw_occluder(rng: np.random.Generator, settings: Occlusion) -> Occluder:
    shape, fill = pick(rng, settings.shapes), pick(rng, settings.fills)
    width_px, height_px = settings.size_px(shape)
    color = (0.0, 0.0, 0.0) if fill == "black" else None if fill == "texture" else LIGHT_COLORS[fill]
    return Occluder(
        shape=shape,
        width_px=width_px,
        height_px=height_px,
        fill=None if shape == "hand" else color,
        least_share=settings.least_share,
        seed=integer(rng, _SEEDS),
    )
