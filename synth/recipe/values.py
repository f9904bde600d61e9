"""What the values of a recipe are made of: ranges, lists, and the model that every section is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict


def _two_numbers(value: Any) -> Any:
    numbers = list(value) if isinstance(value, list | tuple) else [value, value]
    if len(numbers) != 2 or any(isinstance(v, bool) or not isinstance(v, int | float) for v in numbers):
        raise ValueError("needs a range of two numbers; write [low, high]")
    return (float(numbers[0]), float(numbers[1]))


def _ordered(value: tuple[float, float]) -> tuple[float, float]:
    low, high = value
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"range {range_text(value)} isn't finite; write two ordinary numbers")
    if low > high:
        raise ValueError(f"range {range_text(value)} is inverted; write {range_text((high, low))}")
    return value


def range_text(value: tuple[float, float]) -> str:
    """As it stands in a recipe: `[-50, 50]`."""
    return "[" + ", ".join(repr(int(v)) if v.is_integer() and abs(v) < 1e15 else repr(v) for v in value) + "]"


# [low, high], both included, drawn uniformly; one number n means [n, n].
Range = Annotated[tuple[float, float], BeforeValidator(_two_numbers), AfterValidator(_ordered)]


@dataclass(frozen=True)
class Within:
    """Validator: a range stays inside [low, high]. A value type, so that `synth recipes show` can name the limits."""

    low: float
    high: float

    def __call__(self, value: tuple[float, float]) -> tuple[float, float]:
        if value[0] < self.low or value[1] > self.high:
            raise ValueError(
                f"range {range_text(value)} leaves the possible {range_text((float(self.low), float(self.high)))};"
                " write one inside it"
            )
        return value


def within(low: float, high: float) -> AfterValidator:
    return AfterValidator(Within(low, high))


def as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def without_repeats(value: tuple[str, ...]) -> tuple[str, ...]:
    repeated = sorted({v for v in value if value.count(v) > 1})
    if repeated:
        raise ValueError(f"{', '.join(repeated)} stands there more than once, but all are drawn evenly; keep it once")
    return value


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, allow_inf_nan=False, validate_default=True)
