"""How poses and distances are spread over a dataset, like the source paper's Fig. 6."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import UsageError
from synth.view.colours import BAR, FAINT_TEXT, GRID, GROUND, PANEL, TEXT, as_hex

_MOST_BINS, _FEWEST_BINS = 24, 12
_WIDTHS = (1.0, 2.0, 2.5, 5.0)


@dataclass(frozen=True, eq=False)
class Histogram:
    """`counts` (N,) int64 of values in [edges[n], edges[n + 1]); the last bin holds its right edge too."""

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]


def histogram(values: ArrayLike) -> Histogram:
    """Up to about 24 bins, fewer for few values, of a round width, that together hold every value.

    Raises UsageError if there are no values or one isn't finite.
    """
    known = np.asarray(values, dtype=np.float64).ravel()
    if known.size == 0 or not np.isfinite(known).all():
        raise UsageError("A histogram needs at least one value, and finite ones.", where="values")
    bins = min(max(math.sqrt(known.size), _FEWEST_BINS), _MOST_BINS)
    width = _round_width((known.max() - known.min()) / bins)
    first = math.floor(known.min() / width)
    last = max(first + 1, math.ceil(known.max() / width))
    edges = np.arange(first, last + 1) * width
    return Histogram(edges, np.histogram(known, edges)[0].astype(np.int64))


def histograms_png(labels: Mapping[str, NDArray[Any]], title: str) -> bytes:
    """PNG of four histograms: pitch, yaw, roll (degrees, 300wlp) and distance (mm).

    labels: columns of a dataset, `euler_deg` (N, 3) and `distance_mm` (N,).
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    euler = labels["euler_deg"]
    panels = (
        ("pitch", "degrees, up is positive", euler[:, 0]),
        ("yaw", "degrees, the image's left is positive", euler[:, 1]),
        ("roll", "degrees, clockwise is positive", euler[:, 2]),
        ("distance", "mm, camera to head centre", labels["distance_mm"]),
    )
    figure = Figure(figsize=(11, 7), dpi=110, facecolor=as_hex(GROUND))
    FigureCanvasAgg(figure)
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.12, wspace=0.04, hspace=0.04)
    figure.suptitle(f"{title} · {len(euler):,} samples", color=as_hex(TEXT), fontsize=15, x=0.02, ha="left")
    for axes, (name, unit, values) in zip(figure.subplots(2, 2).ravel(), panels, strict=True):
        _draw(axes, name, unit, values)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", facecolor=figure.get_facecolor(), metadata={"Software": None})
    return buffer.getvalue()


def _draw(axes: Any, name: str, unit: str, values: NDArray[Any]) -> None:
    found = histogram(values)
    axes.set_facecolor(as_hex(PANEL))
    axes.bar(
        found.edges[:-1], found.counts, np.diff(found.edges),
        align="edge", color=as_hex(BAR), edgecolor=as_hex(PANEL), linewidth=0.8, zorder=2,
    )  # fmt: skip
    spread = f"{values.min():.0f} … {values.max():.0f}, mean {values.mean():.1f}".replace("-", "−")
    axes.set_title(name, color=as_hex(TEXT), fontsize=12, loc="left", fontweight="bold")
    axes.set_title(spread, color=as_hex(FAINT_TEXT), fontsize=10, loc="right")
    axes.set_xlabel(unit, color=as_hex(FAINT_TEXT), fontsize=10)
    axes.set_ylabel("samples", color=as_hex(FAINT_TEXT), fontsize=10)
    axes.tick_params(colors=as_hex(FAINT_TEXT), labelsize=9, length=0)
    axes.yaxis.get_major_locator().set_params(integer=True)
    axes.grid(axis="y", color=as_hex(GRID), linewidth=0.8, zorder=1)
    axes.set_xlim(found.edges[0], found.edges[-1])
    for spine in axes.spines.values():
        spine.set_visible(False)


def _round_width(about: float) -> float:
    """The smallest of 1, 2, 2.5, 5 times a power of ten that isn't below `about`; 1 where all values are equal."""
    if about <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(about))
    return next((w * power for w in _WIDTHS if w * power >= about * (1 - 1e-9)), 10 * power)
