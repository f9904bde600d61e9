"""What an effect in a pipeline is: settings with ranges, a place in the order, the picture that it changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from synth.errors import UsageError

Drawn = dict[str, Any]
Labels = Mapping[str, Any]
Rgb = npt.NDArray[np.uint8]
Range = npt.NDArray[np.float32]
Rng = np.random.Generator
Span = tuple[float, float]
AS_TUPLE = BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)


@dataclass(frozen=True, eq=False)
class Pictures:
    """What effects act on: `rgb` (H, W, 3) uint8 sRGB, `range_mm` (H, W) float32, either may be None; the labels."""

    rgb: npt.NDArray[np.uint8] | None
    range_mm: npt.NDArray[np.float32] | None
    labels: Mapping[str, Any]


def within(low: float, high: float) -> BeforeValidator:
    """Reads a range, or one number, that lies within [low, high]."""

    def read(value: object) -> Span:
        ends = value if isinstance(value, list | tuple) else (value, value)
        if len(ends) != 2 or any(isinstance(end, bool) or not isinstance(end, int | float) for end in ends):
            raise ValueError("is neither a number nor [low, high]")
        first, last = float(ends[0]), float(ends[1])
        if not low <= first <= last <= high:
            raise ValueError(f"has to rise and to lie from {low:g} to {high:g}")
        return first, last

    return BeforeValidator(read)


class Effect(BaseModel):
    """`stage` orders effects; `on` says which picture one changes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
    stage: ClassVar[int]
    on: ClassVar[Literal["rgb", "range"]] = "rgb"

    probability: float = Field(1.0, ge=0, le=1)

    def change(self, pictures: Pictures, rng: Rng) -> tuple[Pictures, Drawn]:
        """The changed pictures, and the numbers that were drawn."""
        raise NotImplementedError


class RgbEffect(Effect):
    def change(self, pictures: Pictures, rng: Rng) -> tuple[Pictures, Drawn]:
        rgb, drawn = self.on_rgb(np.asarray(pictures.rgb), rng, pictures.labels)
        return replace(pictures, rgb=rgb), drawn

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        raise NotImplementedError


class RangeEffect(Effect):
    on: ClassVar[Literal["rgb", "range"]] = "range"

    def change(self, pictures: Pictures, rng: Rng) -> tuple[Pictures, Drawn]:
        range_mm, drawn = self.on_range(np.asarray(pictures.range_mm), rng, pictures.labels)
        return replace(pictures, range_mm=range_mm), drawn

    def on_range(self, range_mm: Range, rng: Rng, labels: Labels) -> tuple[Range, Drawn]:
        raise NotImplementedError


def needed(labels: Mapping[str, Any], name: str) -> Any:
    """The label of that name; raises `UsageError` if it isn't there."""
    if name not in labels:
        raise UsageError(f"The label {name} is missing.", where="labels", mend="Give the sample's own labels.")
    return labels[name]
