"""Small mesh operations: normals, quads to triangles, corners split by UV."""

from __future__ import annotations

import numpy as np

from synth.heads.part import FloatArray, IntArray


def quads_to_triangles(quads: IntArray) -> IntArray:
    """(F, 4) quads to (2F, 3) triangles with the same winding."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def vertex_normals(vertices: FloatArray, faces: IntArray) -> FloatArray:
    """Area-weighted unit normals (N, 3) of `vertices` (N, 3) under quads (F, 4) or triangles (F, 3).

    A vertex that no face names gets a zero normal.
    """
    triangles = quads_to_triangles(faces) if faces.shape[1] == 4 else faces
    corner = vertices[triangles]
    face_normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    normals = np.zeros_like(vertices)
    for axis in range(3):
        for column in range(3):
            normals[:, axis] += np.bincount(triangles[:, column], face_normal[:, axis], minlength=len(vertices))
    return normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12)


def split_by_uv(quads: IntArray, uv_quads: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """One vertex per (position, UV) pair: (position index (N,), UV index (N,), triangles (M, 3)).

    `quads` and `uv_quads` (F, 4) index positions and UV coordinates of the same face corners.
    """
    key = quads.astype(np.int64) << 32 | uv_quads.astype(np.int64)
    unique, inverse = np.unique(key.ravel(), return_inverse=True)
    triangles = quads_to_triangles(inverse.reshape(quads.shape))
    return (unique >> 32).astype(np.int64), (unique & 0xFFFFFFFF).astype(np.int64), triangles
