"""Face masks: cloth that spans nose, cheeks and chin of each head, and follows the jaw; beards lie under it."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.interpolate import LinearNDInterpolator
from scipy.spatial import ConvexHull, Delaunay

from synth.errors import HeadError
from synth.heads.base import BaseMesh
from synth.heads.body import Body
from synth.heads.colour import smooth_step
from synth.heads.expressions import EXPRESSIONS
from synth.heads.hair.scalp import EYE_HEIGHT_M, beard_field
from synth.heads.mesh import vertex_normals
from synth.heads.noise import value_noise
from synth.heads.part import FloatArray, IntArray, Part
from synth.heads.worn.dome import cut_down, grid_triangles
from synth.heads.worn.fabric import mask_cloth
from synth.heads.worn.loops import ear_loops

ROWS, COLUMNS = 27, 33
CENTRE_M = np.array([0.0, EYE_HEIGHT_M - 0.055, 0.055])
"""A point inside the template's jaw that the mask is drawn around."""

TOP_AT_X = (0.0, 0.008, 0.018, 0.032, 0.050, 0.066)
TOP_M = (-0.015, -0.017, -0.024, -0.031, -0.033, -0.036)
BOTTOM_DEG = ((0.0, 0.35, 0.7, 1.0), (-40.0, -39.0, -35.0, -28.0))
"""Elevation of the lower edge seen from the centre, by the share of the way to the side."""
SIDE_X_M = 0.064
SIDE_DEG = 60.0

SMALLEST_MOVE_M = 1.2e-3
BEARD_UNDER_M = 0.007
GAP_M = 0.0022
MASKS = ("surgical", "ffp2", "cloth")


def face_mask(body: Body, parts: list[Part], rng: np.random.Generator) -> list[Part]:
    """`parts` with the mask that `body.person` wears, and the beard's part under it left out.

    Raises HeadError for a mask that there isn't.
    """
    kind = body.person.mask
    if kind == "none":
        return parts
    if kind not in MASKS:
        mend = f"Use one of {', '.join(MASKS)}."
        raise HeadError(f"There is no mask called {kind}.", where="mask", mend=mend)
    sheet = _Sheet.of(body, kind)
    still = sheet.points(np.zeros_like(body.vertices))
    relief = _relief(kind, still, rng)[..., None] * body.scale * _normals(still)
    grid = np.concatenate([_hem(still), still + relief])
    moves = {}
    for action in EXPRESSIONS:
        delta = body.base.delta(f"face:{action}") * body.scale
        if np.linalg.norm(delta[sheet.rows], axis=1).max() > SMALLEST_MOVE_M:
            moved = sheet.points(delta)
            offset = (np.concatenate([_hem(moved), moved]) - np.concatenate([_hem(still), still])).reshape(-1, 3)
            offset[np.linalg.norm(offset, axis=1) < SMALLEST_MOVE_M] = 0
            if offset.any():
                moves[action] = offset
    material = mask_cloth(kind, np.array(body.person.mask_rgb), rng)
    u, v = np.meshgrid(np.linspace(0, 1, COLUMNS), np.r_[0.01, np.linspace(0, 1, ROWS)])
    uv = np.stack([u, v], -1).reshape(-1, 2)
    triangles = grid_triangles(len(grid), COLUMNS)[:, ::-1]
    made = [Part("mask", grid.reshape(-1, 3), triangles, uv, material, joint="head", moves=moves)]
    if body.person.hat != "hijab":
        made.append(ear_loops(body, still[[2, -3]][:, [0, -1]], kind))
    return [*(_under(part, sheet, still) for part in parts), *made]


@dataclass(frozen=True, eq=False)
class _Sheet:
    """Where the cloth lies for any face that this head makes."""

    body: Body
    rows: IntArray
    """Template vertices of the face that the mask spans."""
    clearance_m: FloatArray
    centre: FloatArray
    bulge_m: float
    """How far the middle line stands before the face."""

    @classmethod
    def of(cls, body: Body, kind: str) -> _Sheet:
        base = body.base
        rows = _spanned_rows(base)
        template = base.vertices[rows]
        growth = beard_field(template, body.person.beard) * (body.person.beard > 0.1)
        clear = GAP_M + (BEARD_UNDER_M * min(1.0, 0.4 + body.person.beard)) * growth
        eyes = 0.5 * (body.joints["eye.L"] + body.joints["eye.R"])
        eyes_template = 0.5 * (base.template_joints["eye.L"] + base.template_joints["eye.R"])
        centre = eyes + body.scale * (CENTRE_M - eyes_template)
        bulge = {"surgical": 0.001, "ffp2": 0.013, "cloth": 0.004}[kind] * body.scale
        return cls(body, rows, clear * body.scale, centre, bulge)

    def points(self, delta: FloatArray) -> FloatArray:
        """(ROWS, COLUMNS, 3) m with the skin's vertices moved by `delta` (V, 3): rows downwards, columns from the
        subject's right to the left."""
        base = self.body.base
        skin = self.body.vertices + delta
        normals = vertex_normals(skin, base.quads["head"])
        near = LinearNDInterpolator(_triangles(base), (skin + 0.0012 * self.body.scale * normals)[_seen_rows(base)])
        on_skin = np.asarray(near(_template_grid(base)))
        held = skin[self.rows] + self.clearance_m[:, None] * normals[self.rows]
        spanned = self._spanned(on_skin, held)
        up, across = np.linspace(0, 1, ROWS)[:, None], np.abs(np.linspace(-1, 1, COLUMNS))[None]
        inside = smooth_step(0.0, 0.14, up) * smooth_step(1.0, 0.88, up) * smooth_step(1.0, 0.84, across)
        return on_skin * (1 - inside[..., None]) + spanned * inside[..., None]

    def _spanned(self, on_skin: FloatArray, held: FloatArray) -> FloatArray:
        """(ROWS, COLUMNS, 3): the hull of what the cloth must stay off, in directions between those of the edges."""
        scale = self.body.scale
        middle = np.abs(self.body.base.vertices[self.rows, 0]) < 0.010
        before = held[middle] + np.array([0.0, 0.0, self.bulge_m])
        behind = self.centre + scale * np.array([[x, y, -0.02] for x in (-0.05, 0.05) for y in (-0.03, 0.03)])
        hull = ConvexHull(np.concatenate([held, before, behind]))
        normal, offset = hull.equations[:, :3], -hull.equations[:, 3] - hull.equations[:, :3] @ self.centre
        a, e = _angles(on_skin - self.centre)
        t = np.linspace(0, 1, ROWS)[:, None]
        a, e = a[0] * (1 - t) + a[-1] * t, e[0] * (1 - t) + e[-1] * t
        direction = np.stack([np.cos(e) * np.sin(a), np.sin(e), np.cos(e) * np.cos(a)], -1)
        toward = direction.reshape(-1, 3) @ normal.T
        reach = np.where(toward > 1e-6, offset / np.maximum(toward, 1e-6), np.inf).min(1).reshape(ROWS, COLUMNS)
        even = ndimage.gaussian_filter(reach, (1.0, 1.0), mode="nearest")
        return np.asarray(self.centre + direction * np.maximum(even, reach)[..., None])


def _angles(relative: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Azimuth and elevation, radians."""
    x, y, z = (np.ascontiguousarray(relative[..., i]) for i in range(3))
    return np.arctan2(x, z), np.arctan2(y, np.hypot(x, z))


def _flat(relative: FloatArray) -> FloatArray:
    return np.degrees(np.stack(_angles(relative), -1))


@functools.lru_cache(maxsize=2)
def _seen_rows(base: BaseMesh) -> IntArray:
    """Template vertices of face, cheeks and throat that are seen from the mask's centre, without the mouth's inside."""
    rows = np.unique(base.quads["head"])
    relative = base.vertices[rows] - CENTRE_M
    normal = vertex_normals(base.vertices, base.quads["head"])[rows]
    outward = (normal * relative).sum(1) / np.linalg.norm(relative, axis=1)
    flat = _flat(relative)
    return rows[(outward > 0.3) & (np.abs(flat[:, 0]) < 95) & (flat[:, 1] > -62) & (flat[:, 1] < 60)]


@functools.lru_cache(maxsize=2)
def _triangles(base: BaseMesh) -> Delaunay:
    return Delaunay(_flat(base.vertices[_seen_rows(base)] - CENTRE_M))


@functools.lru_cache(maxsize=2)
def _template_grid(base: BaseMesh) -> FloatArray:
    """(ROWS, COLUMNS, 2) directions from the centre, degrees, on the template."""
    share = np.linspace(-1, 1, COLUMNS)
    place = LinearNDInterpolator(_triangles(base), base.vertices[_seen_rows(base)])
    top = np.empty((COLUMNS, 2))
    for j, x in enumerate(share * SIDE_X_M):
        height = np.interp(abs(x), TOP_AT_X, TOP_M) + EYE_HEIGHT_M
        out = 0.11
        for _ in range(8):  # the direction in which the skin lies at (x, height)
            guess = np.degrees([np.arctan2(x, out), np.arctan2(height - CENTRE_M[1], np.hypot(x, out))])
            out = float(place(guess[None])[0, 2] - CENTRE_M[2])
        top[j] = guess
    bottom = np.stack([share * SIDE_DEG, np.interp(np.abs(share), *BOTTOM_DEG)], 1)
    t = np.linspace(0, 1, ROWS)[:, None, None]
    return np.asarray(top * (1 - t) + bottom * t)


@functools.lru_cache(maxsize=2)
def _spanned_rows(base: BaseMesh) -> IntArray:
    """Template vertices under the mask: the outline of its directions, all parts of the nose and the lips."""
    grid = _template_grid(base)
    rows = np.unique(base.quads["head"])
    flat = _flat(base.vertices[rows] - CENTRE_M)
    share = np.abs(flat[:, 0]) / np.interp(flat[:, 1], [-28, 12], [SIDE_DEG, abs(grid[0, 0, 0])])
    high = np.interp(flat[:, 0], grid[0, :, 0], grid[0, :, 1])
    low = np.interp(flat[:, 0], grid[-1, :, 0], grid[-1, :, 1])
    return rows[(share < 0.98) & (flat[:, 1] < high + 0.5) & (flat[:, 1] > low - 0.5)]


def _relief(kind: str, still: FloatArray, rng: np.random.Generator) -> FloatArray:
    """(ROWS, COLUMNS) m at template size: pleats or slight creases, none at the edges."""
    up, across = np.linspace(0, 1, ROWS)[:, None], np.abs(np.linspace(-1, 1, COLUMNS))[None]
    inside = smooth_step(0.0, 0.15, up) * smooth_step(1.0, 0.88, up) * smooth_step(1.0, 0.8, across)
    noise = value_noise(still, 40.0, rng, 2).clip(-1.5, 1.5) + 1.5
    if kind == "surgical":
        pleat = (3.0 * (up - 0.24) / 0.56) % 1.0
        folded = (up > 0.24) & (up < 0.80)
        return np.asarray(
            (0.0030 * np.where(folded, 1 - pleat, 0.0) * (0.55 + 0.45 * across) + 0.0005 * noise) * inside
        )
    return np.asarray({"ffp2": 0.0003, "cloth": 0.0007}[kind] * noise * inside)


def _normals(points: FloatArray) -> FloatArray:
    down, across = np.gradient(points, axis=0), np.gradient(points, axis=1)
    normal = np.cross(down, across)
    return np.asarray(normal / (np.linalg.norm(normal, axis=-1, keepdims=True) + 1e-12))


def _hem(points: FloatArray) -> FloatArray:
    """(1, COLUMNS, 3) the upper edge folded back."""
    return np.asarray(points[:1] + 0.5 * (points[1:2] - points[:1]) - 0.0014 * _normals(points)[:1])


def _under(part: Part, sheet: _Sheet, still: FloatArray) -> Part:
    """A beard without what the mask hides; what is left under its edge is pressed flat."""
    if part.name.split(".")[0] != "beard":
        return part
    relative = still - sheet.centre
    flat = _flat(relative).reshape(-1, 2)
    up, across = np.meshgrid(np.linspace(0, 1, ROWS), np.linspace(0, 1, COLUMNS), indexing="ij")
    values = np.stack([up, across, np.linalg.norm(relative, axis=-1)], -1).reshape(-1, 3)
    own = part.vertices - sheet.centre
    reach = np.linalg.norm(own, axis=1)
    row, column, limit = np.asarray(LinearNDInterpolator(flat, values)(_flat(own))).T
    depth = np.nan_to_num(np.minimum(np.minimum(row, 1 - row), np.minimum(column, 1 - column)), nan=-1.0)
    limit = np.where(depth >= 0, limit - 0.001 * sheet.body.scale, np.inf)
    vertices = sheet.centre + own * np.minimum(1.0, limit / reach)[:, None]
    seen = (depth < 0.07)[part.triangles].any(1)
    if not seen.any():
        seen[:1] = True
    return cut_down(part, vertices, seen)
