"""Head scarves worn over hair, ears and neck, down to the shoulders."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import ndimage
from scipy.interpolate import LinearNDInterpolator
from scipy.spatial import cKDTree

from synth.heads.body import Body
from synth.heads.colour import smooth_step
from synth.heads.hair.scalp import EYE_HEIGHT_M, ear_distance, scalp_field
from synth.heads.mesh import quads_to_triangles, vertex_normals
from synth.heads.noise import value_noise
from synth.heads.part import JOINTS, FloatArray, Part
from synth.heads.worn.dome import HAIR_UNDER_M, OTHER_HAIR_M, grid_triangles, welded_normals
from synth.heads.worn.fabric import woven
from synth.heads.worn.membrane import Obstacle, grid_normals, relaxed

COLUMNS, ROWS = 66, 34
FACE_CENTRE_M = np.array([0.0, 0.700, 0.060])
"""A point inside the template's head that the opening for the face is drawn around."""
NECK_AXIS_M = np.array([0.0, 0.60, 0.012])

OPENING_AT_DEG = (0.0, 30.0, 60.0, 90.0, 115.0, 140.0, 160.0, 180.0)
OPENING_DEG = (53.0, 58.0, 67.0, 71.0, 70.0, 68.0, 65.0, 64.0)
"""How far from straight ahead the edge lies, by the angle around the face: 0 over the forehead, 180 under the chin."""

NECK_AIR_M, SHOULDER_AIR_M = 0.008, 0.005
CHIN_Y_M = EYE_HEIGHT_M - 0.112


def hijab(body: Body, parts: list[Part], rng: np.random.Generator) -> Part:
    """One cloth around the face, over hair, ears and neck, with folds under the chin. `parts`: what lies below it."""
    person = body.person
    around = np.linspace(0.0, 360.0, COLUMNS + 1)
    obstacle = _obstacle(body, parts)
    edge, hem = (_lifted(obstacle, line) for line in (_edge(body, around), _hem(body, around, rng)))
    start = _laid_out(body, edge, hem)
    pinned = np.zeros(ROWS, dtype=bool)
    pinned[[0, -1]] = True
    cloth = relaxed(start, obstacle, 90, pinned)
    cloth = _lifted(replace(obstacle, clearance_m=0.4 * obstacle.clearance_m), _folded(body, cloth, rng))
    cloth[:, -1] = cloth[:, 0]
    points = np.concatenate([_turned_in(cloth), cloth, _turned_in(cloth[::-1], 0.005 * body.scale)])
    material = woven("hat", np.array(person.hat_rgb), np.array(person.hat_second_rgb), person.hat_pattern, rng)
    along = np.cumsum(np.linalg.norm(np.diff(points, axis=0, prepend=points[:1]), axis=2), axis=0)
    along[:, :-1] = ndimage.gaussian_filter1d(along[:, :-1], 4.0, axis=1, mode="wrap")
    along[:, -1] = along[:, 0]
    u = np.broadcast_to(np.linspace(0, 10, COLUMNS + 1), along.shape)
    uv = np.stack([u, along / (0.24 * body.scale)], -1).reshape(-1, 2)
    flat = points.reshape(-1, 3)
    triangles = grid_triangles(len(points), COLUMNS + 1)
    weights, moves = _following(body, points)
    return Part(
        "hat.scarf",
        flat,
        triangles,
        uv,
        material,
        weights=weights,
        moves=moves,
        normals=welded_normals(flat, triangles),
    )


def _lifted(obstacle: Obstacle, line: FloatArray) -> FloatArray:
    """Points (..., 3), off what they lie on."""
    tree, lifted = obstacle.tree(), line.copy()
    for _ in range(4):
        lack, normal = obstacle.lack_m(tree, lifted.reshape(-1, 3))
        lifted += (np.minimum(lack, 0.02)[:, None] * normal).reshape(line.shape)
    return lifted


def _edge(body: Body, around_deg: FloatArray) -> FloatArray:
    """(C, 3) the edge around the face, on the skin."""
    base = body.base
    rows = np.unique(base.quads["head"])
    relative = base.vertices[rows] - FACE_CENTRE_M
    normal = vertex_normals(base.vertices, base.quads["head"])[rows]
    outward = (normal * relative).sum(1) / np.linalg.norm(relative, axis=1)
    rows = rows[(outward > 0.25) & (ear_distance(base.vertices[rows]) > 0)]
    find = LinearNDInterpolator(_front_plane(base.vertices[rows] - FACE_CENTRE_M), body.vertices[rows])
    turned = np.minimum(around_deg, 360 - around_deg)
    out = np.interp(turned, OPENING_AT_DEG, OPENING_DEG)
    a = np.radians(around_deg)
    found = np.asarray(find(np.stack([out * np.sin(a), out * np.cos(a)], -1)))
    for axis in range(3):
        found[:-1, axis] = ndimage.gaussian_filter1d(found[:-1, axis], 2.2, mode="wrap")
    found[-1] = found[0]
    return found


def _front_plane(relative: FloatArray) -> FloatArray:
    """Directions (N, 3) on a plane (N, 2) with straight ahead in the middle; degrees."""
    out = np.degrees(np.arccos(np.clip(relative[:, 2] / np.linalg.norm(relative, axis=1), -1, 1)))
    a = np.arctan2(relative[:, 0], relative[:, 1])
    return np.stack([out * np.sin(a), out * np.cos(a)], 1)


def _hem(body: Body, around_deg: FloatArray, rng: np.random.Generator) -> FloatArray:
    """(C, 3) the lower edge: on the chest, over the shoulders, on the back."""
    a = np.radians(around_deg)
    front = (0.5 - 0.5 * np.cos(a)) ** 1.5
    low = 0.015 * rng.uniform(-1, 1)
    y = 0.520 + 0.028 * np.sin(a) ** 2 - (0.055 + low) * front
    template = np.stack([0.118 * np.sin(a), y, NECK_AXIS_M[2] - np.cos(a) * np.where(np.cos(a) < 0, 0.125, 0.085)], -1)
    rows = np.unique(body.base.body_shell)
    _, nearest = cKDTree(body.base.vertices[rows]).query(template, k=6)
    near = rows[nearest]
    return np.asarray((body.vertices[near] - body.scale * body.base.vertices[near]).mean(1) + body.scale * template)


def _obstacle(body: Body, parts: list[Part]) -> Obstacle:
    """Head, neck, shoulders and what is worn there; ears count as lying flat."""
    base, scale = body.base, body.scale
    head = quads_to_triangles(base.quads["head"])
    triangles = np.concatenate([base.body_shell, head])
    normals = vertex_normals(body.vertices, triangles)
    rows = np.unique(triangles)
    rows = rows[base.vertices[rows, 1] > 0.40]
    template = base.vertices[rows]
    normal = normals[rows].copy()
    on_ear = (ear_distance(template) < 0.002) & (np.abs(template[:, 0]) > 0.068)
    normal[on_ear] = np.sign(template[on_ear, :1]) * np.array([1.0, 0.0, 0.0])
    hair = HAIR_UNDER_M.get(body.person.hair_style, OTHER_HAIR_M)
    scalp = smooth_step(-0.002, 0.02, scalp_field(template))
    neck = smooth_step(CHIN_Y_M + 0.025, CHIN_Y_M - 0.02, template[:, 1])
    air = 0.0018 + 0.003 * on_ear + (0.0015 + hair) * scalp + NECK_AIR_M * neck
    # Long hair is gathered at the back of the head.
    bun = np.linalg.norm((template - np.array([0.0, 0.775, -0.045])) / np.array([0.05, 0.045, 0.05]), axis=1)
    gathered = {"long": 0.020, "medium": 0.008, "bun": 0.022, "afro": 0.014}.get(body.person.hair_style, 0.0)
    air = air + gathered * np.exp(-(bun**2)) * (template[:, 2] < 0.03)
    places, all_normals, clear = [body.vertices[rows]], [normal], [air * scale]
    for part in parts:
        if part.name == "garment":
            near = np.linalg.norm(part.vertices - body.joints["neck01"], axis=1) < 0.30 * scale
            places.append(part.vertices[near])
            all_normals.append(vertex_normals(part.vertices, part.triangles)[near])
            clear.append(np.full(int(near.sum()), SHOULDER_AIR_M * scale))
    return Obstacle(np.concatenate(places), np.concatenate(all_normals), np.concatenate(clear))


def _laid_out(body: Body, edge: FloatArray, hem: FloatArray) -> FloatArray:
    """(ROWS, C, 3) a first guess: from the edge around the head, over the collar down to the hem."""
    joints, scale = body.joints, body.scale
    centre = 0.5 * (joints["head"] + joints["head.tail"]) + np.array([0.0, -0.015, 0.036]) * scale
    axis = joints["neck02"] + np.array([0.0, 0.012, -0.006]) * scale
    a = np.radians(np.linspace(0, 360, COLUMNS + 1))
    collar = axis + 0.085 * scale * np.stack([np.sin(a), 0.10 - 0.35 * (0.5 - 0.5 * np.cos(a)), -np.cos(a)], -1)
    first, last = edge - centre, collar - centre
    t = np.linspace(0, 1, ROWS - 10)[:, None, None]
    lengths = np.linalg.norm(first, axis=1), np.linalg.norm(last, axis=1)
    one, two = first / lengths[0][:, None], last / lengths[1][:, None]
    angle = np.arccos(np.clip((one * two).sum(1), -0.999, 0.999))[None, :, None]
    direction = (np.sin((1 - t) * angle) * one + np.sin(t * angle) * two) / np.sin(angle)
    radius = (1 - t[..., 0]) * lengths[0] + t[..., 0] * lengths[1]
    upper = centre + direction * np.maximum(radius, 0.118 * scale * np.sin(np.pi * t[..., 0]))[..., None]
    t = np.linspace(0, 1, 11)[1:, None, None]
    return np.concatenate([upper, collar + t * (hem - collar)])


def _folded(body: Body, cloth: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Folds below the chin and slight ones over the head, always outwards."""
    scale = body.scale
    normals = grid_normals(cloth)
    normals = -normals if (normals[0] * (cloth[0] - body.joints["head"])).sum() < 0 else normals
    a = np.radians(np.linspace(0, 360, COLUMNS + 1))[None]
    s = np.linspace(0, 1, ROWS)[:, None]
    chin = body.joints["jaw"][1] - 0.06 * scale
    low = smooth_step(chin + 0.05 * scale, chin - 0.03 * scale, cloth[..., 1])
    tilt = rng.uniform(0.5, 1.4) * rng.choice([-1.0, 1.0])
    wobble = value_noise(cloth * np.array([1.0, 0.7, 1.0]), 9.0, rng, 2)
    phase = 5.0 * s * 2.2 + 0.35 * tilt * np.sin(a) + 0.45 * wobble
    fold = np.abs(np.sin(np.pi * phase)) ** 0.7
    soft = value_noise(cloth, 16.0, rng, 2).clip(-1.5, 1.5) + 1.5
    off_edge = np.linalg.norm(cloth - cloth[:1], axis=-1) / scale
    open_ends = smooth_step(0.0, 0.06, s) * smooth_step(1.0, 0.97, s) * smooth_step(0.004, 0.022, off_edge)
    lift = (0.0075 * fold * low + 0.0012 * soft) * open_ends + 0.0022 * np.exp(-(((s - 0.03) / 0.03) ** 2))
    lift[:, -1] = lift[:, 0]
    return np.asarray(cloth + normals * (lift * scale)[..., None])


def _turned_in(cloth: FloatArray, by_m: float = 0.002) -> FloatArray:
    """(1, C, 3) a row before the first: the edge folded back under itself, so that it has a thickness."""
    normal = grid_normals(cloth)[:1]
    outward = np.sign((normal * (cloth[:1] - cloth.reshape(-1, 3).mean(0))).sum())
    return np.asarray(cloth[:1] + 0.4 * (cloth[1:2] - cloth[:1]) - by_m * outward * normal)


def _following(body: Body, points: FloatArray) -> tuple[FloatArray, dict[str, FloatArray]]:
    """Skinning weights (N, 8), and by facial action the offsets (N, 3) m: the skin's below, evened out."""
    rows = np.unique(np.concatenate([np.unique(body.base.quads["head"]), np.unique(body.base.body_shell)]))
    flat = points.reshape(-1, 3)
    distance, nearest = cKDTree(body.vertices[rows]).query(flat, k=6)
    share = 1.0 / np.square(np.asarray(distance) + 0.004)
    share /= share.sum(1, keepdims=True)
    near = rows[nearest]
    weights = np.einsum("nk,nkj->nj", share, body.weights[near])
    weights[:, JOINTS.index("head")] += weights[:, JOINTS.index("jaw")]
    for name in ("jaw", "eye.L", "eye.R"):
        weights[:, JOINTS.index(name)] = 0.0
    grid = weights.reshape(*points.shape[:2], len(JOINTS))
    grid = ndimage.gaussian_filter(grid, (1.5, 1.5, 0), mode=("nearest", "wrap", "nearest")).reshape(weights.shape)
    moves = {}
    for action in ("jawOpen", "mouthSmileLeft", "mouthSmileRight", "mouthStretchLeft", "mouthStretchRight"):
        offset = np.einsum("nk,nkd->nd", share, body.base.delta(f"face:{action}")[near]) * body.scale
        even = ndimage.gaussian_filter(offset.reshape(points.shape), (1.2, 1.2, 0), mode=("nearest", "wrap", "nearest"))
        even[:2] = offset.reshape(points.shape)[:2]
        even = even.reshape(-1, 3)
        even[np.linalg.norm(even, axis=1) < 0.0008] = 0
        if even.any():
            moves[action] = even
    return grid / grid.sum(1, keepdims=True), moves
