"""From a labelled picture to what a network is shown of it in one epoch. What worker processes do, without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from synth.data.augment import Augmentation, Drawn, effects_at
from synth.data.crop import Crop
from synth.data.network_input import NetworkInput
from synth.data.source import PoseImage
from synth.effects.pipeline import Effects, apply
from synth.effects.randomness import draw_below, effect_rng
from synth.effects.sensor_noise import add_sensor_noise

_SEED_LIMIT = 1 << 31


@dataclass(frozen=True, eq=False)
class Shown:
    """`picture`: (C, S, S) uint8 levels of a network's input, mirrored left to right, then turned clockwise."""

    picture: npt.NDArray[np.uint8]
    mirrored: bool
    turn_deg: float


@dataclass(frozen=True)
class Maker:
    """Makes the pictures of one run: `seed` and, by sample and epoch, all chance follows from it."""

    input: NetworkInput
    seed: int
    augmentation: Augmentation | None = None

    def show(self, image: PoseImage, sample_id: int, epoch: int) -> Shown:
        """What a network sees as `sample_id` in `epoch`.

        Raises `UsageError` if the image lacks the content, or the labels that an effect needs.
        """
        if image.fresh_noise and image.rgb is not None:
            rgb = self._noisy(image.rgb, image.labels, sample_id, epoch)
            image = replace(image, rgb=rgb, fresh_noise=False)
        if self.augmentation is None:
            return Shown(self.input.picture(image), False, 0.0)
        drawn, effects = self.augmentation.draw(self.seed, sample_id, epoch), self.augmentation.effects
        vary = self._varied_depth if self.input.content == "depth" else self._varied_levels
        return Shown(vary(image, drawn, effects, sample_id, epoch), drawn.mirrored, drawn.turn_deg)

    def _varied_depth(
        self, image: PoseImage, drawn: Drawn, effects: Effects, sample_id: int, epoch: int
    ) -> npt.NDArray[np.uint8]:
        crop = drawn.moved(self.input.crop(image))
        if any(effect.on == "range" for effect in effects.effects):
            applied = apply(effects, None, image.range_mm, image.labels, self.seed, sample_id, epoch)
            image = replace(image, range_mm=applied.range_mm)
        return self.input.picture(image, crop)

    def _varied_levels(
        self, image: PoseImage, drawn: Drawn, effects: Effects, sample_id: int, epoch: int
    ) -> npt.NDArray[np.uint8]:
        size = self.input.size_px
        crop = drawn.moved(self.input.crop(image))
        rgb = drawn.toned(self.input.cut_rgb(image, crop))
        if effects.effects:
            labels = {**image.labels, "head_box_px": _box_inside(image, crop, size), "crop_box_px": (0, 0, size, size)}
            applied = apply(effects_at(effects, size), rgb, None, labels, self.seed, sample_id, epoch)
            rgb = rgb if applied.rgb is None else applied.rgb
        return self.input.of_rgb(rgb)

    def _noisy(
        self, rgb: npt.NDArray[np.uint8], labels: Mapping[str, Any], sample_id: int, epoch: int
    ) -> npt.NDArray[np.uint8]:
        noise_seed = draw_below(effect_rng(self.seed, sample_id, epoch, "augment: sensor noise"), _SEED_LIMIT)
        return add_sensor_noise(rgb, labels["noise_sigma"], noise_seed, sample_id)


def _box_inside(image: PoseImage, crop: Crop, size_px: int) -> npt.NDArray[np.float64]:
    """The head box in the network's picture, cut at its edges, at least one pixel large there."""
    x0, y0, x1, y1 = crop.box_in_output(image.head_box_px, size_px)
    x0, y0 = (min(max(edge, 0.0), size_px - 1.0) for edge in (x0, y0))
    x1, y1 = max(x0 + 1, min(x1, float(size_px))), max(y0 + 1, min(y1, float(size_px)))
    return np.array([x0, y0, x1, y1])
