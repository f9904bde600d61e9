"""Pose categories by the signs of angles: the seven strategies of the source paper's Table 2."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synth.evaluate.confusion import Confusion, confusion
from synth.evaluate.trial import Trial
from synth.geometry.pose import ANGLES, DEFAULT_STRATEGY, category_signs, sign_category, strategy_angles

QUADRANTS = DEFAULT_STRATEGY  # the source paper's own choice: L1 … L4


def category_names(strategy: str) -> tuple[str, ...]:
    """In the order of their numbers: "pitch +, yaw −"."""
    names = [ANGLES[n] for n in strategy_angles(strategy)]
    return tuple(
        ", ".join(f"{name} {'+' if sign > 0 else '−'}" for name, sign in zip(names, signs, strict=True))
        for signs in category_signs(strategy)
    )


def confusion_from_angles(trial: Trial, strategy: str = QUADRANTS) -> Confusion:
    """Of the categories that the estimated angles fall into; empty if the candidate gives no angles."""
    true = sign_category(trial.true_euler_deg, strategy)
    return confusion(sign_category(trial.estimates.euler_deg, strategy), true, len(category_signs(strategy)))


def confusion_of_classifier(trial: Trial) -> Confusion | None:
    """Of the candidate's own classifier, in its own strategy; None if it has none."""
    strategy, given = trial.candidate.strategy, trial.estimates.category
    if strategy is None or given is None:
        return None
    return confusion(given, sign_category(trial.true_euler_deg, strategy), len(category_signs(strategy)))


def quadrant_confusion(trial: Trial) -> Confusion:
    """By the candidate's classifier if it tells the four quadrants apart, else by its angles."""
    own = confusion_of_classifier(trial) if trial.candidate.strategy == QUADRANTS else None
    return own or confusion_from_angles(trial)


def quadrant_hits(trial: Trial) -> NDArray[np.float64]:
    """(N,) 1 where the quadrant is right, 0 where wrong, NaN where it isn't labelled or none was given."""
    true = sign_category(trial.true_euler_deg)
    given = trial.estimates.category if trial.candidate.strategy == QUADRANTS else None
    guessed = sign_category(trial.estimates.euler_deg) if given is None else given
    known = (true >= 0) & (guessed >= 0)
    return np.where(known, (true == guessed).astype(np.float64), np.nan)
