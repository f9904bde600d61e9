"""The bare torso and the garment over it: a shell of the body, cut cleanly along a neckline."""

from __future__ import annotations

import numpy as np

from synth.heads.colour import linear_to_srgb, smooth_step, to_bytes
from synth.heads.mesh import quads_to_triangles, split_by_uv, vertex_normals
from synth.heads.noise import value_noise
from synth.heads.part import Body, ByteArray, FloatArray, IntArray, Material, Part
from synth.heads.skin import ground_colour
from synth.heads.uvmap import picture_uv, torso_points

SKIN_PX, CLOTH_PX = 256, 256
CLOTH_OFFSET_M = 0.006
HIDDEN_M = 0.02
"""Skin further than this inside the cloth is left out: nobody sees it."""

NECK_AXIS_Z = 0.012
NECKLINE_TOP_M = 0.600
"""Height of the necklines' middle on the template: the openings are drawn below it, as seen from the front."""

NECKLINES_M = {"crew": (0.070, 0.046, 0.012), "v": (0.074, 0.098, 0.014), "scoop": (0.096, 0.084, 0.030)}
"""Half width, depth in front and depth behind of each opening."""

TURTLE_TOP_M = 0.635


def cloth_field(points: FloatArray, neckline: str) -> FloatArray:
    """How far inside the garment template points (N, 3) lie, m; negative outside."""
    if neckline == "turtle":
        return TURTLE_TOP_M - points[..., 1] + 0.35 * (NECK_AXIS_Z - points[..., 2]).clip(-0.06, 0.06)
    half_width, front, back = NECKLINES_M[neckline]
    depth = np.interp(points[..., 2], [-0.03, 0.04], [back, front])
    across = np.abs(points[..., 0]) / half_width
    down = (NECKLINE_TOP_M - points[..., 1]).clip(0) / depth
    roundness = 1.15 if neckline == "v" else 2.2
    return ((across**roundness + down**roundness) ** (1 / roundness) - 1) * half_width


def torso_parts(body: Body, skin_rng: np.random.Generator, rng: np.random.Generator) -> list[Part]:
    """The bare part of the torso, and the garment. `skin_rng` must be the one that painted the head's ground."""
    return [_bare_torso(body, skin_rng), garment(body, rng)]


def _bare_torso(body: Body, rng: np.random.Generator) -> Part:
    rows, uv_rows, triangles = split_by_uv(body.base.quads["torso"], body.base.uv_quads["torso"])
    field = cloth_field(body.base.vertices[rows], body.person.neckline)
    triangles = triangles[field[triangles].min(1) < HIDDEN_M]
    kept, triangles = np.unique(triangles, return_inverse=True)
    rows, uv = rows[kept], picture_uv(body.base.uv[uv_rows[kept]], "torso")
    uv_map, points = torso_points(SKIN_PX)
    picture = to_bytes(linear_to_srgb(uv_map.fill(ground_colour(points, body.person, rng))))
    material = Material("torso", base_colour_texture=picture, roughness=0.6, specular=0.35, jpeg_quality=80)
    shape = body.vertices[rows], triangles.reshape(-1, 3), uv
    return Part("torso", *shape, material, weights=body.weights[rows], normals=skin_normals(body)[rows])


def skin_normals(body: Body) -> FloatArray:
    """Normals (V, 3) of head and torso as one surface, without the cuts of UV map and parts."""
    return vertex_normals(body.vertices, np.concatenate([body.base.quads["torso"], body.base.quads["head"]]))


def garment(body: Body, rng: np.random.Generator) -> Part:
    """The cloth: the body's triangles inside the neckline, cut along it, lifted off the skin, with a turned-in rim."""
    base, person = body.base, body.person
    skin = quads_to_triangles(np.concatenate([base.quads["torso"], base.quads["head"]]))
    field = cloth_field(base.vertices, person.neckline)
    corners, shares, triangles = clip_triangles(skin[_near_torso(base.vertices, skin)], field)
    normals = skin_normals(body)
    template = _blend(base.vertices, corners, shares)
    lift = CLOTH_OFFSET_M * body.scale * (1 + 0.35 * value_noise(template, 22, rng, 2))
    lift = np.clip(lift, 0.0035, 0.012)
    surface = _blend(body.vertices, corners, shares)
    normal = _blend(normals, corners, shares)
    normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
    outer = surface + normal * lift[:, None]
    weights = _blend(body.weights, corners, shares)
    rim_of, rim = _rim(triangles)
    vertices = np.concatenate([outer, surface[rim_of] - normal[rim_of] * 0.0015])
    template = np.concatenate([template, template[rim_of]])
    weights = np.concatenate([weights, weights[rim_of]])
    material = Material("garment", cloth_picture(body, rng), roughness=0.85, specular=0.2, jpeg_quality=80)
    return Part("garment", vertices, np.concatenate([triangles, rim]), _cloth_uv(template), material, weights=weights)


def _near_torso(vertices: FloatArray, triangles: IntArray) -> np.ndarray:
    return vertices[triangles][..., 1].max(1) < 0.66


def _cloth_uv(template: FloatArray) -> FloatArray:
    """Round the body and up: one picture every 0.3 m; mirrored left to right, so that no seam runs down the back."""
    around = np.abs(np.arctan2(template[:, 0], template[:, 2] - NECK_AXIS_Z)) * 0.17
    return np.stack([around / 0.3, -template[:, 1] / 0.3], 1)


def _blend(values: FloatArray, corners: IntArray, shares: FloatArray) -> FloatArray:
    return values[corners[:, 0]] * shares[:, :1] + values[corners[:, 1]] * shares[:, 1:]


def clip_triangles(triangles: IntArray, field: FloatArray) -> tuple[IntArray, FloatArray, IntArray]:
    """Cut triangles (M, 3) along `field == 0` and keep the positive side.

    Returns `corners` (N, 2) vertex pairs and `shares` (N, 2) whose blend is each new vertex, and triangles (M', 3) over
    the new vertices, with the winding kept.
    """
    pieces: list[list[tuple[int, int]]] = []
    for triangle in triangles[(field[triangles] > 0).any(1)]:
        polygon: list[tuple[int, int]] = []
        for here, after in zip(triangle, np.roll(triangle, -1), strict=True):
            if field[here] > 0:
                polygon.append((int(here), int(here)))
            if (field[here] > 0) != (field[after] > 0):
                polygon.append((int(min(here, after)), int(max(here, after))))
        pieces += [[polygon[0], polygon[i], polygon[i + 1]] for i in range(1, len(polygon) - 1)]
    flat = np.array(pieces, dtype=np.int64).reshape(-1, 2)
    corners, inverse = np.unique(flat, axis=0, return_inverse=True)
    low, high = field[corners[:, 0]], field[corners[:, 1]]
    cut = corners[:, 0] != corners[:, 1]
    second = np.where(cut, low / np.where(cut, low - high, 1), 0.0)
    return corners, np.stack([1 - second, second], 1), inverse.reshape(-1, 3)


def _rim(triangles: IntArray) -> tuple[IntArray, IntArray]:
    """A band along open edges: the vertices (R,) it hangs on, and its triangles; new vertices follow the old ones."""
    count = int(triangles.max()) + 1
    edges = np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    key, mirrored = edges[:, 0] * count + edges[:, 1], edges[:, 1] * count + edges[:, 0]
    open_edges = edges[~np.isin(key, mirrored)]
    rim_of = np.unique(open_edges)
    new = count + np.searchsorted(rim_of, open_edges)
    a, b = open_edges[:, 0], open_edges[:, 1]
    return rim_of, np.concatenate([np.stack([b, a, new[:, 0]], 1), np.stack([b, new[:, 0], new[:, 1]], 1)])


def cloth_picture(body: Body, rng: np.random.Generator) -> ByteArray:
    """The cloth's colour (CLOTH_PX, CLOTH_PX, 3) uint8 sRGB, tileable: plain, striped or mottled, with a soft weave."""
    person = body.person
    turn = 2 * np.pi * (np.arange(CLOTH_PX) + 0.5) / CLOTH_PX
    u, v = np.meshgrid(turn, turn)
    ring = np.stack([np.cos(u), np.sin(u), np.cos(v), np.sin(v)], -1) * 0.5
    soft = value_noise(ring[..., [0, 1, 2]] + ring[..., [3, 3, 1]] * 0.7, 3, rng, 3)
    weave = rng.normal(0, 1, u.shape)
    first, second = np.array(person.garment_rgb), np.array(person.pattern_rgb)
    share = np.zeros_like(u)
    if person.garment_pattern == "stripes":
        share = smooth_step(-0.15, 0.15, np.sin(v * rng.integers(4, 14) + 0.15 * np.sin(u * 3)))
    elif person.garment_pattern == "mottled":
        share = 0.6 * smooth_step(-0.6, 1.2, soft)
    colour = first * (1 - share[..., None]) + second * share[..., None]
    return to_bytes(linear_to_srgb(np.clip(colour * np.exp(0.10 * soft + 0.07 * weave)[..., None], 0, 0.9)))
