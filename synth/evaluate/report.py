"""All tables of some trials, and the files that they are written to."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from synth import __version__
from synth.errors import UsageError
from synth.evaluate.breakdowns import (
    attributes_table,
    borders_table,
    conditions_table,
    confusion_table,
    regions_table,
)
from synth.evaluate.metrics import mean_error_deg
from synth.evaluate.nominal import nominal_table
from synth.evaluate.table import Table, as_csv
from synth.evaluate.tables import (
    classifiers_table,
    depth_table,
    real_table,
    regression_table,
    runtime_table,
    strategies_table,
)
from synth.evaluate.trial import Trial
from synth.geometry.pose import ANGLES
from synth.run.folder import prepare_folder
from synth.shard.commit import commit_bytes

FORMAT, VERSION = "synth-results", 1

# In the order in which they are shown; docs/evaluation.md says what each holds.
TABLES: dict[str, Callable[[list[Trial]], Table | None]] = {
    "regression": regression_table,
    "real": real_table,
    "pointing04": nominal_table,
    "depth": depth_table,
    "classifiers": classifiers_table,
    "strategies": strategies_table,
    "conditions": conditions_table,
    "borders": borders_table,
    "regions": regions_table,
    "attributes": attributes_table,
    "confusion": confusion_table,
    "runtime": runtime_table,
}


def build_tables(trials: Sequence[Trial], names: Sequence[str] = (), by: Sequence[str] = ()) -> list[Table]:
    """The tables of these names, by default all, that have something to show; `attributes` broken down `by` these.

    Raises UsageError for an unknown name, and if a table that was asked for has nothing to show.
    """
    check_names(names)
    builders = TABLES | {"attributes": lambda chosen: attributes_table(chosen, by)}
    made = {name: builders[name](list(trials)) for name in (names or TABLES)}
    empty = [name for name in names if made[name] is None]
    if empty:
        raise UsageError(
            f"There is nothing to show in {empty[0]}.", where="--table",
            mend="docs/evaluation.md says which models and sets each table is about.",
        )  # fmt: skip
    return [table for table in made.values() if table is not None]


def check_names(names: Sequence[str]) -> None:
    """Raises UsageError unless all are tables' names: before anything is judged."""
    unknown = [name for name in names if name not in TABLES]
    if unknown:
        raise UsageError(f"There is no table {unknown[0]!r}.", where="--table", mend=f"There are {', '.join(TABLES)}.")


def write_results(folder: Path, tables: Sequence[Table]) -> list[Path]:
    """results.md, results.csv and results.json in `folder`, which is made. Raises DiskError."""
    prepare_folder(folder)
    markdown = "# Results\n\n" + "\n".join(table.as_markdown() for table in tables)
    content = {"format": FORMAT, "version": VERSION, "synth": __version__, "tables": [t.as_json() for t in tables]}
    files = {
        "results.md": markdown,
        "results.csv": as_csv(tables),
        "results.json": json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
    }
    for name, text in files.items():
        commit_bytes(folder / name, text.encode("utf-8"))
    return [folder / name for name in files]


def write_estimates(folder: Path, trials: Sequence[Trial]) -> Path:
    """estimates.csv: a line a picture and model, with label, estimate and errors, to look at the worst by hand."""
    named = [f"{what}_{angle}_deg" for what in ("true", "estimated") for angle in ANGLES]
    head = ["set", "model", "id", "subject", "condition", *named, "mean_error_deg", "geodesic_deg", "category"]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(head)
    for trial in trials:
        writer.writerows(_lines(trial))
    path = folder / "estimates.csv"
    commit_bytes(path, buffer.getvalue().encode("utf-8"))
    return path


def _lines(trial: Trial) -> Iterator[list[object]]:
    table, category = trial.on.table, trial.estimates.category
    numbers = np.column_stack(
        [trial.true_euler_deg, trial.estimates.euler_deg, mean_error_deg(trial.errors_deg), trial.geodesic_deg]
    )
    for row in range(trial.samples):
        cells = [f"{value:.3f}" if np.isfinite(value) else "" for value in numbers[row]]
        own = "" if category is None else int(category[row])
        names = [trial.on.name, trial.candidate.name, int(table.ids[row]), table.subjects[row], table.conditions[row]]
        yield [*names, *cells, own]
