"""The skull as hats see it: how far the skin lies from a point inside, in every direction, without ears."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.interpolate import LinearNDInterpolator
from scipy.spatial import Delaunay

from synth.heads.base import BaseMesh
from synth.heads.body import Body
from synth.heads.hair.scalp import EYE_HEIGHT_M, SKULL_CENTRE_M, ear_distance, scalp_field
from synth.heads.mesh import vertex_normals
from synth.heads.part import FloatArray, IntArray

LOWEST_DEG = -58.0
"""Directions further down than this belong to the neck."""

Line = tuple[Sequence[float], Sequence[float]]
"""An edge on the template: azimuths from straight ahead, degrees 0 to 180, and heights above the eyes there, m."""


@dataclass(frozen=True)
class Polar:
    """Directions and distances of N points from the skull's centre."""

    azimuth_deg: FloatArray
    """0 straight ahead, positive to the subject's left, -180 to 180."""
    elevation_deg: FloatArray
    radius_m: FloatArray


class Skull:
    """Forehead, scalp and nape of one head as a distance by direction."""

    def __init__(self, body: Body) -> None:
        self.body, self.scale = body, body.scale
        rows = _outer_rows(body.base)
        scalp = rows[scalp_field(body.base.vertices[rows]) > 0.005]
        template, own = body.base.vertices[scalp], body.vertices[scalp]
        self.size = float(np.sqrt(own.var(0).sum() / template.var(0).sum()))
        """This skull's size over the template's."""
        self.centre = own.mean(0) + (SKULL_CENTRE_M - template.mean(0)) * self.size
        polar = self.polar(body.vertices[rows])
        kept = polar.elevation_deg > LOWEST_DEG
        self._radius = LinearNDInterpolator(_plane(polar)[kept], polar.radius_m[kept])
        self._nearest_m = float(polar.radius_m.min())
        self._of_template = LinearNDInterpolator(_template_triangles(body.base), body.vertices[rows])

    def polar(self, points: FloatArray) -> Polar:
        """Of `points` (..., 3) m."""
        return _polar(points - self.centre)

    def radius(self, azimuth_deg: FloatArray, elevation_deg: FloatArray) -> FloatArray:
        """Distance of the skin from the centre, m, in directions of equal shape."""
        flat = np.broadcast_arrays(azimuth_deg, elevation_deg)
        found = self._radius(_plane(Polar(flat[0], flat[1], flat[0])))
        return np.nan_to_num(np.asarray(found), nan=self._nearest_m)

    def edge_deg(self, line: Line, azimuth_deg: FloatArray) -> FloatArray:
        """Elevation of a line of the template on this head, at azimuths (N,) that rise from -180 on."""
        wanted = np.linspace(-180, 180, 145)
        height = np.interp(np.abs(wanted), line[0], line[1]) + EYE_HEIGHT_M - SKULL_CENTRE_M[1]
        # How far out the line lies on the template is found by a few steps: elevation gives radius gives elevation.
        out = np.full(len(wanted), 0.1)
        for _ in range(4):
            elevation = np.degrees(np.arctan2(height, out))
            place = _template_place(self.body.base)(_plane(Polar(wanted, elevation, out))) - SKULL_CENTRE_M
            out = np.hypot(place[:, 0], place[:, 2])
        place = self._of_template(_plane(Polar(wanted, elevation, out)))
        found = self.polar(place[np.isfinite(place).all(1)])
        order = np.argsort(found.azimuth_deg)
        own, lies = found.azimuth_deg[order], found.elevation_deg[order]
        return np.interp(azimuth_deg, own, lies, period=360.0)

    def place(self, azimuth_deg: FloatArray, elevation_deg: FloatArray, radius_m: FloatArray) -> FloatArray:
        """Points (..., 3) m."""
        a, e = np.radians(azimuth_deg), np.radians(elevation_deg)
        direction = np.stack([np.cos(e) * np.sin(a), np.sin(e), np.cos(e) * np.cos(a)], -1)
        return np.asarray(self.centre + radius_m[..., None] * direction)


def _polar(relative: FloatArray) -> Polar:
    x, y, z = (np.ascontiguousarray(relative[..., i]) for i in range(3))
    flat = np.hypot(x, z)
    return Polar(np.degrees(np.arctan2(x, z)), np.degrees(np.arctan2(y, flat)), np.hypot(flat, y))


def _plane(polar: Polar) -> FloatArray:
    """Directions on a plane (..., 2), the pole in the middle: no seam anywhere above the neck."""
    a, out = np.radians(polar.azimuth_deg), 90.0 - polar.elevation_deg
    return np.stack([out * np.sin(a), out * np.cos(a)], -1)


@functools.lru_cache(maxsize=2)
def _outer_rows(base: BaseMesh) -> IntArray:
    """Template vertices of forehead, scalp, temples and nape that a ray from the centre meets once."""
    rows = np.unique(base.quads["head"])
    template = base.vertices[rows]
    relative = template - SKULL_CENTRE_M
    normal = vertex_normals(base.vertices, base.quads["head"])[rows]
    outward = (normal * relative).sum(1) / np.linalg.norm(relative, axis=1)
    off_ear = (ear_distance(template) > 0.0) | (np.abs(template[:, 0]) < 0.066)
    face = (template[:, 2] > 0.085) & (template[:, 1] < EYE_HEIGHT_M + 0.016)
    return rows[off_ear & ~face & (outward > 0.3) & (_polar(relative).elevation_deg > LOWEST_DEG)]


@functools.lru_cache(maxsize=2)
def _template_triangles(base: BaseMesh) -> Delaunay:
    return Delaunay(_plane(_polar(base.vertices[_outer_rows(base)] - SKULL_CENTRE_M)))


@functools.lru_cache(maxsize=2)
def _template_place(base: BaseMesh) -> LinearNDInterpolator:
    return LinearNDInterpolator(_template_triangles(base), base.vertices[_outer_rows(base)])
