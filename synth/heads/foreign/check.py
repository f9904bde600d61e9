"""What is wrong with a mesh: refusals for what can't be a surface, warnings with counts for what may be meant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synth.errors import HeadError
from synth.heads.foreign.counts import empty
from synth.heads.foreign.mesh import Floats, Ints, Piece
from synth.heads.foreign.weld import same_place


def check_numbers(pieces: tuple[Piece, ...], *, where: str) -> None:
    """Raises HeadError for a mesh without triangles, or with NaN or infinite numbers."""
    if not sum(len(piece.triangles) for piece in pieces):
        raise empty(where)
    bad = sum(int((~np.isfinite(piece.vertices)).any(1).sum()) for piece in pieces)
    if bad:
        total = sum(len(piece.vertices) for piece in pieces)
        raise HeadError(
            f"{bad:,} of {total:,} vertices are NaN or infinite.", where=where, mend="Mend it and export it again."
        )
    bad_uv = sum(int((~np.isfinite(piece.uv)).any(1).sum()) for piece in pieces if piece.uv is not None)
    if bad_uv:
        raise HeadError(
            f"{bad_uv:,} texture coordinates are NaN or infinite.", where=where, mend="Unwrap the mesh anew."
        )


_SLIVER = 1e-6
"""A triangle's height over its longest side below which it has no area; float32 files can't say less."""


@dataclass(frozen=True)
class Topology:
    """Counts on the surface with coinciding vertices taken as one (nothing is changed by counting).

    degenerate: triangles without area. duplicate: triangles on the same corners as another. non_manifold: edges of
    three triangles or more. clashing: edges whose two triangles are wound against each other. open_edges: edges of one
    triangle. inside_out: the surface as a whole is wound inward.
    """

    degenerate: int
    duplicate: int
    non_manifold: int
    clashing: int
    open_edges: int
    inside_out: bool

    def warnings(self) -> list[str]:
        """A line for each count that isn't zero; open edges are what every scan has, and no fault."""
        found = []
        for count, text in (
            (self.degenerate, "degenerate triangles (no area)"),
            (self.duplicate, "triangles lie on another one's corners"),
            (self.non_manifold, "edges are non-manifold (three triangles or more)"),
            (self.clashing, "edges have triangles wound against each other (flipped)"),
        ):
            if count:
                found.append(f"{count:,} {text}")
        if self.inside_out:
            found.append("the surface is wound inside out (flipped)")
        return found


def examine(pieces: tuple[Piece, ...]) -> Topology:
    """Count what is unusual about the surface."""
    vertices = np.concatenate([piece.vertices for piece in pieces])
    starts = np.cumsum([0, *(len(piece.vertices) for piece in pieces)])
    triangles = np.concatenate([p.triangles + start for p, start in zip(pieces, starts[:-1], strict=True)])
    first, place = same_place(vertices)
    corners, at = vertices[first], place[triangles]
    degenerate = _without_area(corners, at)
    sound = at[~degenerate]
    ordered = np.sort(sound, axis=1)
    duplicate = len(ordered) - len(same_place(ordered)[0])
    non_manifold, clashing, open_edges = _edges(sound, len(corners))
    return Topology(
        degenerate=int(degenerate.sum()),
        duplicate=duplicate,
        non_manifold=non_manifold,
        clashing=clashing,
        open_edges=open_edges,
        inside_out=_signed_volume(corners, sound) < 0,
    )


def _without_area(vertices: Floats, triangles: Ints) -> np.ndarray:
    a, b, c = (vertices[triangles[:, i]] for i in range(3))
    doubled = np.linalg.norm(np.cross(b - a, c - a), axis=1)
    longest = np.maximum(np.linalg.norm(b - a, axis=1), np.linalg.norm(c - a, axis=1))
    return doubled <= _SLIVER * np.maximum(longest, 1e-300) ** 2


def _edges(triangles: Ints, vertex_count: int) -> tuple[int, int, int]:
    """(non-manifold, clashing, open) edges."""
    if not len(triangles):
        return 0, 0, 0
    directed = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    low, high = directed.min(1), directed.max(1)
    _, edge, uses = np.unique(low * vertex_count + high, return_inverse=True, return_counts=True)
    forward = np.bincount(edge, directed[:, 0] < directed[:, 1], minlength=len(uses))
    return int((uses > 2).sum()), int(((uses == 2) & (forward != 1)).sum()), int((uses == 1).sum())


def _signed_volume(vertices: Floats, triangles: Ints) -> float:
    """Volume between the surface and its own middle; negative where the surface looks inward."""
    if not len(triangles):
        return 0.0
    used = vertices[np.unique(triangles)]
    a, b, c = (vertices[triangles[:, i]] - (used.min(0) + used.max(0)) / 2 for i in range(3))
    return float((a * np.cross(b, c)).sum() / 6)
