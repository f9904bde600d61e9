"""Make a mesh coarser by collapsing its edges, cheapest first (quadric error metrics, Garland and Heckbert 1997).

Half-edge collapses only: every vertex that stays is one of the mesh, unmoved, so whatever is stored by vertex still
holds. Plain Python floats and a total order of the candidates: the same input gives the same triangles everywhere.
"""

from __future__ import annotations

import heapq

import numpy as np

from synth.heads.part import FloatArray, IntArray

Vector = tuple[float, float, float]

LEAST_TURN = 0.15
"""Cosine between a triangle's normals before and after a collapse below which the collapse is refused."""

SLIVER = 0.2
"""Shape of a triangle (1 equilateral, 0 a line) below which it is refused: slivers fold when a body changes shape."""

LENGTH_COST = 2e-3
"""Weight of an edge's squared length: keeps triangles even where the surface is flat."""


def coarsened(vertices: FloatArray, triangles: IntArray, locked: np.ndarray, care: FloatArray, wanted: int) -> IntArray:
    """Triangles (M', 3) over the same `vertices` (V, 3), of which about `wanted` are still used.

    `locked` (V,) bool: vertices that stay. `care` (V,): how dear an error is there. Stops early where every further
    collapse would fold the surface over or change its topology.
    """
    mesh = _Mesh(vertices, triangles)
    heap = [(mesh.cost(a, b, care), a, b, 0) for a in mesh.around if not locked[a] for b in sorted(mesh.neighbours(a))]
    heapq.heapify(heap)
    stamp = dict.fromkeys(mesh.around, 0)
    while heap and len(mesh.around) > wanted:
        _, gone, kept, when = heapq.heappop(heap)
        if gone not in mesh.around or kept not in mesh.around or when != stamp[gone]:
            continue
        if kept not in mesh.neighbours(gone) or not mesh.may_collapse(gone, kept):
            continue
        mesh.collapse(gone, kept)
        for vertex in sorted({kept, *mesh.neighbours(kept)}):
            stamp[vertex] += 1
            if not locked[vertex]:
                for other in sorted(mesh.neighbours(vertex)):
                    heapq.heappush(heap, (mesh.cost(vertex, other, care), vertex, other, stamp[vertex]))
    return np.array([mesh.corners[face] for face in sorted(mesh.corners)], dtype=np.int64)


class _Mesh:
    """Triangles that can be collapsed: corners by face, faces by vertex, and each vertex' error quadric."""

    def __init__(self, vertices: FloatArray, triangles: IntArray) -> None:
        self.place: list[Vector] = [(float(x), float(y), float(z)) for x, y, z in vertices]
        self.corners: dict[int, tuple[int, int, int]] = {
            i: (int(a), int(b), int(c)) for i, (a, b, c) in enumerate(triangles)
        }
        self.around: dict[int, set[int]] = {}
        self.quadric: dict[int, list[float]] = {}
        for face, corners in self.corners.items():
            plane = _plane_quadric(*(self.place[c] for c in corners))
            for corner in corners:
                self.around.setdefault(corner, set()).add(face)
                known = self.quadric.setdefault(corner, [0.0] * 10)
                self.quadric[corner] = [p + q for p, q in zip(known, plane, strict=True)]

    def neighbours(self, vertex: int) -> set[int]:
        return {corner for face in self.around[vertex] for corner in self.corners[face]} - {vertex}

    def cost(self, gone: int, kept: int, care: FloatArray) -> float:
        x, y, z = self.place[kept]
        a, b, c, d, e, f, g, h, i, j = (p + q for p, q in zip(self.quadric[gone], self.quadric[kept], strict=True))
        error = a * x * x + e * y * y + h * z * z + 2 * (b * x * y + c * x * z + f * y * z + d * x + g * y + i * z) + j
        length = sum((p - q) ** 2 for p, q in zip(self.place[gone], self.place[kept], strict=True))
        return (max(error, 0.0) + LENGTH_COST * length * length) * float(care[gone])

    def may_collapse(self, gone: int, kept: int) -> bool:
        """Whether the surface stays a surface: two shared neighbours, no triangle that turns over or becomes a line."""
        if len(self.neighbours(gone) & self.neighbours(kept)) != 2 or len(self.around[gone] & self.around[kept]) != 2:
            return False
        if len(self.neighbours(gone) | self.neighbours(kept)) == 4:
            return False  # a tetrahedron is as coarse as a closed surface gets
        for face in self.around[gone] - self.around[kept]:
            before = [self.place[c] for c in self.corners[face]]
            after = [self.place[kept if c == gone else c] for c in self.corners[face]]
            old, new = _normal(*before), _normal(*after)
            along = sum(p * q for p, q in zip(old, new, strict=True))
            sides = sum(_square(_minus(p, q)) for p, q in zip(after, after[1:] + after[:1], strict=True))
            sliver = 12.0 * _square(new) < (SLIVER * sides) ** 2
            if sliver or along <= LEAST_TURN * (_square(old) * _square(new)) ** 0.5:
                return False
        return True

    def collapse(self, gone: int, kept: int) -> None:
        for face in self.around[gone] & self.around[kept]:
            for corner in self.corners.pop(face):
                self.around[corner].discard(face)
        for face in self.around.pop(gone):
            a, b, c = (kept if corner == gone else corner for corner in self.corners[face])
            self.corners[face] = (a, b, c)
            self.around[kept].add(face)
        self.quadric[kept] = [p + q for p, q in zip(self.quadric[kept], self.quadric.pop(gone), strict=True)]


def _normal(a: Vector, b: Vector, c: Vector) -> Vector:
    """The cross product of two sides: twice the area long."""
    (ux, uy, uz), (vx, vy, vz) = _minus(b, a), _minus(c, a)
    return uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx


def _minus(a: Vector, b: Vector) -> Vector:
    return a[0] - b[0], a[1] - b[1], a[2] - b[2]


def _square(vector: Vector) -> float:
    return vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2


def _plane_quadric(a: Vector, b: Vector, c: Vector) -> list[float]:
    """The ten coefficients of area times squared distance to the triangle's plane."""
    normal = _normal(a, b, c)
    size = _square(normal) ** 0.5
    if size == 0:
        return [0.0] * 10
    x, y, z = (part / size for part in normal)
    w = -(x * a[0] + y * a[1] + z * a[2])
    area = size / 2
    return [area * p for p in (x * x, x * y, x * z, x * w, y * y, y * z, y * w, z * z, z * w, w * w)]
