"""From a person's parameters to a shaped, metric body: macros, features, resting face, eye distance, arms, scale."""

from __future__ import annotations

import itertools

import numpy as np
from scipy.spatial.transform import Rotation

from synth.heads.base import BaseMesh, load_base
from synth.heads.body import Body
from synth.heads.eyes.lids import eye_sphere, open_eyes
from synth.heads.fit import fit_sizes, skull_rows
from synth.heads.frontal import frontal_pitch_deg
from synth.heads.mouth import seat_teeth
from synth.heads.part import FloatArray
from synth.heads.person import Person
from synth.heads.sizes import SIGMA

AGE_ANCHORS = (("baby", 1.0), ("child", 11.0), ("young", 25.0), ("old", 90.0))


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
    vertices = fit_sizes(base, base.apply(amounts), {name: getattr(person, name) for name in SIGMA})
    vertices = open_eyes(base, vertices, person.iris_half_deg, person.eye_openness, frontal_pitch_deg(base, vertices))
    vertices = seat_teeth(base, vertices, person.face_breadth_mm)
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
