"""Pointing'04, whose labels are the markers that people were asked to look at, not measured poses.

Tilt is exaggerated about twofold and wide pans by a third, so that pitch is judged by sign, rank and slope, yaw by its
error within ±45°, and the category by its accuracy (shared protocol: |pan| ≤ 45°, |tilt| ≤ 30°).
"""

from __future__ import annotations

import numpy as np

from synth.data.source import PoseSource, Subset
from synth.errors import UsageError
from synth.evaluate.categories import quadrant_hits
from synth.evaluate.metrics import sign_accuracy, spread, trend
from synth.evaluate.table import Column, Table
from synth.evaluate.tables import CATEGORY, MODEL, SAMPLES, SET, Row, frontal_trial, sets_of
from synth.evaluate.trial import Trial, settings_of

MOST_PAN_DEG, MOST_TILT_DEG = 45.0, 30.0
PROTOCOL_TEXT = f"|pan| ≤ {MOST_PAN_DEG:.0f}°, |tilt| ≤ {MOST_TILT_DEG:.0f}°"

_COLUMNS = (
    SET,
    MODEL,
    SAMPLES,
    CATEGORY,
    Column("category_off_zero", "category, no angle 0", "share"),
    Column("yaw_deg", "yaw, °", "number"),
    Column("yaw_rank", "yaw rank", "number", 2),
    Column("yaw_slope", "yaw slope", "number", 2),
    Column("yaw_bias_deg", "yaw bias, °", "number"),
    Column("pitch_sign", "pitch sign", "share"),
    Column("pitch_rank", "pitch rank", "number", 2),
    Column("pitch_slope", "pitch slope", "number", 2),
    Column("pitch_bias_deg", "pitch bias, °", "number"),
)
_NOTES = (
    f"Protocol: {PROTOCOL_TEXT}; roll isn't labelled. The labels are nominal: tilts of ±15/±30 look like about ±7/±16,"
    " pans of 15/30/45 like about 14/26/39.",
    "Category: right signs of pitch and yaw, where a label of 0 counts as + although it lies on the border; beside it"
    " without those. Rank: Spearman's correlation. Slope and bias: of estimate against label. Pitch sign: labels of 0"
    " left out.",
)


def within_protocol(source: PoseSource) -> Subset:
    """The part of Pointing'04 that is judged. Raises UsageError if nothing is left."""
    euler_deg = np.abs(np.asarray(source.table.euler_deg, dtype=np.float64))
    rows = np.flatnonzero((euler_deg[:, 0] <= MOST_TILT_DEG) & (euler_deg[:, 1] <= MOST_PAN_DEG))
    if rows.size == 0:
        raise UsageError(
            f"No picture has {PROTOCOL_TEXT}.", where=source.name, mend="Give the whole database's folder."
        )
    return Subset(source, rows)


def nominal_table(trials: list[Trial]) -> Table | None:
    """By the protocol for nominal labels; None without a set that has it."""
    chosen = [trial for trial in trials if trial.on.protocol == "pointing04"]
    if not chosen:
        return None
    rows = tuple(
        _row(trial)
        for on in sets_of(chosen)
        for trial in [*(trial for trial in chosen if trial.on is on), frontal_trial(on)]
    )
    return Table("pointing04", "Pointing'04, by its own protocol", _COLUMNS, rows, _NOTES, settings_of(chosen))


def _row(trial: Trial) -> Row:
    true, estimated = trial.true_euler_deg, trial.estimates.euler_deg
    hits = quadrant_hits(trial)
    off_zero = (true[:, :2] != 0).all(axis=1)
    pitch, yaw = trend(estimated[:, 0], true[:, 0]), trend(estimated[:, 1], true[:, 1])
    return (
        trial.on.name,
        trial.candidate.name,
        trial.samples,
        spread(hits).mean,
        spread(hits[off_zero]).mean,
        spread(trial.errors_deg[:, 1]).mean,
        yaw.rank_correlation,
        yaw.slope,
        yaw.bias_deg,
        sign_accuracy(estimated[:, 0], true[:, 0]).mean,
        pitch.rank_correlation,
        pitch.slope,
        pitch.bias_deg,
    )
