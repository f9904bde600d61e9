"""What is varied each time a picture is shown in training: the crop, the side, a turn, contrast, and what cameras do.

Everything drawn follows from (seed, sample id, epoch), whatever the order and the process, and each thing has a stream
of its own, so that adding one leaves what the others draw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from synth.data.crop import Crop
from synth.effects.checks import check_number
from synth.effects.effect import Effect
from synth.effects.pipeline import Effects, read_effects
from synth.effects.randomness import draw_uniform, effect_rng
from synth.errors import UsageError

Span = tuple[float, float]

# Sizes in the effects' settings are pixels of a network's picture of this side, and grow with it.
REFERENCE_PX = 128


@dataclass(frozen=True)
class Augmentation:
    """How much is varied; without settings nothing is.

    `scale`: factor on the crop's side, drawn evenly in the logarithm. `shift`: largest way of the crop's centre either
    way, of its side. `mirror`: probability of left and right exchanged. `turn_deg`: largest turn in the picture's plane
    either way. `tone`: probability of another contrast and gamma, drawn from `contrast` (about the picture's mean) and
    `gamma` (of the levels), both in the logarithm.
    `effects`: as `synth.effects.pipeline` has them; those on colour act on the picture that is already cut and scaled
    for the network, with sizes in pixels of one with 128 pixels a side (in larger ones they grow along), those on depth
    on the stored map. Raises `UsageError`.
    """

    effects: Effects = field(default_factory=Effects)
    scale: Span = (1.0, 1.0)
    shift: float = 0.0
    mirror: float = 0.0
    turn_deg: float = 0.0
    tone: float = 0.0
    contrast: Span = (1.0, 1.0)
    gamma: Span = (1.0, 1.0)

    def __post_init__(self) -> None:
        for name, low, high in (("scale", 0.25, 4.0), ("contrast", 0.1, 10.0), ("gamma", 0.1, 10.0)):
            object.__setattr__(self, name, _checked_span(name, getattr(self, name), low, high))
        for name, most in (("shift", 0.5), ("mirror", 1.0), ("turn_deg", 180.0), ("tone", 1.0)):
            object.__setattr__(self, name, check_number(f"augmentation.{name}", getattr(self, name), 0, most))
        effects_at(self.effects, REFERENCE_PX)  # an occluder that doesn't fit is said now, not in a worker

    def draw(self, seed: int, sample_id: int, epoch: int) -> Drawn:
        """What this sample gets in this epoch. Raises `UsageError` for a number out of range."""
        rng = effect_rng(seed, sample_id, epoch, "augment: crop")
        scale = _draw_log(rng, self.scale)
        x, y = draw_uniform(rng, (-self.shift, self.shift)), draw_uniform(rng, (-self.shift, self.shift))
        turn_deg, mirrored = draw_uniform(rng, (-self.turn_deg, self.turn_deg)), float(rng.random()) < self.mirror
        happens = float(rng.random()) < self.tone
        contrast, gamma = _draw_log(rng, self.contrast), _draw_log(rng, self.gamma)
        return Drawn(scale, x, y, turn_deg, mirrored, *((contrast, gamma) if happens else (1.0, 1.0)))

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, which `from_dict` reads."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "effects"}
        listed = {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}
        return listed | {"effects": self.effects.as_list()}

    @classmethod
    def from_dict(cls, value: object) -> Augmentation:
        """The augmentation of plain values; what isn't there keeps its default. Raises `UsageError`."""
        names = [f.name for f in fields(cls)]
        if not isinstance(value, Mapping) or not set(value) <= set(names):
            raise UsageError("It isn't a mapping of its settings.", where="augmentation", mend=f"They are {names}.")
        settings = dict(value)
        if "effects" in settings:
            settings["effects"] = read_effects(settings["effects"])
        return cls(**settings)


@dataclass(frozen=True)
class Drawn:
    """What one sample gets in one epoch; the shift in sides of the crop."""

    scale: float = 1.0
    shift_x: float = 0.0
    shift_y: float = 0.0
    turn_deg: float = 0.0
    mirrored: bool = False
    contrast: float = 1.0
    gamma: float = 1.0

    def moved(self, crop: Crop) -> Crop:
        """The crop that is taken instead of `crop`."""
        moved = crop.shifted(self.shift_x * crop.side_px, self.shift_y * crop.side_px)
        return replace(moved, side_px=crop.side_px * self.scale, turn_deg=self.turn_deg, mirrored=self.mirrored)

    def toned(self, rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """(H, W, 3) uint8 with the drawn gamma, then the drawn contrast about the mean."""
        if self.contrast == 1 and self.gamma == 1:
            return rgb
        levels = 255 * (np.arange(256) / 255) ** self.gamma
        mean = float(cv2.LUT(rgb, levels.astype(np.float32)).mean())
        changed = np.clip(np.round(mean + (levels - mean) * self.contrast), 0, 255)
        return np.asarray(cv2.LUT(rgb, changed.astype(np.uint8)))


@lru_cache(maxsize=64)
def effects_at(effects: Effects, size_px: int) -> Effects:
    """The effects for a network's picture of this size: what is in pixels grows with it; its frame is the picture.

    Raises `UsageError` for an occluder that doesn't fit into it.
    """
    values = [
        value if effect.on == "range" else _scaled(effect, value, size_px / REFERENCE_PX, size_px)
        for effect, value in zip(effects.effects, effects.as_list(), strict=True)
    ]
    return read_effects(values)


def _scaled(effect: Effect, value: dict[str, Any], factor: float, size_px: int) -> dict[str, Any]:
    scaled = {name: [factor * end for end in ends] for name, ends in value.items() if name.endswith("_px") and ends}
    if "frame_px" in type(effect).model_fields:
        scaled["frame_px"] = [size_px, size_px]
    return value | scaled


def _checked_span(name: str, value: object, low: float, high: float) -> Span:
    ends = value if isinstance(value, list | tuple) else ()
    if len(ends) != 2 or not ends[0] <= ends[1]:
        raise UsageError(f"{value!r} is no range.", where=f"augmentation.{name}", mend="Give [low, high].")
    return tuple(check_number(f"augmentation.{name}", end, low, high) for end in ends)  # type: ignore[return-value]


def _draw_log(rng: np.random.Generator, limits: Span) -> float:
    low, high = limits
    return min(high, max(low, low * (high / low) ** float(rng.random())))
