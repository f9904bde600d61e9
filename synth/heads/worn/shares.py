"""How many of a set's heads wear what: numbers that a recipe may set."""

from __future__ import annotations

import dataclasses
import difflib
import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass

from synth.errors import HeadError

_WHERE = "heads.build.shares"


@dataclass(frozen=True)
class Shares:
    """Shares 0 … 1: `headscarves` of the women and girls from eight years on, `beards` of the men over twenty, `masks`
    of everybody from six years on, the others of all.

    Sunglasses go before clear ones and head scarves before hats where two shares sum to more than 1. Who wears a mask
    takes sunglasses off. Glasses and sunglasses share one draw, hats and head scarves another, masks and beards have
    their own; changing one share changes what its draw decides (a frame's style too, with either kind of glasses).
    """

    glasses: float = 0.24
    sunglasses: float = 0.04
    hats: float = 0.09
    headscarves: float = 0.12
    masks: float = 0.04
    beards: float = 0.28

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            if not (math.isfinite(value) and 0 <= value <= 1):
                raise HeadError(f"{value} is no share of {name}.", where=_WHERE, mend="Give a number from 0 to 1.")

    @classmethod
    def of(cls, given: Mapping[str, float]) -> Shares:
        """The defaults, but for those `given` by name. Raises HeadError for a name or a number that can't be."""
        known = [field.name for field in dataclasses.fields(cls)]
        for name in given:
            if name not in known:
                near = difflib.get_close_matches(name, known, 1)
                mend = f"Did you mean {near[0]}?" if near else f"There are {', '.join(known)}."
                raise HeadError(f"There is no share of {name!r}.", where=_WHERE, mend=mend)
        return cls(**{name: float(value) for name, value in given.items()})

    @property
    def tag(self) -> str:
        """What a pack's name says of them: nothing for the defaults, else ten digits of their checksum."""
        if self == Shares():
            return ""
        said = ",".join(f"{name}={value!r}" for name, value in dataclasses.asdict(self).items())
        return f"-w{hashlib.sha256(said.encode()).hexdigest()[:10]}"


DEFAULT_SHARES = Shares()
