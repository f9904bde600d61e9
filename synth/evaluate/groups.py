"""Which samples belong together in a breakdown: by condition, by who is shown, by where the head looks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.data.shards import ShardSource
from synth.data.source import PoseSource, Subset
from synth.errors import UsageError
from synth.share.subjects import subject_columns, subject_labels

Rows = NDArray[np.int64]
Floats = NDArray[np.float64]

ATTRIBUTES = ("sex", "age_years", "skin_tone", "glasses", "hair_style", "environment")
"""Labels of the samples that say who is shown and where."""

SHOWN = ("sex", "age_years", "skin_tone", "origin", "hair_style", "hair_colour", "beard", "glasses", "hat", "mask")
"""What is broken down by, where it is known, unless something else is asked for; and `environment`."""

SHORT = {"age": "age_years", "tone": "skin_tone", "hair": "hair_style", "light": "environment"}
_SHARES = ("african", "asian", "european")
UNKNOWN = "unknown"
_AGES = (("under 18", 18), ("18–29", 30), ("30–44", 45), ("45–59", 60), ("60 and over", np.inf))
_TONES = (("light third", 1 / 3), ("middle third", 2 / 3), ("dark third", np.inf))
_GROWTH = (("none", 1e-6), ("light", 0.4), ("full", np.inf))
_WAVES = (("straight", 0.15), ("wavy", 0.5), ("curly", np.inf))
_GREYS = (("none", 1e-6), ("some", 0.35), ("most", np.inf))
_MADE_UP = (("none", 1e-6), ("some", np.inf))
_BRACKETS = {
    **{"age_years": _AGES, "skin_tone": _TONES, "beard": _GROWTH, "stubble": _GROWTH},
    **{"hair_wave": _WAVES, "hair_grey": _GREYS},
    **dict.fromkeys(("lipstick", "eyeliner", "eye_shadow", "blush"), _MADE_UP),
}


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
    """Columns of length N that say who is shown and where, of a rendered set or a part of one; else none.

    Labels first, then what the manifest's table of people knows besides.
    """
    if isinstance(source, Subset):
        return {name: column[source.rows] for name, column in attributes_of(source.source).items()}
    if isinstance(source, ShardSource):
        labels, people = source.dataset.labels, source.dataset.manifest.subjects
        own = {name: labels[name] for name in ATTRIBUTES if name in labels}
        told = subject_labels(people, labels["subject"], subject_columns(people, taken=own))
        texts = {name: np.char.decode(c, "ascii") if c.dtype.kind == "S" else c for name, c in told.items()}
        return own | texts | _origin(told)
    return {}


def groups_of(name: str, column: NDArray[Any]) -> dict[str, Rows]:
    """Rows by value: numbers in brackets (ages, skin tones, beards) or thirds, others as they are; the unknown last."""
    if column.dtype.kind in "iuf":
        brackets = _BRACKETS.get(name) or _thirds(column)
        return rows_by_value(_in_brackets(column, brackets), [text for text, _ in brackets])
    texts = np.array([str(value) or UNKNOWN for value in column])
    if name == "environment":
        texts = np.array([_kind_of_background(text) for text in texts.tolist()])
    return rows_by_value(texts, sorted(set(texts.tolist()) - {UNKNOWN}))


def _kind_of_background(text: str) -> str:
    """All photographs are one group, and so are all plain grounds and all HDRIs of the user's."""
    kind = text.partition(":")[0]
    return kind if kind in ("photo", "plain", "hdri") else text


def chosen_attributes(asked: Sequence[str], known: Iterable[str]) -> list[str]:
    """The names to break down by: those asked for, `SHORT` ones too, else `SHOWN` and `environment` where known.

    Raises UsageError for one that isn't known.
    """
    there = list(known)
    if not asked:
        return [name for name in (*SHOWN, "environment") if name in there]
    names = [name if name in there else SHORT.get(name, name) for name in asked]
    if unknown := [name for name in names if name not in there]:
        mend = f"There are {', '.join(sorted(there))}." if there else "It tells nothing of who is shown."
        raise UsageError(f"The sets don't tell {unknown[0]!r} of who is shown.", where="--by", mend=mend)
    return list(dict.fromkeys(names))


def _origin(told: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The one of MakeHuman's three origins that each has most of."""
    if any(name not in told or told[name].dtype.kind != "f" for name in _SHARES):
        return {}
    shares = np.stack([told[name] for name in _SHARES])
    known = np.isfinite(shares).all(axis=0)
    return {"origin": np.where(known, np.array(_SHARES)[np.nan_to_num(shares).argmax(axis=0)], "")}


def _thirds(column: NDArray[Any]) -> tuple[tuple[str, float], ...]:
    """A number's own thirds, by their edges; fewer where many values are equal."""
    known = np.asarray(column, dtype=np.float64)
    known = known[np.isfinite(known)]
    edges = np.unique(np.quantile(known, (1 / 3, 2 / 3))).tolist() if known.size else []
    if not edges:
        return (("all", np.inf),)
    return ((f"under {edges[0]:.3g}", edges[0]), *_from(edges))


def _from(edges: list[float]) -> Iterator[tuple[str, float]]:
    for edge, following in zip(edges, [*edges[1:], np.inf], strict=True):
        yield f"from {edge:.3g}", following


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
