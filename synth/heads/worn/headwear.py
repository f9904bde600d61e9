"""What a head wears on its hair: hats, turbans, head scarves; and what they do to the hair."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from synth.errors import HeadError
from synth.heads.body import Body
from synth.heads.part import Part
from synth.heads.worn.brims import bucket_hat, felt_hat
from synth.heads.worn.dome import Dome, flattened
from synth.heads.worn.hats import beanie, cap, cap_back
from synth.heads.worn.scarves import hijab
from synth.heads.worn.skull import Line
from synth.heads.worn.wraps import bandana, turban

ABOVE_EARS: Line = ((0, 40, 70, 85, 115, 140, 160, 180), (0.052, 0.049, 0.034, 0.024, 0.022, -0.012, -0.028, -0.032))
CAP_LINE: Line = ((0, 40, 70, 90, 115, 140, 180), (0.052, 0.048, 0.036, 0.027, 0.022, 0.006, -0.006))
BRIM_LINE: Line = ((0, 40, 70, 90, 115, 140, 180), (0.056, 0.050, 0.036, 0.028, 0.024, 0.014, 0.006))
WRAP_LINE: Line = ((0, 25, 45, 70, 90, 115, 140, 180), (0.057, 0.051, 0.044, 0.031, 0.023, 0.006, -0.034, -0.054))
TIED_LINE: Line = ((0, 40, 70, 90, 115, 140, 180), (0.066, 0.058, 0.040, 0.027, 0.018, -0.014, -0.034))


_MAKERS: dict[str, Callable[[Dome, np.random.Generator], list[Part]]] = {
    "beanie": beanie,
    "cap": cap,
    "cap_back": cap_back,
    "brimmed": felt_hat,
    "bucket": bucket_hat,
    "turban": turban,
    "bandana": bandana,
}
EDGES: dict[str, Line] = {
    "beanie": ABOVE_EARS,
    "cap": CAP_LINE,
    "cap_back": CAP_LINE,
    "brimmed": BRIM_LINE,
    "bucket": BRIM_LINE,
    "turban": WRAP_LINE,
    "bandana": TIED_LINE,
}
"""Where each hat's edge lies on the template."""


def headwear(body: Body, hair: list[Part], clothes: list[Part], rng: np.random.Generator) -> list[Part]:
    """`hair` (and beards), flattened or hidden by what `body.person` wears over it, and that itself.

    `clothes` are what a scarf lies on. Raises HeadError for a hat that there isn't.
    """
    hat = body.person.hat
    if hat == "none":
        return hair
    if hat == "hijab":
        return [*(part for part in hair if part.name.split(".")[0] != "hair"), hijab(body, clothes, rng)]
    if hat not in _MAKERS:
        known = ", ".join((*_MAKERS, "hijab"))
        raise HeadError(f"There is no hat called {hat}.", where="hat", mend=f"Use one of {known}.")
    dome = Dome.of(body, EDGES[hat])
    if hat == "turban":  # it holds all of it
        hair = [part for part in hair if part.name.split(".")[0] != "hair"]
    return [*flattened(hair, dome), *_MAKERS[hat](dome, rng)]
