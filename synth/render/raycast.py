"""Depth by raycast: the range to the first hit of the ray through each pixel's centre, by Embree.

What moves as a whole (hair, glasses, eyes) is put into Embree once per head and its rays are turned instead; only what
deforms is rebuilt for each shot.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from numpy.typing import NDArray

from synth.geometry.camera import pixel_rays

Floats = NDArray[np.floating]
_NO_HIT = 1e30


@dataclass(frozen=True)
class Surface:
    """A triangle mesh: (N, 3) float vertices in mm and (M, 3) int32 triangles, in some frame of its own."""

    vertices_mm: Floats
    triangles: NDArray[np.int32]


class RayTarget:
    """Meshes that rays can hit, in one frame that a rigid transform carries into the camera's."""

    def __init__(self, surfaces: list[Surface]) -> None:
        self._scene = EmbreeScene()
        self._meshes = [  # kept alive: Embree reads the buffers
            TriangleMesh(
                self._scene,
                np.ascontiguousarray(surface.vertices_mm, dtype=np.float32),
                np.ascontiguousarray(surface.triangles, dtype=np.int32),
            )
            for surface in surfaces
            if len(surface.triangles)
        ]

    def distances_mm(self, origin_mm: Floats, directions: Floats) -> Floats:
        """(N,) float32 distance along unit `directions` (N, 3) from one origin (3,); 0 where nothing is hit."""
        if not self._meshes:
            return np.zeros(len(directions), np.float32)
        origins = np.broadcast_to(np.asarray(origin_mm, np.float32), directions.shape)
        found = self._scene.run(
            np.ascontiguousarray(origins), np.ascontiguousarray(directions, dtype=np.float32), query="DISTANCE"
        )
        return np.where(found < _NO_HIT, found, np.float32(0))


def range_map(targets: list[tuple[RayTarget, Floats]], K: Floats, width_px: int, height_px: int) -> Floats:
    """(height, width) float32, mm: the nearest hit among `targets`, 0 = nothing hit.

    targets: each with its (4, 4) camera-from-target transform (rigid, mm). K: (3, 3) of the picture.
    """
    rays = pixel_rays(K, width_px, height_px).reshape(-1, 3)
    nearest = np.full(len(rays), np.inf, np.float32)
    for target, camera_from_target in targets:
        R, t = camera_from_target[:3, :3], camera_from_target[:3, 3]
        distance = target.distances_mm(-R.T @ t, rays @ R)
        np.minimum(nearest, distance, out=nearest, where=distance > 0)
    nearest[np.isinf(nearest)] = 0
    return nearest.reshape(height_px, width_px)
