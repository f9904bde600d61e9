"""Draws by shares, and colours as plain tuples: what all samplers of looks use."""

from __future__ import annotations

import numpy as np


def as_rgb(values: np.ndarray) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])


def choose(rng: np.random.Generator, names: tuple[str, ...], shares: tuple[float, ...]) -> str:
    """One draw by shares, through one uniform number, so that other shares don't move later draws."""
    edges = np.cumsum(shares) / np.sum(shares)
    return names[min(int(np.searchsorted(edges, rng.random(), side="right")), len(names) - 1)]
