"""Rasters of the template over its UV map: which point of the template each texel shows.

Painting as a function of these points makes every feature seamless and lets it follow each head's shape.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from synth.heads.base import HEAD_UV_HIGH, HEAD_UV_LOW, TORSO_UV_HIGH, TORSO_UV_LOW, BaseMesh, load_base
from synth.heads.mesh import quads_to_triangles, vertex_normals
from synth.heads.part import ByteArray, FloatArray, IntArray

UV_RECTANGLE = {"head": (HEAD_UV_LOW, HEAD_UV_HIGH), "torso": (TORSO_UV_LOW, TORSO_UV_HIGH)}


def picture_uv(uv: FloatArray, island: str) -> FloatArray:
    """Body UV (N, 2), origin bottom left, to UV of the island's own picture in glTF convention (origin top left)."""
    low, high = (np.array(corner) for corner in UV_RECTANGLE[island])
    inside = (uv - low) / (high - low)
    return np.stack([inside[:, 0], 1 - inside[:, 1]], 1)


@dataclass(frozen=True, eq=False)
class UvMap:
    """An island drawn on a square picture of `size` texels.

    `texel` (K,) flat indices of the texels that the island covers. Per covered texel: `corners` (K, 3) template
    vertices, `shares` (K, 3) barycentric weights. `nearest` (size, size) index into the K texels, for every texel, so
    that `fill` bleeds colours over the island's edges.
    """

    size: int
    texel: IntArray
    corners: IntArray
    shares: FloatArray
    nearest: IntArray

    def spread(self, per_vertex: FloatArray) -> FloatArray:
        """Values (V,) or (V, C) of template vertices, interpolated to the K texels, float32."""
        values = per_vertex.astype(np.float32)[self.corners]
        return np.einsum("kc...,kc->k...", values, self.shares)

    def fill(self, per_texel: FloatArray) -> FloatArray:
        """Values (K,) or (K, C) as a whole picture (size, size[, C])."""
        return per_texel[self.nearest]


def draw_island(base: BaseMesh, island: str, size: int) -> UvMap:
    """Raster one UV island of the body."""
    triangles = quads_to_triangles(base.quads[island])
    uv = picture_uv(base.uv, island)[quads_to_triangles(base.uv_quads[island])] * size - 0.5
    rows, columns, owners, shares = [], [], [], []
    for index, (a, b, c) in enumerate(uv):
        low = np.maximum(np.floor(np.minimum(np.minimum(a, b), c)).astype(int), 0)
        high = np.minimum(np.ceil(np.maximum(np.maximum(a, b), c)).astype(int), size - 1)
        area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
        if abs(area) < 1e-9:
            continue
        x, y = np.meshgrid(np.arange(low[0], high[0] + 1), np.arange(low[1], high[1] + 1))
        share_b = ((x - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (y - a[1])) / area
        share_c = ((b[0] - a[0]) * (y - a[1]) - (x - a[0]) * (b[1] - a[1])) / area
        share = np.stack([1 - share_b - share_c, share_b, share_c], -1)
        inside = (share >= -1e-3).all(-1)
        rows.append(y[inside])
        columns.append(x[inside])
        shares.append(share[inside])
        owners.append(np.full(int(inside.sum()), index))
    flat = np.concatenate(rows) * size + np.concatenate(columns)
    texel, first = np.unique(flat, return_index=True)
    covered = np.zeros(size * size, bool)
    covered[texel] = True
    _, where = ndimage.distance_transform_edt(~covered.reshape(size, size), return_indices=True)
    order = np.zeros(size * size, np.int32)
    order[texel] = np.arange(len(texel), dtype=np.int32)
    return UvMap(
        size=size,
        texel=texel,
        corners=triangles[np.concatenate(owners)[first]].astype(np.int32),
        shares=np.concatenate(shares)[first].astype(np.float32),
        nearest=order.reshape(size, size)[where[0], where[1]],
    )


@dataclass(frozen=True, eq=False)
class Surface:
    """What painters of the head's skin need, per covered texel (K,): float32, metres, template positions.

    `x` is the distance from the middle plane, `side` the signed one, `y` the height above the eyes, `z` the depth.
    `lips`, `ears`, `eyelids` are masks 0..1. `lid_m` and `mouth_m` are distances to the eyes' and the mouth's opening.
    `texel_m` (size, size, 2) is the metric size of a texel along u and v.
    """

    uv_map: UvMap
    points: FloatArray
    side: FloatArray
    x: FloatArray
    y: FloatArray
    z: FloatArray
    lips: FloatArray
    ears: FloatArray
    eyelids: FloatArray
    lid_m: FloatArray
    mouth_m: FloatArray
    texel_m: FloatArray


def _opening_distance(base: BaseMesh, points: FloatArray, others: tuple[str, ...]) -> FloatArray:
    """Distance (K,) m from points to the rim that the head island shares with other islands."""
    head = base.quads["head"]
    rim = np.intersect1d(head, np.concatenate([base.quads[name].ravel() for name in others]))
    edges = np.concatenate([head[:, [0, 1]], head[:, [1, 2]], head[:, [2, 3]], head[:, [3, 0]]])
    edges = edges[np.isin(edges, rim).all(1)]
    steps = np.linspace(0, 1, 6)[:, None, None]
    dense = base.vertices[edges[:, 0]] * (1 - steps) + base.vertices[edges[:, 1]] * steps
    distance, _ = cKDTree(dense.reshape(-1, 3)).query(points, distance_upper_bound=0.02)
    return np.minimum(distance, 0.02).astype(np.float32)


@functools.lru_cache(maxsize=2)
def head_surface(size: int) -> Surface:
    """The head's skin on a picture of `size` texels, drawn once a process and size."""
    base = load_base()
    uv_map = draw_island(base, "head", size)
    points = uv_map.spread(base.vertices)
    whole = uv_map.fill(points)
    texel_m = np.stack([np.linalg.norm(np.gradient(whole, axis=axis), axis=-1) for axis in (1, 0)], -1)
    masks = {name: _mask(picture, uv_map) for name, picture in base.masks.items()}
    return Surface(
        uv_map=uv_map,
        points=points,
        side=points[:, 0].copy(),
        x=np.abs(points[:, 0]),
        y=points[:, 1] - np.float32(base.eye_height),
        z=points[:, 2].copy(),
        lips=masks["lips"],
        ears=masks["ears"],
        eyelids=masks["eyelids"],
        lid_m=_opening_distance(base, points, ("socket_l", "socket_r")),
        mouth_m=_opening_distance(base, points, ("mouth",)),
        texel_m=np.maximum(texel_m, 1e-5).astype(np.float32),
    )


def _mask(picture: ByteArray, uv_map: UvMap) -> FloatArray:
    sized = cv2.resize(picture, (uv_map.size, uv_map.size), interpolation=cv2.INTER_LINEAR).astype(np.float32) / 255
    sized = cv2.GaussianBlur(sized, (0, 0), max(0.3, uv_map.size / 700))
    return sized.ravel()[uv_map.texel]


@functools.lru_cache(maxsize=2)
def torso_points(size: int) -> tuple[UvMap, FloatArray]:
    """The torso's map and template positions (K, 3) of its texels."""
    base = load_base()
    uv_map = draw_island(base, "torso", size)
    return uv_map, uv_map.spread(base.vertices)


@functools.lru_cache(maxsize=1)
def template_normals() -> FloatArray:
    """Unit normals (V, 3) of the template's body."""
    base = load_base()
    body = np.concatenate([base.quads[name] for name in ("head", "torso", "mouth", "socket_l", "socket_r")])
    return vertex_normals(base.vertices, body)
