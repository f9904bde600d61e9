"""What networks make of a dataset, for its report: errors over poses, a column to filter by, the worst samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.evaluate.groups import PoseGrid
from synth.evaluate.trial import Trial
from synth.view.error_map import error_maps
from synth.view.report.columns import Numbers, numbers_of
from synth.view.report.thumbnails import Thumbnail, axes_px, seen_from_camera

WORST = 50
_ERROR_STEP_DEG = 0.01

Rows = NDArray[np.int64]


def with_angles(trials: Sequence[Trial]) -> list[Trial]:
    """Those whose networks say angles; of the others there is nothing but tables."""
    return [trial for trial in trials if trial.estimates.gives_angles]


def worst_rows(trial: Trial, ids: NDArray[np.int64]) -> tuple[Rows, Rows]:
    """Of the `WORST` largest rotations between label and estimate: places in the trial, rows of the dataset.

    ids: (N,) int64 of the dataset.
    """
    errors = np.where(np.isfinite(trial.geodesic_deg), trial.geodesic_deg, -1.0)
    places = np.argsort(-errors, kind="stable")[:WORST]
    places = places[errors[places] >= 0]
    return places.astype(np.int64), _rows_of(trial.on.table.ids[places], ids)


def error_numbers(trials: Sequence[Trial], ids: NDArray[np.int64], rows: Rows) -> list[Numbers]:
    """The error of each model on each of these rows; unknown where it wasn't judged."""
    found = []
    for number, trial in enumerate(trials, start=1):
        whole = np.full(len(ids), np.nan)
        whole[_rows_of(trial.on.table.ids, ids)] = trial.geodesic_deg
        unit = "degrees of the rotation between label and estimate"
        label = f"error of {trial.candidate.name}"
        found.append(numbers_of(f"error{number}", label, unit, whole[rows], 0.0, _ERROR_STEP_DEG))
    return [numbers for numbers in found if numbers is not None]


def models_json(
    trials: Sequence[Trial], ids: NDArray[np.int64], labels: Mapping[str, Any], shown: Mapping[int, Thumbnail]
) -> list[dict[str, Any]]:
    """Of each model: name, mean errors, the map over poses, and of its worst samples what it says of them.

    shown: thumbnails by row of the dataset.
    """
    if not trials:
        return []
    return [
        {
            "key": f"error{number}",
            "name": trial.candidate.name,
            "about": trial.candidate.about,
            "judged": f"On {trial.on.split}",
            "samples": trial.samples,
            "mean": round(drawn.mean_deg, 3),
            "grid": _grid_json(drawn.grid),
            "worst": _worst(trial, ids, labels, shown),
        }
        for number, (trial, drawn) in enumerate(zip(trials, error_maps(trials), strict=True), start=1)
    ]


def _grid_json(grid: PoseGrid) -> dict[str, Any]:
    mean = [[None if np.isnan(cell) else round(float(cell), 2) for cell in row] for row in grid.mean]
    return {
        "pitch": grid.pitch_edges_deg.tolist(),
        "yaw": grid.yaw_edges_deg.tolist(),
        "count": grid.count.tolist(),
        "mean": mean,
    }


def _worst(
    trial: Trial, ids: NDArray[np.int64], labels: Mapping[str, Any], shown: Mapping[int, Thumbnail]
) -> list[dict[str, Any]]:
    found = []
    for place, row in zip(*(part.tolist() for part in worst_rows(trial, ids)), strict=True):
        if row not in shown:
            continue
        R = seen_from_camera(trial.estimates.R_camera_from_head[place], labels["t_mm"][row])
        drawn = axes_px(R, labels["t_mm"][row], labels["K"][row], shown[row]["scale"])
        said = [None if np.isnan(angle) else round(float(angle), 1) for angle in trial.estimates.euler_deg[place]]
        error = round(float(trial.geodesic_deg[place]), 2)
        found.append({"thumbnail": row, "error": error, "euler": said, **(drawn or {"axes": None, "order": []})})
    return found


def _rows_of(wanted: NDArray[np.int64], ids: NDArray[np.int64]) -> Rows:
    order = np.argsort(ids, kind="stable")
    return np.asarray(order[np.searchsorted(ids, wanted, sorter=order)], dtype=np.int64)
