"""Vertices that stand at exactly the same place."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from synth.heads.foreign.mesh import Floats, Ints, Piece


def same_place(vertices: Floats | Ints) -> tuple[Ints, Ints]:
    """Of rows (N, 3): the first index of each distinct one, in order of first use; and which of those each is (N,)."""
    order = np.lexsort(vertices.T)
    is_new = np.ones(len(vertices), bool)
    is_new[1:] = (vertices[order[1:]] != vertices[order[:-1]]).any(1)
    group = np.empty(len(vertices), np.int64)
    group[order] = np.cumsum(is_new) - 1
    _, first, place = np.unique(group, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    in_file_order = np.argsort(first, kind="stable")
    rank[in_file_order] = np.arange(len(first))
    return first[in_file_order].astype(np.int64), rank[place]


def weld(piece: Piece) -> Piece:
    """The piece with its exactly coinciding vertices made one. For pieces without UV and colours."""
    first, place = same_place(piece.vertices)
    return replace(piece, vertices=piece.vertices[first], triangles=place[piece.triangles])
