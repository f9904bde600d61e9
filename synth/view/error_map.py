"""Where a network errs: its mean error over true pitch and yaw, as a heat map."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from synth.errors import UsageError
from synth.evaluate.breakdowns import error_grid
from synth.evaluate.groups import PoseGrid, round_edges
from synth.evaluate.trial import Trial
from synth.shard.commit import commit_bytes
from synth.view.colours import FAINT_TEXT, GROUND, PANEL, TEXT, as_hex

STEP_DEG = 15.0
_IN_A_ROW = 3
_COLOURS = "viridis"


@dataclass(frozen=True, eq=False)
class ErrorMap:
    """One panel: whose errors, their mean over all samples, and the grid over poses."""

    name: str
    mean_deg: float
    grid: PoseGrid


def write_error_maps(folder: Path, trials: Sequence[Trial]) -> list[Path]:
    """error-map-SET.png in `folder` for each set: a panel a model, all in one scale. Raises DiskError.

    A set's name is out of a file that somebody else may have written: only letters, digits, - and _ of it get into the
    file's name, and one that another set has taken gets a number.
    """
    drawn: list[Path] = []
    for on in dict.fromkeys(trial.on.name for trial in trials):
        shown = [trial for trial in trials if trial.on.name == on and trial.estimates.gives_angles]
        if shown:
            drawn.append(_free(folder, on, drawn))
            commit_bytes(drawn[-1], error_maps_png(error_maps(shown), f"{on}: mean error over pose"))
    return drawn


def _free(folder: Path, name: str, taken: Sequence[Path]) -> Path:
    stem = "error-map-" + (re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")[:100] or "set")
    paths = (folder / f"{stem}{f'-{number}' if number else ''}.png" for number in (0, *range(2, len(taken) + 3)))
    return next(path for path in paths if path not in taken)


def error_maps(trials: Sequence[Trial], step_deg: float = STEP_DEG) -> list[ErrorMap]:
    """A panel a trial, over one grid that holds all their poses."""
    true = np.concatenate([trial.true_euler_deg for trial in trials])
    edges = (round_edges(true[:, 0], step_deg), round_edges(true[:, 1], step_deg))
    return [ErrorMap(_name(trial), trial.errors().mean_deg, error_grid(trial, step_deg, edges)) for trial in trials]


def _name(trial: Trial) -> str:
    return f"{trial.candidate.name}, {trial.samples:,} pictures"


def error_maps_png(maps: Sequence[ErrorMap], title: str) -> bytes:
    """PNG of the panels: yaw to the right, pitch upwards, each cell its mean error in degrees, empty cells dark.

    Raises UsageError if there are no panels.
    """
    if not maps:
        raise UsageError("There is no model to draw.", where=title)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(len(maps), _IN_A_ROW)
    rows = -(-len(maps) // columns)
    width, height = _panel_size(maps[0].grid)
    figure = Figure(figsize=(1.2 + width * columns, 0.6 + height * rows), dpi=110, facecolor=as_hex(GROUND))
    FigureCanvasAgg(figure)
    figure.set_layout_engine("constrained", w_pad=0.1, h_pad=0.1, wspace=0.03, hspace=0.04)
    figure.suptitle(title, color=as_hex(TEXT), fontsize=15, x=0.02, ha="left")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    most = max([float(np.nanmax(m.grid.mean)) for m in maps if m.grid.count.any()], default=1.0)
    for axes, shown in zip(panels, maps, strict=False):
        mesh = _draw(axes, shown, most)
    for axes in panels[len(maps) :]:
        axes.set_visible(False)
    bar = figure.colorbar(mesh, ax=list(panels[: len(maps)]), shrink=0.8)
    bar.set_label("mean absolute error, °", color=as_hex(FAINT_TEXT))
    bar.ax.tick_params(colors=as_hex(FAINT_TEXT), labelsize=9, length=0)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", facecolor=figure.get_facecolor(), metadata={"Software": None})
    return buffer.getvalue()


def _panel_size(grid: PoseGrid) -> tuple[float, float]:
    """Inches that a panel needs for square cells with room for a number, and for what is written around them."""
    return max(3.2, 1.0 + 0.36 * (len(grid.yaw_edges_deg) - 1)), 1.3 + 0.36 * (len(grid.pitch_edges_deg) - 1)


def _draw(axes: Any, shown: ErrorMap, most: float) -> Any:
    grid = shown.grid
    axes.set_facecolor(as_hex(PANEL))
    masked = np.ma.masked_invalid(grid.mean)
    mesh = axes.pcolormesh(grid.yaw_edges_deg, grid.pitch_edges_deg, masked, cmap=_COLOURS, vmin=0, vmax=most)
    for p, y in np.argwhere(grid.count > 0):
        middle = (grid.yaw_edges_deg[y : y + 2].mean(), grid.pitch_edges_deg[p : p + 2].mean())
        ink = "black" if grid.mean[p, y] > 0.6 * most else "white"
        axes.text(*middle, f"{grid.mean[p, y]:.0f}", color=ink, ha="center", va="center", fontsize=8)
    axes.set_title(f"{shown.name}\nmean {shown.mean_deg:.2f}°", color=as_hex(TEXT), fontsize=11, loc="left")
    axes.set_xticks(grid.yaw_edges_deg[::2])
    axes.set_yticks(grid.pitch_edges_deg[::2])
    axes.set_xlabel("true yaw, ° (image's left is +)", color=as_hex(FAINT_TEXT), fontsize=10)
    axes.set_ylabel("true pitch, ° (up is +)", color=as_hex(FAINT_TEXT), fontsize=10)
    axes.tick_params(colors=as_hex(FAINT_TEXT), labelsize=9, length=0)
    axes.set_aspect("equal")
    for spine in axes.spines.values():
        spine.set_visible(False)
    return mesh
