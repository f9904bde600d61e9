"""The section `variants`: one thing that is varied over the same shots, as the source paper's test sets do."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from synth.recipe.values import Model, Range, as_tuple, within, without_repeats

LightColor = Literal["red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink", "grey", "white"]
LIGHT_COLORS: dict[LightColor, tuple[float, float, float]] = {
    "red": (1.00, 0.05, 0.04),
    "orange": (1.00, 0.33, 0.03),
    "yellow": (1.00, 0.80, 0.05),
    "green": (0.07, 1.00, 0.10),
    "cyan": (0.05, 0.90, 1.00),
    "blue": (0.06, 0.12, 1.00),
    "purple": (0.45, 0.06, 1.00),
    "pink": (1.00, 0.30, 0.55),
    "grey": (0.50, 0.50, 0.50),
    "white": (1.00, 1.00, 1.00),
}
"""Linear sRGB of a filter before the white lamp: what passes of each channel. Grey is white at half the light."""

Shape = Literal["square", "tall", "wide", "hand"]
Fill = Literal[
    "black", "red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink", "grey", "white", "texture"
]  # fmt: skip

_HAND_WIDTH = 0.7  # of its length
_MOST = 64  # conditions of one kind


def _evenly(count: int, first: float, step: float) -> tuple[float, ...]:
    return tuple(round(first + step * k, 6) for k in range(count))


def _each_in(low: float, high: float) -> Callable[[tuple[float, ...]], tuple[float, ...]]:
    def check(values: tuple[float, ...]) -> tuple[float, ...]:
        if outside := [v for v in values if not low <= v <= high]:
            raise ValueError(f"{outside[0]:g} is outside {low:g} to {high:g}; write another")
        if repeated := [v for v in values if values.count(v) > 1]:
            raise ValueError(f"{repeated[0]:g} stands there more than once; keep it once")
        if len(values) > _MOST:
            raise ValueError(f"{len(values)} values are more than {_MOST}; write fewer")
        return values

    return check


def _some(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise ValueError("the list is empty; name at least one")
    return values


Numbers = Annotated[tuple[float, ...], BeforeValidator(as_tuple)]


class Illumination(Model):
    """The light: each shot under every azimuth, intensity and colour of a key light, before a fixed exposure.

    One condition changes one thing: the others stay neutral (azimuth 0°, intensity 1, white).
    """

    azimuth_deg: Annotated[Numbers, AfterValidator(_each_in(-180, 180))] = Field(
        default=_evenly(11, -100, 20), description="key light, from the camera's side (0) toward the image's right (+)"
    )
    intensity: Annotated[Numbers, AfterValidator(_each_in(0.01, 16))] = Field(
        default=_evenly(10, 0.3, 0.1), description="factor on all light, key and ambient; 1 is neutral"
    )
    colors: Annotated[tuple[LightColor, ...], BeforeValidator(as_tuple), AfterValidator(without_repeats)] = Field(
        default=tuple(LIGHT_COLORS), description="colour of the key light; docs/variants.md has the linear values"
    )
    elevation_deg: float = Field(default=20.0, ge=-90, le=90, description="key light, above the head, in all of them")
    ambient_share: float = Field(
        default=0.25, ge=0, le=1, description="share of the light that comes evenly from all around, always white"
    )
    level: float = Field(
        default=0.9, gt=0, le=4, description="linear brightness of white paper that faces the neutral key light"
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.azimuth_deg or self.intensity or self.colors):
            raise ValueError("there is no condition; name an azimuth, an intensity or a colour")
        return self

    @property
    def conditions(self) -> int:
        """How many a shot has."""
        return len(self.azimuth_deg) + len(self.intensity) + len(self.colors)


class Blur(Model):
    """Blur of the finished picture, before its sensor noise; `turn` is Blender's own, of a head that turns."""

    kind: Literal["gaussian", "motion", "turn"] = Field(
        default="gaussian",
        description="gaussian, motion (a straight streak) or turn (of the head, rendered)",
    )
    sigma_px: Annotated[Range, within(0, 64)] = Field(default=(1.0, 4.0), description="gaussian: σ, drawn uniformly")
    length_px: Annotated[Range, within(0, 128)] = Field(default=(4.0, 24.0), description="motion: length of the streak")
    turn_deg: Annotated[Range, within(0, 45)] = Field(
        default=(2.0, 12.0), description="turn: how far the head turns meanwhile, about an axis across its look"
    )
    per_shot: int = Field(default=1, ge=1, le=1000, description="draws of each shot")

    @property
    def conditions(self) -> int:
        """How many a shot has."""
        return self.per_shot


class Occlusion(Model):
    """Something before the head: laid over the finished picture so that it covers part of the head's box."""

    shapes: Annotated[
        tuple[Shape, ...], BeforeValidator(as_tuple), AfterValidator(without_repeats), AfterValidator(_some)
    ] = Field(
        default=("square", "tall", "wide"), description="drawn evenly; tall and wide are one rectangle's two ways"
    )
    square_px: int = Field(default=60, ge=2, le=8192, description="side of the square")
    rectangle_px: tuple[Annotated[int, Field(ge=2, le=8192)], Annotated[int, Field(ge=2, le=8192)]] = Field(
        default=(60, 120), description="sides of the rectangle, [short, long]"
    )
    hand_px: int = Field(default=160, ge=8, le=8192, description="length of the hand, which may be turned")
    fills: Annotated[
        tuple[Fill, ...], BeforeValidator(as_tuple), AfterValidator(without_repeats), AfterValidator(_some)
    ] = Field(
        default=("black",),
        description="drawn evenly; hands have skin",
    )
    least_share: float = Field(default=0.05, gt=0, le=1, description="of the head's box that is covered, at least")
    per_shot: int = Field(default=1, ge=1, le=1000, description="draws of each shot")

    @property
    def conditions(self) -> int:
        """How many a shot has."""
        return self.per_shot

    def size_px(self, shape: Shape) -> tuple[int, int]:
        """(width, height) of an occluder of this shape, a hand's when it stands upright."""
        short, long = sorted(self.rectangle_px)
        square, hand = (self.square_px, self.square_px), (round(_HAND_WIDTH * self.hand_px), self.hand_px)
        return {"square": square, "tall": (short, long), "wide": (long, short), "hand": hand}[shape]

    def room_px(self) -> Iterator[tuple[str, int, int]]:
        """(setting, width, height) of the frame that every shape needs at least; a hand may be turned any way."""
        for shape in self.shapes:
            name = {"square": "square_px", "hand": "hand_px"}.get(shape, "rectangle_px")
            width, height = self.size_px(shape)
            diagonal = math.ceil(math.hypot(width, height))
            yield name, *((diagonal, diagonal) if shape == "hand" else (width, height))


class Variants(Model):
    """One thing that is varied over the same shots: sample i is shot i // n under its condition i % n.

    Exactly one of the three sections is there.
    """

    illumination: Illumination | None = Field(default=None, description="null = not varied; {} = as in the paper")
    blur: Blur | None = Field(default=None, description="null = not varied; {} = as in the paper")
    occlusion: Occlusion | None = Field(default=None, description="null = not varied; {} = as in the paper")
    source_sha256: str | None = Field(
        default=None,
        pattern="^[0-9a-f]{64}$",
        description="checksum of the dataset whose pictures are varied, filled in by `synth variants`; null = rendered",
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [name for name in ("illumination", "blur", "occlusion") if getattr(self, name) is not None]
        if len(given) != 1:
            found = f"{' and '.join(given)} are both given" if given else "nothing is varied"
            raise ValueError(f"{found}; give one of illumination, blur, occlusion, such as blur: {{}}")
        if self.source_sha256 and self.illumination:
            raise ValueError("light can't be changed in a stored picture; set source_sha256 to null")
        return self

    @property
    def kind(self) -> Literal["illumination", "blur", "occlusion"]:
        return "illumination" if self.illumination else "blur" if self.blur else "occlusion"

    @property
    def conditions(self) -> int:
        """n: how many samples a shot gives."""
        section = self.illumination or self.blur or self.occlusion
        return section.conditions if section else 1
