"""The body as hair sees it: where strands root, what they slide along, and what they must stay out of.

Metres, glTF frame. "Template" positions are those of the same vertices on the unshaped base mesh, on which all rules of
a haircut are written (see `scalp`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from synth.heads.body import Body
from synth.heads.hair.scalp import ear_distance, smoothstep
from synth.heads.mesh import quads_to_triangles, vertex_normals
from synth.heads.part import JOINTS, FloatArray, IntArray

CLOTHES_M = 0.009
"""Hair keeps this much outside the bare torso: clothes (6 mm) and a little air."""
EAR_CLEARANCE_M = 0.003

Field = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Contact:
    """The nearest point of the body for each of N points."""

    template: FloatArray
    """(N, 3) where that point lies on the template."""
    normal: FloatArray
    """(N, 3) outward unit normal there."""
    height: FloatArray
    """(N,) height above the surface; negative inside."""
    distance: FloatArray
    """(N,) distance to the nearest vertex."""


@dataclass(frozen=True)
class Roots:
    """N places on the skin."""

    place: FloatArray
    """(N, 3)"""
    template: FloatArray
    """(N, 3) the same places on the template."""
    normal: FloatArray
    """(N, 3)"""
    corners: IntArray
    """(N, 3) template vertices of the triangle."""
    share: FloatArray
    """(N, 3) barycentric coordinates."""

    def nearest_vertex(self) -> IntArray:
        """(N,) the template vertex with the largest share."""
        return np.asarray(np.take_along_axis(self.corners, self.share.argmax(1)[:, None], 1)[:, 0])


class HairSurface:
    """Head and torso of a body without its ears, ready for nearest-point queries."""

    def __init__(self, body: Body) -> None:
        self.body = body
        self.scale = body.scale
        self.head_triangles = quads_to_triangles(body.base.quads["head"])
        quads = np.concatenate([body.base.quads["head"], body.base.quads["torso"]])
        self.normals = vertex_normals(body.vertices, quads)
        used = np.unique(quads)
        template = body.base.vertices[used]
        self._rows = used[(ear_distance(template) > 0.0) | (np.abs(template[:, 0]) < 0.070)]
        self._tree = cKDTree(body.vertices[self._rows])
        self._is_torso = np.isin(self._rows, np.unique(body.base.quads["torso"]))
        on_ear = used[(ear_distance(template) < 0.0) & (np.abs(template[:, 0]) > 0.0735)]
        self._ears = cKDTree(body.vertices[on_ear])
        self._ear_reach = float(np.abs(body.vertices[on_ear, 0]).max())

    def touch(self, points: FloatArray) -> Contact:
        """The nearest place of the body for each of `points` (N, 3)."""
        distance, nearest = self._tree.query(points, workers=1)
        rows = self._rows[nearest]
        normal = self.normals[rows]
        height = np.einsum("nd,nd->n", points - self.body.vertices[rows], normal)
        height = height - CLOTHES_M * self._is_torso[nearest]
        return Contact(self.body.base.vertices[rows], normal, height, np.asarray(distance))

    def near_ear(self, points: FloatArray, within_m: float) -> np.ndarray:
        """(...,) whether `points` (..., 3) come nearer than `within_m` to an ear."""
        distance, _ = self._ears.query(points.reshape(-1, 3), distance_upper_bound=within_m, workers=1)
        return np.asarray(np.isfinite(distance).reshape(points.shape[:-1]))

    def clear(self, points: FloatArray, clearance_m: FloatArray | float, over_ears: bool = False) -> FloatArray:
        """`points` (N, 3), moved out along the normal where nearer to the body than `clearance_m`.

        `over_ears` also moves them outside the ears, as hair that covers them lies.
        """
        contact = self.touch(points)
        lack = np.clip(clearance_m - contact.height, 0.0, None)
        lack[contact.distance > 0.06] = 0.0
        moved = points + contact.normal * lack[:, None]
        if not over_ears:
            return moved
        near_ear = smoothstep(0.014, 0.0, ear_distance(contact.template))
        wanted = near_ear * (self._ear_reach + EAR_CLEARANCE_M)
        side = np.sign(moved[:, 0])
        moved[:, 0] = side * np.maximum(np.abs(moved[:, 0]), wanted)
        return moved

    def beside_face(self, points: FloatArray) -> FloatArray:
        """`points` (N, 3), moved sideways where they hang before the face or the throat: a curtain, never a veil."""
        joints, scale = self.body.joints, self.scale
        place = (points - 0.5 * (joints["eye.L"] + joints["eye.R"])) / scale
        before = smoothstep(-0.055, -0.040, place[:, 2]) * smoothstep(0.062, 0.026, place[:, 1])
        below = smoothstep(-0.085, -0.105, place[:, 1]) * smoothstep(-0.085, -0.070, place[:, 2])
        least = 0.066 * np.maximum(before, below)
        moved = points.copy()
        moved[:, 0] = np.where(place[:, 0] < 0, -1.0, 1.0) * scale * np.maximum(np.abs(place[:, 0]), least)
        return moved

    def scatter(self, count: int, density: Field, rng: np.random.Generator) -> Roots:
        """`count` random places on the head, per area in proportion to `density` of the template position."""
        base, vertices = self.body.base.vertices, self.body.vertices
        corner = vertices[self.head_triangles]
        area = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
        weight = area * np.clip(density(base[self.head_triangles].mean(1)), 0.0, None)
        # Systematic sampling: as even as the mesh allows, so no bald spots at a given count.
        levels = (np.arange(count) + rng.random(count)) / count
        chosen = np.minimum(np.searchsorted(np.cumsum(weight) / weight.sum(), levels), len(weight) - 1)
        share = rng.random((count, 2))
        outside = share.sum(1) > 1
        share[outside] = 1 - share[outside]
        share = np.c_[1 - share.sum(1), share]
        corners = self.head_triangles[chosen]
        normal = np.einsum("nk,nkd->nd", share, self.normals[corners])
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        return Roots(
            place=np.einsum("nk,nkd->nd", share, vertices[corners]),
            template=np.einsum("nk,nkd->nd", share, base[corners]),
            normal=normal,
            corners=corners,
            share=share,
        )

    def drape_weights(self, points: FloatArray) -> FloatArray:
        """(N, 8) weights of hair that hangs: the head's above the jaw, the torso's on the shoulders, smooth between."""
        joints = self.body.joints
        names = ("torso", "neck01", "neck02", "neck03", "head")
        heights = [joints[name][1] for name in names[1:]]
        # Each joint holds fully at the middle of its bone; the head from a little below its joint upwards.
        stops = [heights[0] - 0.02 * self.scale, *(0.5 * (a + b) for a, b in itertools.pairwise(heights))]
        stops.append(heights[-1] - 0.005 * self.scale)
        level = np.interp(points[:, 1], stops, np.arange(5.0))
        weights = np.zeros((len(points), len(JOINTS)))
        for i, name in enumerate(names):
            weights[:, JOINTS.index(name)] = np.clip(1.0 - np.abs(level - i), 0.0, 1.0)
        return weights
