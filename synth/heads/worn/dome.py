"""Sheets around a skull: rings from an edge up to the crown, and what of the hair lies under them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from synth.heads.body import Body
from synth.heads.colour import smooth_step
from synth.heads.mesh import vertex_normals
from synth.heads.part import FloatArray, IntArray, Material, Part
from synth.heads.worn.skull import Line, Skull

COLUMNS = 72
HAIR_UNDER_M = {"bald": 0.0005, "buzz": 0.002, "afro": 0.009, "medium": 0.005, "long": 0.005, "bun": 0.005}
"""How thick pressed hair lies under a hat, on a head of template size."""
OTHER_HAIR_M = 0.004
HIDDEN_DEG = 4.0
"""Hair further up under a hat's edge than this is left out: nobody sees it."""
BEGINS_DEG = 0.6
SPRINGS_BACK = 0.6
"""How much further out hair may stand with each metre below the edge that presses it."""


@dataclass(frozen=True, eq=False)
class Dome:
    """Where a hat's cloth may lie: the skull with its hair pressed flat, above an edge."""

    skull: Skull
    azimuth_deg: FloatArray
    """(C,) -180 to 180, both ends the same direction."""
    edge_deg: FloatArray
    """(C,) elevation of the edge."""
    under_m: float

    @classmethod
    def of(cls, body: Body, line: Line) -> Dome:
        """Above a line of the template."""
        skull = Skull(body)
        azimuth = np.linspace(-180.0, 180.0, COLUMNS + 1)
        edge = ndimage.gaussian_filter1d(skull.edge_deg(line, azimuth)[:-1], 1.0, mode="wrap")
        under = HAIR_UNDER_M.get(body.person.hair_style, OTHER_HAIR_M) * skull.size
        return cls(skull, azimuth, np.append(edge, edge[0]), under)

    def elevation_deg(self, up: FloatArray) -> FloatArray:
        """(R, C) at shares `up` (R,) of the way from the edge to the crown."""
        return np.asarray(self.edge_deg + np.asarray(up)[:, None] * (90.0 - self.edge_deg))

    def pressed_m(self, up: FloatArray) -> FloatArray:
        """(R, C) distance of the flattened hair from the centre: the skull evened out, never inside the skin."""
        elevation = self.elevation_deg(np.linspace(0, 1, 40))
        skin = self.skull.radius(self.azimuth_deg, elevation)
        even = ndimage.gaussian_filter(skin[:, :-1], (2.0, 2.5), mode=("nearest", "wrap"))
        even = np.maximum(np.c_[even, even[:, :1]], skin)
        rows = np.asarray(up) * 39
        low = np.clip(rows.astype(int), 0, 38)
        share = (rows - low)[:, None]
        hair = self.under_m * smooth_step(-0.05, 0.22, np.asarray(up))[:, None]
        return np.asarray(even[low] * (1 - share) + even[low + 1] * share + hair)

    def place(self, up: FloatArray, radius_m: FloatArray) -> FloatArray:
        """(R, C, 3) m."""
        elevation = self.elevation_deg(up)
        return self.skull.place(np.broadcast_to(self.azimuth_deg, elevation.shape), elevation, radius_m)


def sheet_part(name: str, points: FloatArray, material: Material, tiles: float) -> Part:
    """Rings of points (R, C, 3) from below upwards, as a rigid part on the head; its picture goes around `tiles` times.

    Rings run from the subject's right over the left, as azimuths do, so that triangles face outwards.
    """
    rings, columns = points.shape[:2]
    along = np.linalg.norm(np.diff(points, axis=0), axis=2).mean(1)
    v = 1.0 - np.r_[0.0, np.cumsum(along)] / (along.sum() + 1e-9)
    u = np.linspace(0, tiles, columns)
    uv = np.stack(np.meshgrid(u, v), -1).reshape(-1, 2)
    flat, triangles = points.reshape(-1, 3), grid_triangles(rings, columns)
    return Part(name, flat, triangles, uv, material, joint="head", normals=welded_normals(flat, triangles))


def welded_normals(vertices: FloatArray, triangles: IntArray) -> FloatArray:
    """(N, 3) unit normals, the same for vertices at the same place: a seam or a sheet's pole doesn't show."""
    _, first, which = np.unique(
        np.rint(vertices * 2e5).astype(np.int64), axis=0, return_index=True, return_inverse=True
    )
    which = which.reshape(-1)
    return np.asarray(vertex_normals(vertices[first], which[triangles])[which])


def grid_triangles(rings: int, columns: int) -> IntArray:
    """(M, 3) over a grid of rings times columns."""
    i, k = np.meshgrid(np.arange(rings - 1), np.arange(columns - 1), indexing="ij")
    a = (i * columns + k).ravel()
    b, c, d = a + 1, a + columns, a + columns + 1
    return np.concatenate([np.stack([a, b, d], 1), np.stack([a, d, c], 1)])


def flattened(parts: list[Part], dome: Dome, ceiling_m: float = 0.0) -> list[Part]:
    """Hair with what is under the hat taken away, and what comes out at its edge pressed in.

    `ceiling_m` is how far above the pressed hair the cloth's inside lies at least.
    """
    made = [_flattened(part, dome, ceiling_m) if part.name.split(".")[0] == "hair" else part for part in parts]
    return [part for part in made if len(part.triangles)]


def _flattened(part: Part, dome: Dome, ceiling_m: float) -> Part:
    skull = dome.skull
    polar = skull.polar(part.vertices)
    edge = np.interp(polar.azimuth_deg, dome.azimuth_deg, dome.edge_deg)
    above_deg = polar.elevation_deg - edge
    up = np.linspace(0, 1, 40)
    limits = dome.pressed_m(up) + ceiling_m
    share = np.clip(np.minimum(above_deg, BEGINS_DEG) / (90.0 - edge), 0, 1)
    column = (polar.azimuth_deg + 180.0) / 360.0 * COLUMNS
    limit = ndimage.map_coordinates(limits, [share * 39, column], order=1, mode="nearest")
    below_m = np.radians(np.clip(-above_deg, 0, None)) * limit
    limit = limit + SPRINGS_BACK * below_m + 4.0 * np.clip(below_m - 0.045 * skull.size, 0, None)
    radius = np.minimum(polar.radius_m, limit)
    hanging = polar.elevation_deg < -65.0
    # What comes out begins just under the edge: a long piece that bends over the edge would cut through the cloth.
    moved = skull.place(polar.azimuth_deg, np.minimum(polar.elevation_deg, edge + BEGINS_DEG), radius)
    vertices = np.where(hanging[:, None], part.vertices, moved)
    seen = (above_deg < HIDDEN_DEG)[part.triangles].any(1)
    return cut_down(part, vertices, seen)


def cut_down(part: Part, vertices: FloatArray, seen: np.ndarray) -> Part:
    """A part at other places `vertices` (N, 3), with the triangles `seen` (M,) and no other."""
    kept, triangles = np.unique(part.triangles[seen], return_inverse=True)
    moves = None if part.moves is None else {action: offset[kept] for action, offset in part.moves.items()}

    def of_kept(values: np.ndarray | None) -> np.ndarray | None:
        return None if values is None else values[kept]

    return replace(
        part,
        vertices=vertices[kept],
        triangles=triangles.reshape(-1, 3),
        uv=part.uv[kept],
        weights=of_kept(part.weights),
        base_vertex=of_kept(part.base_vertex),
        normals=of_kept(part.normals),
        moves=moves,
    )
