"""Which samples belong together in a breakdown: by condition, by who is shown, by where the head looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.data.shards import ShardSource
from synth.data.source import PoseSource, Subset
from synth.errors import UsageError

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]

ATTRIBUTES = ("sex", "age_years", "skin_tone", "glasses", "hair_style", "environment")
UNKNOWN = "unknown"
_AGES = (("under 18", 18), ("18–29", 30), ("30–44", 45), ("45–59", 60), ("60 and over", np.inf))
_TONES = (("light third", 1 / 3), ("middle third", 2 / 3), ("dark third", np.inf))


@dataclass(frozen=True, eq=False)
class PoseGrid:
    """Means over cells of a pitch × yaw grid.

    edges: (P + 1,) and (Y + 1,) degrees, rising; a cell holds its lower edge. count: (P, Y) int64. mean: (P, Y)
    float64, NaN in an empty cell.
    """

    pitch_edges_deg: Floats
    yaw_edges_deg: Floats
    count: NDArray[np.int64]
    mean: Floats


def attributes_of(source: PoseSource) -> dict[str, NDArray[Any]]:
    """Columns of length N that say who is shown and where, of a rendered set or a part of one; else none."""
    if isinstance(source, Subset):
        return {name: column[source.rows] for name, column in attributes_of(source.source).items()}
    if isinstance(source, ShardSource):
        labels = source.dataset.labels
        return {name: labels[name] for name in ATTRIBUTES if name in labels}
    return {}


def groups_of(name: str, column: NDArray[Any]) -> dict[str, Rows]:
    """Rows by value: ages in brackets, skin tones in thirds, others as they are; the unknown last."""
    if name == "age_years":
        return rows_by_value(_in_brackets(column, _AGES), [text for text, _ in _AGES])
    if name == "skin_tone":
        return rows_by_value(_in_brackets(column, _TONES), [text for text, _ in _TONES])
    texts = np.array([str(value) or UNKNOWN for value in column])
    return rows_by_value(texts, sorted(set(texts.tolist()) - {UNKNOWN}))


def rows_by_value(values: NDArray[Any], order: list[str]) -> dict[str, Rows]:
    """Rows of each value that there is, in this order, the rest after it as first met."""
    listed = [*order, *(value for value in dict.fromkeys(values.tolist()) if value not in order)]
    found = {value: np.flatnonzero(values == value) for value in listed}
    return {value: rows for value, rows in found.items() if rows.size}


def border_rows(euler_deg: ArrayLike, within_deg: float) -> dict[str, Rows]:
    """Rows within `within_deg` of the borders between the four pose categories, and the rest.

    The borders are pitch = 0 and yaw = 0; euler_deg: (N, 3). Rows without pitch or yaw are in none.
    """
    if not within_deg > 0:
        raise UsageError(f"{within_deg} degrees is no width.", where="border", mend="Give more than 0.")
    off = np.abs(np.asarray(euler_deg, dtype=np.float64)[:, :2])
    known = np.isfinite(off).all(axis=1)
    near = (off <= within_deg) & known[:, None]
    width = f"{within_deg:g}°"
    return {
        f"within {width} of pitch 0": np.flatnonzero(near[:, 0]),
        f"within {width} of yaw 0": np.flatnonzero(near[:, 1]),
        f"within {width} of either": np.flatnonzero(near.any(axis=1)),
        "elsewhere": np.flatnonzero(known & ~near.any(axis=1)),
    }


def pose_grid(
    euler_deg: ArrayLike, values: ArrayLike, step_deg: float, edges: tuple[Floats, Floats] | None = None
) -> PoseGrid:
    """Means of `values` (N,) over cells of `step_deg` by the true pitch and yaw, (N, 3); NaN in either is left out.

    `edges`: pitch's and yaw's, to lay several grids over each other; without, the narrowest that hold every sample.
    """
    if not step_deg > 0:
        raise UsageError(f"{step_deg} degrees is no cell.", where="regions", mend="Give more than 0.")
    angles, shown = np.asarray(euler_deg, dtype=np.float64)[:, :2], np.asarray(values, dtype=np.float64)
    known = np.isfinite(angles).all(axis=1) & np.isfinite(shown)
    angles, shown = angles[known], shown[known]
    pitch_edges, yaw_edges = edges or (round_edges(angles[:, 0], step_deg), round_edges(angles[:, 1], step_deg))
    cells = [np.searchsorted(e, angles[:, n], side="right") - 1 for n, e in enumerate((pitch_edges, yaw_edges))]
    shape = (len(pitch_edges) - 1, len(yaw_edges) - 1)
    inside = (cells[0] >= 0) & (cells[0] < shape[0]) & (cells[1] >= 0) & (cells[1] < shape[1])
    flat = cells[0][inside] * shape[1] + cells[1][inside]
    count = np.bincount(flat, minlength=shape[0] * shape[1]).reshape(shape)
    total = np.bincount(flat, shown[inside], minlength=shape[0] * shape[1]).reshape(shape)
    mean = np.divide(total, count, out=np.full(shape, np.nan), where=count > 0)
    return PoseGrid(pitch_edges, yaw_edges, count.astype(np.int64), mean)


def round_edges(angles_deg: ArrayLike, step_deg: float) -> Floats:
    """Multiples of `step_deg` that enclose all values; a value on the last edge gets a cell of its own above it."""
    known = np.asarray(angles_deg, dtype=np.float64)
    known = known[np.isfinite(known)]
    if known.size == 0:
        return np.array([0.0, step_deg])
    first, last = np.floor(known.min() / step_deg), np.floor(known.max() / step_deg) + 1
    return np.asarray(np.arange(first, last + 1) * step_deg, dtype=np.float64)


def _in_brackets(column: NDArray[Any], brackets: tuple[tuple[str, float], ...]) -> NDArray[Any]:
    """Each value as the text of the first bracket whose upper end it is below."""
    ends = np.array([end for _, end in brackets])
    texts = np.array([text for text, _ in brackets] + [UNKNOWN])
    numbers = np.asarray(column, dtype=np.float64)
    places = np.searchsorted(ends, numbers, side="right")
    return texts[np.where(np.isfinite(numbers), np.minimum(places, len(brackets) - 1), len(brackets))]
