"""The facial actions that a built head can make, as morph targets of its parts."""

from __future__ import annotations

import numpy as np

from synth.heads.part import Body, FloatArray, Part

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
    "jawLeft",
    "jawOpen",
    "jawRight",
    "mouthDimpleLeft",
    "mouthDimpleRight",
    "mouthFrownLeft",
    "mouthFrownRight",
    "mouthFunnel",
    "mouthLeft",
    "mouthLowerDownLeft",
    "mouthLowerDownRight",
    "mouthPucker",
    "mouthRight",
    "mouthShrugLower",
    "mouthSmileLeft",
    "mouthSmileRight",
    "mouthStretchLeft",
    "mouthStretchRight",
    "mouthUpperUpLeft",
    "mouthUpperUpRight",
    "noseSneerLeft",
    "noseSneerRight",
)
"""ARKit's names of the facial actions written to a head: those of the base asset's 52 that are worth their bytes."""

SMALLEST_M = 6e-5
"""Offsets below this are left out: at the sizes rendered they are hundredths of a pixel."""

COARSE_EXPRESSIONS = (
    "jawLeft",
    "jawOpen",
    "jawRight",
    "mouthFunnel",
    "mouthPucker",
    "mouthSmileLeft",
    "mouthSmileRight",
)
COARSE_SMALLEST_M, COARSE_VERTICES = 1.5e-3, 4000
"""Parts of many vertices (beards) follow only the large moves, by whole millimetres: they would double the file."""


def morph_targets(body: Body, part: Part) -> dict[str, FloatArray]:
    """Offsets (N, 3) m of the part's vertices under each facial action; empty for a part that no action moves.

    The template's offsets, scaled to this head.
    """
    if part.base_vertex is None:
        return {}
    coarse = len(part.vertices) > COARSE_VERTICES
    targets = {}
    for name in COARSE_EXPRESSIONS if coarse else EXPRESSIONS:
        offsets = body.base.delta(f"face:{name}")[part.base_vertex] * body.scale
        offsets[np.linalg.norm(offsets, axis=1) < (COARSE_SMALLEST_M if coarse else SMALLEST_M)] = 0
        if offsets.any():
            targets[name] = offsets
    return targets
