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
    """`both` are actions with a Left and a Right that move nearly alike; `single` have no side. Limits hold at 1."""

    name: str
    share: float
    both: tuple[tuple[str, Limits], ...] = ()
    single: tuple[tuple[str, Limits], ...] = ()


_EXPRESSIONS = (
    _Expression("neutral", 0.30),
    _Expression("smile", 0.20, both=(("mouthSmile", (0.5, 1.0)), ("cheekSquint", (0.1, 0.8)))),
    _Expression(
        "laugh", 0.06, both=(("mouthSmile", (0.7, 1.0)), ("cheekSquint", (0.5, 1.0))), single=(("jawOpen", (0.2, 0.5)),)
    ),
    _Expression("speech", 0.12, both=(("mouthStretch", (0.0, 0.3)),), single=(("jawOpen", (0.1, 0.6)),)),
    _Expression("rounded speech", 0.05, single=(("jawOpen", (0.05, 0.3)), ("mouthFunnel", (0.3, 0.9)))),
    _Expression("pucker", 0.04, single=(("mouthPucker", (0.4, 1.0)),)),
    _Expression(
        "surprise",
        0.06,
        both=(("browOuterUp", (0.2, 1.0)), ("eyeWide", (0.1, 0.8))),
        single=(("browInnerUp", (0.4, 1.0)), ("jawOpen", (0.0, 0.5))),
    ),
    _Expression("concern", 0.04, both=(("mouthFrown", (0.1, 0.6)),), single=(("browInnerUp", (0.4, 1.0)),)),
    _Expression("frown", 0.05, both=(("browDown", (0.4, 1.0)), ("mouthFrown", (0.2, 0.9)))),
    _Expression("squint", 0.05, both=(("eyeSquint", (0.4, 1.0)), ("browDown", (0.1, 0.6)))),
    _Expression("sneer", 0.03, both=(("noseSneer", (0.4, 1.0)), ("mouthUpperUp", (0.1, 0.6)))),
)

_BLINKS = 0.12  # share of shots with lids on their way; half of these fully closed
_ASYMMETRY = 0.15  # one side of a face stays behind the other by up to this share
_LEAST = 0.01  # below this nobody sees an action

ACTIONS: tuple[str, ...] = tuple(
    sorted(
        {f"{name}{side}" for e in _EXPRESSIONS for name, _ in e.both for side in ("Left", "Right")}
        | {name for e in _EXPRESSIONS for name, _ in e.single}
        | {"eyeBlinkLeft", "eyeBlinkRight"}
    )
)
"""Every facial action that a plan may ask for, ARKit names."""


def draw_expression(
    which_rng: np.random.Generator, blink_rng: np.random.Generator, person: Person
) -> tuple[tuple[str, float], ...]:
    """Facial actions with weights in (0, 1], sorted by name; empty is a neutral face.

    The strength is uniform in `person.expression` and scales all weights. Lids close apart from the expression, and
    close fully also at a moderate strength: a half-hearted blink is a rare thing.
    """
    strength = uniform(which_rng, person.expression)
    weights = _weights_of(which_rng, _choose(float(which_rng.random())))
    scaled = {name: strength * weight for name, weight in weights.items()}
    lids = _draw_lids(blink_rng) * min(1.0, 3 * strength)
    if lids:
        scaled |= {"eyeBlinkLeft": lids, "eyeBlinkRight": lids}
        for widened in ("eyeWideLeft", "eyeWideRight"):  # nobody does both
            scaled.pop(widened, None)
    return tuple(sorted((name, min(1.0, weight)) for name, weight in scaled.items() if weight >= _LEAST))


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
    return weights


def _draw_lids(rng: np.random.Generator) -> float:
    """How far both lids are closed, 0 … 1; three draws."""
    blinks, closed, partly = (float(v) for v in rng.random(3))
    if blinks >= _BLINKS:
        return 0.0
    return 1.0 if closed < 0.5 else 0.15 + 0.7 * partly
