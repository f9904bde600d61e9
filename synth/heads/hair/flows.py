"""Where hair of each cut wants to lie: directions as fields on the template head.

Positions are template positions (metres, glTF frame); `q` is relative to the skull's centre.
"""

from __future__ import annotations

import numpy as np

from synth.heads.hair.scalp import SKULL_CENTRE_M, azimuth_deg, smoothstep
from synth.heads.hair.strands import Flow, unit
from synth.heads.part import FloatArray

_WHORL_M = np.array([0.010, 0.088, -0.052])
"""The whorl at the back of the crown that short hair turns around, relative to the skull's centre."""


def from_skull(template: FloatArray) -> FloatArray:
    """Template positions relative to the skull's centre."""
    return np.asarray(template - SKULL_CENTRE_M)


def whorl_flow(forward: float, sweep: float) -> Flow:
    """Away from the whorl: forwards on top, down the sides and the nape; `sweep` to one side on top."""

    def flow(template: FloatArray, side: FloatArray) -> FloatArray:
        q = from_skull(template)
        away = q - _WHORL_M
        reach = np.linalg.norm(away, axis=1, keepdims=True)
        spin = np.cross(np.array([0.0, 1.0, 0.0]), away) / (reach + 1e-9)
        top = smoothstep(0.03, 0.08, q[:, 1])[:, None]
        bias = top * np.array([sweep, 0.0, forward]) + (1 - top) * np.array([0.0, -0.7, 0.10])
        return unit(unit(away) + 0.9 * spin * np.exp(-reach / 0.025) + bias)

    return flow


def side_flow(back: float) -> Flow:
    """From the parting to both sides over the top, then down; at the back down."""

    def flow(template: FloatArray, side: FloatArray) -> FloatArray:
        q = from_skull(template)
        top = smoothstep(0.035, 0.085, q[:, 1])[:, None]
        behind = smoothstep(-0.03, -0.075, q[:, 2])[:, None]
        over = np.c_[side, np.zeros(len(q)), np.full(len(q), -back)]
        down = np.array([0.0, -1.0, -0.15])
        return unit(top * (1 - behind) * over + ((1 - top) + behind) * down)

    return flow


def slick_flow(template: FloatArray, side: FloatArray) -> FloatArray:
    """Combed straight back, then down."""
    q = from_skull(template)
    behind = smoothstep(-0.01, -0.08, q[:, 2])[:, None]
    low = smoothstep(0.03, -0.03, q[:, 1])[:, None]
    combed = np.array([0.0, 0.05, -1.0]) * (1 - behind) + np.array([0.0, -1.0, -0.25]) * behind
    return unit(combed + low * np.array([0.0, -0.9, 0.0]))


def gathered_flow(knots_m: FloatArray) -> Flow:
    """All hair toward the knot on its side: `knots_m` (1 or 2, 3) relative to the skull's centre, the left one last."""

    def flow(template: FloatArray, side: FloatArray) -> FloatArray:
        return unit(knots_m[np.where(side > 0, len(knots_m) - 1, 0)] - from_skull(template))

    return flow


def hanging_flow(fringe_back: float) -> Flow:
    """From the parting outwards, back past the temples, and down beside and behind the face."""

    def flow(template: FloatArray, side: FloatArray) -> FloatArray:
        q = from_skull(template)
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
