"""Each effect as it stands in a pipeline: its name, the ranges that its numbers are drawn from, its place in the order.

A range is written `[low, high]`, or as one number that is always taken. Numbers are drawn evenly from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from synth.effects import blur, camera, depth, depth_motion, kinect, occlusion
from synth.effects.light import Space
from synth.effects.randomness import draw_below, draw_uniform
from synth.effects.sensor_noise import MAX_SIGMA_LEVELS, add_sensor_noise
from synth.errors import UsageError
from synth.geometry.camera import Box

Drawn = dict[str, Any]
Labels = Mapping[str, Any]
Rgb = npt.NDArray[np.uint8]
Range = npt.NDArray[np.float32]
Rng = np.random.Generator
Span = tuple[float, float]
_AS_TUPLE = BeforeValidator(lambda value: tuple(value) if isinstance(value, list) else value)
_SEED_LIMIT = 1 << 31


@dataclass(frozen=True, eq=False)
class Pictures:
    """What effects act on: `rgb` (H, W, 3) uint8 sRGB, `range_mm` (H, W) float32, either may be None; the labels."""

    rgb: npt.NDArray[np.uint8] | None
    range_mm: npt.NDArray[np.float32] | None
    labels: Mapping[str, Any]


def _within(low: float, high: float) -> BeforeValidator:
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


class _OnRgb(Effect):
    def change(self, pictures: Pictures, rng: Rng) -> tuple[Pictures, Drawn]:
        rgb, drawn = self.on_rgb(np.asarray(pictures.rgb), rng, pictures.labels)
        return replace(pictures, rgb=rgb), drawn

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        raise NotImplementedError


class _OnRange(Effect):
    on: ClassVar[Literal["rgb", "range"]] = "range"

    def change(self, pictures: Pictures, rng: Rng) -> tuple[Pictures, Drawn]:
        range_mm, drawn = self.on_range(np.asarray(pictures.range_mm), rng, pictures.labels)
        return replace(pictures, range_mm=range_mm), drawn

    def on_range(self, range_mm: Range, rng: Rng, labels: Labels) -> tuple[Range, Drawn]:
        raise NotImplementedError


class Exposure(_OnRgb):
    """Light times 2^ev."""

    stage: ClassVar[int] = 10
    kind: Literal["exposure"] = "exposure"
    ev: Annotated[Span, _within(-8, 8)] = (-1.0, 1.0)

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        ev = draw_uniform(rng, self.ev)
        return camera.expose(rgb, ev), {"ev": ev}


class WhiteBalance(_OnRgb):
    """Light of another colour temperature; drawn evenly in 1/kelvin, as the eye has it."""

    stage: ClassVar[int] = 10
    kind: Literal["white_balance"] = "white_balance"
    light_kelvin: Annotated[Span, _within(*camera.KELVIN_LIMITS)] = (4500.0, 9000.0)

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        low, high = self.light_kelvin
        kelvin = min(high, max(low, 1 / draw_uniform(rng, (1 / high, 1 / low))))
        return camera.balance_white(rgb, kelvin), {"light_kelvin": kelvin}


class Occlusion(_OnRgb):
    """Something in front of the head; needs the labels head_box_px and crop_box_px.

    Sizes are in pixels of the full frame; without `height_px` a hand is 1.45 times as long as it is wide and anything
    else square. Without `colour`, fill "colour" takes a random one.
    """

    stage: ClassVar[int] = 20
    kind: Literal["occluder"] = "occluder"
    shape: occlusion.Kind = "square"
    width_px: Annotated[Span, _within(1, 4096)] = (60.0, 60.0)
    height_px: Annotated[Span, _within(1, 4096)] | None = None
    fill: occlusion.Fill = "colour"
    colour: (
        Annotated[tuple[int, int, int], BeforeValidator(lambda v: tuple(v) if isinstance(v, list) else v)] | None
    ) = (
        0,
        0,
        0,
    )
    min_share: float = Field(occlusion.MIN_SHARE, ge=0, le=1)
    frame_px: Annotated[tuple[int, int], _AS_TUPLE] = (640, 480)

    @model_validator(mode="after")
    def _is_possible(self) -> Occlusion:
        if self.shape == "square" and self.height_px is not None:
            raise ValueError("a square has only width_px; for two sides take shape rectangle")
        height = self.height_px[1] if self.height_px else None
        try:
            largest = self._occluder(self.width_px[1], height, self.colour or (0, 0, 0))
            occlusion.check_fits(largest, Box(0, 0, *self.frame_px))
        except UsageError as error:
            raise ValueError(f"{error.what} {error.mend}".rstrip(". ")) from error
        return self

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        width = draw_uniform(rng, self.width_px)
        height = draw_uniform(rng, self.height_px) if self.height_px else None
        colour = (draw_below(rng, 256), draw_below(rng, 256), draw_below(rng, 256))
        occluder = self._occluder(width, height, colour if self.colour is None else self.colour)
        head, crop = needed(labels, "head_box_px"), needed(labels, "crop_box_px")
        placed = occlusion.place_occluder(rng, occluder, head, Box(0, 0, *self.frame_px), self.min_share)
        done = occlusion.cover(rgb, placed, crop)
        return done.rgb, {"occluder_box_px": done.box_px.as_tuple(), "share": done.share}

    def _occluder(self, width: float, height: float | None, colour: tuple[int, int, int]) -> occlusion.Occluder:
        if height is None:
            height = width * (1.45 if self.shape == "hand" else 1.0)
        return occlusion.Occluder(self.shape, round(width), round(height), self.fill, colour)


class GaussianBlur(_OnRgb):
    """Defocus, or the source paper's blur."""

    stage: ClassVar[int] = 30
    kind: Literal["gaussian_blur"] = "gaussian_blur"
    sigma_px: Annotated[Span, _within(0, blur.MAX_SIGMA_PX)] = (0.5, 2.0)
    space: Space = "srgb"

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        sigma = draw_uniform(rng, self.sigma_px)
        return blur.gaussian_blur(rgb, sigma, self.space), {"sigma_px": sigma}


class MotionBlur(_OnRgb):
    """A straight motion during the exposure."""

    stage: ClassVar[int] = 30
    kind: Literal["motion_blur"] = "motion_blur"
    length_px: Annotated[Span, _within(0, blur.MAX_LENGTH_PX)] = (2.0, 10.0)
    angle_deg: Annotated[Span, _within(-360, 360)] = (0.0, 180.0)
    space: Space = "linear"

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        length, angle = draw_uniform(rng, self.length_px), draw_uniform(rng, self.angle_deg)
        return blur.motion_blur(rgb, length, angle, self.space), {"length_px": length, "angle_deg": angle}


class DownUp(_OnRgb):
    """Lost resolution."""

    stage: ClassVar[int] = 40
    kind: Literal["down_up"] = "down_up"
    factor: Annotated[Span, _within(1, 64)] = (1.0, 3.0)
    down: camera.Interpolation = "area"
    up: camera.Interpolation = "linear"

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        factor = draw_uniform(rng, self.factor)
        return camera.down_up(rgb, factor, self.down, self.up), {"factor": factor}


class Grey(_OnRgb):
    """A picture without colour."""

    stage: ClassVar[int] = 50
    kind: Literal["grey"] = "grey"

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        return camera.grey(rgb), {}


class Jpeg(_OnRgb):
    """Compression."""

    stage: ClassVar[int] = 60
    kind: Literal["jpeg"] = "jpeg"
    quality: Annotated[Span, _within(1, 100)] = (40.0, 95.0)
    subsampling: camera.Subsampling = "4:2:0"

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        quality = round(draw_uniform(rng, self.quality))
        return camera.jpeg(rgb, quality, self.subsampling), {"quality": quality}


class ShotReadNoise(_OnRgb):
    """Photon and read noise in linear light."""

    stage: ClassVar[int] = 70
    kind: Literal["shot_read_noise"] = "shot_read_noise"
    full_well_electrons: Annotated[Span, _within(10, 1e6)] = (1000.0, 10_000.0)
    read_noise_electrons: Annotated[Span, _within(0, 1000)] = (1.0, 5.0)

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        full_well, read = draw_uniform(rng, self.full_well_electrons), draw_uniform(rng, self.read_noise_electrons)
        drawn = {"full_well_electrons": full_well, "read_noise_electrons": read}
        return camera.shot_read_noise(rgb, rng, full_well, read), drawn


class GaussianNoise(_OnRgb):
    """The same noise on every 8-bit level, fresh for each epoch."""

    stage: ClassVar[int] = 70
    kind: Literal["gaussian_noise"] = "gaussian_noise"
    sigma_levels: Annotated[Span, _within(0, MAX_SIGMA_LEVELS)] = (2.0, 2.0)

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        sigma, noise_seed = draw_uniform(rng, self.sigma_levels), draw_below(rng, _SEED_LIMIT)
        return add_sensor_noise(rgb, sigma, noise_seed, 0), {"sigma_levels": sigma, "noise_seed": noise_seed}


class StoredNoise(_OnRgb):
    """Exactly the noise that the sample's labels stand for: read the dataset with `noise=False` and put it on last."""

    stage: ClassVar[int] = 70
    kind: Literal["stored_noise"] = "stored_noise"

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        sigma, noise_seed, sample = (needed(labels, name) for name in ("noise_sigma", "noise_seed", "id"))
        return add_sensor_noise(rgb, sigma, noise_seed, sample), {"sigma_levels": float(sigma)}


class DepthMotionBlur(_OnRange):
    """A straight motion while depth is measured."""

    stage: ClassVar[int] = 10
    kind: Literal["depth_motion_blur"] = "depth_motion_blur"
    length_px: Annotated[Span, _within(0, blur.MAX_LENGTH_PX)] = (2.0, 10.0)
    angle_deg: Annotated[Span, _within(-360, 360)] = (0.0, 180.0)
    edges: depth_motion.Edges = "mix"
    min_seen: float = Field(0.5, ge=0, le=1)

    def on_range(self, range_mm: Range, rng: Rng, labels: Labels) -> tuple[Range, Drawn]:
        length, angle = draw_uniform(rng, self.length_px), draw_uniform(rng, self.angle_deg)
        blurred = depth_motion.motion_blur_depth(range_mm, length, angle, self.edges, self.min_seen)
        return blurred, {"length_px": length, "angle_deg": angle}


class DepthGaussianNoise(_OnRange):
    """The same noise on every range."""

    stage: ClassVar[int] = 20
    kind: Literal["depth_gaussian_noise"] = "depth_gaussian_noise"
    sigma_mm: Annotated[Span, _within(0, 1000)] = (0.0, 5.0)

    def on_range(self, range_mm: Range, rng: Rng, labels: Labels) -> tuple[Range, Drawn]:
        sigma = draw_uniform(rng, self.sigma_mm)
        return depth.gaussian_noise(range_mm, rng, sigma), {"sigma_mm": sigma}


class Kinect(_OnRange):
    """A structured-light camera; needs the label K. `noise` multiplies axial and lateral noise."""

    stage: ClassVar[int] = 20
    kind: Literal["kinect"] = "kinect"
    noise: Annotated[Span, _within(0, 10)] = (1.0, 1.0)
    edge_probability: Annotated[Span, _within(0, 1)] = (0.5, 0.5)
    quantise: bool = True
    grazing: bool = True
    shadow: bool = True

    def on_range(self, range_mm: Range, rng: Rng, labels: Labels) -> tuple[Range, Drawn]:
        noise, edges = draw_uniform(rng, self.noise), draw_uniform(rng, self.edge_probability)
        model = replace(kinect.KINECT, axial=noise, lateral=noise, edge_probability=edges, shadow=self.shadow)
        model = model if self.quantise else replace(model, step_px=0.0)
        model = model if self.grazing else replace(model, grazing_start_deg=90.0, grazing_full_deg=90.0)
        measured = kinect.measure_depth(range_mm, needed(labels, "K"), rng, model)
        return measured, {"noise": noise, "edge_probability": edges}


def needed(labels: Mapping[str, Any], name: str) -> Any:
    """The label of that name; raises `UsageError` if it isn't there."""
    if name not in labels:
        raise UsageError(f"The label {name} is missing.", where="labels", mend="Give the sample's own labels.")
    return labels[name]


AnyEffect = Annotated[
    Exposure
    | WhiteBalance
    | Occlusion
    | GaussianBlur
    | MotionBlur
    | DownUp
    | Grey
    | Jpeg
    | ShotReadNoise
    | GaussianNoise
    | StoredNoise
    | DepthMotionBlur
    | DepthGaussianNoise
    | Kinect,
    Field(discriminator="kind"),
]
