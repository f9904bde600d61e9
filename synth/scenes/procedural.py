"""Backgrounds that are drawn from a seed: out-of-focus rooms, shelves, streets, meadows, lights at night."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from synth.plan.shot import Procedural
from synth.recipe.scene import ProceduralKind
from synth.scenes import indoors, outdoors
from synth.scenes.draw import Canvas

HEIGHT_PX = 256
"""Drawn at this height, whatever the frame: nothing in it is sharp."""

_BRIGHTEST = 8.0
_DRAWERS: Mapping[ProceduralKind, Callable[[Canvas], None]] = {
    "gradient": indoors.gradient,
    "wall": indoors.wall,
    "room": indoors.room,
    "shelf": indoors.shelf,
    "office": indoors.office,
    "bokeh": outdoors.bokeh,
    "street": outdoors.street,
    "meadow": outdoors.meadow,
    "foliage": outdoors.foliage,
}


def draw_background(asked: Procedural, aspect: float) -> NDArray[np.float32]:
    """(HEIGHT_PX, W, 3) float32 linear RGB, at least 0, of a frame `aspect` times as wide as high; the same for the
    same seed."""
    rng = np.random.Generator(np.random.Philox(key=asked.seed))
    canvas = Canvas(max(16, round(HEIGHT_PX * aspect)), HEIGHT_PX, rng)
    _DRAWERS[asked.kind](canvas)
    return np.clip(canvas.light, 0, _BRIGHTEST).astype(np.float32)
