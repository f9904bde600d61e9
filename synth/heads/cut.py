"""Cut a surface along the zero line of a field on its vertices, and give the cut a turned-in rim."""

from __future__ import annotations

import numpy as np

from synth.heads.part import FloatArray, IntArray


def clip_triangles(triangles: IntArray, field: FloatArray) -> tuple[IntArray, FloatArray, IntArray]:
    """Cut triangles (M, 3) along `field == 0` and keep the positive side.

    Returns `corners` (N, 2) vertex pairs and `shares` (N, 2) whose blend is each new vertex, and triangles (M', 3) over
    the new vertices, with the winding kept.
    """
    pieces: list[list[tuple[int, int]]] = []
    for triangle in triangles[(field[triangles] > 0).any(1)]:
        polygon: list[tuple[int, int]] = []
        for here, after in zip(triangle, np.roll(triangle, -1), strict=True):
            if field[here] > 0:
                polygon.append((int(here), int(here)))
            if (field[here] > 0) != (field[after] > 0):
                polygon.append((int(min(here, after)), int(max(here, after))))
        pieces += [[polygon[0], polygon[i], polygon[i + 1]] for i in range(1, len(polygon) - 1)]
    flat = np.array(pieces, dtype=np.int64).reshape(-1, 2)
    corners, inverse = np.unique(flat, axis=0, return_inverse=True)
    low, high = field[corners[:, 0]], field[corners[:, 1]]
    cut = corners[:, 0] != corners[:, 1]
    second = np.where(cut, low / np.where(cut, low - high, 1), 0.0)
    return corners, np.stack([1 - second, second], 1), inverse.reshape(-1, 3)


def rim_band(triangles: IntArray) -> tuple[IntArray, IntArray]:
    """A band along open edges: the vertices (R,) it hangs on, and its triangles; new vertices follow the old ones."""
    count = int(triangles.max()) + 1
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    key, mirrored = edges[:, 0] * count + edges[:, 1], edges[:, 1] * count + edges[:, 0]
    open_edges = edges[~np.isin(key, mirrored)]
    rim_of = np.unique(open_edges)
    new = count + np.searchsorted(rim_of, open_edges)
    a, b = open_edges[:, 0], open_edges[:, 1]
    return rim_of, np.concatenate([np.stack([b, a, new[:, 0]], 1), np.stack([b, new[:, 0], new[:, 1]], 1)])


def blend(values: FloatArray, corners: IntArray, shares: FloatArray) -> FloatArray:
    """Values (N, ...) of cut vertices from those of the mesh's vertices."""
    return values[corners[:, 0]] * shares[:, :1] + values[corners[:, 1]] * shares[:, 1:]
