"""Facial expressions: plausible small sets of ARKit facial actions.

Each expression is a recipe of its own: the actions that make it and how far each may go at full strength. People look
neutral much of the time, so a good share of the shots does too. What a head can't do, the renderer leaves out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synth.plan.streams import uniform
from synth.recipe.schema import Person

Limits = tuple[float, float]
Weights = dict[str, float]


@dataclass(frozen=True)
class _Expression:
    """`both` are actions with a Left and a Right that move nearly alike; of `one` only one side moves, the same for
    all; `single` have no side. Limits hold at full strength."""

    name: str
    share: float
    both: tuple[tuple[str, Limits], ...] = ()
    single: tuple[tuple[str, Limits], ...] = ()
    one: tuple[tuple[str, Limits], ...] = ()


_MOODS = (
    _Expression("neutral", 0.20),
    _Expression("smile", 0.14, both=(("mouthSmile", (0.4, 1.0)), ("cheekSquint", (0.1, 0.8)))),
    _Expression(
        "laugh",
        0.05,
        both=(("mouthSmile", (0.5, 0.8)), ("cheekSquint", (0.3, 0.7))),
        single=(("jawOpen", (0.15, 0.35)),),
    ),
    _Expression(
        "surprise",
        0.04,
        both=(("browOuterUp", (0.2, 1.0)), ("eyeWide", (0.1, 0.8))),
        single=(("browInnerUp", (0.4, 1.0)), ("jawOpen", (0.0, 0.5))),
    ),
    _Expression(
        "fear",
        0.02,
        both=(("eyeWide", (0.4, 1.0)), ("mouthStretch", (0.3, 0.8)), ("browDown", (0.0, 0.3))),
        single=(("browInnerUp", (0.6, 1.0)), ("jawOpen", (0.05, 0.3))),
    ),
    _Expression(
        "sadness",
        0.03,
        both=(("mouthFrown", (0.3, 1.0)), ("eyeSquint", (0.0, 0.4))),
        single=(("browInnerUp", (0.5, 1.0)), ("mouthShrugLower", (0.1, 0.6))),
    ),
    _Expression("concern", 0.03, both=(("mouthFrown", (0.1, 0.6)),), single=(("browInnerUp", (0.4, 1.0)),)),
    _Expression(
        "anger",
        0.03,
        both=(
            ("browDown", (0.5, 1.0)),
            ("eyeSquint", (0.1, 0.5)),
            ("mouthPress", (0.2, 0.7)),
            ("mouthFrown", (0.2, 0.6)),
            ("noseSneer", (0.0, 0.4)),
        ),
    ),
    _Expression(
        "shout",
        0.01,
        both=(("browDown", (0.5, 1.0)), ("mouthUpperUp", (0.2, 0.7)), ("mouthLowerDown", (0.2, 0.8))),
        single=(("jawOpen", (0.4, 0.8)),),
    ),
    _Expression("frown", 0.03, both=(("browDown", (0.4, 1.0)), ("mouthFrown", (0.2, 0.9)))),
    _Expression(
        "disgust",
        0.02,
        both=(
            ("noseSneer", (0.5, 1.0)),
            ("mouthUpperUp", (0.2, 0.8)),
            ("browDown", (0.2, 0.7)),
            ("eyeSquint", (0.1, 0.6)),
        ),
        single=(("mouthShrugLower", (0.0, 0.4)),),
    ),
    _Expression("sneer", 0.02, both=(("noseSneer", (0.4, 1.0)), ("mouthUpperUp", (0.1, 0.6)))),
    _Expression("contempt", 0.02, one=(("mouthSmile", (0.3, 0.7)), ("mouthDimple", (0.2, 0.5)))),
    _Expression("doubt", 0.02, both=(("mouthPress", (0.0, 0.4)),), one=(("browOuterUp", (0.5, 1.0)),)),
    _Expression("squint", 0.03, both=(("eyeSquint", (0.4, 1.0)), ("browDown", (0.1, 0.6)))),
    _Expression(
        "concentration",
        0.03,
        both=(("browDown", (0.3, 0.8)), ("eyeSquint", (0.2, 0.6)), ("mouthPress", (0.0, 0.5))),
        single=(("mouthPucker", (0.0, 0.3)),),
    ),
    _Expression("wink", 0.01, one=(("eyeBlink", (0.9, 1.0)), ("cheekSquint", (0.2, 0.6)), ("mouthSmile", (0.2, 0.6)))),
    _Expression(
        "yawn",
        0.01,
        both=(("eyeBlink", (0.2, 0.8)),),
        single=(("jawOpen", (0.6, 0.85)), ("browInnerUp", (0.2, 0.8))),
    ),
    _Expression("pout", 0.01, both=(("mouthFrown", (0.1, 0.5)),), single=(("mouthShrugLower", (0.5, 1.0)),)),
    _Expression("puffed cheeks", 0.01, single=(("cheekPuff", (0.3, 0.85)), ("mouthPucker", (0.0, 0.4)))),
    _Expression("tongue out", 0.01, single=(("jawOpen", (0.2, 0.35)), ("tongueOut", (0.6, 1.0)))),
    _Expression("jaw to one side", 0.005, single=(("jawLeft", (0.2, 0.8)),)),
    _Expression("jaw to the other", 0.005, single=(("jawRight", (0.2, 0.8)),)),
    _Expression("jaw forward", 0.01, single=(("jawForward", (0.2, 0.8)),)),
    _Expression("lips pressed", 0.02, both=(("mouthPress", (0.4, 1.0)),), single=(("mouthRollLower", (0.1, 0.5)),)),
    _Expression("pucker", 0.02, single=(("mouthPucker", (0.4, 1.0)),)),
)

# Mouths of speech, by the sounds that look so.
_SOUNDS = (
    _Expression("speech: ah", 0.04, both=(("mouthStretch", (0.0, 0.3)),), single=(("jawOpen", (0.15, 0.6)),)),
    _Expression("speech: oh", 0.02, single=(("jawOpen", (0.1, 0.35)), ("mouthFunnel", (0.3, 0.9)))),
    _Expression("speech: oo", 0.02, single=(("jawOpen", (0.02, 0.12)), ("mouthPucker", (0.5, 0.9)))),
    _Expression(
        "speech: ee",
        0.03,
        both=(("mouthStretch", (0.2, 0.6)), ("mouthSmile", (0.1, 0.4)), ("mouthLowerDown", (0.1, 0.5))),
        single=(("jawOpen", (0.03, 0.15)),),
    ),
    _Expression("speech: m", 0.02, both=(("mouthPress", (0.3, 0.8)),), single=(("mouthRollLower", (0.1, 0.4)),)),
    _Expression(
        "speech: f",
        0.01,
        both=(("mouthUpperUp", (0.1, 0.5)),),
        single=(("jawOpen", (0.02, 0.1)), ("mouthRollLower", (0.4, 0.9))),
    ),
    _Expression(
        "speech: s",
        0.02,
        both=(("mouthDimple", (0.2, 0.6)), ("mouthLowerDown", (0.1, 0.6)), ("mouthUpperUp", (0.0, 0.4))),
        single=(("jawOpen", (0.02, 0.08)),),
    ),
    _Expression(
        "speech: th",
        0.01,
        both=(("mouthLowerDown", (0.0, 0.4)),),
        single=(("jawOpen", (0.12, 0.25)), ("tongueOut", (0.1, 0.35))),
    ),
)

_EXPRESSIONS = (*_MOODS, *_SOUNDS)

_BLINKS = 0.12  # share of shots with lids on their way; half of these fully closed
_ASYMMETRY = 0.15  # one side of a face stays behind the other by up to this share
_LEAST = 0.01  # below this nobody sees an action

ACTIONS: tuple[str, ...] = tuple(
    sorted(
        {f"{name}{side}" for e in _EXPRESSIONS for name, _ in (*e.both, *e.one) for side in ("Left", "Right")}
        | {name for e in _EXPRESSIONS for name, _ in e.single}
        | {f"eye{name}{side}" for name in ("Blink", "Wide", "LookUp") for side in ("Left", "Right")}
    )
)
"""Every facial action that a plan may ask for, ARKit names."""


def draw_expression(
    which_rng: np.random.Generator, blink_rng: np.random.Generator, person: Person, gaze_pitch_deg: float = 0.0
) -> tuple[tuple[str, float], ...]:
    """Facial actions with weights in (0, 1], sorted by name; empty is a neutral face that looks straight ahead.

    The strength is uniform in `person.expression` and scales all weights. Lids close apart from the expression, and
    close fully also at a moderate strength: a half-hearted blink is a rare thing. They follow the eyes up and down.
    """
    strength = uniform(which_rng, person.expression)
    weights = _weights_of(which_rng, _choose(float(which_rng.random())))
    scaled = {name: strength * weight for name, weight in weights.items()}
    lids = _draw_lids(blink_rng) * min(1.0, 3 * strength)
    if lids:
        scaled |= {name: max(lids, scaled.get(name, 0.0)) for name in ("eyeBlinkLeft", "eyeBlinkRight")}
        for widened in ("eyeWideLeft", "eyeWideRight"):  # nobody does both
            scaled.pop(widened, None)
    for action, weight in lids_following(gaze_pitch_deg).items():
        # What a blink has closed can't follow any more.
        scaled[action] = scaled.get(action, 0.0) + weight * (1 - lids)
    return tuple(sorted((name, min(1.0, weight)) for name, weight in scaled.items() if weight >= _LEAST))


def expressions_at_full_strength() -> dict[str, tuple[tuple[str, float], ...]]:
    """Each expression with every action as far as it ever goes, the left side where it is one-sided: to look at."""
    shown = {}
    for e in _EXPRESSIONS:
        weights = {name + side: limits[1] for name, limits in e.both for side in ("Left", "Right")}
        weights |= {name + "Left": limits[1] for name, limits in e.one} | {name: limits[1] for name, limits in e.single}
        shown[e.name] = tuple(sorted(weights.items()))
    return shown


def lids_following(gaze_pitch_deg: float) -> Weights:
    """Weights of facial actions by which the upper lids follow eyes that look down (negative) or up.

    An upper lid keeps its place on the iris: without that, eyes that look down bare the white above it.
    """
    up, down = max(gaze_pitch_deg, 0.0), max(-gaze_pitch_deg, 0.0)
    weights = {"eyeBlink": min(0.021 * down, 0.6), "eyeWide": min(0.075 * up, 1.0), "eyeLookUp": min(0.05 * up, 1.0)}
    return {action + side: weight for action, weight in weights.items() if weight for side in ("Left", "Right")}


def _choose(draw: float) -> _Expression:
    for expression in _EXPRESSIONS:
        draw -= expression.share
        if draw < 0:
            return expression
    return _EXPRESSIONS[0]  # the shares' sum may round to just below 1


def _weights_of(rng: np.random.Generator, expression: _Expression) -> Weights:
    weights: Weights = {}
    for name, limits in expression.both:
        level, lag = uniform(rng, limits), _ASYMMETRY * float(rng.random())
        behind, ahead = ("Left", "Right") if rng.random() < 0.5 else ("Right", "Left")
        weights[name + ahead], weights[name + behind] = level, level * (1 - lag)
    for name, limits in expression.single:
        weights[name] = uniform(rng, limits)
    side = "Left" if rng.random() < 0.5 else "Right"
    for name, limits in expression.one:
        weights[name + side] = uniform(rng, limits)
    return weights


def _draw_lids(rng: np.random.Generator) -> float:
    """How far both lids are closed, 0 … 1; three draws."""
    blinks, closed, partly = (float(v) for v in rng.random(3))
    if blinks >= _BLINKS:
        return 0.0
    return 1.0 if closed < 0.5 else 0.15 + 0.7 * partly
