"""Grow locks over a body, thicken them with strands, and make ribbons of the strands.

A *lock* is grown step by step along a style's flow at a wanted height above the skin. *Strands* are rooted densely and
follow a blend of the nearest locks, so that hair moves in sheets and tufts rather than as separate straws.
*Ribbons* are the triangles: opaque, tapering to one point.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from synth.heads.hair.scalp import smoothstep
from synth.heads.hair.surface import HairSurface, Roots
from synth.heads.part import FloatArray, IntArray

Flow = Callable[[FloatArray, FloatArray], FloatArray]
"""(template positions (N, 3), side of the parting (N,) ±1 or 0 for the fringe) -> wanted direction (N, 3).

The direction is projected on the skin later.
"""


@dataclass(frozen=True)
class Groom:
    """How locks of one style grow. Lengths in metres on a head of template size."""

    flow: Flow
    length_m: Callable[[FloatArray], FloatArray]
    """Template position of the root -> length."""
    volume_m: Callable[[FloatArray], FloatArray]
    """Template position -> height above the skin that the outer strands keep."""
    lift: float = 0.4
    """How steeply hair leaves the skin: 0 flat, 1 upright."""
    inertia: float = 0.5
    """How much of its direction a lock keeps from step to step."""
    gravity: float = 0.0
    """Pull downwards where hair has left the scalp."""
    tuck: float = 0.3
    """How far tips sink back towards the skin, 0..1."""
    wander: float = 0.10
    """Random bend of each lock (standard deviation, relative)."""
    steps: int = 8
    clump: float = 0.35
    """How far tips draw together into the nearest lock, 0..1."""
    spread: float = 0.0015
    """Random offset of strands (standard deviation), m."""
    length_spread: float = 0.15
    over_ears: bool = False
    """Whether hair lies over the ears; else strands that meet an ear should be left out."""
    hem_m: Callable[[FloatArray], FloatArray] | None = None
    """Place of a point relative to the eyes' middle (N, 3), on a head of template size -> height above the hem, m."""


@dataclass(frozen=True)
class Strands:
    """S strands of K points, (S, K, 3) m, root first; `outward` (S, K, 3) unit vectors away from the body."""

    points: FloatArray
    outward: FloatArray


def unit(vectors: npt.NDArray[Any]) -> FloatArray:
    """Vectors (..., 3) at length 1."""
    return np.asarray(vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-12))


def grow_locks(
    surface: HairSurface, roots: Roots, side: FloatArray, groom: Groom, rng: np.random.Generator
) -> FloatArray:
    """(N, steps + 1, 3): a path for each root."""
    count = len(roots.place)
    jitter = np.clip(rng.normal(1.0, 0.5 * groom.length_spread, count), 0.6, 1.4)
    length = groom.length_m(roots.template) * surface.scale * jitter
    # Short steps first: near the scalp a lock turns, further down it only falls.
    steps = np.linspace(0.55, 1.45, groom.steps) / groom.steps
    bend = rng.normal(0.0, groom.wander, (count, 3))
    along = _tangent(groom.flow(roots.template, side), roots.normal)
    direction = unit(roots.normal * groom.lift + along * (1.0 - groom.lift))
    place, path = roots.place, [roots.place]
    for k in range(groom.steps):
        contact, step = surface.touch(place), length[:, None] * steps[k]
        along = _tangent(groom.flow(contact.template, side), contact.normal)
        reached = (k + 1) / groom.steps
        wanted_height = groom.volume_m(contact.template) * surface.scale * min(1.0, 2.0 * reached + 0.2)
        wanted_height = wanted_height * (1.0 - groom.tuck * reached**2)
        climb = np.clip((wanted_height - contact.height) / (1.5 * step[:, 0]), -1.2, 0.8)
        hold = np.exp(-np.clip(contact.distance - 0.03, 0.0, None) / 0.02)[:, None]
        pull = along * hold + contact.normal * climb[:, None] * hold + bend
        pull[:, 1] -= groom.gravity * reached
        direction = unit(direction * groom.inertia + unit(pull) * (1.0 - groom.inertia))
        place = surface.clear(place + direction * step, 0.0015, groom.over_ears)
        if groom.over_ears:
            place = np.where((side == 0)[:, None], place, surface.beside_face(place))
        path.append(place)
    locks = np.stack(path, axis=1)
    return locks if groom.hem_m is None else _trim(surface, locks, groom.hem_m, rng)


def _trim(
    surface: HairSurface, locks: FloatArray, hem_m: Callable[[FloatArray], FloatArray], rng: np.random.Generator
) -> FloatArray:
    """Locks (N, K, 3) cut where they fall below the hem, and spread again over what is left."""
    count, length = locks.shape[:2]
    eyes = 0.5 * (surface.body.joints["eye.L"] + surface.body.joints["eye.R"])
    above = hem_m(((locks - eyes) / surface.scale).reshape(-1, 3)).reshape(count, length)
    above = above + rng.normal(0, 0.006, (count, 1))
    below = above < 0.0
    first = np.where(below.any(1), np.maximum(below.argmax(1), 1), length - 1)
    rows = np.arange(count)
    over, under = above[rows, first - 1], above[rows, first]
    part = np.where(below.any(1), np.clip(over / (over - under + 1e-9), 0.05, 1.0), 1.0)
    at = np.linspace(0, 1, length)[None] * (first - 1 + part)[:, None]
    low = np.minimum(at.astype(int), length - 2)
    share = (at - low)[..., None]
    return np.asarray(locks[rows[:, None], low] * (1 - share) + locks[rows[:, None], low + 1] * share)


def _tangent(direction: FloatArray, normal: FloatArray) -> FloatArray:
    return unit(direction - (direction * normal).sum(1, keepdims=True) * normal)


def fill(
    locks: FloatArray,
    lock_roots: Roots,
    lock_side: FloatArray,
    roots: Roots,
    side: FloatArray,
    groom: Groom,
    points: int,
    rng: np.random.Generator,
) -> FloatArray:
    """(S, points, 3): a strand for each of `roots`, following its three nearest locks on its side of the parting."""
    key = np.c_[lock_roots.template, 0.2 * lock_side]
    found = cKDTree(key).query(np.c_[roots.template, 0.2 * side], k=3, workers=1)
    distance, nearest = np.asarray(found[0]), np.asarray(found[1])
    share = 1.0 / (distance + 0.002)
    share /= share.sum(1, keepdims=True)
    relative = locks - locks[:, :1]
    count, steps = len(roots.place), locks.shape[1] - 1
    # Each strand runs along a different part of its locks' length: a soft, uneven end.
    reach = np.clip(rng.normal(1.0 - groom.length_spread, groom.length_spread, count), 0.45, 1.0)
    at = np.linspace(0.0, 1.0, points)[None] * reach[:, None] * steps
    low = np.minimum(at.astype(int), steps - 1)
    part = (at - low)[..., None]
    strands = np.zeros((count, points, 3))
    for j in range(3):
        path = relative[nearest[:, j]]
        rows = np.arange(count)[:, None]
        strands += share[:, j, None, None] * (path[rows, low] * (1 - part) + path[rows, low + 1] * part)
    strands += roots.place[:, None]
    first = nearest[:, 0]
    rows = np.arange(count)[:, None]
    own = locks[first][rows, low] * (1 - part) + locks[first][rows, low + 1] * part
    ramp = np.linspace(0.0, 1.0, points)[None, :, None]
    strands += groom.clump * ramp**1.5 * (own - strands)
    strands += ramp * rng.normal(0.0, groom.spread, (count, 1, 3)) + (ramp**2) * rng.normal(
        0.0, groom.spread, (count, 1, 3)
    )
    return strands


def settle(surface: HairSurface, strands: FloatArray, layer_m: FloatArray, over_ears: bool = False) -> Strands:
    """Move strands (S, K, 3) out of the body, each to at least its own `layer_m` (S,) above it (roots excepted)."""
    count, points = strands.shape[:2]
    ramp = np.minimum(1.0, np.linspace(0.0, 2.5, points))[None]
    clearance = np.maximum(layer_m[:, None] * ramp, 0.0004).ravel()
    flat = surface.clear(strands.reshape(-1, 3), clearance, over_ears)
    contact = surface.touch(flat)
    # Hair that hangs free faces away from the neck's axis; the nearest skin's normal would flip along it.
    away = unit((flat - surface.body.joints["head"]) * np.array([1.0, 0.0, 1.0]))
    free = smoothstep(0.012, 0.030, contact.height / surface.scale)[:, None]
    outward = unit(contact.normal * (1.0 - free) + away * free)
    return Strands(flat.reshape(count, points, 3), outward.reshape(count, points, 3))


def ribbons(
    strands: Strands, width_m: FloatArray, tone: FloatArray, rng: np.random.Generator, roll: float = 0.3
) -> tuple[FloatArray, IntArray, FloatArray]:
    """(vertices, triangles, uv): each strand a flat ribbon of 2 (K - 1) + 1 vertices that ends in a point.

    `width_m` (S,) at the widest; `tone` (S,) 0..1 chooses where across the strand texture a ribbon lies. Ribbons lie
    flat on the body but for a random `roll` (standard deviation, radians).
    """
    points = strands.points
    count, length = points.shape[:2]
    tangent = unit(np.gradient(points, axis=1))
    across = unit(np.cross(tangent, strands.outward))
    turn = rng.normal(0.0, roll, (count, 1, 1))
    across = across * np.cos(turn) + strands.outward * np.sin(turn)
    profile = np.interp(np.linspace(0, 1, length), [0.0, 0.3, 0.7, 1.0], [0.55, 1.0, 0.75, 0.0])
    half = 0.5 * across * (width_m[:, None] * profile[None])[..., None]
    left, right = points - half, points + half
    body = np.stack([left[:, :-1], right[:, :-1]], axis=2).reshape(count, -1, 3)
    vertices = np.concatenate([body, points[:, -1:]], axis=1)
    u_left, u_width = TONE_LOW + tone * (TONE_HIGH - TONE_LOW - STRAND_U), STRAND_U
    v = np.repeat(np.linspace(0.01, 0.99, length)[:-1], 2)
    u = u_left[:, None] + u_width * np.tile([0.0, 1.0], length - 1)[None]
    uv = np.stack([np.c_[u, u_left + 0.5 * u_width], np.tile(np.r_[v, 0.99], (count, 1))], axis=2)
    triangles = _ribbon_triangles(length)
    offsets = (np.arange(count) * (2 * length - 1))[:, None, None]
    return vertices.reshape(-1, 3), (triangles[None] + offsets).reshape(-1, 3), uv.reshape(-1, 2)


TONE_LOW, TONE_HIGH, STRAND_U = 0.14, 0.995, 0.045
"""The strand texture's columns for ribbons, and how many of them one ribbon shows. Left of them lies the shell's."""


def _ribbon_triangles(length: int) -> IntArray:
    triangles = []
    for k in range(length - 2):
        a = 2 * k
        triangles += [(a, a + 2, a + 1), (a + 1, a + 2, a + 3)]
    last = 2 * (length - 2)
    return np.array([*triangles, (last, last + 2, last + 1)])
