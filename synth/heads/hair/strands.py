"""Grow locks over a body, and thicken them with strands.

A *lock* is grown step by step along a style's flow at a wanted height above the skin. *Strands* are rooted densely and
follow a blend of the nearest locks, so that hair moves in sheets and tufts rather than as separate straws. `ribbons`
makes triangles of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from synth.heads.hair.scalp import EYE_HEIGHT_M, smoothstep
from synth.heads.hair.surface import HairSurface, Roots
from synth.heads.part import FloatArray, IntArray

Flow = Callable[[FloatArray, FloatArray], FloatArray]
"""(template positions (N, 3), side of the parting (N,) ±1 or 0 for the fringe) -> wanted direction (N, 3).

The direction is projected on the skin later.
"""


_DOWN = np.array([0.0, -1.0, 0.0])


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
        if groom.hem_m is not None:
            # Past its widest place the skull doesn't hold hair any more: it falls straight, not in to the neck.
            free = smoothstep(0.010, -0.030, contact.template[:, 1] - EYE_HEIGHT_M) * (side != 0)
            climb = np.where(climb < 0.0, climb * (1.0 - free), climb)
            along = unit(along * (1.0 - free[:, None]) + _DOWN * free[:, None])
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
) -> tuple[FloatArray, IntArray]:
    """A strand for each of `roots`, (S, points, 3), following its three nearest locks on its side of the parting.

    Returned with the nearest lock of each, (S,).
    """
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
    apart = ramp * rng.normal(0.0, groom.spread, (count, 1, 3))
    apart = apart + (ramp**2) * rng.normal(0.0, groom.spread, (count, 1, 3))
    # Beside each other rather than over each other: gaps in depth would be dark.
    away = unit((strands - roots.place.mean(0)) * np.array([1.0, 0.4, 1.0]))
    strands += apart - 0.75 * (apart * away).sum(-1, keepdims=True) * away
    return strands, first


def settle(surface: HairSurface, strands: FloatArray, layer_m: FloatArray, over_ears: bool = False) -> Strands:
    """Move strands (S, K, 3) out of the body, each to at least its own `layer_m` (S,) above it (roots excepted)."""
    count, points = strands.shape[:2]
    ramp = np.minimum(1.0, np.linspace(0.0, 2.5, points))[None]
    clearance = np.maximum(layer_m[:, None] * ramp, 0.0004).ravel()
    flat = surface.clear(strands.reshape(-1, 3), clearance, over_ears)
    return Strands(flat.reshape(count, points, 3), _outward(surface, flat).reshape(count, points, 3))


def _outward(surface: HairSurface, flat: FloatArray) -> FloatArray:
    """(N, 3) away from the body, smooth over the whole head of hair: it is how hair shades."""
    contact, joints = surface.touch(flat), surface.body.joints
    skull = joints["head"] + np.array([0.0, 0.043, 0.036]) * surface.scale
    round_skull = unit(contact.normal + 1.2 * unit((flat - skull) * np.array([1.0, 0.8, 0.8])))
    # Hair that hangs free faces away from the neck's axis; the nearest skin's normal would flip along it.
    away = unit((flat - joints["head"]) * np.array([1.0, 0.0, 1.0]))
    below = smoothstep(0.0, -0.05, (flat[:, 1] - joints["head"][1]) / surface.scale)
    free = np.maximum(smoothstep(0.012, 0.030, contact.height / surface.scale), below)[:, None]
    return unit(round_skull * (1.0 - free) + away * free)
