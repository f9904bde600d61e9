"""The lids: where the lashes grow, how far an eye is open, and the facial actions that open it as wanted."""

from __future__ import annotations

import functools

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components, shortest_path

from synth.heads.base import BaseMesh
from synth.heads.part import FloatArray, IntArray

IRIS_HALF_DEG = 24.0
SIDES = (("Left", "eye_l", 0), ("Right", "eye_r", 2))
"""Name in facial actions, eyeball, and index of the upper lash grid (the lower one follows it)."""

WIDEST = 1.15
"""Largest weight of the action that opens an eye; more bulges the lid."""


def fit_sphere(points: FloatArray) -> tuple[FloatArray, float]:
    """Centre (3,) and radius of the sphere through `points` (N, 3), least squares. The helper eye is one exactly."""
    solution = np.linalg.lstsq(np.c_[2 * points, np.ones(len(points))], (points**2).sum(1), rcond=None)[0]
    return solution[:3], float(np.sqrt(solution[3] + solution[:3] @ solution[:3]))


def eye_sphere(base: BaseMesh, vertices: FloatArray, side: str) -> tuple[FloatArray, float]:
    """Centre (3,) m and radius of one eyeball, `side` "l" or "r", on `vertices` (V, 3)."""
    return fit_sphere(vertices[np.unique(base.quads[f"eye_{side}"])])


@functools.lru_cache(maxsize=1)
def lash_grids(base: BaseMesh) -> tuple[IntArray, ...]:
    """The four lash strips as grids of template vertices (columns along the lid, rows from root to tip).

    Order: upper left, lower left, upper right, lower right, told apart by position.
    """
    quads = base.quads["lashes"]
    edges = np.concatenate([quads[:, [0, 1]], quads[:, [1, 2]], quads[:, [2, 3]], quads[:, [3, 0]]])
    count = len(base.vertices)
    graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), (count, count)).tocsr()
    label = connected_components(graph, directed=False)[1]
    grids = [_grid(base, np.flatnonzero(label == one), graph, quads) for one in np.unique(label[quads[:, 0]])]
    middle = [base.vertices[grid].mean((0, 1)) for grid in grids]
    order = sorted(range(len(grids)), key=lambda i: (middle[i][0] < 0, -middle[i][1]))
    return tuple(grids[i] for i in order)


def _grid(base: BaseMesh, rows: IntArray, graph: csr_matrix, quads: IntArray) -> IntArray:
    """Order one strip: distances along edges from two corners of its root row give both grid coordinates."""
    steps = shortest_path(graph[rows][:, rows], directed=False, unweighted=True)
    corners = np.flatnonzero(np.bincount(quads.ravel(), minlength=len(base.vertices))[rows] == 1)
    eye = base.template_joints["eye.L"] * np.array([np.sign(base.vertices[rows[0], 0]), 1, 1])
    near = np.linalg.norm(base.vertices[rows[corners]] - eye, axis=1)
    first = corners[int(np.argmin(near))]
    along = {int(steps[first, corner]): corner for corner in corners if corner != first}
    length = sorted(along)[1]  # the three others lie at the strip's width, its length, and both together
    second = along[length]
    column = ((steps[first] - steps[second] + length) / 2).astype(int)
    row = ((steps[first] + steps[second] - length) / 2).astype(int)
    grid = np.zeros((column.max() + 1, row.max() + 1), np.int64)
    grid[column, row] = rows
    return grid


def openness(base: BaseMesh, vertices: FloatArray, eyeball: str, upper: int) -> float:
    """Height of an eye's opening over the width of its iris, on `vertices` (V, 3): about 0.8 for an adult at rest."""
    centre, radius = fit_sphere(vertices[np.unique(base.quads[eyeball])])
    grids = lash_grids(base)

    def margin(grid: IntArray) -> float:
        rim = vertices[grid[:, 0]]
        nearest = np.argsort(np.abs(rim[:, 0] - centre[0]), kind="stable")[:3]
        return float(rim[nearest, 1].mean())

    opening = margin(grids[upper]) - margin(grids[upper + 1])
    return opening / (2 * radius * float(np.sin(np.radians(IRIS_HALF_DEG))))


def opening_actions(base: BaseMesh, amounts: dict[str, float], wanted: float) -> dict[str, float]:
    """Weights of eyeBlink and eyeWide that bring each eye of the shape `amounts` to the openness `wanted`.

    Features and macros leave eyes anywhere between nearly shut and staring; a resting face is neither. Openness is
    linear in each weight, so two samples give the answer.
    """
    actions: dict[str, float] = {}
    for side, eyeball, upper in SIDES:

        def opened(more: dict[str, float], eyeball: str = eyeball, upper: int = upper) -> float:
            return openness(base, base.apply(amounts | more), eyeball, upper)

        rest = opened({})
        action = f"face:eyeBlink{side}" if wanted < rest else f"face:eyeWide{side}"
        change = opened({action: 1.0}) - rest
        actions[action] = float(np.clip((wanted - rest) / change, 0, WIDEST))
    return actions
