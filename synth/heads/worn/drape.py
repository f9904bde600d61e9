"""How cloth lies on a body: it evens out small bumps and spans hollows, and hangs off instead of clinging."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, diags

from synth.heads.body import Body
from synth.heads.colour import smooth_step
from synth.heads.part import FloatArray, IntArray

SMOOTHING_ROUNDS = 24
SPANNING_ROUNDS = 60
SPANNED_M = 0.040
"""The deepest hollow that cloth spans, on a head of template size."""


def draped(body: Body, normals: FloatArray) -> FloatArray:
    """Vertices (V, 3) m of the body, those of its shell moved to where loose cloth would lie; `normals` (V, 3) unit.

    About the neck nothing moves, so that necklines meet the skin.
    """
    template, triangles = body.base.vertices, body.base.body_shell
    loose = looseness(template)[:, None]
    mean = _mean_of_neighbours(triangles, len(template))
    vertices = body.vertices.copy()

    def hollow() -> FloatArray:
        """How far each vertex lies below its neighbours, along its normal: moves along the cloth would warp hems."""
        return np.asarray(((mean @ vertices - vertices) * normals).sum(1, keepdims=True))

    for _ in range(SMOOTHING_ROUNDS):
        # A step in and a slightly larger one out (Taubin 1995): bumps go, the body's girth stays.
        for step in (0.55, -0.52):
            vertices = vertices + step * loose * hollow() * normals
    lifted, lying = np.zeros((len(template), 1)), vertices
    for _ in range(SPANNING_ROUNDS):
        lifted = np.clip(lifted + 0.5 * hollow(), 0, SPANNED_M * body.scale * loose)
        vertices = lying + lifted * normals
    return vertices


def looseness(template: FloatArray) -> FloatArray:
    """How loosely a shirt hangs at template points (N, 3): 0 about the neck and shoulders to 1 at chest and arms."""
    return smooth_step(0.525, 0.44, template[:, 1]) * np.where(template[:, 1] < 0.0, 0.4, 1.0)


def _mean_of_neighbours(triangles: IntArray, count: int) -> csr_matrix:
    """A matrix that takes values of vertices to the means over their neighbours (itself where there are none)."""
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    both = np.concatenate([edges, edges[:, ::-1]])
    joined = coo_matrix((np.ones(len(both)), (both[:, 0], both[:, 1])), (count, count)).tocsr()
    joined.data[:] = 1.0
    degree = np.asarray(joined.sum(1)).ravel()
    joined = joined + diags((degree == 0).astype(float))
    return diags(1 / np.maximum(degree, 1)) @ joined
