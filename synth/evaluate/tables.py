"""The main tables: errors per angle on renders, on photographs and on depth; categories, classifiers; runtime.

A builder takes all trials and gives the table of those that it concerns, or None if there are none.
"""

from __future__ import annotations

import math

import numpy as np

from synth.data.network_input import NetworkInput
from synth.evaluate.categories import (
    QUADRANTS,
    category_names,
    confusion_from_angles,
    confusion_of_classifier,
    quadrant_confusion,
)
from synth.evaluate.confusion import Confusion
from synth.evaluate.metrics import PoseErrors, Spread, always_frontal, margin_by_people, mean_error_deg
from synth.evaluate.published import published_on
from synth.evaluate.table import Cell, Column, PlusMinus, Table
from synth.evaluate.trial import Candidate, Estimates, JudgedSet, Reading, Trial, settings_of
from synth.geometry.pose import SIGN_STRATEGIES

Row = tuple[Cell, ...]

SET, MODEL = Column("set", "set"), Column("model", "model")
SAMPLES = Column("samples", "samples", "count")
CATEGORY = Column("category_accuracy", "category", "share")
ERRORS = (
    Column("pitch_deg", "pitch, °", "number"),
    Column("yaw_deg", "yaw, °", "number"),
    Column("roll_deg", "roll, °", "number"),
    Column("mean_deg", "mean, °", "number", 2),
    Column("geodesic_deg", "geodesic, °", "number"),
    Column("geodesic_median_deg", "its median, °", "number"),
)
FRONTAL = "always frontal"
MARGIN = Column("margin_deg", "margin, °", "number", 2)
_PER_ANGLE = (SET, MODEL, SAMPLES, *ERRORS, MARGIN, CATEGORY)
MARGIN_NOTE = "Margin: the mean ± this is a 95 % interval over people, by Student's t from the people's own means."
_CATEGORY_NOTE = (
    "Category: share of right quadrants (signs of pitch and yaw, 0 counts as +), by the classifier where the model has"
    " one for them, else by its angles."
)
_FRONTAL_NOTE = "Always frontal: every angle 0 for every picture, the bar that an estimator must clear."


def plus_minus(spread: Spread) -> Cell:
    """Mean ± standard deviation, or unknown."""
    return PlusMinus(spread.mean, spread.std) if spread.count else None


def error_cells(errors: PoseErrors) -> Row:
    """The cells of `ERRORS`."""
    angles = (plus_minus(errors.pitch), plus_minus(errors.yaw), plus_minus(errors.roll))
    return (*angles, errors.mean_deg, plus_minus(errors.geodesic), errors.geodesic.median)


def sees_depth(trial: Trial) -> bool:
    return trial.candidate.input.content == "depth"


def sets_of(trials: list[Trial]) -> list[JudgedSet]:
    """Each set once, in the order of the trials."""
    return list(dict.fromkeys(trial.on for trial in trials))


def frontal_trial(on: JudgedSet) -> Trial:
    """Someone who says "frontal" to every picture, judged as everybody else is."""
    count = len(on.source)
    euler_deg = always_frontal(np.empty((count, 3)))
    R = np.broadcast_to(np.eye(3), (count, 3, 3))
    candidate = Candidate(FRONTAL, "", NetworkInput(), lambda pictures: Reading(None, None, None), "")
    return Trial(candidate, on, Estimates(R, euler_deg, None))


def regression_table(trials: list[Trial]) -> Table | None:
    """Regression on rendered colour or grey pictures."""
    chosen = [t for t in trials if t.on.rendered and not sees_depth(t)]
    return _per_angle("regression", "Errors per angle on rendered pictures (paper's Table 4)", chosen)


def depth_table(trials: list[Trial]) -> Table | None:
    """Whoever is shown depth, on any set."""
    return _per_angle("depth", "Errors per angle from depth (paper's Table 8)", [t for t in trials if sees_depth(t)])


def real_table(trials: list[Trial]) -> Table | None:
    """Photographs, beside numbers quoted from the literature."""
    chosen = [t for t in trials if not t.on.rendered and not sees_depth(t)]
    quoted = [q for name in dict.fromkeys(t.on.name for t in chosen) for q in published_on(name)]
    rows: list[Row] = [
        (q.on, f"{q.method} (quoted)", None, q.pitch_deg, q.yaw_deg, q.roll_deg, q.mean_deg, None, None, None, None)
        for q in quoted
    ]
    notes = [f"Quoted, not measured here: {q.method} from {q.source}." for q in quoted]
    if quoted:
        notes.append(
            "Quoted numbers come with other crops and, on Biwi, other frames and often another convention of the angles"
            " (they differ by degrees, in roll most): they show the league, no rank."
        )
    return _per_angle("real", "Errors per angle on photographs, ours and quoted", chosen, rows, notes)


def _per_angle(
    name: str, title: str, trials: list[Trial], quoted: list[Row] | None = None, notes: list[str] | None = None
) -> Table | None:
    """A row a trial that gives angles, the baseline below each set's, then what is quoted."""
    chosen = [trial for trial in trials if trial.estimates.gives_angles]
    if not chosen:
        return None
    rows = [_error_row(t) for on in sets_of(chosen) for t in [*(t for t in chosen if t.on is on), frontal_trial(on)]]
    said = (_CATEGORY_NOTE, _FRONTAL_NOTE, MARGIN_NOTE, *missing_notes(chosen), *dict.fromkeys(notes or []))
    return Table(name, title, _PER_ANGLE, (*rows, *(quoted or [])), said, settings_of(chosen))


def _error_row(trial: Trial) -> Row:
    return (trial.on.name, trial.candidate.name, trial.samples, *judged_cells(trial))


def judged_cells(trial: Trial) -> Row:
    """The cells of `ERRORS`, `MARGIN` and `CATEGORY`."""
    margin = margin_by_people(mean_error_deg(trial.errors_deg), trial.on.table.subjects)
    return (*error_cells(trial.errors()), margin, quadrant_confusion(trial).accuracy)


def missing_notes(trials: list[Trial]) -> list[str]:
    """Who gave no angles for how many pictures, so that leaving out the hard ones doesn't go unseen."""
    counts = [(t, int(np.isnan(t.estimates.euler_deg).any(axis=1).sum())) for t in trials]
    return [
        f"{t.candidate.name} gave no estimate for {count:,} of {t.samples:,} on {t.on.name}: not in its means."
        for t, count in counts
        if count
    ]


def strategies_table(trials: list[Trial]) -> Table | None:
    """Category accuracy for each of the seven sets of signs, by classifiers and by angles."""
    rows = [row for trial in trials for row in _strategy_rows(trial)]
    if not rows:
        return None
    columns = (
        SET, MODEL, Column("strategy", "signs of"), Column("categories", "categories", "count"), SAMPLES,
        Column("by_classifier", "by classifier", "share"), Column("by_angles", "by angles", "share"),
        Column("majority", "commonest", "share"),
    )  # fmt: skip
    notes = (
        "By classifier: of a network trained with this strategy. By angles: the signs of the estimated angles."
        " Commonest: the accuracy of always saying the commonest category. 0 counts as +.",
        "The strategies are the seven subsets of the three signs, in our order; the paper's own choice is pitch+yaw.",
    )
    title = "Category accuracy by strategy (paper's Table 2)"
    return Table("strategies", title, columns, tuple(rows), notes, settings_of(trials))


def _strategy_rows(trial: Trial) -> list[Row]:
    rows: list[Row] = []
    for strategy in SIGN_STRATEGIES:
        own = confusion_of_classifier(trial) if trial.candidate.strategy == strategy else None
        by_angles = confusion_from_angles(trial, strategy)
        some = own or by_angles
        if some.samples:
            names: Row = (trial.on.name, trial.candidate.name, strategy, len(category_names(strategy)), some.samples)
            rows.append((*names, own.accuracy if own else None, by_angles.accuracy, some.majority))
    return rows


def classifiers_table(trials: list[Trial]) -> Table | None:
    """Who tells the four quadrants apart how well, each quadrant by itself."""
    found = [(trial, quadrant_confusion(trial)) for trial in trials]
    found = [(trial, matrix) for trial, matrix in found if matrix.samples]
    if not found:
        return None
    names = category_names(QUADRANTS)
    columns = (
        SET, MODEL, Column("by", "by"), Column("samples", "samples", "count"),
        Column("category_accuracy", "accuracy", "share"),
        *(Column(f"recall_L{n + 1}", f"L{n + 1}: {name}", "share") for n, name in enumerate(names)),
        Column("majority", "commonest", "share"),
    )  # fmt: skip
    rows = tuple((t.on.name, t.candidate.name, _judged_by(t), *_recall_cells(matrix)) for t, matrix in found)
    note = "L1 … L4: the share of that category's samples that were found. Commonest: always saying the commonest one."
    title = "Accuracy of the four pose categories (paper's Table 3)"
    return Table("classifiers", title, columns, rows, (note,), settings_of([trial for trial, _ in found]))


def _judged_by(trial: Trial) -> str:
    has_own = trial.candidate.strategy == QUADRANTS and trial.estimates.category is not None
    return "classifier" if has_own else "angles"


def _recall_cells(matrix: Confusion) -> Row:
    return (matrix.samples, matrix.accuracy, *(float(share) for share in matrix.recall), matrix.majority)


def runtime_table(trials: list[Trial]) -> Table | None:
    """How long a picture takes, warm."""
    columns = (
        MODEL, Column("batch", "batch", "count"), Column("ms", "ms a picture", "number", 3),
        Column("per_second", "pictures a second", "number"), Column("repeats", "batches timed", "count"),
        Column("looks", "looks", "count"), Column("arithmetic", "arithmetic"), Column("device", "device"),
    )  # fmt: skip
    timed = {(t.candidate, r.batch): r for t in trials for r in t.estimates.runtimes}
    rows = tuple(
        (candidate.name, batch, 1000 * r.median_s, 1 / r.median_s if r.median_s else math.nan, r.repeats, r.looks,
         r.arithmetic, r.device)
        for (candidate, batch), r in timed.items()
    )  # fmt: skip
    note = (
        "Warm, median over the batches, from prepared uint8 pictures to angles, copying to the device and back"
        " included; finding, cutting and scaling the face is not, nor, between two looks, cutting it again. Arithmetic"
        " is that of the timing, whatever was trained with."
    )
    described = tuple(dict.fromkeys(f"{candidate.described}." for candidate, _ in timed))
    return Table("runtime", "Runtime", columns, rows, (note,), described) if rows else None
