"""Where hair and beard grow, as fields on the template head.

Both fields are functions of a position on the *template* (the unshaped hm08 base mesh, metres, glTF frame: y up, face
along +Z), so that paint (in UV) and geometry (on vertices) agree on every head however it is shaped.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]

EYE_HEIGHT_M: Final = 0.7284
"""Height of the eye centres of the template."""
SKULL_CENTRE_M: Final = np.array([0.0, 0.7404, 0.052])
"""A point inside the template's skull, a little above the eyes, between the ears; azimuths are measured around it."""

# Height of the hairline above the eyes against the azimuth from straight ahead: forehead, temple, sideburn in front of
# the ear, over the ear, behind it, nape.
_LINE_AZIMUTH_DEG: Final = (0, 14, 28, 40, 50, 58, 65, 70, 76, 81, 87, 98, 110, 122, 140, 160, 180)
_LINE_HEIGHT_M: Final = (
    0.0690, 0.0715, 0.0705, 0.0625, 0.0500, 0.0370, 0.0190, 0.0020, -0.0140, -0.0140, -0.0040, -0.0040, -0.0300,
    -0.0520, -0.0640, -0.0710, -0.0660,
)  # fmt: skip

# The ear, an ellipse in the side view (z, y above the eyes), that hair never grows on.
_EAR_CENTRE_M: Final = (0.0400, -0.0160)
_EAR_RADII_M: Final = (0.0210, 0.0340)

BOXED_BELOW: Final = 0.58
CHIN_STRAP_BELOW: Final = 0.47
GOATEE_BELOW: Final = 0.4
MOUSTACHE_BELOW: Final = 0.2

_BEARD_TOP_X_M: Final = (0.0, 0.012, 0.018, 0.028, 0.044, 0.056, 0.064, 0.070, 0.075)
_BEARD_TOP_M: Final = (-0.0480, -0.0470, -0.0490, -0.0590, -0.0640, -0.0520, -0.0300, -0.0080, 0.004)


def smoothstep(low: float, high: float, value: Float) -> Float:
    """0 at `low`, 1 at `high` (which may be less than `low`), smooth between."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))


def azimuth_deg(template_positions: Float) -> Float:
    """Angle around the vertical axis of the skull, 0 straight ahead, positive to the subject's left."""
    relative = np.asarray(template_positions, dtype=np.float64) - SKULL_CENTRE_M
    # Contiguous copies: on interleaved views NumPy's arctan2 takes one of two code paths, by where the result happens
    # to lie in memory, and they differ in the last bit.
    side, front = np.ascontiguousarray(relative[..., 0]), np.ascontiguousarray(relative[..., 2])
    return np.asarray(np.degrees(np.arctan2(side, front)))


def scalp_field(template_positions: Float, recession: float = 0.0) -> Float:
    """Signed distance-like depth inside the hair region; > 0 where hair grows.

    Args:
        template_positions: (..., 3), metres, glTF frame of the template.
        recession: 0 (a full hairline) to 1 (deep temples, thin crown line).

    Returns:
        (...) float64, metres: about the distance to the hairline, positive inside.
    """
    positions = np.asarray(template_positions, dtype=np.float64)
    azimuth = np.abs(azimuth_deg(positions))
    height = positions[..., 1] - EYE_HEIGHT_M
    line = np.interp(azimuth, _LINE_AZIMUTH_DEG, _LINE_HEIGHT_M)
    line = line + recession * (0.030 * np.exp(-(((azimuth - 32) / 16) ** 2)) + 0.012 * np.exp(-((azimuth / 25) ** 2)))
    inside = height - line
    return np.asarray(np.minimum(inside, ear_distance(positions)))


def ear_distance(template_positions: Float) -> Float:
    """Distance outside the ear's outline in the side view, metres; negative on the ear, large away from the sides."""
    positions = np.asarray(template_positions, dtype=np.float64)
    z = (positions[..., 2] - _EAR_CENTRE_M[0]) / _EAR_RADII_M[0]
    y = (positions[..., 1] - EYE_HEIGHT_M - _EAR_CENTRE_M[1]) / _EAR_RADII_M[1]
    outside = (np.hypot(z, y) - 1.0) * min(_EAR_RADII_M)
    return np.where(np.abs(positions[..., 0]) > 0.055, outside, 1.0)


def beard_field(template_positions: Float, fullness: float = 1.0) -> Float:
    """How much beard grows, 0 (none) to 1 (full): chin, jaw, cheeks below a line, upper lip; not the lips.

    Args:
        template_positions: (..., 3), metres, glTF frame of the template.
        fullness: `Person.beard`. Below `BOXED_BELOW` the cheeks are shaven to a lower line, below `CHIN_STRAP_BELOW`
            only the jaw's edge grows, below `GOATEE_BELOW` only chin and upper lip, below `MOUSTACHE_BELOW` only the
            upper lip.

    Returns:
        (...) float64 in [0, 1].
    """
    positions = np.asarray(template_positions, dtype=np.float64)
    side, height, depth = np.abs(positions[..., 0]), positions[..., 1] - EYE_HEIGHT_M, positions[..., 2]
    azimuth = np.abs(azimuth_deg(positions))
    top = np.interp(side, _BEARD_TOP_X_M, _BEARD_TOP_M)
    if fullness < BOXED_BELOW:
        top = top - 0.009 * smoothstep(0.018, 0.030, side) * smoothstep(72.0, 60.0, azimuth)
    bottom = np.interp(azimuth, (0, 40, 70, 85), (-0.122, -0.120, -0.098, -0.055))
    grown = smoothstep(0.004, -0.005, height - top) * smoothstep(-0.012, 0.004, height - bottom)
    grown = grown * smoothstep(88, 80, azimuth)
    if GOATEE_BELOW <= fullness < CHIN_STRAP_BELOW:
        edge = smoothstep(0.036, 0.028, height - bottom)
        grown = grown * np.maximum(edge, smoothstep(64.0, 72.0, azimuth))
    if fullness < GOATEE_BELOW:
        grown = grown * smoothstep(0.036, 0.028, side)
    if fullness < MOUSTACHE_BELOW:
        grown = grown * smoothstep(-0.070, -0.064, height)
    lips = np.exp(-((side / 0.026) ** 4)) * np.exp(-(((height + 0.0675) / 0.0105) ** 4))
    return np.clip(grown * (1.0 - np.clip(1.6 * lips, 0, 1) * (depth > 0.12)), 0.0, 1.0)
