"""Fit a shaped head to its person's measured sizes.

MakeHuman's shapes leave heads of every age too narrow above the ears and too broad in the face, children's most of all.
Each size is mended by one smooth move, written on template positions, as far as needed. Eyes move as a whole.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from synth.heads.base import BaseMesh
from synth.heads.colour import smooth_step
from synth.heads.eyes.lids import eye_sphere, lash_grids
from synth.heads.part import FloatArray, IntArray

ROUNDS = 4
"""The moves touch each other a little; after so many rounds every size is exact to about half a millimetre."""

EYE_REACH_M = (0.017, 0.036)
"""A larger eye opening: full up to the first distance from the eye's centre (template), faded out at the second."""


def skull_rows(base: BaseMesh) -> IntArray:
    """Template vertices of the skull: of the head island, those that follow head and jaw and lie above the throat."""
    rows = np.unique(base.quads["head"])
    moves_with_head = base.weights[rows][:, 4:].sum(1) > 0.5
    chin = base.vertices[rows[base.vertices[rows, 2] > 0.11], 1].min()
    return rows[moves_with_head & (base.vertices[rows, 1] > chin - 0.002)]


@dataclass(frozen=True, eq=False)
class Gauges:
    """Template vertices (rows) that sizes are taken on, and the moves' weights, all per template vertex (V,).

    `crown` to `chin` is the head's height, `nasion` to `chin` the face's; `cranium`, `cheekbones`, `jaw` are where the
    breadths are taken (without ears), `cranium` is the length's, too.
    """

    skull: IntArray
    cranium: IntArray
    cheekbones: IntArray
    jaw: IntArray
    nasion: IntArray
    up: FloatArray
    down: FloatArray
    wide: FloatArray
    back: FloatArray
    cheek_out: FloatArray
    jaw_out: FloatArray


@functools.lru_cache(maxsize=1)
def gauges(base: BaseMesh) -> Gauges:
    """Rows and weights, found once a process."""
    x, y, z = np.abs(base.vertices[:, 0]), base.vertices[:, 1] - base.eye_height, base.vertices[:, 2]
    skull = skull_rows(base)
    ears = np.zeros(len(x), bool)
    for side in "lr":
        ears |= np.linalg.norm(base.delta(f"ears:{side}-ear-scale-incr"), axis=1) > 1e-3
    bare = skull[~ears[skull]]

    def rows(where: np.ndarray) -> IntArray:
        return bare[where[bare]]

    middle = rows((x < 0.002) & (z > 0.12) & (np.abs(y - 0.0045) < 0.012))
    above = np.clip((y - 0.02) / 0.10, 0, None)
    side = smooth_step(0.02, 0.068, x) * np.clip(x / 0.068, 0.9, 1.15)
    beside_eye = smooth_step(0.043, 0.068, x)
    eye_band = smooth_step(-0.035, -0.015, y) * smooth_step(0.06, 0.03, y)
    outward = side * (1 - eye_band) + beside_eye * eye_band
    front = smooth_step(-0.03, 0.03, z)
    return Gauges(
        skull=skull,
        cranium=rows(y > 0.015),
        cheekbones=rows((y > -0.045) & (y < -0.005) & (z > 0.04)),
        jaw=rows((y > -0.095) & (y < -0.07) & (z > 0.035)),
        nasion=middle,
        up=above**1.3,
        down=np.clip((-0.004 - y) / 0.045, 0, 1) * 0.35 + np.clip((-0.049 - y) / 0.06, 0, 1) * 0.65,
        wide=smooth_step(-0.055, 0.055, y)
        * (1 - 0.75 * smooth_step(0.05, 0.13, z))
        * (1 - 0.35 * smooth_step(0.07, 0.12, y)),
        back=smooth_step(-0.09, 0.0, y) * np.clip((0.07 - z) / 0.11, 0, None),
        cheek_out=outward * front * smooth_step(0.075, -0.01, y) * smooth_step(-0.085, -0.045, y),
        jaw_out=side * front * smooth_step(-0.045, -0.085, y) * smooth_step(-0.16, -0.115, y),
    )


def measured_mm(base: BaseMesh, vertices: FloatArray) -> dict[str, float]:
    """The sizes of a head with vertices (V, 3) m, by the names of `Person`'s fields, mm."""
    g = gauges(base)
    eyes = [eye_sphere(base, vertices, side)[0] for side in ("l", "r")]
    chin = vertices[g.skull, 1].min()
    metres = {
        "interpupillary_mm": np.linalg.norm(eyes[0] - eyes[1]),
        "head_height_mm": np.ptp(vertices[g.skull, 1]),
        "head_breadth_mm": np.ptp(vertices[g.cranium, 0]),
        "head_length_mm": np.ptp(vertices[g.cranium, 2]),
        "face_breadth_mm": np.ptp(vertices[g.cheekbones, 0]),
        "face_height_mm": vertices[g.nasion, 1].mean() - chin,
        "jaw_breadth_mm": np.ptp(vertices[g.jaw, 0]),
        "eye_length_mm": eye_length(base, vertices),
    }
    return {name: 1000 * float(value) for name, value in metres.items()}


def eye_length(base: BaseMesh, vertices: FloatArray) -> float:
    """Mean distance, m, between the corners of an eye's opening: the ends of the upper lashes' root."""
    roots = [grid[:, 0] for grid in lash_grids(base)[::2]]
    return float(np.mean([np.linalg.norm(vertices[root[0]] - vertices[root[-1]]) for root in roots]))


def fit_sizes(base: BaseMesh, vertices: FloatArray, wanted_mm: dict[str, float]) -> FloatArray:
    """Vertices (V, 3) m at the sizes `wanted_mm`, which `measured_mm` names."""
    first = measured_mm(base, vertices)
    vertices = vertices * (wanted_mm["head_height_mm"] / first["head_height_mm"])
    for _ in range(ROUNDS):
        vertices = _lengthen_eyes(base, vertices, wanted_mm["eye_length_mm"])
        lacking = {name: (wanted_mm[name] - value) / 1000 for name, value in measured_mm(base, vertices).items()}
        vertices = _move(base, vertices, lacking)
    return vertices


def _move(base: BaseMesh, vertices: FloatArray, lacking_m: dict[str, float]) -> FloatArray:
    g, moved = gauges(base), vertices.copy()
    sign = np.sign(base.vertices[:, 0])
    grown = lacking_m["head_height_mm"] - lacking_m["face_height_mm"]
    moved[:, 1] += grown * g.up / g.up[g.skull].max() - lacking_m["face_height_mm"] * g.down
    breadth = np.ptp(vertices[g.cranium, 0])
    moved[:, 0] += vertices[:, 0] * g.wide * lacking_m["head_breadth_mm"] / breadth
    moved[:, 2] -= g.back / g.back[g.cranium].max() * lacking_m["head_length_mm"]
    moved[:, 0] += sign * g.cheek_out * lacking_m["face_breadth_mm"] / 2
    moved[:, 0] += sign * g.jaw_out * lacking_m["jaw_breadth_mm"] / 2
    return spread_eyes(base, moved, lacking_m["interpupillary_mm"])


def spread_eyes(base: BaseMesh, vertices: FloatArray, by_m: float) -> FloatArray:
    """Widen the mid-face so that the eyes' centres stand `by_m` further apart; vertices (V, 3) m.

    The shift grows from the middle line to the eyes and fades out toward the ears and downward to the mouth, so each
    eye with its socket, lids and lashes moves as a whole. Written on template positions.
    """
    x, y = np.abs(base.vertices[:, 0]), base.vertices[:, 1] - base.eye_height
    half = base.interpupillary_m / 2
    across = np.interp(x, [0, 0.4 * half, 0.62 * half, 1.45 * half, 0.085], [0, 0.72, 1.0, 1.0, 0.45])
    down = np.interp(y, [-0.16, -0.085, -0.03, 0.04, 0.12], [0.0, 0.45, 1.0, 1.0, 0.6])
    moved = vertices.copy()
    moved[:, 0] += np.sign(base.vertices[:, 0]) * across * down * (by_m / 2)
    return moved


def _lengthen_eyes(base: BaseMesh, vertices: FloatArray, length_mm: float) -> FloatArray:
    """Scale each eye, lids, lashes, ball and all, about its centre until its opening is `length_mm` long."""
    more = length_mm / 1000 / eye_length(base, vertices) - 1
    moved = vertices.copy()
    for side in ("l", "r"):
        on_template = base.template_joints[f"eye.{side.upper()}"]
        away = np.linalg.norm(base.vertices - on_template, axis=1)
        share = smooth_step(EYE_REACH_M[1], EYE_REACH_M[0], away)[:, None]
        moved += more * share * (vertices - eye_sphere(base, vertices, side)[0])
    return moved
