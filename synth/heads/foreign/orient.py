"""Units, axes and the place of a head: from the file's own frame to metres in the glTF frame."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from synth.errors import HeadError
from synth.heads.foreign.limits import MAX_HEIGHT_MM, MIN_HEIGHT_MM
from synth.heads.foreign.mesh import Floats

METRES_PER_UNIT = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254}
_UNIT_WORDS = {"m": "metres", "cm": "centimetres", "mm": "millimetres", "in": "inches"}
_TYPICAL_HEIGHT_MM = 240.0
_AXES = {sign + name: (i, 1.0 if sign == "+" else -1.0) for i, name in enumerate("xyz") for sign in "+-"}


@dataclass(frozen=True)
class Axes:
    """Which of the file's axes point up and to the face's front. Raises HeadError where they aren't two axes."""

    up: str = "+y"
    front: str = "+z"

    def __post_init__(self) -> None:
        mend = "Use two different axes of +x -x +y -y +z -z, e.g. --up +z --front -y."
        for option, axis in (("--up", self.up), ("--front", self.front)):
            if axis not in _AXES:
                raise HeadError(f"{axis!r} is no axis.", where=option, mend=mend)
        if self.up[1] == self.front[1]:
            raise HeadError(f"The front can't lie along {self.front} when up is {self.up}.", where="--front", mend=mend)

    @property
    def R_gltf_from_file(self) -> Floats:  # noqa: N802
        """(3, 3) float64 rotation that turns up to +Y and front to +Z."""
        up, front = _unit_vector(self.up), _unit_vector(self.front)
        return np.stack([np.cross(up, front), up, front])


def _unit_vector(axis: str) -> Floats:
    index, sign = _AXES[axis]
    vector = np.zeros(3)
    vector[index] = sign
    return vector


def check_unit(unit: str | None) -> None:
    """Raises HeadError for a unit that there isn't."""
    if unit is not None and unit not in METRES_PER_UNIT:
        raise HeadError(f"{unit!r} is no unit.", where="--unit", mend="Use m, cm, mm or in.")


def metres_per_unit(height: float, unit: str | None, from_file: float | None, *, where: str) -> float:
    """The scale to metres of a head `height` high in the file's numbers.

    unit: what the user said; from_file: what the format says, used where the user said nothing.
    Raises HeadError where neither is known, or the head isn't 150–400 mm high; its mend proposes a unit.
    """
    scale = METRES_PER_UNIT[unit] if unit else from_file
    if scale is None:
        raise HeadError(
            f"The file doesn't say its unit, and none was given; the head is {height:.4g} high in its numbers.",
            where=where,
            mend=_proposal(height, None),
        )
    height_mm = 1000 * scale * height
    if MIN_HEIGHT_MM <= height_mm <= MAX_HEIGHT_MM:
        return scale
    source = f"with unit {unit}" if unit else "in the file's own unit"
    raise HeadError(
        f"The head is {height_mm:,.4g} mm high {source}; heads are {MIN_HEIGHT_MM:.0f} to {MAX_HEIGHT_MM:.0f} mm.",
        where=where,
        mend=_proposal(height, scale),
    )


def _proposal(height: float, scale: float | None) -> str:
    """The unit that makes a head of it, or what else may be wrong."""
    fitting = [u for u, s in METRES_PER_UNIT.items() if MIN_HEIGHT_MM <= 1000 * s * height <= MAX_HEIGHT_MM]
    if fitting:
        likely = min(fitting, key=lambda u: abs(math.log(1000 * METRES_PER_UNIT[u] * height / _TYPICAL_HEIGHT_MM)))
        return f"It looks like {_UNIT_WORDS[likely]}; set `unit: {likely}` (`--unit {likely}`)."
    if scale is not None and MAX_HEIGHT_MM < 1000 * scale * height <= 2200:
        return "It may include the torso or hair far from the head: cut it to head and neck, and import it again."
    return "No unit makes a head of it: check --up, cut it to head and neck, or scale it to millimetres (--unit mm)."
