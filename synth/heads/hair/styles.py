"""Haircuts as numbers and fields on the template head: length, flow, volume, and how many strands it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

from synth.heads.hair.flows import from_skull, gathered_flow, hanging_flow, side_flow, slick_flow, whorl_flow
from synth.heads.hair.scalp import azimuth_deg, scalp_field, smoothstep
from synth.heads.hair.strands import Groom, unit
from synth.heads.hair.waves import Wave
from synth.heads.part import FloatArray

KNOTS_M = {"low": (0.0, 0.005, -0.118), "middle": (0.0, 0.058, -0.112), "high": (0.0, 0.118, -0.062)}
"""Where hair is knotted, relative to the skull's centre."""

TAIL_KNOTS_M = ((0.0, 0.0, -0.118), (0.0, 0.050, -0.112), (0.0, 0.088, -0.098))
"""The same for tails."""

FRINGE_M = 0.047
"""Length of a cut fringe below the hairline: it ends over the brows."""


@dataclass(frozen=True)
class Style:
    """One haircut on one head."""

    groom: Groom
    strands: int
    points: int
    """Points along a strand."""
    width_m: float
    locks: int
    parting_x_m: float = 0.0
    parted: bool = False
    fringe_m: float = 0.005
    """How far below the hairline strands may lie on the forehead."""
    long_fringe_m: float = 0.0
    """The same for the roots of a cut fringe (`fringe_roots`); 0: none is cut."""
    layer_m: float = 0.0020
    """How far above the shell the outermost strands lie at least: small where hair is combed tight."""
    roll: float = 0.15
    stray: float = 0.2
    """See `ribbons`."""
    shell_m: float = 0.003
    """Height of the closed shell under the strands."""
    cards: int = 0
    """Wide ribbons under the strands, that close hair where there is no shell."""
    card_width_m: float = 0.016
    card_depth_m: float = 0.001
    """How far under its lock a card lies."""
    width_spread: float = 0.45
    """Spread of the ribbons' widths (of the logarithm)."""
    hangs: bool = False
    """Whether the hair reaches below the head and must follow the neck and the torso."""
    wave: Wave = field(default_factory=Wave)
    knots_m: FloatArray | None = None
    """Where hair is gathered, (1 or 2, 3) relative to the skull's centre."""


def draw_style(name: str, recession: float, curl: float, rng: np.random.Generator) -> Style:
    """A haircut called `name` (one of the drawn styles; not `bald`, `buzz` or `afro`, which have no locks).

    `curl` is 0 (straight) to 1 (curly).
    """
    return _MAKERS[name](recession, curl, rng)


def fringe_roots(template: FloatArray) -> np.ndarray:
    """(N,) whether hair rooted here falls into a cut fringe."""
    q = from_skull(template)
    return np.asarray((np.abs(azimuth_deg(template)) < 50.0) & (q[:, 2] > 0.036) & (q[:, 1] > 0.04))


def _volume(
    top_m: float, side_m: float, recession: float, edge_m: float = 0.030, parting_x_m: float | None = None
) -> Callable[[FloatArray], FloatArray]:
    """Height over the skin: on top, at the sides, less at the hairline and at a parting."""

    def volume(template: FloatArray) -> FloatArray:
        q = from_skull(template)
        height = side_m + (top_m - side_m) * smoothstep(0.02, 0.085, q[:, 1])
        edge = smoothstep(-0.004, edge_m, scalp_field(template, recession))
        if parting_x_m is not None:
            height = height * (0.45 + 0.55 * smoothstep(0.0, 0.040, np.abs(q[:, 0] - parting_x_m)))
        return np.asarray(0.002 + height * (0.25 + 0.75 * edge))

    return volume


def _short_length(top_m: float, side_m: float, nape_m: float) -> Callable[[FloatArray], FloatArray]:
    def length(template: FloatArray) -> FloatArray:
        y = from_skull(template)[:, 1]
        return np.asarray(np.interp(y, (-0.075, -0.02, 0.025, 0.075), (nape_m, side_m, side_m * 1.15, top_m)))

    return length


def _short_wave(curl: float, height_m: float) -> Wave:
    """Waves of short hair: none below a quarter of the way to curly."""
    amount = max(0.0, curl - 0.25) / 0.75
    return Wave(height_m * amount, 0.045 - 0.020 * amount, straight_m=0.008, disorder=0.6)


def _short_forward(recession: float, curl: float, rng: np.random.Generator) -> Style:
    top = rng.uniform(0.026, 0.042)
    groom = Groom(
        flow=whorl_flow(rng.uniform(0.4, 0.9), rng.uniform(-0.5, 0.5)),
        length_m=_short_length(top, rng.uniform(0.010, 0.018), 0.008),
        volume_m=_volume(rng.uniform(0.009, 0.015), 0.006, recession),
        lift=0.32,
        tuck=0.45,
        wander=0.07,
        clump=rng.uniform(0.08, 0.25),
        spread=0.0022,
        length_spread=0.18,
    )
    wave = _short_wave(curl, 0.0040)
    return Style(groom, strands=3000, points=4, width_m=0.0025, locks=520, shell_m=0.0028, fringe_m=0.022, wave=wave)


def _receding(recession: float, curl: float, rng: np.random.Generator) -> Style:
    groom = Groom(
        flow=whorl_flow(rng.uniform(-0.2, 0.6), rng.uniform(-0.6, 0.6)),
        length_m=_short_length(rng.uniform(0.018, 0.030), rng.uniform(0.012, 0.020), 0.009),
        volume_m=_volume(0.006, 0.007, recession),
        lift=0.28,
        tuck=0.45,
        wander=0.09,
        clump=0.15,
        spread=0.0020,
    )
    wave = _short_wave(curl, 0.0030)
    return Style(groom, strands=2700, points=4, width_m=0.0023, locks=480, shell_m=0.0018, fringe_m=0.012, wave=wave)


def _short_side(recession: float, curl: float, rng: np.random.Generator) -> Style:
    part = float(rng.uniform(0.022, 0.036) * rng.choice([-1, 1]))
    groom = Groom(
        flow=side_flow(rng.uniform(0.15, 0.5)),
        length_m=_short_length(rng.uniform(0.060, 0.080), rng.uniform(0.016, 0.026), 0.010),
        volume_m=_volume(rng.uniform(0.014, 0.022), 0.006, recession, parting_x_m=part),
        lift=0.50,
        tuck=0.35,
        wander=0.06,
        clump=0.25,
        spread=0.0022,
    )
    return Style(
        groom,
        strands=2700,
        points=5,
        width_m=0.0026,
        locks=520,
        parting_x_m=part,
        parted=True,
        shell_m=0.0028,
        wave=_short_wave(curl, 0.0050),
    )


def _slick(recession: float, curl: float, rng: np.random.Generator) -> Style:
    groom = Groom(
        flow=slick_flow,
        length_m=_short_length(rng.uniform(0.085, 0.110), 0.050, 0.022),
        volume_m=_volume(rng.uniform(0.004, 0.009), 0.004, recession, edge_m=0.020),
        lift=0.22,
        tuck=0.75,
        wander=0.035,
        clump=0.22,
        spread=0.0012,
    )
    return Style(
        groom, strands=2100, points=5, width_m=0.0024, locks=420, shell_m=0.0025, layer_m=0.0020, roll=0.12, cards=260,
        card_width_m=0.010, wave=_short_wave(curl, 0.0025),
    )  # fmt: skip


def _bun(recession: float, curl: float, rng: np.random.Generator) -> Style:
    names = list(KNOTS_M)
    return _gathered(recession, curl, np.array([KNOTS_M[names[int(rng.choice(3, p=[0.35, 0.35, 0.30]))]]]))


def _ponytail(recession: float, curl: float, rng: np.random.Generator) -> Style:
    return _gathered(recession, curl, np.array([TAIL_KNOTS_M[int(rng.choice(3, p=[0.35, 0.40, 0.25]))]]))


def _braids(recession: float, curl: float, rng: np.random.Generator) -> Style:
    low = rng.uniform(-0.070, -0.045)
    style = _gathered(recession, curl, np.array([(-0.062, low, -0.052), (0.062, low, -0.052)]))
    return replace(style, parted=True)


def _gathered(recession: float, curl: float, knots_m: FloatArray) -> Style:
    def length(template: FloatArray) -> FloatArray:
        # Along the skull, as along a ball: the straight way would end before the knot.
        knot = knots_m[np.where(template[:, 0] > 0, len(knots_m) - 1, 0)]
        way = np.arccos(np.clip((unit(from_skull(template)) * unit(knot)).sum(1), -1.0, 1.0))
        return np.asarray(np.clip(0.112 * way - 0.012, 0.012, None))

    groom = Groom(
        flow=gathered_flow(knots_m),
        length_m=length,
        volume_m=_volume(0.005, 0.004, recession, edge_m=0.020),
        lift=0.08,
        tuck=0.0,
        wander=0.025,
        clump=0.2,
        spread=0.0010,
        length_spread=0.03,
        steps=14,
    )
    return Style(
        groom, strands=1700, points=6, width_m=0.0027, locks=420, shell_m=0.0028, layer_m=0.0016, roll=0.10, cards=280,
        card_width_m=0.010, stray=0.1, wave=_short_wave(curl, 0.0018), knots_m=knots_m,
    )  # fmt: skip


def _medium(recession: float, curl: float, rng: np.random.Generator) -> Style:
    return _hanging(rng, recession, curl, rng.uniform(0.085, 0.150), vertices=20_000)


def _long(recession: float, curl: float, rng: np.random.Generator) -> Style:
    return _hanging(rng, recession, curl, rng.uniform(0.20, 0.31), vertices=20_500)


def _hanging(rng: np.random.Generator, recession: float, curl: float, hem_below_eyes_m: float, vertices: int) -> Style:
    part = float(rng.choice([-1, 1]) * rng.uniform(0.0, 0.030))
    slope = rng.uniform(-0.15, 0.30)
    fringe = FRINGE_M if rng.random() < 0.35 and curl < 0.4 else 0.0
    all_over = hem_below_eyes_m + 0.22

    def length(template: FloatArray) -> FloatArray:
        short = fringe + np.clip(scalp_field(template, recession), 0.0, None)
        return np.where(fringe_roots(template), short, all_over) if fringe else np.full(len(template), all_over)

    def hem(place: FloatArray) -> FloatArray:
        # Higher in front, lower behind (or the other way round for a bob).
        return np.asarray(place[:, 1] + hem_below_eyes_m - slope * (place[:, 2] + 0.07))

    groom = Groom(
        flow=hanging_flow(rng.uniform(0.35, 0.8)),
        length_m=length,
        volume_m=_volume(
            rng.uniform(0.018, 0.028) + 0.008 * curl,
            rng.uniform(0.012, 0.020) + 0.012 * curl,
            recession,
            parting_x_m=part,
        ),
        lift=0.38,
        tuck=0.0,
        inertia=0.45,
        gravity=1.4,
        wander=rng.uniform(0.02, 0.05),
        steps=22,
        clump=0.10 + 0.15 * max(0.0, curl - 0.3),
        spread=0.0030,
        length_spread=0.07,
        hem_m=hem,
        over_ears=True,
    )
    # Waves need points, so curly hair is made of fewer and wider strands. Straight hair needs some, too: the boxes of
    # long slanting triangles overlap, and a ray has to try them all.
    points = round(12 + 6 * curl)
    return Style(
        groom,
        strands=round(vertices * (1 + 0.25 * curl)) // (2 * points - 1),
        points=points,
        width_m=0.0041 * (1 - 0.15 * curl),
        width_spread=0.45,
        layer_m=0.0014,
        locks=440,
        parting_x_m=part,
        parted=True,
        fringe_m=0.009,
        long_fringe_m=1.3 * fringe,
        roll=0.16,
        stray=0.16,
        shell_m=0.0035,
        cards=130,
        card_width_m=0.017,
        card_depth_m=0.0006 + 0.006 * curl,
        hangs=True,
        wave=hanging_wave(curl),
    )


def hanging_wave(curl: float) -> Wave:
    """Waves of hair that hangs."""
    return Wave(
        0.013 * max(0.0, curl - 0.08),
        0.090 - 0.050 * curl,
        straight_m=0.07 - 0.04 * curl,
        disorder=0.6,
    )


_MAKERS: dict[str, Callable[[float, float, np.random.Generator], Style]] = {
    "short_forward": _short_forward,
    "short_side": _short_side,
    "slick": _slick,
    "receding": _receding,
    "medium": _medium,
    "long": _long,
    "bun": _bun,
    "ponytail": _ponytail,
    "braids": _braids,
}
