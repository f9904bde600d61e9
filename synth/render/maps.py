"""Maps of what the rays of a picture meet: surface normals and parts. They show the same hits as the range map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synth.geometry.camera import pixel_rays
from synth.render.raycast import FirstHits, Posed, Surface

Floats = NDArray[np.floating]
_ONE_PLACE = 1e-6  # of a mesh's extent


@dataclass(frozen=True, eq=False)
class MeshTruth:
    """What is known of one mesh for as long as its head is loaded.

    `codes` (M,) uint8: the part of each triangle. `welded` (N,) int: vertices at one place, which differ only in their
    texture coordinates, have one number, so that no crease shows between them. `triangles` (M, 3) int32: all of them.
    `normals` (N, 3): of a mesh that doesn't deform, in its own frame; None = they follow the shot.
    """

    codes: NDArray[np.uint8]
    welded: NDArray[np.intp]
    triangles: NDArray[np.int32]
    normals: Floats | None = None

    @classmethod
    def of(cls, rest: Surface, codes: NDArray[np.uint8], *, rigid: bool) -> MeshTruth:
        """From the mesh at rest, in any unit."""
        extent = float(np.ptp(rest.vertices_mm, axis=0).max()) if len(rest.vertices_mm) else 0.0
        steps = np.rint(rest.vertices_mm.astype(np.float64) / max(extent * _ONE_PLACE, 1e-30)).astype(np.int64)
        _, welded = np.unique(steps, axis=0, return_inverse=True)
        truth = cls(codes, welded.ravel(), rest.triangles)
        return replace(truth, normals=truth.vertex_normals(rest.vertices_mm)) if rigid else truth

    def vertex_normals(self, vertices: Floats) -> Floats:
        """(N, 3) unit normals of the mesh with its vertices at `vertices`: means of its faces, weighted by area."""
        corners = vertices.astype(np.float64)[self.triangles]
        faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
        places, count = self.welded[self.triangles].ravel(), int(self.welded.max(initial=-1)) + 1
        summed = np.stack([np.bincount(places, np.repeat(faces[:, k], 3), count) for k in range(3)], axis=1)
        return (summed / np.maximum(np.linalg.norm(summed, axis=1, keepdims=True), 1e-12))[self.welded]


Truths = Sequence[Sequence[MeshTruth]]
"""For each target, for each of its surfaces."""


def part_map(hits: FirstHits, targets: Sequence[Posed], truths: Truths) -> NDArray[np.uint8]:
    """(height, width) uint8: the part of a person that each pixel's ray meets first, 0 = nothing hit."""
    parts = np.zeros(hits.target.shape, np.uint8)
    for where, surface, truth, _ in _by_surface(hits, targets, truths):
        triangle = hits.triangle[where]
        parts[where] = truth.codes[triangle if surface.source is None else surface.source[triangle]]
    return parts


def normal_map(hits: FirstHits, targets: Sequence[Posed], truths: Truths, K: Floats) -> NDArray[np.float32]:
    """(height, width, 3) float32: unit normals in the camera frame, zeros = nothing hit.

    Smooth ones: blended over each triangle from its corners', as the picture is shaded but without the fine relief of
    normal textures. Of thin sheets (hair, clothes) the side that the camera sees.
    """
    height, width = hits.target.shape
    rays = pixel_rays(K, width, height)
    normals = np.zeros((height, width, 3), np.float32)
    for where, surface, truth, posed in _by_surface(hits, targets, truths):
        R = posed[1][:3, :3]
        corner = surface.triangles[hits.triangle[where]]
        u, v = hits.u[where, None].astype(np.float64), hits.v[where, None].astype(np.float64)
        at = (truth.vertex_normals(surface.vertices_mm) if truth.normals is None else truth.normals)[corner]
        smooth = (1 - u - v) * at[:, 0] + u * at[:, 1] + v * at[:, 2]
        p = surface.vertices_mm[corner]
        flat = np.cross(p[:, 1] - p[:, 0], p[:, 2] - p[:, 0])
        length = np.linalg.norm(smooth, axis=1, keepdims=True)
        smooth = np.where(length > 1e-6, smooth, flat)  # opposite sheets that share their corners cancel out
        turned_away = np.einsum("ij,ij->i", flat @ R.T, rays[where]) > 0
        smooth[turned_away] *= -1
        smooth /= np.maximum(np.linalg.norm(smooth, axis=1, keepdims=True), 1e-30)
        normals[where] = smooth @ R.T
    return normals


def _by_surface(
    hits: FirstHits, targets: Sequence[Posed], truths: Truths
) -> Iterator[tuple[NDArray[np.bool_], Surface, MeshTruth, Posed]]:
    """For each surface that is seen: where ((H, W) bool), the surface, its truth, and its target."""
    for number, posed in enumerate(targets):
        of_target = hits.target == number
        for index in np.unique(hits.surface[of_target]):
            where = of_target & (hits.surface == index)
            yield where, posed[0].surfaces[index], truths[number][index], posed
