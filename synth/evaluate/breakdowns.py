"""Where errors come from: by condition, by who is shown, by where the head looks, near the categories' borders."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from synth.evaluate.categories import (
    QUADRANTS,
    category_names,
    confusion_from_angles,
    confusion_of_classifier,
    quadrant_hits,
)
from synth.evaluate.confusion import Confusion
from synth.evaluate.groups import (
    PoseGrid,
    border_rows,
    chosen_attributes,
    groups_of,
    pose_grid,
    round_edges,
    rows_by_value,
)
from synth.evaluate.metrics import mean_error_deg, spread
from synth.evaluate.table import Cell, Column, Table
from synth.evaluate.tables import CATEGORY, ERRORS, MODEL, SAMPLES, SET, Row, error_cells
from synth.evaluate.trial import Rows, Trial, settings_of

BORDER_DEG = 5.0
REGION_STEP_DEG = 30.0
FEWEST = 5  # samples that a cell of a grid must have to be shown
_MEAN = Column("mean_deg", "mean, °", "number", 2)
_GEODESIC = Column("geodesic_deg", "geodesic, °", "number")
_PEOPLE = Column("people", "people", "count")


def conditions_table(trials: list[Trial]) -> Table | None:
    """By the variants' conditions; None unless a set has more than one."""
    rows: list[Row] = []
    for trial in trials:
        conditions = np.asarray(trial.on.table.conditions)
        groups = rows_by_value(conditions, ["base"])
        if len(groups) > 1:
            rows += [_row(trial, condition, chosen) for condition, chosen in groups.items()]
    columns = (SET, MODEL, Column("condition", "condition"), _PEOPLE, SAMPLES, *ERRORS, CATEGORY)
    title = "Robustness: by condition of light, blur and occlusion (the paper's variant sets)"
    return _table("conditions", title, columns, rows, trials)


def attributes_table(trials: list[Trial], by: Sequence[str] = ()) -> Table | None:
    """By who is shown: sex, age, skin tone and what else the sets tell, or only what is asked for.

    Raises UsageError if none of the sets tells something that is asked for.
    """
    rows: list[Row] = []
    names = chosen_attributes(by, dict.fromkeys(name for trial in trials for name in trial.on.attributes))
    for trial in trials:
        for name in names:
            if name not in trial.on.attributes:
                continue
            groups = groups_of(name, trial.on.attributes[name])
            if len(groups) > 1:
                rows += [_row(trial, f"{name}: {value}", chosen) for value, chosen in groups.items()]
    columns = (SET, MODEL, Column("group", "group"), _PEOPLE, SAMPLES, *ERRORS, CATEGORY)
    note = "Groups of few people differ by chance: look at the number of people first."
    return _table("attributes", "By who is shown", columns, rows, trials, (note,))


def borders_table(trials: list[Trial], within_deg: float = BORDER_DEG) -> Table | None:
    """Near the borders between the quadrants, where a wrong category costs most, and elsewhere."""
    rows = [
        _row(trial, place, chosen)
        for trial in trials
        for place, chosen in border_rows(trial.true_euler_deg, within_deg).items()
        if chosen.size
    ]
    columns = (SET, MODEL, Column("place", "true pose"), _PEOPLE, SAMPLES, *ERRORS, CATEGORY)
    return _table("borders", "Near the borders of the pose categories", columns, rows, trials)


def _row(trial: Trial, group: str, chosen: Rows) -> Row:
    people = len(np.unique(np.asarray(trial.on.table.subjects)[chosen]))
    accuracy = spread(quadrant_hits(trial)[chosen]).mean
    names: tuple[Cell, ...] = (trial.on.name, trial.candidate.name, group, people, len(chosen))
    return (*names, *error_cells(trial.errors(chosen)), accuracy)


def regions_table(trials: list[Trial], step_deg: float = REGION_STEP_DEG) -> Table | None:
    """The mean error over a grid of true pitch and yaw."""
    chosen = [trial for trial in trials if trial.estimates.gives_angles]
    if not chosen:
        return None
    yaws = round_edges(np.concatenate([trial.true_euler_deg[:, 1] for trial in chosen]), step_deg)
    columns = (
        SET, MODEL, Column("pitch", "true pitch"),
        *(Column(f"yaw_{low:g}", f"yaw {_cell_text(low, step_deg)}", "number") for low in yaws[:-1]),
    )  # fmt: skip
    rows: list[Row] = []
    for trial in chosen:
        pitches = round_edges(trial.true_euler_deg[:, 0], step_deg)
        grid = error_grid(trial, step_deg, (pitches, yaws))
        for place in reversed(range(len(pitches) - 1)):
            cells = _seen(grid, place)
            if any(cell is not None for cell in cells):
                rows.append((trial.on.name, trial.candidate.name, _cell_text(pitches[place], step_deg), *cells))
    note = f"Cells: mean over the labelled angles of the absolute error, °; with fewer than {FEWEST} samples not shown."
    return _table("regions", "Mean error by pose", columns, rows, chosen, (note,))


def error_grid(trial: Trial, step_deg: float, edges: tuple[np.ndarray, np.ndarray] | None = None) -> PoseGrid:
    """The mean error of a sample over cells of the true pose; the figure and the table are drawn from it."""
    return pose_grid(trial.true_euler_deg, mean_error_deg(trial.errors_deg), step_deg, edges)


def _seen(grid: PoseGrid, place: int) -> list[Cell]:
    pairs = zip(grid.count[place], grid.mean[place], strict=True)
    return [float(mean) if count >= FEWEST else None for count, mean in pairs]


def _cell_text(low: float, step_deg: float) -> str:
    return f"{low:g} … {low + step_deg:g}°".replace("-", "−")


def confusion_table(trials: list[Trial]) -> Table | None:
    """Which category is taken for which, in the candidate's own strategy, else by quadrants."""
    most = max((len(category_names(_strategy(trial))) for trial in trials), default=0)
    columns = (
        SET, MODEL, Column("true", "true category"),
        *(Column(f"as_{n + 1}", f"as {n + 1}", "count") for n in range(most)),
        Column("recall", "found", "share"), Column("precision", "right when said", "share"),
    )  # fmt: skip
    rows: list[Row] = []
    for trial in trials:
        matrix = confusion_of_classifier(trial) or confusion_from_angles(trial)
        if matrix.samples:
            rows += _confusion_rows(trial, matrix, most)
    return _table("confusion", "Which category is taken for which", columns, rows, trials)


def _strategy(trial: Trial) -> str:
    return trial.candidate.strategy or QUADRANTS


def _confusion_rows(trial: Trial, matrix: Confusion, most: int) -> list[Row]:
    rows: list[Row] = []
    for number, name in enumerate(category_names(_strategy(trial))):
        counts: list[Cell] = [int(count) for count in matrix.counts[number]]
        counts += [None] * (most - len(counts))
        shares = (float(matrix.recall[number]), float(matrix.precision[number]))
        rows.append((trial.on.name, trial.candidate.name, f"{number + 1}: {name}", *counts, *shares))
    return rows


def _table(
    name: str,
    title: str,
    columns: tuple[Column, ...],
    rows: list[Row],
    trials: list[Trial],
    notes: tuple[str, ...] = (),
) -> Table | None:
    """With the settings of the trials that have a row; None without rows."""
    shown = {(row[0], row[1]) for row in rows}
    chosen = [trial for trial in trials if (trial.on.name, trial.candidate.name) in shown]
    return Table(name, title, columns, tuple(rows), notes, settings_of(chosen)) if rows else None
