"""Hair of a body: a closed shell under strands, all opaque triangles."""

from __future__ import annotations

import numpy as np

from synth.heads.hair.fuzz import afro_parts, buzz_parts
from synth.heads.hair.scalp import EYE_HEIGHT_M, SKULL_CENTRE_M, azimuth_deg, scalp_field, smoothstep
from synth.heads.hair.strands import Strands, fill, grow_locks, ribbons, settle, unit
from synth.heads.hair.styles import BUN_CENTRE_M, Style, draw_style, fringe_roots
from synth.heads.hair.surface import HairSurface, Roots
from synth.heads.hair.texture import SHELL_U, hair_material
from synth.heads.noise import value_noise
from synth.heads.part import Body, FloatArray, IntArray, Material, Part


def hair_parts(body: Body, rng: np.random.Generator) -> list[Part]:
    """The hair that `body.person` wears; none where bald. The same body and generator state give the same arrays."""
    person = body.person
    if person.hair_style == "bald":
        return []
    surface = HairSurface(body)
    material = hair_material("hair", np.array(person.hair_rgb), rng)
    if person.hair_style == "buzz":
        return buzz_parts(surface, material, person.recession, rng)
    if person.hair_style == "afro":
        return afro_parts(surface, material, person.recession, rng)
    style = draw_style(person.hair_style, person.recession, rng)
    parts = [hair_shell(surface, style, person.recession, material, rng)]
    parts.append(_locks_part(surface, style, person.recession, material, rng))
    if person.hair_style == "bun":
        parts.append(_bun_part(surface, material, rng))
    return parts


def hair_shell(
    surface: HairSurface, style: Style, recession: float, material: Material, rng: np.random.Generator
) -> Part:
    """The scalp lifted by about the style's shell height, in the dark tone of depths; it ends inside the hairline."""
    body = surface.body
    quads = body.base.quads["head"]
    depth = scalp_field(body.base.vertices, recession)
    # Noise on the edge, so that it never shows as a line between the strands.
    ragged = depth + 0.003 * value_noise(body.base.vertices, 90.0, rng)
    inner = quads[(ragged[quads] > 0.004).all(1)]
    rows, inverse = np.unique(inner, return_inverse=True)
    triangles = inverse.reshape(-1, 4)[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3)
    lift = style.shell_m * surface.scale * smoothstep(0.002, 0.030, depth[rows])
    if style.parted:
        # The shell dips at the parting, where strands leave the skin to both sides.
        lift = lift * smoothstep(0.002, 0.018, np.abs(body.base.vertices[rows, 0] - style.parting_x_m))
    lift = lift * (1.0 + 0.2 * value_noise(body.base.vertices[rows], 70.0, rng)) + 0.0005
    vertices = body.vertices[rows] + surface.normals[rows] * lift[:, None]
    return Part("hair.shell", vertices, triangles, _shell_uv(body.base.vertices[rows]), material, joint="head")


def _shell_uv(template: FloatArray) -> FloatArray:
    relative = template - SKULL_CENTRE_M
    turns = azimuth_deg(template) / 15.0
    u = SHELL_U[0] + (SHELL_U[1] - SHELL_U[0]) * np.abs(turns % 2.0 - 1.0)
    return np.c_[u, np.clip(0.45 - 2.0 * relative[:, 1], 0.2, 0.8)]


def _locks_part(
    surface: HairSurface, style: Style, recession: float, material: Material, rng: np.random.Generator
) -> Part:
    groom = style.groom
    lock_roots, roots = (_scalp_roots(surface, style, n, recession, rng) for n in (style.locks, style.strands))
    lock_side, side = (_side(r, style, rng) for r in (lock_roots, roots))
    locks = grow_locks(surface, lock_roots, lock_side, groom, rng)
    strands = fill(locks, lock_roots, lock_side, roots, side, groom, style.points, rng)
    if groom.over_ears:
        beside = side != 0
        strands[beside] = surface.beside_face(strands[beside].reshape(-1, 3)).reshape(strands[beside].shape)
    layer = (style.shell_m + rng.uniform(0.0004, style.layer_m, len(strands))) * surface.scale
    settled = settle(surface, strands, layer, groom.over_ears)
    edge = smoothstep(-0.002, 0.018, scalp_field(roots.template, recession))
    width = style.width_m * surface.scale * np.clip(rng.normal(1.0, 0.25, len(strands)), 0.5, 1.7) * (0.4 + 0.6 * edge)
    tone = np.clip(rng.beta(2.0, 2.0, len(strands)), 0.0, 1.0)
    fringe_m = np.where(side == 0, style.long_fringe_m, style.fringe_m)
    pieces = [_visible(surface, style, recession, settled, fringe_m, width, tone)]
    if style.cards:
        pieces.insert(0, _cards(surface, style, lock_roots, lock_side, locks, recession, rng))
    made = [ribbons(s, w, t, rng, roll=style.roll) for s, w, t in pieces]
    vertices, triangles, uv = _joined(made)
    # A ribbon's edges are not where its middle is: they, too, must stay out of the skin.
    vertices = surface.clear(vertices, 0.0)
    if style.cards:
        u_scale = (SHELL_U[1] - SHELL_U[0]) / (uv[: len(made[0][0]), 0].max() + 1e-9)
        uv[: len(made[0][0]), 0] = SHELL_U[0] + uv[: len(made[0][0]), 0] * u_scale
    if style.hangs:
        return Part("hair", vertices, triangles, uv, material, weights=surface.drape_weights(vertices))
    return Part("hair", vertices, triangles, uv, material, joint="head")


def _cards(
    surface: HairSurface,
    style: Style,
    lock_roots: Roots,
    lock_side: FloatArray,
    locks: FloatArray,
    recession: float,
    rng: np.random.Generator,
) -> tuple[Strands, FloatArray, FloatArray]:
    """Wide ribbons along some locks, under the strands, so that hanging hair is closed."""
    # Not from the hairline: a wide ribbon there would show its edge.
    deep = np.flatnonzero((scalp_field(lock_roots.template, recession) > 0.010) & (lock_side != 0))
    chosen = rng.permutation(deep)[: style.cards]
    steps = np.linspace(0, locks.shape[1] - 1, style.points).round().astype(int)
    paths = locks[chosen][:, steps]
    layer = np.full(len(chosen), 0.0015)
    outward = settle(surface, paths, layer, style.groom.over_ears).outward
    settled = settle(surface, paths - 0.006 * surface.scale * outward, layer, style.groom.over_ears)
    fringe_m = np.full(len(chosen), style.fringe_m)
    width = style.card_width_m * surface.scale * rng.uniform(0.8, 1.2, len(chosen))
    return _visible(surface, style, recession, settled, fringe_m, width, rng.random(len(chosen)))


def _scalp_roots(surface: HairSurface, style: Style, count: int, recession: float, rng: np.random.Generator) -> Roots:
    def density(template: FloatArray) -> FloatArray:
        grown = smoothstep(-0.002, 0.008, scalp_field(template, recession))
        if not style.parted:
            return grown
        # Hair leaves the parting to both sides: more roots there close it.
        return grown * (1.0 + 1.5 * np.exp(-(((template[:, 0] - style.parting_x_m) / 0.007) ** 2)))

    return surface.scatter(count, density, rng)


def _side(roots: Roots, style: Style, rng: np.random.Generator) -> FloatArray:
    """±1: which side of the parting each root falls to, 0: into the fringe.

    The parting is a little mixed, so that it isn't a ruled line.
    """
    across = roots.template[:, 0] + rng.normal(0, 0.0025, len(roots.template))
    side = np.where(across > style.parting_x_m, 1.0, -1.0)
    return side if style.long_fringe_m == 0 else np.where(fringe_roots(roots.template), 0.0, side)


def _visible(
    surface: HairSurface,
    style: Style,
    recession: float,
    strands: Strands,
    fringe_m: FloatArray,
    width: FloatArray,
    tone: FloatArray,
) -> tuple[Strands, FloatArray, FloatArray]:
    """Without the strands that cross the face or the throat, run into an ear or through the body, or stand off."""
    points = strands.points
    contact = surface.touch(points.reshape(-1, 3))
    depth = scalp_field(contact.template, recession).reshape(points.shape[:2])
    front = (np.abs(azimuth_deg(contact.template)) < 60.0) & (contact.template[:, 1] > EYE_HEIGHT_M)
    hidden = crosses_face(surface, points) | (front.reshape(depth.shape) & (depth < -fringe_m[:, None]))
    hidden |= (contact.height < -0.002).reshape(depth.shape)
    if not style.groom.over_ears:
        hidden[:, 1:] |= surface.near_ear(points[:, 1:], 0.0055 * surface.scale)
        allowed = (1.7 * style.groom.volume_m(contact.template) + 0.005) * surface.scale
        hidden |= (contact.height > allowed).reshape(depth.shape)
    # A strand between a lock that falls before the shoulder and one that falls behind it is torn: one long segment.
    segment = np.linalg.norm(np.diff(points, axis=1), axis=2)
    keep = ~hidden.any(1) & (segment.max(1) < 2.2 * np.median(segment, axis=1) + 0.004)
    return Strands(points[keep], strands.outward[keep]), width[keep], tone[keep]


def crosses_face(surface: HairSurface, points: FloatArray) -> np.ndarray:
    """(...,) whether `points` (..., 3) stand before the face from the brows down, or before throat and chest."""
    joints, scale = surface.body.joints, surface.scale
    eye = 0.5 * (joints["eye.L"] + joints["eye.R"])
    x, y, z = np.abs(points[..., 0]) / scale, (points[..., 1] - eye[1]) / scale, (points[..., 2] - eye[2]) / scale
    face = (y < 0.030) & (y > -0.14) & (z > -0.045) & (x < 0.062)
    throat = (y <= -0.10) & (z > -0.075) & (x < 0.060)
    return np.asarray(face | throat)


def _joined(pieces: list[tuple[FloatArray, IntArray, FloatArray]]) -> tuple[FloatArray, IntArray, FloatArray]:
    starts = np.cumsum([0, *(len(vertices) for vertices, _, _ in pieces)])
    triangles = [triangles + start for (_, triangles, _), start in zip(pieces, starts, strict=False)]
    return np.concatenate([p[0] for p in pieces]), np.concatenate(triangles), np.concatenate([p[2] for p in pieces])


def _bun_part(surface: HairSurface, material: Material, rng: np.random.Generator) -> Part:
    """Strands wound around a ball at the back of the crown."""
    scale = surface.scale
    skull = surface.body.joints["head"] + np.array([0.0, 0.043, 0.036]) * scale
    centre = _bun_place(surface, skull)
    radius = 0.031 * scale * rng.uniform(0.9, 1.15)
    axis = unit(centre - skull)
    helper = unit(np.cross(axis, np.array([1.0, 0.0, 0.0])))
    frame = np.stack([helper, np.cross(axis, helper), axis])
    count, points = 420, 6
    # Each strand winds around the axis on the ball, rising or falling a little.
    start = rng.uniform(0, 2 * np.pi, count)[:, None]
    height = rng.uniform(-0.75, 0.97, count)[:, None]
    t = np.linspace(0, 1, points)[None]
    around = start + t * rng.uniform(0.9, 1.5, (count, 1))
    level = np.clip(height + t * rng.normal(0, 0.18, (count, 1)), -0.95, 0.995)
    reach = radius * rng.uniform(0.95, 1.05, (count, 1)) * (1.0 + 0.05 * np.sin(3 * around + 4 * level))
    ring = np.sqrt(1 - level**2)
    local = np.stack([ring * np.cos(around), ring * np.sin(around), 0.82 * level], axis=-1)
    outward = local @ frame
    strands = Strands(centre + reach[..., None] * outward, unit(outward))
    tone = rng.random(count)
    made = ribbons(strands, np.full(count, 0.0065 * scale), tone, rng, roll=0.15)
    core = _ball(centre, 0.93 * radius, frame)
    vertices, triangles, uv = _joined([core, made])
    vertices = surface.clear(vertices, 0.0005)
    return Part("hair.bun", vertices, triangles, uv, material, joint="head")


def _bun_place(surface: HairSurface, skull: FloatArray) -> FloatArray:
    """Where the ball sits: on the scalp in the template's direction of the bun."""
    body = surface.body
    direction = unit(BUN_CENTRE_M)
    relative = body.base.vertices - SKULL_CENTRE_M
    rows = np.unique(body.base.quads["head"])
    nearest = rows[np.argmax(unit(relative[rows]) @ direction)]
    return np.asarray(body.vertices[nearest] + surface.normals[nearest] * 0.018 * surface.scale)


def _ball(centre: FloatArray, radius: float, frame: FloatArray) -> tuple[FloatArray, IntArray, FloatArray]:
    rings, sectors = 7, 12
    polar = np.linspace(0, np.pi, rings)[:, None]
    around = np.linspace(0, 2 * np.pi, sectors, endpoint=False)[None]
    local = np.stack(
        np.broadcast_arrays(np.sin(polar) * np.cos(around), np.sin(polar) * np.sin(around), 0.82 * np.cos(polar)), -1
    )
    vertices = centre + radius * local.reshape(-1, 3) @ frame
    i, j = np.meshgrid(np.arange(rings - 1), np.arange(sectors), indexing="ij")
    a, b = i * sectors + j, i * sectors + (j + 1) % sectors
    triangles = np.concatenate(
        [np.stack(t, -1).reshape(-1, 3) for t in ((a, a + sectors, b), (b, a + sectors, b + sectors))]
    )
    u = np.full(len(vertices), 0.5 * (SHELL_U[0] + SHELL_U[1]))
    return vertices, triangles, np.c_[u, np.repeat(np.linspace(0.2, 0.8, rings), sectors)]


__all__ = ["crosses_face", "hair_parts", "hair_shell"]
