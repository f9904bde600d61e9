"""Eyeballs and lashes."""

from __future__ import annotations

import functools

import cv2
import numpy as np

from synth.heads.body import Body
from synth.heads.colour import linear_to_srgb, smooth_step, srgb_to_linear, to_bytes
from synth.heads.eyes.lids import eye_sphere, lash_grids
from synth.heads.part import ByteArray, FloatArray, IntArray, Material, Part
from synth.heads.person import Person

PICTURE_PX = 192
SHOWN_DEG = 62.0
"""The eye's picture covers this angle about the gaze axis, equidistant: radius in the picture is proportional to it."""

SCLERA_SRGB = (0.78, 0.735, 0.71)
MERIDIANS, FRONT_RINGS, BACK_RINGS = 20, 11, 4


def eye_parts(body: Body, rng: np.random.Generator) -> list[Part]:
    """Both eyeballs (rigid on their joints, gaze straight ahead) and the lashes."""
    picture = iris_picture(body.person, rng)
    material = Material(
        "eye", base_colour_texture=picture, roughness=0.35, specular=0.3, clearcoat=0.6, jpeg_quality=88
    )
    parts = []
    for joint, side in (("eye.L", "l"), ("eye.R", "r")):
        centre, radius = eye_sphere(body.base, body.vertices, side)
        vertices, triangles, uv = eyeball()
        parts.append(Part(f"{joint}.mesh", centre + radius * vertices, triangles, uv, material, joint=joint))
    return [*parts, lashes(body, rng)]


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
    angle = np.arctan2(np.ascontiguousarray(vertices[:, 1]), np.ascontiguousarray(vertices[:, 0]))
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
    radius, angle = np.hypot(x, y) * SHOWN_DEG, np.arctan2(np.ascontiguousarray(y), np.ascontiguousarray(x))
    iris_deg, pupil_deg = person.iris_half_deg, person.iris_half_deg * person.pupil_ratio
    inward = (radius - pupil_deg) / (iris_deg - pupil_deg)
    fibres = np.zeros_like(radius)
    for _ in range(40):
        phase = rng.uniform(0, 2 * np.pi) + inward * rng.normal(0, 1.5)
        fibres += np.cos(rng.integers(8, 90) * angle + phase) * rng.uniform(0.3, 1)
    fibres /= np.abs(fibres).max()
    shade = (1.0 + 0.45 * fibres) * (1.08 - 0.2 * np.clip(inward, 0, 1)) * (1 - 0.7 * smooth_step(0.74, 1.0, inward))
    iris = np.array(person.iris_rgb) * shade[..., None]
    white = _sclera(radius, rng)
    cover = smooth_step(iris_deg + 1.3, iris_deg - 0.7, radius)[..., None]
    picture = white * (1 - cover) + iris * cover
    hole = smooth_step(pupil_deg + 1, pupil_deg - 0.6, radius)[..., None]
    picture = picture * (1 - hole) + 0.004 * hole
    # The upper lid's shade: with only a few samples and a denoiser it is steadier painted than traced.
    above = np.clip(-y * SHOWN_DEG, 0, None)
    return to_bytes(linear_to_srgb(picture * (1 - 0.45 * smooth_step(6, 26, above))[..., None]))


def _sclera(radius: FloatArray, rng: np.random.Generator) -> FloatArray:
    veins = np.zeros((PICTURE_PX, PICTURE_PX), np.float32)
    for _ in range(26):
        turn, out, path = rng.uniform(0, 2 * np.pi), rng.uniform(0.95, 1.0), []
        for _ in range(14):
            path.append((PICTURE_PX / 2 * (1 + out * np.cos(turn)), PICTURE_PX / 2 * (1 + out * np.sin(turn))))
            out, turn = out - 0.035, turn + rng.normal(0, 0.03)
        cv2.polylines(veins, [np.array(path, np.int32)], False, rng.uniform(0.1, 0.4), 1, cv2.LINE_AA)
    reddening = 1 - 0.45 * smooth_step(26, SHOWN_DEG, radius)[..., None] * np.array([0.45, 0.85, 0.85])
    return srgb_to_linear(SCLERA_SRGB) * reddening * (1 - 0.5 * veins[..., None] * np.array([0.1, 0.6, 0.6]))


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
        length = body.person.lash_length * (1.0 if upper else 0.6)
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
