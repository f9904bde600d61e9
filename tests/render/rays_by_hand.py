"""Rays and triangles without Embree: every ray against every triangle (Möller and Trumbore 1997)."""

from __future__ import annotations

import numpy as np


def nearest_hits(corners: np.ndarray, rays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Distance (N,) to the first of the triangles (M, 3, 3) along unit rays (N, 3) from 0, inf = none, and which."""
    a, b, c = (corners[:, k].astype(np.float64) for k in range(3))
    first, second = b - a, c - a
    distance, which = np.full(len(rays), np.inf), np.full(len(rays), -1)
    for n, ray in enumerate(rays):
        p = np.cross(ray, second)
        det = np.einsum("ij,ij->i", first, p)
        with np.errstate(divide="ignore", invalid="ignore"):
            u = -np.einsum("ij,ij->i", a, p) / det
            q = np.cross(-a, first)
            v = q @ ray / det
            t = np.einsum("ij,ij->i", second, q) / det
            met = (np.abs(det) > 1e-12) & (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0)
        if met.any():
            which[n] = np.flatnonzero(met)[np.argmin(t[met])]
            distance[n] = t[which[n]]
    return distance, which
