"""The effects on range maps as they stand in a pipeline, and ranges written as in `synth.effects.rgb_kinds`."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from synth.effects import blur, depth, depth_motion, kinect
from synth.effects.effect import Drawn, Labels, Range, RangeEffect, Rng, Span, needed, within
from synth.effects.randomness import draw_uniform


class DepthMotionBlur(RangeEffect):
    """A straight motion while depth is measured."""

    stage: ClassVar[int] = 10
    kind: Literal["depth_motion_blur"] = "depth_motion_blur"
    length_px: Annotated[Span, within(0, blur.MAX_LENGTH_PX)] = (2.0, 10.0)
    angle_deg: Annotated[Span, within(-360, 360)] = (0.0, 180.0)
    edges: depth_motion.Edges = "mix"
    min_seen: float = Field(0.5, ge=0, le=1)

    def on_range(self, range_mm: Range, rng: Rng, labels: Labels) -> tuple[Range, Drawn]:
        length, angle = draw_uniform(rng, self.length_px), draw_uniform(rng, self.angle_deg)
        blurred = depth_motion.motion_blur_depth(range_mm, length, angle, self.edges, self.min_seen)
        return blurred, {"length_px": length, "angle_deg": angle}


class DepthGaussianNoise(RangeEffect):
    """The same noise on every range."""

    stage: ClassVar[int] = 20
    kind: Literal["depth_gaussian_noise"] = "depth_gaussian_noise"
    sigma_mm: Annotated[Span, within(0, 1000)] = (0.0, 5.0)

    def on_range(self, range_mm: Range, rng: Rng, labels: Labels) -> tuple[Range, Drawn]:
        sigma = draw_uniform(rng, self.sigma_mm)
        return depth.gaussian_noise(range_mm, rng, sigma), {"sigma_mm": sigma}


class Kinect(RangeEffect):
    """A structured-light camera; needs the label K. `noise` multiplies axial and lateral noise."""

    stage: ClassVar[int] = 20
    kind: Literal["kinect"] = "kinect"
    noise: Annotated[Span, within(0, 10)] = (1.0, 1.0)
    edge_probability: Annotated[Span, within(0, 1)] = (0.5, 0.5)
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
