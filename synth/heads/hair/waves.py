"""Waves and curls: strands bent about their own course, those of one lock together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synth.heads.hair.strands import unit
from synth.heads.part import FloatArray, IntArray


@dataclass(frozen=True)
class Wave:
    """How hair waves, on a head of template size."""

    height_m: float = 0.0
    """How far a wave leaves the strand's course; 0 is straight hair."""
    length_m: float = 0.06
    straight_m: float = 0.03
    """Near the root hair is drawn straight by its own weight, for about so long."""
    disorder: float = 0.5
    """How far the strands of one lock are out of step (standard deviation, radians)."""


def waved(
    strands: FloatArray, lock: IntArray, wave: Wave, centre: FloatArray, scale: float, rng: np.random.Generator
) -> FloatArray:
    """Strands (S, K, 3) m with waves on them; `lock` (S,) names the lock whose phase each strand takes.

    A wave is never shorter than the strand's points can show: a little over three of its segments.
    """
    if wave.height_m <= 0.0:
        return strands
    step = np.linalg.norm(np.diff(strands, axis=1), axis=2)
    along = np.concatenate([np.zeros((len(strands), 1)), np.cumsum(step, axis=1)], axis=1)
    length = np.maximum(wave.length_m * scale, 3.3 * np.median(step, axis=1))[:, None]
    locks = int(lock.max()) + 1
    length = length * rng.normal(1.0, 0.12, locks)[lock][:, None].clip(0.7, 1.4)
    phase = rng.uniform(0, 2 * np.pi, locks)[lock] + rng.normal(0, wave.disorder, len(strands))
    turn = phase[:, None] + 2 * np.pi * along / length
    tangent = unit(np.gradient(strands, axis=1))
    away = unit((strands - centre) * np.array([1.0, 0.4, 1.0]))
    aside = unit(np.cross(tangent, away))
    off = np.cross(aside, tangent)
    grown = np.clip(along / (wave.straight_m * scale), 0.0, 1.0) ** 1.5
    height = wave.height_m * scale * rng.uniform(0.6, 1.25, (len(strands), 1)) * grown
    return strands + (height * np.cos(turn))[..., None] * aside + (0.45 * height * np.sin(turn))[..., None] * off
