"""Where hair and beard grow, written on template positions, so that paint, shells and strands agree.

All positions are template positions: metres, glTF frame (y up, +Z face, +X subject's left).
"""

from __future__ import annotations

import numpy as np

from synth.heads.colour import smooth_step
from synth.heads.part import FloatArray

SCALP_CENTRE_Z = 0.052
"""z of the vertical axis that hairline angles are measured about."""

HAIRLINE_ANGLE_DEG = (0, 18, 32, 45, 58, 68, 76, 84, 98, 112, 135, 180)
HAIRLINE_HEIGHT_M = (0.076, 0.078, 0.074, 0.062, 0.046, 0.020, -0.012, 0.005, 0.016, -0.030, -0.058, -0.070)
"""Height of the hairline above the eyes' centres, by angle from the face's front."""


def around_deg(points: FloatArray) -> FloatArray:
    """Angle about the scalp's vertical axis (...,): 0 in front, +90 at the subject's left, ±180 behind."""
    return np.degrees(np.arctan2(points[..., 0], points[..., 2] - SCALP_CENTRE_Z))


def scalp_field(points: FloatArray, eye_height: float, recession: float = 0.0) -> FloatArray:
    """Height above the hairline (...,), m: positive where hair grows.

    `eye_height` is the template's eye y; `recession` 0..1 lifts the temples and, less, the middle.
    """
    angle = np.abs(around_deg(points))
    height = np.interp(angle, HAIRLINE_ANGLE_DEG, HAIRLINE_HEIGHT_M)
    height = height + recession * 0.030 * np.exp(-(((angle - 32) / 16) ** 2))
    height = height + recession * 0.012 * np.exp(-((angle / 25) ** 2))
    return (points[..., 1] - eye_height) - height


def beard_field(points: FloatArray, eye_height: float) -> FloatArray:
    """How much of a full beard grows here, 0..1 (...,): moustache, cheeks below the beard line, chin, upper throat."""
    x, y = np.abs(points[..., 0]), points[..., 1] - eye_height
    angle = np.abs(around_deg(points))
    upper = np.interp(x, [0, 0.014, 0.028, 0.045, 0.058, 0.066, 0.075], [-0.0435, -0.0445, -0.058, -0.066, -0.048, -0.02, 0])
    lower = np.interp(angle, [0, 40, 70, 85], [-0.124, -0.122, -0.100, -0.060])
    field = smooth_step(0.004, -0.006, y - upper) * smooth_step(-0.012, 0.004, y - lower) * smooth_step(88, 80, angle)
    lips = np.exp(-((x / 0.027) ** 4)) * np.exp(-(((y + 0.068) / 0.0115) ** 4))
    in_front = points[..., 2] > 0.12
    return np.clip(field * (1 - np.clip(lips * 1.6, 0, 1) * in_front), 0, 1)
