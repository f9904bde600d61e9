"""How a pack's people are spread: ages, origins, tones, hair, what they wear, sizes and files, on one picture."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from synth.heads.census import ORIGINS, derived
from synth.heads.pack import HeadPack, HeadRecord
from synth.heads.sizes import mean_head_height_mm, mean_interpupillary_mm
from synth.view.colours import BAR, FAINT_TEXT, GRID, GROUND, PANEL, TEXT, Rgb8, as_hex
from synth.view.heads_sheet import skin_colour

SEX_COLOURS: dict[Any, Rgb8] = {"male": BAR, "female": (244, 148, 96), None: (128, 132, 140)}
_HAIR_BRIGHTER = 1.6  # hair's colours as the builder has them are too dark to tell apart on a dark ground
_AGE_STEP, _OLDEST = 5, 95
_TONES = 20
_MOST_ROWS = 14

Heads = Sequence[HeadRecord]


def stats_png(pack: HeadPack) -> bytes:
    """PNG of twelve panels; equal packs give equal bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(19, 13.5), dpi=100, facecolor=as_hex(GROUND))
    FigureCanvasAgg(figure)
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.14, wspace=0.04, hspace=0.04)
    counts = Counter(head.sex for head in pack.heads)
    words = [f"{counts[sex]:,} {sex or 'of unknown sex'}" for sex in SEX_COLOURS if counts[sex]]
    title = f"{pack.name} · {len(pack.heads):,} heads · {', '.join(words)}"
    figure.suptitle(title, color=as_hex(TEXT), fontsize=17, x=0.02, ha="left")
    panels = (_ages, _origins, _tones, _age_by_tone, _hair_styles, _hair_colours, _eyes_and_beards, _worn)
    more = (_eye_distances, _head_heights, _bytes, _triangles)
    for axes, draw in zip(figure.subplots(3, 4).ravel(), (*panels, *more), strict=True):
        axes.set_facecolor(as_hex(PANEL))
        axes.tick_params(colors=as_hex(FAINT_TEXT), labelsize=10, length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
        draw(axes, pack.heads)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", facecolor=figure.get_facecolor(), metadata={"Software": None})
    return buffer.getvalue()


def _ages(axes: Any, heads: Heads) -> None:
    _title(axes, "age", "years, by sex")
    edges = np.arange(0, _OLDEST + 1, _AGE_STEP)
    _stack(axes, heads, edges, "age_years")
    if axes.get_legend_handles_labels()[1]:
        axes.legend(frameon=False, labelcolor=as_hex(FAINT_TEXT), fontsize=10, loc="upper right")


def _stack(axes: Any, heads: Heads, edges: np.ndarray, name: str, scale: float = 1.0) -> None:
    """A histogram with the sexes on top of each other."""
    below = np.zeros(len(edges) - 1)
    for sex, colour in SEX_COLOURS.items():
        values = [scale * getattr(h, name) for h in heads if h.sex == sex and getattr(h, name) is not None]
        if not values:
            continue
        counts = np.histogram(values, edges)[0]
        _bars(axes, edges, counts, below, as_hex(colour), sex or "unknown")
        below += counts
    if below.any():
        _upright(axes)
    else:
        _unknown(axes)


def _bars(axes: Any, edges: Any, counts: Any, below: Any, colour: Any, label: str | None = None) -> None:
    axes.bar(
        edges[:-1], counts, np.diff(edges), below,
        align="edge", color=colour, edgecolor=as_hex(PANEL), linewidth=0.8, zorder=2, label=label,
    )  # fmt: skip


def _origins(axes: Any, heads: Heads) -> None:
    """A triangle: each corner is one origin, each dot a person in the colour of their skin."""
    _title(axes, "origin", "shares of MakeHuman's three; a dot has its skin's colour")
    known = [head for head in heads if head.origin is not None]
    if not known:
        _unknown(axes)
        return
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, np.sqrt(0.75)]])
    shares = np.array([[float(getattr(head.origin, name)) for name in ORIGINS] for head in known])
    axes.plot(*np.vstack([corners, corners[:1]]).T, color=as_hex(GRID), linewidth=1.5, zorder=1)
    for tenth in np.linspace(0.25, 0.75, 3):
        for n in range(3):
            a, b, c = corners[n], corners[(n + 1) % 3], corners[(n + 2) % 3]
            ends = np.array([a + tenth * (b - a), a + tenth * (c - a)])
            axes.plot(*ends.T, color=as_hex(GRID), linewidth=0.7, zorder=1)
    colours = [as_hex(skin_colour(0.5 if head.skin_tone is None else head.skin_tone)) for head in known]
    axes.scatter(*(shares @ corners).T, s=26, c=colours, edgecolors=as_hex(GROUND), linewidths=0.5, zorder=3)
    means = shares.mean(axis=0)
    for name, corner, mean, ha, dy in zip(
        ORIGINS, corners, means, ("left", "right", "center"), (-0.09, -0.09, 0.035), strict=True
    ):
        axes.text(corner[0], corner[1] + dy, f"{name} {100 * mean:.0f} %", color=as_hex(TEXT), fontsize=10, ha=ha)
    axes.set(xlim=(-0.2, 1.2), ylim=(-0.14, 0.98), xticks=[], yticks=[])


def _tones(axes: Any, heads: Heads) -> None:
    _title(axes, "skin tone", "0 lightest to 1 darkest")
    values = [head.skin_tone for head in heads if head.skin_tone is not None]
    if not values:
        _unknown(axes)
        return
    edges = np.linspace(0, 1, _TONES + 1)
    colours = [as_hex(skin_colour(float(middle))) for middle in (edges[1:] + edges[:-1]) / 2]
    _bars(axes, edges, np.histogram(values, edges)[0], 0, colours)
    axes.set_xlim(0, 1)
    _upright(axes)


def _age_by_tone(axes: Any, heads: Heads) -> None:
    """Holes in this cloud are corner cases."""
    _title(axes, "age and skin tone", "a dot a person")
    known = [head for head in heads if head.age_years is not None and head.skin_tone is not None]
    if not known:
        _unknown(axes)
        return
    for sex, colour in SEX_COLOURS.items():
        of_sex = [head for head in known if head.sex == sex]
        places = np.array([(head.age_years, head.skin_tone) for head in of_sex]).reshape(-1, 2)
        axes.scatter(*places.T, s=22, color=as_hex(colour), linewidths=0, alpha=0.85, zorder=2)
    axes.grid(color=as_hex(GRID), linewidth=0.7, zorder=1)
    axes.set(xlim=(0, _OLDEST), ylim=(0, 1))
    axes.set_xlabel("years", color=as_hex(FAINT_TEXT), fontsize=10)


def _hair_styles(axes: Any, heads: Heads) -> None:
    _title(axes, "hair", "heads of each style, by sex")
    _rows(axes, heads, [("", [head.hair_style for head in heads], None)])


def _hair_colours(axes: Any, heads: Heads) -> None:
    from synth.heads.hair.looks import HAIR_SRGB

    _title(axes, "hair colour", "heads of each")
    colours = {name: _brighter(srgb) for name, srgb in HAIR_SRGB.items()}
    _rows(axes, heads, [("", [head.hair_colour for head in heads], colours)])


def _eyes_and_beards(axes: Any, heads: Heads) -> None:
    from synth.heads.eyes.looks import IRIS_SRGB

    _title(axes, "eyes and beards", "heads of each")
    colours = {name: _brighter(srgb) for name, srgb in IRIS_SRGB.items()}
    beards = [derived(head).get("beard_kind") for head in heads]
    _rows(axes, heads, [("eyes ", [head.eye_colour for head in heads], colours), ("", beards, None)])


def _worn(axes: Any, heads: Heads) -> None:
    _title(axes, "worn", "glasses, hats, masks, make-up; the rest wear none")
    made_up = [
        (f"{what}: ", ["worn" if getattr(h, what) else None for h in heads], None)
        for what in ("lipstick", "eyeliner", "eye_shadow", "blush")
    ]
    kinds = [(f"{what}: ", [getattr(h, what) for h in heads], None) for what in ("glasses", "hat", "mask")]
    _rows(axes, heads, [*kinds, *((what.replace("_", " "), words, colours) for what, words, colours in made_up)])


def _rows(axes: Any, heads: Heads, kinds: Sequence[tuple[str, list[Any], dict[str, str] | None]]) -> None:
    """Lying bars, the most frequent of each kind first: in the colours given, else with the sexes side by side."""
    rows = []
    for prefix, values, colours in kinds:
        counts = Counter(value for value in values if value not in (None, "", "none"))
        for value, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            rows.append((prefix, value, values, colours))
    if not rows:
        _unknown(axes)
        return
    longest = 0
    for place, (_, value, values, colours) in enumerate(rows):
        of_sex = {s: sum(v == value and h.sex == s for v, h in zip(values, heads, strict=True)) for s in SEX_COLOURS}
        start = 0
        for colour, length in _pieces(colours, value, of_sex):
            axes.barh(place, length, left=start, color=colour, height=0.72, zorder=2)
            start += length
        axes.text(start, place, f"  {start}", va="center", color=as_hex(FAINT_TEXT), fontsize=9)
        longest = max(longest, start)
    small = 10 if len(rows) <= _MOST_ROWS else 8
    axes.set_yticks(range(len(rows)), [f"{p}{v}".replace("_", " ") for p, v, _, _ in rows], fontsize=small)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xlim(0, 1.14 * longest)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(axis="x", color=as_hex(GRID), linewidth=0.8, zorder=1)


def _pieces(colours: dict[str, str] | None, value: Any, of_sex: dict[Any, int]) -> list[tuple[str, int]]:
    """The colours and lengths of a bar's pieces."""
    if colours and value in colours:
        return [(colours[value], sum(of_sex.values()))]
    return [(as_hex(SEX_COLOURS[sex]), length) for sex, length in of_sex.items() if length]


def _eye_distances(axes: Any, heads: Heads) -> None:
    _title(axes, "distance of the pupils", "mm by age; lines: published means")
    _sizes(axes, heads, "interpupillary_mm", mean_interpupillary_mm)


def _head_heights(axes: Any, heads: Heads) -> None:
    _title(axes, "height of the head", "mm by age, chin to crown; lines: published means")
    _sizes(axes, heads, "head_height_mm", mean_head_height_mm)


def _sizes(axes: Any, heads: Heads, name: str, mean: Any) -> None:
    known = [head for head in heads if head.age_years is not None and getattr(head, name) is not None]
    if not known:
        _unknown(axes)
        return
    ages = np.linspace(3, _OLDEST, 185)
    for sex, colour in SEX_COLOURS.items():
        places = np.array([(h.age_years, getattr(h, name)) for h in known if h.sex == sex]).reshape(-1, 2)
        axes.scatter(*places.T, s=18, color=as_hex(colour), linewidths=0, alpha=0.7, zorder=2)
        if sex is not None and len(places):
            axes.plot(ages, [mean(sex, age) for age in ages], color=as_hex(colour), linewidth=1.6, zorder=3)
    axes.grid(color=as_hex(GRID), linewidth=0.7, zorder=1)
    axes.set_xlim(0, _OLDEST)
    axes.set_xlabel("years", color=as_hex(FAINT_TEXT), fontsize=10)


def _bytes(axes: Any, heads: Heads) -> None:
    sizes = np.array([head.bytes for head in heads]) / 1e6
    _title(axes, "files", f"MB a head; {sizes.sum():,.0f} MB in all, median {np.median(sizes):.2f}")
    _stack(axes, heads, _edges(sizes), "bytes", 1e-6)


def _triangles(axes: Any, heads: Heads) -> None:
    counts = np.array([head.triangles for head in heads]) / 1e3
    _title(axes, "triangles", f"thousands a head; median {np.median(counts):,.0f}")
    _stack(axes, heads, _edges(counts), "triangles", 1e-3)


def _edges(values: np.ndarray) -> np.ndarray:
    top = max(float(values.max()) * 1.001, 1e-3)
    return np.linspace(0, top, 25)


def _title(axes: Any, name: str, what: str) -> None:
    axes.set_title(f"{name}\n", color=as_hex(TEXT), fontsize=13, loc="left", fontweight="bold")
    axes.text(0, 1.025, what, transform=axes.transAxes, color=as_hex(FAINT_TEXT), fontsize=10)


def _upright(axes: Any) -> None:
    axes.grid(axis="y", color=as_hex(GRID), linewidth=0.8, zorder=1)
    axes.yaxis.get_major_locator().set_params(integer=True)


def _unknown(axes: Any) -> None:
    axes.text(0.5, 0.5, "unknown", transform=axes.transAxes, ha="center", color=as_hex(FAINT_TEXT), fontsize=12)
    axes.set(xticks=[], yticks=[])


def _brighter(srgb: tuple[float, float, float]) -> str:
    red, green, blue = (round(255 * min(1.0, _HAIR_BRIGHTER * part + 0.12)) for part in srgb)
    return as_hex((red, green, blue))
