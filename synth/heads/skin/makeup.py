"""Make-up over painted skin: eyeliner, eye shadow, blush. Lipstick is painted with the lips."""

from __future__ import annotations

import numpy as np

from synth.heads.colour import smooth_step
from synth.heads.part import FloatArray
from synth.heads.person import Person
from synth.heads.skin.features import spot
from synth.heads.skin.uvmap import Surface

LINER_RGB = (0.012, 0.010, 0.010)
BLUSH_RGB = np.array([0.42, 0.10, 0.10], np.float32)


def make_up(colour: FloatArray, surface: Surface, person: Person) -> FloatArray:
    """`colour` (K, 3) linear with the person's make-up over it."""
    if not (person.eyeliner or person.eye_shadow or person.blush):
        return colour
    skin = colour.mean(0)
    blush = 0.42 * person.blush * spot(surface, 0.045, -0.030, 0.020, 0.014)
    colour = _over(colour, blush, 0.5 * skin + 0.5 * BLUSH_RGB * (skin[0] / BLUSH_RGB[0]))
    above = smooth_step(-0.002, 0.003, surface.y)
    lid = above * smooth_step(0.0125, 0.0050, surface.lid_m) * smooth_step(0.0165, 0.0120, surface.y)
    colour = _over(colour, 0.75 * person.eye_shadow * lid, np.array(person.shadow_rgb, np.float32))
    line = np.exp(-((surface.lid_m / (0.0011 + 0.0010 * above)) ** 4)) * (0.3 + 0.7 * above)
    return _over(colour, 0.9 * person.eyeliner * line, np.array(LINER_RGB, np.float32))


def _over(under: FloatArray, cover: FloatArray, paint: FloatArray) -> FloatArray:
    share = np.clip(cover, 0, 1)[:, None]
    return np.asarray(under * (1 - share) + paint * share, np.float32)
