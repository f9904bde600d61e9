"""What a variant's condition does to a finished picture, and the labels that say so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.effects.blur import gaussian_blur, motion_blur
from synth.effects.light import to_srgb8
from synth.effects.occlusion import Kind, Occluder, cover, place_occluder
from synth.effects.randomness import effect_rng
from synth.geometry.camera import Box
from synth.plan import shot as plan
from synth.plan.shot import Shot

Picture = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Varied:
    """`rgb`: (H, W, 3) uint8, sRGB, as the condition makes it, None if there was none; `labels`: those of a variant."""

    rgb: Picture | None
    labels: dict[str, Any]


def vary_picture(
    shot: Shot, rgb: Picture | None, head_box_px: npt.ArrayLike, crop_box_px: npt.ArrayLike, frame: Box
) -> Varied:
    """Put the effect of a variant's shot on its picture; light and motion in the scene are rendered, so only labelled.

    `rgb`: (H, W, 3) uint8, sRGB, without sensor noise, what `crop_box_px` of the full `frame` shows; `head_box_px` is
    in pixels of the full frame. A shot that is no variant comes back as it is, without labels. Raises `UsageError` if
    there is no place for an occluder.
    """
    if shot.base_index is None:
        return Varied(rgb, {})
    labels: dict[str, Any] = {"base_id": shot.base_index}
    if shot.studio is not None:
        light = shot.studio
        labels |= {"light_azimuth_deg": light.azimuth_deg, "light_intensity": light.intensity}
        labels |= {"light_color": light.color}
    if shot.effect is None:
        return Varied(rgb, labels)
    varied = apply_effect(shot.effect, rgb, head_box_px, crop_box_px, frame)
    return Varied(varied.rgb, labels | varied.labels)


def apply_effect(
    effect: plan.Effect,
    rgb: Picture | None,
    head_box_px: npt.ArrayLike | None,
    crop_box_px: npt.ArrayLike,
    frame: Box,
) -> Varied:
    """One effect on one picture, as `vary_picture`; only an occluder asks for the head's box. Raises `UsageError`."""
    if isinstance(effect, plan.Blur):
        return _blurred(rgb, effect)
    return _occluded(rgb, effect, [] if head_box_px is None else head_box_px, crop_box_px, frame)


def _blurred(rgb: Picture | None, blur: plan.Blur) -> Varied:
    if blur.kind == "gaussian":
        return Varied(None if rgb is None else gaussian_blur(rgb, blur.sigma_px), {"blur_sigma_px": blur.sigma_px})
    if blur.kind == "motion":
        labels = {"blur_length_px": blur.length_px, "blur_angle_deg": blur.angle_deg}
        return Varied(None if rgb is None else motion_blur(rgb, blur.length_px, blur.angle_deg), labels)
    return Varied(rgb, {"blur_turn_deg": np.array(blur.turn_deg)})


def _occluded(
    rgb: Picture | None,
    occluder: plan.Occluder,
    head_box_px: npt.ArrayLike,
    crop_box_px: npt.ArrayLike,
    frame: Box,
) -> Varied:
    placed = place_occluder(
        effect_rng(occluder.seed, 0, aspect="occluder"), _kind_of(occluder), head_box_px, frame, occluder.least_share
    )
    labels = {"occluder_box_px": np.array(placed.box_px.as_tuple(), np.int32), "covered_share": placed.share}
    return Varied(None if rgb is None else cover(rgb, placed, crop_box_px).rgb, labels)


def _kind_of(occluder: plan.Occluder) -> Occluder:
    size = (occluder.width_px, occluder.height_px)
    if occluder.shape == "hand":
        return Occluder("hand", *size, fill="skin")
    kind: Kind = "square" if occluder.shape == "square" else "rectangle"
    if occluder.fill is None:
        return Occluder(kind, *size, fill="texture")
    red, green, blue = (int(level) for level in to_srgb8(np.array(occluder.fill, np.float32)))
    return Occluder(kind, *size, colour=(red, green, blue))
