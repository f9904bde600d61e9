"""A person's shaped body, which every part is fitted to."""

from __future__ import annotations

from dataclasses import dataclass, field

from synth.heads.base import BaseMesh
from synth.heads.part import FloatArray
from synth.heads.person import Person


@dataclass(frozen=True)
class Body:
    """A person's shaped, untextured body: what hair, beards, glasses and clothes are built on.

    `base` is the template: `base.vertices` (V, 3) has the same rows as `vertices`, so a rule written on the template's
    positions (a hairline, a beard's edge) holds on every person. `vertices` (V, 3) m is this person: shaped, scaled to
    its metric size, arms lowered, resting expression on. `joints` maps each of `JOINTS` and "head.tail" (the skull's
    top) to its place (3,), m. `weights` (V, 8) are the skinning weights over `JOINTS`.
    """

    base: BaseMesh
    vertices: FloatArray
    joints: dict[str, FloatArray] = field(repr=False)
    weights: FloatArray = field(repr=False)
    person: Person = field(repr=False)

    @property
    def scale(self) -> float:
        """This head's size over the template's (ratio of the interpupillary distances)."""
        own = self.joints["eye.L"][0] - self.joints["eye.R"][0]
        return float(own / self.base.interpupillary_m)
