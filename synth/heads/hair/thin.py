"""Fewer and wider strands for light heads: hair is most of a head file's bytes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from synth.heads.part import IntArray, Part

LIGHT_TEXTURE_PX = 512
"""Heads with colour pictures up to this size are light: meant for demos, tests and packages."""

LIGHT_SHARE = {"hair": 0.52, "beard": 0.50}
"""Share of the strands that a light head keeps, by part."""

WIDEST_RIBBON = 60
"""Pieces of more vertices than this (shells, buns) are no strands."""


def thin_strands(part: Part, share: float) -> Part:
    """The part with `share` of its strands, each wider, so that they cover nearly as much.

    A strand is a connected piece of 2 K - 1 vertices in a row: K - 1 pairs (left, right) and a tip. Everything else
    stays. Which strands stay depends on their order alone.
    """
    count = len(part.vertices)
    graph = coo_matrix((np.ones(len(part.triangles)), (part.triangles[:, 0], part.triangles[:, 1])), (count, count))
    graph = graph + coo_matrix((np.ones(len(part.triangles)), part.triangles[:, 1:].T), (count, count))
    piece = connected_components(graph, directed=False)[1]
    size = np.bincount(piece)
    strand = (size <= WIDEST_RIBBON) & (size % 2 == 1) & (size >= 3)
    number = np.cumsum(strand) - 1
    kept = ~strand | (np.floor((number + 1) * share) > np.floor(number * share))
    stays = kept[piece]
    vertices = _widened(part.vertices, piece, strand & kept, share)
    new = np.cumsum(stays) - 1

    def rows(values: np.ndarray | None) -> np.ndarray | None:
        return None if values is None else values[stays]

    return replace(
        part,
        vertices=vertices[stays],
        triangles=new[part.triangles[stays[part.triangles[:, 0]]]],
        uv=part.uv[stays],
        weights=rows(part.weights),
        base_vertex=rows(part.base_vertex),
        normals=rows(part.normals),
    )


def _widened(vertices: np.ndarray, piece: IntArray, widen: np.ndarray, share: float) -> np.ndarray:
    """Vertices with the pairs of the chosen pieces moved apart."""
    starts = np.flatnonzero(np.r_[True, piece[1:] != piece[:-1]])
    place = np.arange(len(piece)) - np.repeat(starts, np.diff(np.r_[starts, len(piece)]))
    length = np.bincount(piece)[piece]
    left = np.flatnonzero(widen[piece] & (place % 2 == 0) & (place < length - 1))
    half = 0.5 * (vertices[left + 1] - vertices[left]) * (share**-0.7 - 1)
    wider = vertices.copy()
    wider[left] -= half
    wider[left + 1] += half
    return wider
