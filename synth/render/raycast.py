"""Depth by raycast: the range to the first hit of the ray through each pixel's centre, by Embree.

What moves as a whole (hair, glasses, eyes) is put into Embree once per head and its rays are turned instead; only what
deforms is rebuilt for each shot. Of each target only the part of the picture that it can fill is cast at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from numpy.typing import NDArray

from synth.geometry.camera import pixel_rays, project

Floats = NDArray[np.floating]
_NO_HIT, _FAR_MM = 1e30, 1e37


def as_rows(triangles: NDArray[np.int32]) -> NDArray[np.object_]:
    """(M,) object: each triangle as a tuple.

    embreex fills Embree's buffers value by value: with tuples, and Python's floats, it does so in a fifth of the time
    that arrays of numbers take (20,000 triangles: 4.6 against 25 ms, of which Embree's own tree is another 4).
    """
    rows = np.empty(len(triangles), object)
    rows[:] = list(map(tuple, triangles.tolist()))
    return rows


@dataclass(frozen=True, eq=False)
class Surface:
    """A triangle mesh: (N, 3) float vertices in mm and (M, 3) int32 triangles, in some frame of its own.

    `source` (M,) int32: where only some triangles of a mesh are kept, which those are; None = all.
    """

    vertices_mm: Floats
    triangles: NDArray[np.int32]
    source: NDArray[np.int32] | None = None
    _rows: NDArray[np.object_] | None = field(default=None, repr=False)

    @cached_property
    def rows(self) -> NDArray[np.object_]:
        """(M,) object: the triangles as Embree is filled with them."""
        return as_rows(self.triangles) if self._rows is None else self._rows

    def moved(self, vertices_mm: Floats) -> Surface:
        """The same triangles on other vertices."""
        return Surface(vertices_mm, self.triangles, self.source, self.rows)

    def kept(self, which: NDArray[np.bool_]) -> Surface:
        """Only the triangles `which` (M,)."""
        source = np.flatnonzero(which).astype(np.int32) if self.source is None else self.source[which]
        return Surface(self.vertices_mm, self.triangles[which], source, self.rows[which])


@dataclass(frozen=True, eq=False)
class Hits:
    """What rays meet first. All (N,): `distance_mm` float32, 0 = nothing.

    Where something is hit: `surface` and `triangle` int32, which of the target's surfaces and of its triangles; `u` and
    `v` float32, the point is (1 - u - v) of the triangle's first corner, u of its second and v of its third.
    """

    distance_mm: Floats
    surface: NDArray[np.int32]
    triangle: NDArray[np.int32]
    u: Floats
    v: Floats


class RayTarget:
    """Meshes that rays can hit, in one frame that a rigid transform carries into the camera's."""

    def __init__(self, surfaces: Sequence[Surface]) -> None:
        self.surfaces = tuple(surfaces)
        self._scene = EmbreeScene()
        self._held = [number for number, surface in enumerate(self.surfaces) if len(surface.triangles)]
        self._meshes = [  # kept alive: Embree reads the buffers
            TriangleMesh(
                self._scene, self.surfaces[n].vertices_mm.astype(np.float32).astype(object), self.surfaces[n].rows
            )
            for n in self._held
        ]
        self.corners_mm = self._corners()

    def _corners(self) -> Floats:
        """(8, 3): the corners of the box around everything; (0, 3) if there is nothing."""
        if not self._held:
            return np.zeros((0, 3))
        low = np.min([self.surfaces[n].vertices_mm.min(0) for n in self._held], axis=0)
        high = np.max([self.surfaces[n].vertices_mm.max(0) for n in self._held], axis=0)
        picks = np.stack(np.meshgrid([0, 1], [0, 1], [0, 1], indexing="ij"), -1).reshape(-1, 3)
        return np.where(picks == 0, low, high)

    def distances_mm(self, origin_mm: Floats, directions: Floats) -> Floats:
        """(N,) float32 distance along unit `directions` (N, 3) from one origin (3,); 0 where nothing is hit."""
        found = self.nearer_mm(origin_mm, directions, np.full(len(directions), _FAR_MM, np.float32))
        return np.where(found < _NO_HIT, found, np.float32(0))

    def nearer_mm(self, origin_mm: Floats, directions: Floats, within_mm: Floats) -> Floats:
        """(N,) float32: the same distances where they are below `within_mm` (N,) float32, else that."""
        if not self._meshes:
            return within_mm
        origins, rays = _as_rays(origin_mm, directions)
        return np.asarray(self._scene.run(origins, rays, np.ascontiguousarray(within_mm), query="DISTANCE"))

    def hits(self, origin_mm: Floats, directions: Floats) -> Hits:
        """What the rays meet, with the same distances as `distances_mm`."""
        count = len(directions)
        if not self._meshes:
            nowhere = np.full(count, -1, np.int32)
            return Hits(np.zeros(count, np.float32), nowhere, nowhere, np.zeros(count), np.zeros(count))
        found = self._scene.run(*_as_rays(origin_mm, directions), output=1)
        distance = np.where(found["tfar"] < _NO_HIT, found["tfar"], np.float32(0))
        surface = np.asarray(self._held, np.int32)[np.maximum(found["geomID"], 0)]
        return Hits(distance, surface, found["primID"], found["u"], found["v"])

    def meets(self, origin_mm: Floats, directions: Floats) -> NDArray[np.bool_]:
        """(N,) bool: whether a ray hits anything, which is quicker to say than where."""
        if not self._meshes:
            return np.zeros(len(directions), bool)
        return np.asarray(self._scene.run(*_as_rays(origin_mm, directions), query="OCCLUDED") >= 0)


Posed = tuple[RayTarget, Floats]
"""A target and its (4, 4) camera-from-target transform (rigid, mm)."""


def _as_rays(origin_mm: Floats, directions: Floats) -> tuple[Floats, Floats]:
    origins = np.empty(directions.shape, np.float32)
    origins[:] = origin_mm
    return origins, np.ascontiguousarray(directions, dtype=np.float32)


def into_target(camera_from_target: Floats, rays: Floats) -> tuple[Floats, Floats]:
    """The camera's centre (3,) and its rays (N, 3) in the frame of a target."""
    R, t = camera_from_target[:3, :3], camera_from_target[:3, 3]
    return -R.T @ t, rays if np.array_equal(R, np.eye(3)) else rays @ R


def window(posed: Posed, K: Floats, width_px: int, height_px: int) -> tuple[slice, slice]:
    """Rows and columns of the picture outside of which no pixel's ray can meet the target."""
    target, camera_from_target = posed
    corners = target.corners_mm @ camera_from_target[:3, :3].T + camera_from_target[:3, 3]
    if not len(corners):
        return slice(0, 0), slice(0, 0)
    if corners[:, 2].min() <= 1:  # it reaches beside the camera, where a projection says nothing
        return slice(0, height_px), slice(0, width_px)
    low, high = (edge(project(K, corners), axis=0) for edge in (np.min, np.max))
    # A pixel more on each side: Embree reckons in 32 bits.
    x0, y0 = np.clip(np.floor(low) - 1, 0, (width_px, height_px)).astype(int)
    x1, y1 = np.clip(np.ceil(high) + 1, 0, (width_px, height_px)).astype(int)
    return slice(y0, max(y0, y1)), slice(x0, max(x0, x1))


def _cast(
    targets: Sequence[Posed], K: Floats, width_px: int, height_px: int
) -> Iterator[tuple[int, slice, slice, Floats, Floats]]:
    """For each target that can be seen: its number, rows, columns, and the origin and (N, 3) rays in its frame."""
    rays = pixel_rays(K, width_px, height_px)
    for number, posed in enumerate(targets):
        rows, columns = window(posed, K, width_px, height_px)
        if rows.start < rows.stop and columns.start < columns.stop:
            yield number, rows, columns, *into_target(posed[1], rays[rows, columns].reshape(-1, 3))


def range_map(targets: Sequence[Posed], K: Floats, width_px: int, height_px: int) -> Floats:
    """(height, width) float32, mm: the nearest hit among `targets`, 0 = nothing hit. K: (3, 3) of the picture."""
    nearest = np.full((height_px, width_px), _FAR_MM, np.float32)
    for number, rows, columns, origin, rays in _cast(targets, K, width_px, height_px):
        part = nearest[rows, columns]
        # What lies behind an earlier target's hit isn't looked for.
        part[:] = targets[number][0].nearer_mm(origin, rays, part.reshape(-1)).reshape(part.shape)
    nearest[nearest >= _NO_HIT] = 0
    return nearest


@dataclass(frozen=True, eq=False)
class FirstHits:
    """What the ray through each pixel's centre meets first, (height, width) each.

    `range_mm` float32 as `range_map` gives it; `target` int16, which of the targets, -1 = none; the rest as in `Hits`,
    0 where nothing is hit.
    """

    range_mm: Floats
    target: NDArray[np.int16]
    surface: NDArray[np.int32]
    triangle: NDArray[np.int32]
    u: Floats
    v: Floats


def first_hits(targets: Sequence[Posed], K: Floats, width_px: int, height_px: int) -> FirstHits:
    """The range map, and which point of which mesh it shows."""
    size = (height_px, width_px)
    seen = FirstHits(
        np.full(size, np.inf, np.float32),
        np.full(size, -1, np.int16),
        np.zeros(size, np.int32),
        np.zeros(size, np.int32),
        np.zeros(size, np.float32),
        np.zeros(size, np.float32),
    )
    for number, rows, columns, origin, rays in _cast(targets, K, width_px, height_px):
        hits = targets[number][0].hits(origin, rays)
        nearest = seen.range_mm[rows, columns]
        distance = hits.distance_mm.reshape(nearest.shape)
        nearer = (distance > 0) & (distance < nearest)
        nearest[nearer] = distance[nearer]
        seen.target[rows, columns][nearer] = number
        for name in ("surface", "triangle", "u", "v"):
            getattr(seen, name)[rows, columns][nearer] = getattr(hits, name).reshape(nearest.shape)[nearer]
    seen.range_mm[np.isinf(seen.range_mm)] = 0
    return seen
