"""Eyeballs and lashes."""

from __future__ import annotations

import functools

import cv2
import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, shortest_path

from synth.heads.base import BaseMesh
from synth.heads.colour import linear_to_srgb, smooth_step, srgb_to_linear, to_bytes
from synth.heads.part import Body, ByteArray, FloatArray, IntArray, Material, Part
from synth.heads.person import Person

PICTURE_PX = 192
SHOWN_DEG = 62.0
"""The eye's picture covers this angle about the gaze axis, equidistant: radius in the picture is proportional to it."""

SCLERA_SRGB = (0.83, 0.79, 0.76)
MERIDIANS, FRONT_RINGS, BACK_RINGS = 20, 11, 4


def eye_parts(body: Body, rng: np.random.Generator) -> list[Part]:
    """Both eyeballs (rigid on their joints, gaze straight ahead) and the lashes."""
    picture = iris_picture(body.person, rng)
    material = Material("eye", base_colour_texture=picture, roughness=0.15, clearcoat=1.0, jpeg_quality=88)
    parts = []
    for joint, shape in (("eye.L", "eye_l"), ("eye.R", "eye_r")):
        centre, radius = fit_sphere(body.vertices[np.unique(body.base.quads[shape])])
        vertices, triangles, uv = eyeball()
        parts.append(Part(f"{joint}.mesh", centre + radius * vertices, triangles, uv, material, joint=joint))
    return [*parts, lashes(body, rng)]


def fit_sphere(points: FloatArray) -> tuple[FloatArray, float]:
    """Centre (3,) and radius of the sphere through `points` (N, 3), least squares. The helper eye is one exactly."""
    solution = np.linalg.lstsq(np.c_[2 * points, np.ones(len(points))], (points**2).sum(1), rcond=None)[0]
    return solution[:3], float(np.sqrt(solution[3] + solution[:3] @ solution[:3]))


@functools.lru_cache(maxsize=1)
def eyeball() -> tuple[FloatArray, IntArray, FloatArray]:
    """A unit sphere with its pole (the pupil) on +Z: vertices, triangles, uv. Rings are denser on the front."""
    front = np.linspace(0, SHOWN_DEG, FRONT_RINGS)[1:]
    back = np.linspace(SHOWN_DEG, 180, BACK_RINGS + 1)[1:-1]
    rings = np.radians(np.concatenate([front, back]))
    around = 2 * np.pi * np.arange(MERIDIANS) / MERIDIANS
    ring, turn = np.meshgrid(rings, around, indexing="ij")
    middle = np.stack([np.sin(ring) * np.cos(turn), np.sin(ring) * np.sin(turn), np.cos(ring)], -1).reshape(-1, 3)
    vertices = np.concatenate([[[0, 0, 1]], middle, [[0, 0, -1]]])
    out = np.minimum(np.degrees(np.arccos(np.clip(vertices[:, 2], -1, 1))) / SHOWN_DEG, 0.99) * 0.5
    angle = np.arctan2(vertices[:, 1], vertices[:, 0])
    uv = np.stack([0.5 + out * np.cos(angle), 0.5 - out * np.sin(angle)], 1)
    return vertices, _sphere_triangles(len(rings)), uv


def _sphere_triangles(rings: int) -> IntArray:
    here, right = np.arange(MERIDIANS), (np.arange(MERIDIANS) + 1) % MERIDIANS
    last = 1 + rings * MERIDIANS
    faces = [np.stack([np.zeros_like(here), 1 + here, 1 + right], 1)]
    for ring in range(rings - 1):
        a, b = 1 + ring * MERIDIANS + here, 1 + ring * MERIDIANS + right
        faces += [np.stack([a, a + MERIDIANS, b + MERIDIANS], 1), np.stack([a, b + MERIDIANS, b], 1)]
    start = 1 + (rings - 1) * MERIDIANS
    faces.append(np.stack([np.full_like(here, last), start + right, start + here], 1))
    return np.concatenate(faces)


def iris_picture(person: Person, rng: np.random.Generator) -> ByteArray:
    """The front of the eyeball (PICTURE_PX, PICTURE_PX, 3) uint8 sRGB: pupil, fibrous iris, dark rim, sclera, veins."""
    axis = (np.arange(PICTURE_PX) + 0.5) / PICTURE_PX * 2 - 1
    x, y = np.meshgrid(axis, axis)
    radius, angle = np.hypot(x, y) * SHOWN_DEG, np.arctan2(y, x)
    iris_deg, pupil_deg = person.iris_half_deg, person.iris_half_deg * person.pupil_ratio
    inward = (radius - pupil_deg) / (iris_deg - pupil_deg)
    fibres = np.zeros_like(radius)
    for _ in range(40):
        phase = rng.uniform(0, 2 * np.pi) + inward * rng.normal(0, 1.5)
        fibres += np.cos(rng.integers(8, 90) * angle + phase) * rng.uniform(0.3, 1)
    fibres /= np.abs(fibres).max()
    shade = (1.2 + 0.5 * fibres) * (1.2 - 0.35 * np.clip(inward, 0, 1)) * (1 - 0.7 * smooth_step(0.74, 1.0, inward))
    iris = np.array(person.iris_rgb) * shade[..., None]
    white = _sclera(radius, rng)
    cover = smooth_step(iris_deg + 1.3, iris_deg - 0.7, radius)[..., None]
    picture = white * (1 - cover) + iris * cover
    hole = smooth_step(pupil_deg + 1, pupil_deg - 0.6, radius)[..., None]
    return to_bytes(linear_to_srgb(picture * (1 - hole) + 0.004 * hole))


def _sclera(radius: FloatArray, rng: np.random.Generator) -> FloatArray:
    veins = np.zeros((PICTURE_PX, PICTURE_PX), np.float32)
    for _ in range(26):
        turn, out, path = rng.uniform(0, 2 * np.pi), rng.uniform(0.95, 1.0), []
        for _ in range(14):
            path.append((PICTURE_PX / 2 * (1 + out * np.cos(turn)), PICTURE_PX / 2 * (1 + out * np.sin(turn))))
            out, turn = out - 0.035, turn + rng.normal(0, 0.03)
        cv2.polylines(veins, [np.array(path, np.int32)], False, rng.uniform(0.1, 0.4), 1, cv2.LINE_AA)
    reddening = 1 - 0.25 * smooth_step(30, SHOWN_DEG, radius)[..., None] * np.array([0.2, 0.8, 0.8])
    return srgb_to_linear(SCLERA_SRGB) * reddening * (1 - 0.5 * veins[..., None] * np.array([0.1, 0.6, 0.6]))


@functools.lru_cache(maxsize=1)
def lash_grids(base: BaseMesh) -> tuple[IntArray, ...]:
    """The four lash strips as grids of template vertices (columns along the lid, rows from root to tip).

    Order: upper left, lower left, upper right, lower right, told apart by position.
    """
    quads = base.quads["lashes"]
    edges = np.concatenate([quads[:, [0, 1]], quads[:, [1, 2]], quads[:, [2, 3]], quads[:, [3, 0]]])
    count = len(base.vertices)
    graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), (count, count)).tocsr()
    label = connected_components(graph, directed=False)[1]
    grids = [_grid(base, np.flatnonzero(label == one), graph, quads) for one in np.unique(label[quads[:, 0]])]
    middle = [base.vertices[grid].mean((0, 1)) for grid in grids]
    order = sorted(range(len(grids)), key=lambda i: (middle[i][0] < 0, -middle[i][1]))
    return tuple(grids[i] for i in order)


def _grid(base: BaseMesh, rows: IntArray, graph: coo_matrix, quads: IntArray) -> IntArray:
    """Order one strip: distances along edges from two corners of its root row give both grid coordinates."""
    steps = shortest_path(graph[rows][:, rows], directed=False, unweighted=True)
    corners = np.flatnonzero(np.bincount(quads.ravel(), minlength=len(base.vertices))[rows] == 1)
    eye = base.template_joints["eye.L"] * np.array([np.sign(base.vertices[rows[0], 0]), 1, 1])
    near = np.linalg.norm(base.vertices[rows[corners]] - eye, axis=1)
    first = corners[int(np.argmin(near))]
    along = {int(steps[first, corner]): corner for corner in corners if corner != first}
    length = sorted(along)[1]  # the three others lie at the strip's width, its length, and both together
    second = along[length]
    column = ((steps[first] - steps[second] + length) / 2).astype(int)
    row = ((steps[first] + steps[second] - length) / 2).astype(int)
    grid = np.zeros((column.max() + 1, row.max() + 1), np.int64)
    grid[column, row] = rows
    return grid


LASH_COUNT = {"upper": 46, "lower": 22}
LASH_WIDTH_M = 0.00042
LASH_RGB = (0.012, 0.009, 0.008)


def lashes(body: Body, rng: np.random.Generator) -> Part:
    """Single tapered lashes that grow from the lids along the template's lash strips."""
    vertices, triangles, sources = [], [], []
    start = 0
    for index, grid in enumerate(lash_grids(body.base)):
        upper = index % 2 == 0
        count = LASH_COUNT["upper" if upper else "lower"]
        length = body.person.lash_length * (1.0 if upper else 0.55)
        points, source = _lash_lines(body, grid, count, length, rng)
        strip, faces = _taper(points, body.scale)
        vertices.append(strip.reshape(-1, 3))
        triangles.append(faces + start)
        sources.append(np.repeat(source, 5))
        start += 5 * count
    rows = np.concatenate(sources)
    material = Material("lashes", base_colour=LASH_RGB, roughness=0.6, specular=0.3)
    uv = np.zeros((len(rows), 2))
    everything = np.concatenate(vertices), np.concatenate(triangles)
    return Part("lashes", *everything, uv, material, weights=body.weights[rows], base_vertex=rows)


def _lash_lines(
    body: Body, grid: IntArray, count: int, length: float, rng: np.random.Generator
) -> tuple[FloatArray, IntArray]:
    """`count` lash curves as (count, 3 points, 3) m, and the root vertex (count,) each hangs on."""
    columns, rows = grid.shape
    where = (np.arange(count) + rng.uniform(0.2, 0.8, count)) / count * (columns - 1)
    low = np.minimum(where.astype(int), columns - 2)
    share = (where - low)[:, None, None]
    picked = grid[:, [0, rows // 2, rows - 1]]
    strip = body.vertices[picked]
    curve = strip[low] * (1 - share) + strip[low + 1] * share
    grown = length * rng.uniform(0.75, 1.15, count)[:, None, None]
    curve = curve[:, :1] + (curve - curve[:, :1]) * grown
    curve[:, 1:] += rng.normal(0, 0.00035, (count, 1, 3)) * [[[1.0, 0.3, 0.3]]]
    return curve, picked[low, 0]


def _taper(points: FloatArray, scale: float) -> tuple[FloatArray, IntArray]:
    """Curves (n, 3, 3) to ribbons of five vertices (n, 5, 3) that end in a point, and their triangles."""
    side = np.zeros_like(points[:, 0])
    side[:, 0] = 0.5 * LASH_WIDTH_M * scale
    root, middle, tip = points[:, 0], points[:, 1], points[:, 2]
    ribbon = np.stack([root - side, root + side, middle - 0.7 * side, middle + 0.7 * side, tip], 1)
    one = np.array([[0, 1, 3], [0, 3, 2], [2, 3, 4]])
    return ribbon, (one[None] + 5 * np.arange(len(points))[:, None, None]).reshape(-1, 3)
