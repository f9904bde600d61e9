"""The facial actions that a built head can make, as morph targets of its parts."""

from __future__ import annotations

import numpy as np

from synth.heads.body import Body
from synth.heads.part import FloatArray, Part

EXPRESSIONS = (
    "browDownLeft",
    "browDownRight",
    "browInnerUp",
    "browOuterUpLeft",
    "browOuterUpRight",
    "cheekPuff",
    "cheekSquintLeft",
    "cheekSquintRight",
    "eyeBlinkLeft",
    "eyeBlinkRight",
    "eyeLookDownLeft",
    "eyeLookDownRight",
    "eyeLookUpLeft",
    "eyeLookUpRight",
    "eyeSquintLeft",
    "eyeSquintRight",
    "eyeWideLeft",
    "eyeWideRight",
    "jawForward",
    "jawLeft",
    "jawOpen",
    "jawRight",
    "mouthDimpleLeft",
    "mouthDimpleRight",
    "mouthFrownLeft",
    "mouthFrownRight",
    "mouthFunnel",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthPressLeft",
    "mouthPressRight",
    "mouthPucker",
    "mouthRollLower",
    "mouthShrugLower",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "noseSneerLeft",
    "noseSneerRight",
    "tongueOut",
)
"""ARKit's names of the facial actions written to a head: those of the base asset's 52 that are worth their bytes."""

SMALLEST_M = {"skin": 2.5e-4, "lashes": 3e-4}
OTHER_SMALLEST_M = 1e-3
"""Offsets below these are left out: at the sizes rendered they are a tenth of a pixel, or hidden inside."""

COARSE_EXPRESSIONS, COARSE_SMALLEST_M, COARSE_VERTICES = ("jawOpen",), 3.5e-3, 4000
"""Parts of many vertices (beards) follow only the jaw, and leave out small moves: all would treble the file."""


def morph_targets(body: Body, part: Part) -> dict[str, FloatArray]:
    """Offsets (N, 3) m of the part's vertices under each facial action; empty for a part that no action moves.

    The template's offsets, scaled to this head.
    """
    if part.moves is not None:
        return part.moves
    if part.base_vertex is None:
        return {}
    coarse = len(part.vertices) > COARSE_VERTICES
    smallest = COARSE_SMALLEST_M if coarse else SMALLEST_M.get(part.name, OTHER_SMALLEST_M)
    targets = {}
    for name in COARSE_EXPRESSIONS if coarse else EXPRESSIONS:
        offsets = body.base.delta(f"face:{name}")[part.base_vertex] * body.scale
        offsets[np.linalg.norm(offsets, axis=1) < smallest] = 0
        if offsets.any():
            targets[name] = offsets
    return targets
