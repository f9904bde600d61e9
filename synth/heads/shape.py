"""From a person's parameters to a shaped, metric body: macros, features, resting face, eye distance, arms, scale."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.spatial.transform import Rotation

from synth.heads.base import BaseMesh, load_base
from synth.heads.eyes.lids import eye_sphere, opening_actions
from synth.heads.part import Body, FloatArray
from synth.heads.person import Person

AGE_ANCHORS = (("baby", 1.0), ("child", 11.0), ("young", 25.0), ("old", 90.0))
HEIGHT_SHARE = 0.7
"""How far the scale follows the head's height; the rest of it follows the eyes' distance.

The template's eyes stand too close for an adult's skull and too far apart for a child's: after scaling, the mid-face is
spread or drawn in until the eyes' distance is exact.
"""


def macro_weights(base: BaseMesh, person: Person) -> dict[str, float]:
    """Weights of MakeHuman's macro targets: products of sex, age, muscle, weight and origin factors."""
    sex = {"male": person.maleness, "female": 1 - person.maleness}
    age = _age_weights(person.age_years)
    muscle, weight = _three_way(person.muscle, "muscle"), _three_way(person.weight, "weight")
    origin = {"african": person.african, "asian": person.asian, "caucasian": person.european}
    amounts: dict[str, float] = {}
    for name in base.targets:
        if not name.startswith("macro:"):
            continue
        words = name.removeprefix("macro:").split("-")
        amount = sex[words[1]] * age[words[2]]
        amount *= muscle[words[3]] * weight[words[4]] if words[0] == "universal" else origin[words[0]]
        if amount > 0:
            amounts[name] = amount
    return amounts


def _age_weights(years: float) -> dict[str, float]:
    weights = dict.fromkeys((name for name, _ in AGE_ANCHORS), 0.0)
    years = float(np.clip(years, AGE_ANCHORS[0][1], AGE_ANCHORS[-1][1]))
    for (low_name, low), (high_name, high) in itertools.pairwise(AGE_ANCHORS):
        if low <= years <= high:
            share = (years - low) / (high - low)
            weights[low_name], weights[high_name] = 1 - share, share
            break
    return weights


def _three_way(value: float, what: str) -> dict[str, float]:
    return {
        f"min{what}": max(0.0, 1 - 2 * value),
        f"average{what}": 1 - abs(2 * value - 1),
        f"max{what}": max(0.0, 2 * value - 1),
    }


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


def to_metric_size(base: BaseMesh, vertices: FloatArray, interpupillary_m: float, height_m: float) -> FloatArray:
    """Vertices (V, 3) m with the eyes exactly `interpupillary_m` apart and the skull about `height_m` tall."""
    own_eyes = _eye_distance(base, vertices)
    own_height = float(np.ptp(vertices[skull_rows(base), 1]))
    scale = (height_m / own_height) ** HEIGHT_SHARE * (interpupillary_m / own_eyes) ** (1 - HEIGHT_SHARE)
    for _ in range(3):  # the spread fades out across the eyes' rims, so the spheres' centres move a little less
        vertices = spread_eyes(base, vertices, interpupillary_m / scale - _eye_distance(base, vertices))
    return vertices * scale


def _eye_distance(base: BaseMesh, vertices: FloatArray) -> float:
    left, right = (eye_sphere(base, vertices, side)[0] for side in ("l", "r"))
    return float(np.linalg.norm(left - right))


def lower_arms(base: BaseMesh, vertices: FloatArray, angle_deg: float) -> FloatArray:
    """Turn the arms down about the shoulders by `angle_deg`, blended by the arm weights."""
    joints = base.joints(vertices)
    lowered = vertices.copy()
    for column, (joint, sign) in enumerate((("upperarm01.L", -1.0), ("upperarm01.R", 1.0))):
        turn = Rotation.from_euler("z", sign * angle_deg, degrees=True).as_matrix()
        offset = (vertices - joints[joint]) @ turn.T + joints[joint] - vertices
        lowered += base.arm_weights[:, column : column + 1] * offset
    return lowered


def shape_body(person: Person) -> Body:
    """The person's body: (V, 3) m, glTF frame, at its metric size, and its joints."""
    base = load_base()
    amounts = macro_weights(base, person) | dict(person.features) | dict(person.resting_face)
    vertices = base.apply(amounts | opening_actions(base, amounts, person.eye_openness))
    vertices = to_metric_size(base, vertices, person.interpupillary_mm / 1000, person.head_height_mm / 1000)
    vertices = lower_arms(base, vertices, person.arms_down_deg)
    joints = base.joints(vertices)
    # An eye turns about the centre of its ball; features may have moved the ball off the rig's own point.
    joints |= {f"eye.{side.upper()}": eye_sphere(base, vertices, side)[0] for side in ("l", "r")}
    return Body(base, vertices, joints, base.weights, person)


def head_box_m(body: Body) -> tuple[FloatArray, FloatArray]:
    """Lowest and highest corner (3,) m of the skull: head skin with face and ears, without the neck.

    The head island also holds the upper neck; its vertices follow the neck joints, so those that turn mostly with
    head and jaw are the skull.
    """
    rows = skull_rows(body.base)
    skull = body.vertices[rows]
    return skull.min(0), skull.max(0)


def skull_rows(base: BaseMesh) -> np.ndarray:
    """Template vertices of the skull: of the head island, those that follow head and jaw and lie above the throat."""
    rows = np.unique(base.quads["head"])
    moves_with_head = base.weights[rows][:, 4:].sum(1) > 0.5
    chin = base.vertices[rows[base.vertices[rows, 2] > 0.11], 1].min()
    return rows[moves_with_head & (base.vertices[rows, 1] > chin - 0.002)]
