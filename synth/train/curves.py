"""Loss and error curves: one CSV that grows, TensorBoard's events, and a picture."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from synth.shard.commit import commit_bytes

CURVES_CSV, CURVES_PNG = "curves.csv", "curves.png"
Row = Mapping[str, float]


class Curves:
    """What was measured at which step, kept in memory and written on `save`.

    Rows hold "step" and any of the other columns; on resuming, rows after the step that is gone on from are dropped.
    """

    def __init__(self, folder: Path, first_step: int = 0) -> None:
        self._folder = folder
        self._rows = [row for row in _read(folder / CURVES_CSV) if row["step"] <= first_step]
        self._board = SummaryWriter(str(folder / "tensorboard"), purge_step=first_step + 1 if first_step else None)

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(self._rows)

    def add(self, step: int, values: Row) -> None:
        """One row; its values also go to TensorBoard."""
        if self._rows and self._rows[-1]["step"] == step:
            self._rows[-1] = {**self._rows[-1], **values}
        else:
            self._rows.append({"step": step, **values})
        for name, value in values.items():
            self._board.add_scalar(name, value, step)

    def save(self) -> None:
        """Write the CSV and the picture. Raises `DiskError`."""
        self._board.flush()
        commit_bytes(self._folder / CURVES_CSV, _as_csv(self._rows).encode())
        commit_bytes(self._folder / CURVES_PNG, _as_png(self._rows))

    def close(self) -> None:
        self._board.close()


def _read(path: Path) -> list[dict[str, float]]:
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: float(text) for name, text in row.items() if text} for row in csv.DictReader(file)]


def _as_csv(rows: list[dict[str, float]]) -> str:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: f"{value:.9g}" for name, value in row.items()} for row in rows)
    return text.getvalue()


def _as_png(rows: list[dict[str, float]]) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = (
        ("loss", "loss", True),
        ("validation/{}_deg", "mean error, unseen people (°)", False),
        ("validation/category_accuracy", "category accuracy, unseen people", False),
    )
    figure = Figure(figsize=(13, 3.6), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (name, title, log) in zip(figure.subplots(1, 3), panels, strict=True):
        for part in ("pitch", "yaw", "roll", "geodesic") if "{}" in name else ("",):
            column = name.format(part)
            points = [(row["step"], row[column]) for row in rows if column in row]
            if points:
                axes.plot(*zip(*points, strict=True), label=part or None, linewidth=1.2)
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("step")
        axes.grid(alpha=0.3)
        if log and any(row.get("loss", 0) > 0 for row in rows):
            axes.set_yscale("log")
        if axes.get_legend_handles_labels()[1]:
            axes.legend(fontsize=8)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()
