"""Haircuts as numbers and fields on the template head: length, flow, volume, and how many strands it takes.

Positions are template positions (metres, glTF frame); `q` is relative to the skull's centre.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from synth.heads.hair.scalp import SKULL_CENTRE_M, azimuth_deg, scalp_field, smoothstep
from synth.heads.hair.strands import Flow, Groom, unit
from synth.heads.part import FloatArray

BUN_CENTRE_M = np.array([0.0, 0.078, -0.112])
"""Centre of the bun relative to the skull's centre."""
_WHORL_M = np.array([0.010, 0.088, -0.052])
"""The whorl at the back of the crown that short hair turns around, relative to the skull's centre."""

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
    layer_m: float = 0.0035
    """How far above the shell the outermost strands lie at least: small where hair is combed tight."""
    roll: float = 0.3
    """Random turn of ribbons about their length, radians: more where they are seen edge-on."""
    shell_m: float = 0.003
    """Height of the closed shell under the strands."""
    cards: int = 0
    """Wide ribbons under the strands, that close long hair where there is no shell."""
    card_width_m: float = 0.012
    hangs: bool = False
    """Whether the hair reaches below the head and must follow the neck and the torso."""


def draw_style(name: str, recession: float, rng: np.random.Generator) -> Style:
    """A haircut called `name` (one of the drawn styles; not `bald`, `buzz` or `afro`, which have no locks)."""
    return _MAKERS[name](recession, rng)


def fringe_roots(template: FloatArray) -> np.ndarray:
    """(N,) whether hair rooted here falls into a cut fringe."""
    q = _relative(template)
    return np.asarray((np.abs(azimuth_deg(template)) < 50.0) & (q[:, 2] > 0.036) & (q[:, 1] > 0.04))


def _relative(template: FloatArray) -> FloatArray:
    return np.asarray(template - SKULL_CENTRE_M)


def _volume(top_m: float, side_m: float, recession: float, edge_m: float = 0.030) -> Callable[[FloatArray], FloatArray]:
    def volume(template: FloatArray) -> FloatArray:
        q = _relative(template)
        height = side_m + (top_m - side_m) * smoothstep(0.02, 0.085, q[:, 1])
        edge = smoothstep(-0.004, edge_m, scalp_field(template, recession))
        return np.asarray(0.002 + height * (0.25 + 0.75 * edge))

    return volume


def _short_length(top_m: float, side_m: float, nape_m: float) -> Callable[[FloatArray], FloatArray]:
    def length(template: FloatArray) -> FloatArray:
        y = _relative(template)[:, 1]
        return np.asarray(np.interp(y, (-0.075, -0.02, 0.025, 0.075), (nape_m, side_m, side_m * 1.15, top_m)))

    return length


def _whorl_flow(forward: float, sweep: float) -> Flow:
    """Away from the whorl: forwards on top, down the sides and the nape; `sweep` to one side on top."""

    def flow(template: FloatArray, side: FloatArray) -> FloatArray:
        q = _relative(template)
        away = q - _WHORL_M
        reach = np.linalg.norm(away, axis=1, keepdims=True)
        spin = np.cross(np.array([0.0, 1.0, 0.0]), away) / (reach + 1e-9)
        top = smoothstep(0.03, 0.08, q[:, 1])[:, None]
        bias = top * np.array([sweep, 0.0, forward]) + (1 - top) * np.array([0.0, -0.7, 0.10])
        return unit(unit(away) + 0.9 * spin * np.exp(-reach / 0.025) + bias)

    return flow


def _side_flow(back: float) -> Flow:
    """From the parting to both sides over the top, then down; at the back down."""

    def flow(template: FloatArray, side: FloatArray) -> FloatArray:
        q = _relative(template)
        top = smoothstep(0.035, 0.085, q[:, 1])[:, None]
        behind = smoothstep(-0.03, -0.075, q[:, 2])[:, None]
        over = np.c_[side, np.zeros(len(q)), np.full(len(q), -back)]
        down = np.array([0.0, -1.0, -0.15])
        return unit(top * (1 - behind) * over + ((1 - top) + behind) * down)

    return flow


def _slick_flow(template: FloatArray, side: FloatArray) -> FloatArray:
    q = _relative(template)
    behind = smoothstep(-0.01, -0.08, q[:, 2])[:, None]
    low = smoothstep(0.03, -0.03, q[:, 1])[:, None]
    combed = np.array([0.0, 0.05, -1.0]) * (1 - behind) + np.array([0.0, -1.0, -0.25]) * behind
    return unit(combed + low * np.array([0.0, -0.9, 0.0]))


def _bun_flow(template: FloatArray, side: FloatArray) -> FloatArray:
    return unit(BUN_CENTRE_M - _relative(template))


def _hanging_flow(fringe_back: float) -> Flow:
    """From the parting outwards, back past the temples, and down beside and behind the face."""

    def flow(template: FloatArray, side: FloatArray) -> FloatArray:
        q = _relative(template)
        top = smoothstep(0.045, 0.095, q[:, 1])[:, None]
        behind = smoothstep(-0.02, -0.07, q[:, 2])[:, None]
        azimuth = azimuth_deg(template)
        over = np.c_[side, np.zeros(len(q)), np.full(len(q), -fringe_back)]
        down = np.array([0.0, -1.0, 0.0]) + np.zeros_like(q)
        # Turn about the skull's vertical axis, away from the face, until beside it.
        turn = np.c_[q[:, 2], np.zeros(len(q)), -q[:, 0]]
        turn = unit(turn) * np.sign(azimuth)[:, None]
        off_face = smoothstep(84.0, 58.0, np.abs(azimuth))[:, None]
        hair = unit(top * (1 - behind) * over + (1 - top * (1 - behind)) * (down + 1.6 * off_face * turn))
        # On the shoulders: off their ridge, to the front or to the back, rather than out along them.
        hair = np.where((side == 0)[:, None], unit(np.array([0.0, -1.0, 0.55]) + 0 * q), hair)
        front = np.where(q[:, 2] > -0.035, 0.9, -0.9)
        shed = np.c_[-0.5 * np.sign(q[:, 0]), np.full(len(q), -1.0), front]
        return np.where(q[:, 1:2] < -0.125, unit(shed), hair)

    return flow


def _short_forward(recession: float, rng: np.random.Generator) -> Style:
    top = rng.uniform(0.026, 0.042)
    groom = Groom(
        flow=_whorl_flow(rng.uniform(0.4, 0.9), rng.uniform(-0.5, 0.5)),
        length_m=_short_length(top, rng.uniform(0.010, 0.018), 0.008),
        volume_m=_volume(rng.uniform(0.009, 0.015), 0.006, recession),
        lift=0.32,
        tuck=0.35,
        wander=0.10,
        clump=rng.uniform(0.2, 0.42),
        spread=0.0022,
        length_spread=0.18,
    )
    return Style(groom, strands=3600, points=4, width_m=0.0025, locks=520, shell_m=0.0028, fringe_m=0.022)


def _receding(recession: float, rng: np.random.Generator) -> Style:
    groom = Groom(
        flow=_whorl_flow(rng.uniform(-0.2, 0.6), rng.uniform(-0.6, 0.6)),
        length_m=_short_length(rng.uniform(0.018, 0.030), rng.uniform(0.012, 0.020), 0.009),
        volume_m=_volume(0.006, 0.007, recession),
        lift=0.35,
        wander=0.14,
        clump=0.35,
        spread=0.0020,
    )
    return Style(groom, strands=3000, points=4, width_m=0.0021, locks=480, shell_m=0.0018, fringe_m=0.012)


def _short_side(recession: float, rng: np.random.Generator) -> Style:
    part = float(rng.uniform(0.022, 0.036) * rng.choice([-1, 1]))
    groom = Groom(
        flow=_side_flow(rng.uniform(0.15, 0.5)),
        length_m=_short_length(rng.uniform(0.060, 0.080), rng.uniform(0.016, 0.026), 0.010),
        volume_m=_volume(rng.uniform(0.014, 0.022), 0.006, recession),
        lift=0.55,
        wander=0.09,
        clump=0.5,
        spread=0.0022,
    )
    return Style(
        groom, strands=3400, points=5, width_m=0.0026, locks=520, parting_x_m=part, parted=True, shell_m=0.0028
    )


def _slick(recession: float, rng: np.random.Generator) -> Style:
    groom = Groom(
        flow=_slick_flow,
        length_m=_short_length(rng.uniform(0.085, 0.110), 0.050, 0.022),
        volume_m=_volume(rng.uniform(0.004, 0.009), 0.004, recession, edge_m=0.020),
        lift=0.22,
        tuck=0.75,
        wander=0.045,
        clump=0.35,
        spread=0.0012,
    )
    return Style(groom, strands=3000, points=5, width_m=0.0026, locks=420, shell_m=0.0025, layer_m=0.0020, roll=0.15)


def _bun(recession: float, rng: np.random.Generator) -> Style:
    def length(template: FloatArray) -> FloatArray:
        return np.asarray(1.12 * np.linalg.norm(BUN_CENTRE_M - _relative(template), axis=1) - 0.016)

    groom = Groom(
        flow=_bun_flow,
        length_m=length,
        volume_m=_volume(0.005, 0.004, recession, edge_m=0.020),
        lift=0.10,
        tuck=0.0,
        wander=0.03,
        clump=0.3,
        spread=0.0010,
        length_spread=0.04,
        steps=10,
    )
    return Style(groom, strands=2800, points=6, width_m=0.0028, locks=420, shell_m=0.0028, layer_m=0.0016, roll=0.10)


def _medium(recession: float, rng: np.random.Generator) -> Style:
    return _hanging(rng, recession, rng.uniform(0.085, 0.150), locks=420, strands=3300, points=7)


def _long(recession: float, rng: np.random.Generator) -> Style:
    return _hanging(rng, recession, rng.uniform(0.20, 0.31), locks=460, strands=3700, points=8)


def _hanging(
    rng: np.random.Generator, recession: float, hem_below_eyes_m: float, locks: int, strands: int, points: int
) -> Style:
    part = float(rng.choice([-1, 1]) * rng.uniform(0.0, 0.030))
    slope = rng.uniform(-0.15, 0.30)
    fringe = FRINGE_M if rng.random() < 0.3 else 0.0
    all_over = hem_below_eyes_m + 0.22

    def length(template: FloatArray) -> FloatArray:
        short = fringe + np.clip(scalp_field(template, recession), 0.0, None)
        return np.where(fringe_roots(template), short, all_over) if fringe else np.full(len(template), all_over)

    def hem(place: FloatArray) -> FloatArray:
        # Higher in front, lower behind (or the other way round for a bob).
        return np.asarray(place[:, 1] + hem_below_eyes_m - slope * (place[:, 2] + 0.07))

    groom = Groom(
        flow=_hanging_flow(rng.uniform(0.35, 0.8)),
        length_m=length,
        volume_m=_volume(rng.uniform(0.015, 0.023), rng.uniform(0.009, 0.015), recession),
        lift=0.38,
        tuck=0.0,
        inertia=0.45,
        gravity=1.4,
        wander=rng.uniform(0.03, 0.10),
        steps=22,
        clump=0.45,
        spread=0.0032,
        length_spread=0.06,
        hem_m=hem,
        over_ears=True,
    )
    return Style(
        groom,
        strands=strands,
        points=points,
        width_m=0.0030,
        locks=locks,
        parting_x_m=part,
        parted=True,
        fringe_m=0.009,
        long_fringe_m=1.3 * fringe,
        roll=0.55,
        shell_m=0.0035,
        cards=340,
        hangs=True,
    )


_MAKERS: dict[str, Callable[[float, np.random.Generator], Style]] = {
    "short_forward": _short_forward,
    "short_side": _short_side,
    "slick": _slick,
    "receding": _receding,
    "medium": _medium,
    "long": _long,
    "bun": _bun,
}
