"""Cloth drawn taut over a body: a grid whose points lie as evenly as the body under it allows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from synth.heads.part import FloatArray

NEIGHBOURS = 3


@dataclass(frozen=True, eq=False)
class Obstacle:
    """Points of a surface that cloth must stay off."""

    places: FloatArray
    """(N, 3) m."""
    normals: FloatArray
    """(N, 3) outward, unit."""
    clearance_m: FloatArray
    """(N,) how far off."""

    def tree(self) -> cKDTree:
        return cKDTree(self.places)

    def lack_m(self, tree: cKDTree, points: FloatArray) -> tuple[FloatArray, FloatArray]:
        """How far points (P, 3) must move out (P,), and the directions (P, 3) to move in."""
        distance, nearest = tree.query(points, k=NEIGHBOURS, workers=1)
        share = 1.0 / np.square(np.asarray(distance) + 1e-4)
        share /= share.sum(1, keepdims=True)
        normal = np.einsum("pk,pkd->pd", share, self.normals[nearest])
        normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
        height = np.einsum("pk,pkd,pkd->p", share, points[:, None] - self.places[nearest], self.normals[nearest])
        wanted = np.einsum("pk,pk->p", share, self.clearance_m[nearest])
        return np.clip(wanted - height, 0.0, 0.05), normal


def relaxed(
    points: FloatArray, obstacle: Obstacle, rounds: int, pinned: np.ndarray, pull: float = 0.8, closed: bool = True
) -> FloatArray:
    """Grid (R, C, 3) evened out and held off the obstacle; `pinned` (R,) rows stay.

    `closed`: the last column is the first one again.
    """
    tree = obstacle.tree()
    made = points[:, :-1].copy() if closed else points.copy()
    free = ~pinned
    for step in range(rounds):
        around = 0.5 * (np.roll(made, 1, 1) + np.roll(made, -1, 1))
        if not closed:
            around[:, [0, -1]] = made[:, [0, -1]]
        along = made.copy()
        along[1:-1] = 0.5 * (made[:-2] + made[2:])
        made[free] += pull * (0.5 * (around + along) - made)[free]
        if step % 2 == 1 or step >= rounds - 4:
            lack, normal = obstacle.lack_m(tree, made.reshape(-1, 3))
            moved = (made.reshape(-1, 3) + lack[:, None] * normal).reshape(made.shape)
            made[free] = moved[free]
    return np.concatenate([made, made[:, :1]], 1) if closed else made


def grid_normals(points: FloatArray) -> FloatArray:
    """(R, C, 3) unit normals of a grid whose last column is its first, evened out along the rows."""
    down = np.gradient(points, axis=0)
    open_grid = points[:, :-1]
    across = 0.5 * (np.roll(open_grid, -1, 1) - np.roll(open_grid, 1, 1))
    across = np.concatenate([across, across[:, :1]], 1)
    normal = np.cross(across, down)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True) + 1e-12
    normal[:, :-1] = ndimage.gaussian_filter1d(normal[:, :-1], 1.5, axis=1, mode="wrap")
    normal[:, -1] = normal[:, 0]
    return np.asarray(normal / (np.linalg.norm(normal, axis=-1, keepdims=True) + 1e-12))
