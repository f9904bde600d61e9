"""The lids: where the lashes grow, how far an eye is open, and the facial actions that open it as wanted."""

from __future__ import annotations

import functools

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components, shortest_path
from scipy.spatial.transform import Rotation

from synth.heads.base import BaseMesh
from synth.heads.colour import smooth_step
from synth.heads.part import FloatArray, IntArray

SIDES = (("Left", "eye_l", 0), ("Right", "eye_r", 2))
"""Name in facial actions, eyeball, and index of the upper lash grid (the lower one follows it)."""

TILT_REACH = (1.25, 2.0)
"""The lids' turn toward the resting gaze: full up to the first distance from an eye's centre, in radii, none at the
second."""

UPPER_SHARE = 0.88
"""Share of the covered iris that the upper lid covers; the lower lid is nearly tangent."""

WIDEST, LIFTED = 1.15, (-0.45, 0.8)
"""Largest weight of the actions that open an eye, and bounds of that which lifts the lower lid: more bulges the lid."""


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


def margins_deg(
    base: BaseMesh, vertices: FloatArray, eyeball: str, upper: int, gaze_down_deg: float
) -> tuple[float, float]:
    """How far the upper and the lower lid's margin stand above the resting gaze, from the eye's centre, degrees.

    `gaze_down_deg`: how far below the file's +Z the eyes look at rest, which is the head's `frontal_pitch_deg`.
    """
    centre, _ = fit_sphere(vertices[np.unique(base.quads[eyeball])])
    grids = lash_grids(base)
    found = []
    for grid in (grids[upper], grids[upper + 1]):
        rim = vertices[grid[:, 0]]
        nearest = np.argsort(np.abs(rim[:, 0] - centre[0]), kind="stable")[:3]
        _, up, out = rim[nearest].mean(0) - centre
        found.append(float(np.degrees(np.arctan2(up, out))) + gaze_down_deg)
    return found[0], found[1]


def open_eyes(
    base: BaseMesh, vertices: FloatArray, iris_half_deg: float, openness: float, gaze_down_deg: float
) -> FloatArray:
    """Vertices (V, 3) with lids as a resting face has them: the upper one over the iris' top, the lower at its foot.

    Features and macros leave eyes anywhere between nearly shut and staring. `openness` 1 leaves the whole iris bare.
    """
    vertices = _tilt_lids(base, vertices, gaze_down_deg)
    scale = float(np.ptp(vertices[base.quads["eye_l"], 1])) / float(np.ptp(base.vertices[base.quads["eye_l"], 1]))
    hidden = (1 - openness) * 2 * np.sin(np.radians(iris_half_deg))
    top = np.sin(np.radians(iris_half_deg)) - UPPER_SHARE * hidden
    foot = -np.sin(np.radians(iris_half_deg)) + (1 - UPPER_SHARE) * hidden
    for side, eyeball, upper in SIDES:
        above, below = np.sin(np.radians(margins_deg(base, vertices, eyeball, upper, gaze_down_deg)))
        action = f"face:eyeBlink{side}" if above > top else f"face:eyeWide{side}"
        more = scale * base.delta(action)
        change = np.sin(np.radians(margins_deg(base, vertices + more, eyeball, upper, gaze_down_deg)[0])) - above
        vertices = vertices + float(np.clip((top - above) / change, 0, WIDEST)) * more
        lift = scale * base.delta(f"face:eyeSquint{side}")
        change = np.sin(np.radians(margins_deg(base, vertices + lift, eyeball, upper, gaze_down_deg)[1])) - below
        vertices = vertices + float(np.clip((foot - below) / change, *LIFTED)) * lift
    return vertices


def _tilt_lids(base: BaseMesh, vertices: FloatArray, gaze_down_deg: float) -> FloatArray:
    """Turn the lids and what is around them about the eyes' centres to the resting gaze, so that they stay close."""
    turn = Rotation.from_euler("x", gaze_down_deg, degrees=True).as_matrix()
    moved = vertices.copy()
    for side in ("l", "r"):
        centre, _ = eye_sphere(base, vertices, side)
        on_template = eye_sphere(base, base.vertices, side)
        away = np.linalg.norm(base.vertices - on_template[0], axis=1) / on_template[1]
        share = smooth_step(TILT_REACH[1], TILT_REACH[0], away)[:, None]
        moved += share * ((vertices - centre) @ turn.T + centre - vertices)
    return moved
