"""What a network is shown of a picture; a checkpoint carries it, so that all use of a network shows it the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from synth.data.crop import Crop, crop_around, cut_levels, cut_range
from synth.data.source import CONTENTS, Content, PoseImage
from synth.effects.checks import check_choice, check_number, check_whole
from synth.effects.prepare import prepare_depth
from synth.errors import UsageError

MARGIN_LIMITS = (0.5, 4.0)
SIZE_LIMITS = (16, 1024)


@dataclass(frozen=True)
class NetworkInput:
    """A square of `margin` times the longer side of the head box, around its centre, as size × size levels.

    `content`: "grey" is 0.299 R + 0.587 G + 0.114 B of the sRGB levels, "rgb" those levels, "depth" the range as
    255 · (1 - (d - 500 mm) / 1100 mm), missing = 0 (`synth.effects.prepare`). A network is fed levels / 255. Where the
    square sticks out of the picture its edge pixels go on, and depth is missing. Raises `UsageError`.
    """

    size_px: int = 128
    content: Content = "grey"
    margin: float = 1.2

    def __post_init__(self) -> None:
        check_whole("input.size_px", self.size_px, *SIZE_LIMITS)
        check_choice("input.content", self.content, CONTENTS)
        check_number("input.margin", self.margin, *MARGIN_LIMITS)

    @property
    def channels(self) -> int:
        return 3 if self.content == "rgb" else 1

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of one picture: channels, rows, columns."""
        return self.channels, self.size_px, self.size_px

    def crop(self, image: PoseImage) -> Crop:
        """The square that a network is shown if nothing is varied. Raises `UsageError` if the head box is none."""
        return crop_around(image.head_box_px, self.margin)

    def picture(self, image: PoseImage, crop: Crop | None = None) -> npt.NDArray[np.uint8]:
        """(C, S, S) uint8, sRGB levels or depth levels.

        `crop` overrides the square around the head box. Raises `UsageError` if the image lacks the content.
        """
        crop = crop or self.crop(image)
        if self.content == "depth":
            return self.of_range(cut_range(self._range_mm(image), crop, self.size_px))
        if self.content == "grey":  # averaging and grey are both linear: the order is a matter of speed
            return cut_levels(cv2.cvtColor(self._rgb(image), cv2.COLOR_RGB2GRAY), crop, self.size_px)[None]
        return self.of_rgb(cut_levels(self._rgb(image), crop, self.size_px))

    def cut_rgb(self, image: PoseImage, crop: Crop) -> npt.NDArray[np.uint8]:
        """The crop in colour, (S, S, 3) uint8, for effects before `of_rgb`. Raises `UsageError` if there is none."""
        return cut_levels(self._rgb(image), crop, self.size_px)

    def of_rgb(self, rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """(S, S, 3) uint8, already cut and scaled → (C, S, S) uint8."""
        if self.content == "grey":
            return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY))[None]
        return np.ascontiguousarray(rgb.transpose(2, 0, 1))

    def of_range(self, range_mm: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
        """(S, S) float32 mm, already cut and scaled → (1, S, S) uint8."""
        return np.round(255 * prepare_depth(range_mm, self.size_px)).astype(np.uint8)[None]

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values, which `from_dict` reads."""
        return asdict(self)

    @classmethod
    def from_dict(cls, value: object) -> NetworkInput:
        """Raises `UsageError` unless it is what `as_dict` gives."""
        names = ("size_px", "content", "margin")
        if not isinstance(value, Mapping) or set(value) != set(names):
            raise UsageError(f"A network's input has {', '.join(names)}.", where="input", mend="Give exactly these.")
        return cls(**value)

    def _missing(self, name: str) -> UsageError:
        """What to say to someone whose picture lacks the content."""
        what = "depth map" if self.content == "depth" else "colour picture"
        return UsageError(
            f"There is no {what}, which the network's input ({self.content}) is made from.",
            where=name,
            mend=f"Take data with one, or a network whose input isn't {self.content}.",
        )

    def _rgb(self, image: PoseImage) -> npt.NDArray[np.uint8]:
        if image.rgb is None:
            raise self._missing(_name_of(image))
        return image.rgb

    def _range_mm(self, image: PoseImage) -> npt.NDArray[np.float32]:
        if image.range_mm is None:
            raise self._missing(_name_of(image))
        return image.range_mm


def _name_of(image: PoseImage) -> str:
    return f"sample {image.labels['id']}" if "id" in image.labels else "picture"
