"""The effects on pictures as they stand in a pipeline.

A range is written `[low, high]`, or as one number that is always taken. Numbers are drawn evenly from it.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from synth.effects import blur, camera, occlusion
from synth.effects.effect import AS_TUPLE, Drawn, Labels, Rgb, RgbEffect, Rng, Span, needed, within
from synth.effects.light import Space
from synth.effects.randomness import draw_below, draw_uniform
from synth.effects.sensor_noise import MAX_SIGMA_LEVELS, add_sensor_noise
from synth.errors import UsageError
from synth.geometry.camera import Box

_SEED_LIMIT = 1 << 31


class Exposure(RgbEffect):
    """Light times 2^ev."""

    stage: ClassVar[int] = 10
    kind: Literal["exposure"] = "exposure"
    ev: Annotated[Span, within(-8, 8)] = (-1.0, 1.0)

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        ev = draw_uniform(rng, self.ev)
        return camera.expose(rgb, ev), {"ev": ev}


class WhiteBalance(RgbEffect):
    """Light of another colour temperature; drawn evenly in 1/kelvin, as the eye has it."""

    stage: ClassVar[int] = 10
    kind: Literal["white_balance"] = "white_balance"
    light_kelvin: Annotated[Span, within(*camera.KELVIN_LIMITS)] = (4500.0, 9000.0)

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        low, high = self.light_kelvin
        kelvin = min(high, max(low, 1 / draw_uniform(rng, (1 / high, 1 / low))))
        return camera.balance_white(rgb, kelvin), {"light_kelvin": kelvin}


class Occlusion(RgbEffect):
    """Something in front of the head; needs the labels head_box_px and crop_box_px.

    Sizes are in pixels of the full frame; without `height_px` a hand is 1.45 times as long as it is wide and anything
    else square. Without `colour`, fill "colour" takes a random one.
    """

    stage: ClassVar[int] = 20
    kind: Literal["occluder"] = "occluder"
    shape: occlusion.Kind = "square"
    width_px: Annotated[Span, within(1, 4096)] = (60.0, 60.0)
    height_px: Annotated[Span, within(1, 4096)] | None = None
    fill: occlusion.Fill = "colour"
    colour: Annotated[tuple[int, int, int] | None, AS_TUPLE] = (0, 0, 0)
    min_share: float = Field(occlusion.MIN_SHARE, ge=0, le=1)
    frame_px: Annotated[tuple[int, int], AS_TUPLE] = (640, 480)

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


class GaussianBlur(RgbEffect):
    """Defocus, or the source paper's blur."""

    stage: ClassVar[int] = 30
    kind: Literal["gaussian_blur"] = "gaussian_blur"
    sigma_px: Annotated[Span, within(0, blur.MAX_SIGMA_PX)] = (0.5, 2.0)
    space: Space = "srgb"

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        sigma = draw_uniform(rng, self.sigma_px)
        return blur.gaussian_blur(rgb, sigma, self.space), {"sigma_px": sigma}


class MotionBlur(RgbEffect):
    """A straight motion during the exposure."""

    stage: ClassVar[int] = 30
    kind: Literal["motion_blur"] = "motion_blur"
    length_px: Annotated[Span, within(0, blur.MAX_LENGTH_PX)] = (2.0, 10.0)
    angle_deg: Annotated[Span, within(-360, 360)] = (0.0, 180.0)
    space: Space = "linear"

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        length, angle = draw_uniform(rng, self.length_px), draw_uniform(rng, self.angle_deg)
        return blur.motion_blur(rgb, length, angle, self.space), {"length_px": length, "angle_deg": angle}


class DownUp(RgbEffect):
    """Lost resolution."""

    stage: ClassVar[int] = 40
    kind: Literal["down_up"] = "down_up"
    factor: Annotated[Span, within(1, 64)] = (1.0, 3.0)
    down: camera.Interpolation = "area"
    up: camera.Interpolation = "linear"

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        factor = draw_uniform(rng, self.factor)
        return camera.down_up(rgb, factor, self.down, self.up), {"factor": factor}


class Grey(RgbEffect):
    """A picture without colour."""

    stage: ClassVar[int] = 50
    kind: Literal["grey"] = "grey"

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        return camera.grey(rgb), {}


class Jpeg(RgbEffect):
    """Compression."""

    stage: ClassVar[int] = 60
    kind: Literal["jpeg"] = "jpeg"
    quality: Annotated[Span, within(1, 100)] = (40.0, 95.0)
    subsampling: camera.Subsampling = "4:2:0"

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        quality = round(draw_uniform(rng, self.quality))
        return camera.jpeg(rgb, quality, self.subsampling), {"quality": quality}


class ShotReadNoise(RgbEffect):
    """Photon and read noise in linear light."""

    stage: ClassVar[int] = 70
    kind: Literal["shot_read_noise"] = "shot_read_noise"
    full_well_electrons: Annotated[Span, within(10, 1e6)] = (1000.0, 10_000.0)
    read_noise_electrons: Annotated[Span, within(0, 1000)] = (1.0, 5.0)

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        full_well, read = draw_uniform(rng, self.full_well_electrons), draw_uniform(rng, self.read_noise_electrons)
        drawn = {"full_well_electrons": full_well, "read_noise_electrons": read}
        return camera.shot_read_noise(rgb, rng, full_well, read), drawn


class GaussianNoise(RgbEffect):
    """The same noise on every 8-bit level, fresh for each epoch."""

    stage: ClassVar[int] = 70
    kind: Literal["gaussian_noise"] = "gaussian_noise"
    sigma_levels: Annotated[Span, within(0, MAX_SIGMA_LEVELS)] = (2.0, 2.0)

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        sigma, noise_seed = draw_uniform(rng, self.sigma_levels), draw_below(rng, _SEED_LIMIT)
        return add_sensor_noise(rgb, sigma, noise_seed, 0), {"sigma_levels": sigma, "noise_seed": noise_seed}


class StoredNoise(RgbEffect):
    """Exactly the noise that the sample's labels stand for: read the dataset with `noise=False` and put it on last."""

    stage: ClassVar[int] = 70
    kind: Literal["stored_noise"] = "stored_noise"

    def on_rgb(self, rgb: Rgb, rng: Rng, labels: Labels) -> tuple[Rgb, Drawn]:
        sigma, noise_seed, sample = (needed(labels, name) for name in ("noise_sigma", "noise_seed", "id"))
        return add_sensor_noise(rgb, sigma, noise_seed, sample), {"sigma_levels": float(sigma)}
