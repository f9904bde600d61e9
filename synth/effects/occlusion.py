"""Things in front of the face: black squares and rectangles as in the source paper, textures, a hand-like shape.

An occluder is placed on the full frame (640×480) and drawn on the stored crop. `place_occluder` draws the place, needs
no picture and returns plain numbers that can be stored; `cover` puts it on. The range map is left alone: the effect is
the colour camera's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from synth.effects.checks import MAX_SIDE_PX, check_box, check_choice, check_number, check_rgb, check_whole
from synth.effects.hand import draw_hand
from synth.effects.light import to_linear, to_srgb8
from synth.effects.randomness import draw_below, draw_uniform, effect_rng
from synth.effects.texture import draw_texture
from synth.errors import UsageError
from synth.geometry.camera import Box

Kind = Literal["square", "rectangle", "hand"]
Fill = Literal["colour", "texture", "skin"]
KINDS: tuple[Kind, ...] = ("square", "rectangle", "hand")
FILLS: tuple[Fill, ...] = ("colour", "texture", "skin")

FRAME = Box(0, 0, 640, 480)
MIN_SHARE = 0.02  # of the head box, where nothing else is asked for
MAX_TURN_DEG = 60.0  # a hand's fingers point up, give or take this

_SKIN = np.array(
    [[60, 36, 24], [141, 85, 60], [198, 134, 102], [241, 194, 166]], dtype=np.float64
)  # dark to pale, sRGB
_SEED_LIMIT = 1 << 31


@dataclass(frozen=True)
class Occluder:
    """What to put in front. Sizes are pixels of the full frame, a hand's those of the upright hand.

    `fill`: "colour" is `colour` (red, green, blue, sRGB 0 … 255, black by default), "texture" smooth random noise drawn
    with the place, "skin" a shaded random skin tone (only a hand). Raises `UsageError`.
    """

    kind: Kind
    width_px: int
    height_px: int
    fill: Fill = "colour"
    colour: tuple[int, int, int] = (0, 0, 0)

    def __post_init__(self) -> None:
        check_choice("occluder.kind", self.kind, KINDS)
        check_choice("occluder.fill", self.fill, FILLS)
        check_whole("occluder.width_px", self.width_px, 1, MAX_SIDE_PX)
        check_whole("occluder.height_px", self.height_px, 1, MAX_SIDE_PX)
        if not isinstance(self.colour, Sequence) or len(self.colour) != 3:
            raise UsageError(f"{self.colour!r} is no colour.", where="occluder.colour", mend="Give red, green, blue.")
        for value in self.colour:
            check_whole("occluder.colour", value, 0, 255)
        object.__setattr__(self, "colour", tuple(self.colour))
        if self.kind == "square" and self.width_px != self.height_px:
            raise UsageError(
                f"A square of {self.width_px}×{self.height_px} pixels isn't one.",
                where="occluder",
                mend="Give equal sides, or take kind rectangle.",
            )
        if self.fill == "skin" and self.kind != "hand":
            raise UsageError("Only a hand has skin.", where="occluder.fill", mend="Take kind hand, or another fill.")


BLACK_SQUARE = Occluder("square", 60, 60)
BLACK_UPRIGHT = Occluder("rectangle", 60, 120)
BLACK_FLAT = Occluder("rectangle", 120, 60)
PAPER_OCCLUDERS = (BLACK_SQUARE, BLACK_UPRIGHT, BLACK_FLAT)  # the source paper's occlusion set
HAND = Occluder("hand", 110, 160, fill="skin")


@dataclass(frozen=True)
class PlacedOccluder:
    """All that `cover` needs, as plain numbers.

    `box_px`: tight box in the full frame. `turn_deg`, `mirrored`: a hand's. `tone`: skin from 0 dark to 1 pale.
    `texture_seed`: of the random texture. `share`: the part of the head box's pixels that is covered, 0 … 1.
    """

    occluder: Occluder
    box_px: Box
    share: float
    turn_deg: float = 0.0
    mirrored: bool = False
    tone: float = 0.5
    texture_seed: int = 0


@dataclass(frozen=True, eq=False)
class Occluded:
    """`rgb`: (H, W, 3) uint8, sRGB. `box_px`: the occluder's, full frame. `share`: covered part of the head, 0 … 1."""

    rgb: npt.NDArray[np.uint8]
    box_px: Box
    share: float


def place_occluder(
    rng: np.random.Generator,
    occluder: Occluder,
    head_box_px: npt.ArrayLike,
    frame: Box = FRAME,
    min_share: float = MIN_SHARE,
) -> PlacedOccluder:
    """Draw where it goes: uniform over all whole-pixel places inside the frame that cover enough of the head box.

    `head_box_px`: x0, y0, x1, y1 in full-frame pixels; only its part inside the frame counts, in pixels whose centres
    lie in it. `min_share`: the smallest part of them to cover, in (0, 1]; at least one pixel is covered. A hand's turn
    (± 60°), side, and tone are drawn first. Raises `UsageError` if the occluder is larger than the frame, the head
    isn't in the frame, or no place covers so much.
    """
    check_number("min_share", min_share, 0, 1)
    check_fits(occluder, frame)
    head = _head_pixels(head_box_px, frame)
    turn_deg = draw_uniform(rng, (-MAX_TURN_DEG, MAX_TURN_DEG))
    mirrored, tone = bool(rng.random() < 0.5), float(rng.random())
    texture_seed, place = draw_below(rng, _SEED_LIMIT), float(rng.random())
    upright = occluder.kind != "hand"
    if upright:
        turn_deg, mirrored = 0.0, False
    covers = _alpha(occluder, turn_deg, mirrored) >= 0.5
    left, top, covered = _places(covers, head, frame)
    needed = max(1, math.ceil(min_share * head.width * head.height - 1e-9))
    good = np.flatnonzero(covered >= needed)
    if not good.size:
        raise UsageError(
            f"No place on the frame covers {min_share:.0%} of the head; the most is "
            f"{covered.max() / (head.width * head.height):.1%}.",
            where="min_share",
            mend="Ask for less, or take a larger occluder.",
        )
    row, column = divmod(int(good[min(int(place * good.size), good.size - 1)]), covered.shape[1])
    x, y = left + column, top + row
    box = Box(x, y, x + covers.shape[1], y + covers.shape[0])
    share = float(covered[row, column]) / (head.width * head.height)
    return PlacedOccluder(occluder, box, share, turn_deg, mirrored, tone, texture_seed)


def cover(
    rgb: npt.NDArray[np.uint8],
    placed: PlacedOccluder,
    crop_box_px: npt.ArrayLike | None = None,
    head_mask: npt.NDArray[np.bool_] | None = None,
) -> Occluded:
    """Put a placed occluder on a picture.

    `rgb`: (H, W, 3) uint8, sRGB. `crop_box_px`: the part of the full frame that the picture shows (x0, y0, x1, y1),
    None if it is the whole frame; what lies outside is cut off. `head_mask`: (H, W) bool; with it the share counts its
    pixels, without it the head box's. Colour and texture replace sRGB levels; a hand's soft rim is mixed in linear
    light. Raises `UsageError`.
    """
    check_rgb(rgb)
    height, width = rgb.shape[:2]
    x0, y0 = _crop_corner(crop_box_px, width, height)
    if head_mask is not None and (head_mask.shape != (height, width) or head_mask.dtype != np.bool_):
        raise UsageError(
            f"The mask is {head_mask.dtype} {head_mask.shape}, the picture {height}×{width}.",
            where="head_mask",
            mend="Give a (H, W) bool mask of this picture.",
        )
    box = placed.box_px
    left, right = (min(max(edge - x0, 0), width) for edge in (box.x0, box.x1))
    top, bottom = (min(max(edge - y0, 0), height) for edge in (box.y0, box.y1))
    out = rgb.copy()
    alpha = _alpha(placed.occluder, placed.turn_deg, placed.mirrored)
    if left < right and top < bottom:
        part = np.s_[top + y0 - box.y0 : bottom + y0 - box.y0, left + x0 - box.x0 : right + x0 - box.x0]
        _mix(out[top:bottom, left:right], _paint(placed)[part], alpha[part])
    if head_mask is None:
        return Occluded(out, box, placed.share)
    seen = alpha[top + y0 - box.y0 : bottom + y0 - box.y0, left + x0 - box.x0 : right + x0 - box.x0] >= 0.5
    covered = int(np.count_nonzero(head_mask[top:bottom, left:right] & seen)) if seen.size else 0
    return Occluded(out, box, covered / max(1, int(np.count_nonzero(head_mask))))


def occlude(
    rgb: npt.NDArray[np.uint8],
    rng: np.random.Generator,
    occluder: Occluder,
    head_box_px: npt.ArrayLike,
    crop_box_px: npt.ArrayLike | None = None,
    frame: Box = FRAME,
    min_share: float = MIN_SHARE,
) -> Occluded:
    """`place_occluder` and `cover` in one. Raises `UsageError`."""
    return cover(rgb, place_occluder(rng, occluder, head_box_px, frame, min_share), crop_box_px)


def check_fits(occluder: Occluder, frame: Box) -> None:
    """Raises `UsageError` if it could stick out of the frame wherever it is put."""
    width, height = occluder.width_px, occluder.height_px
    if occluder.kind == "hand":  # turned, it may need as much as this either way
        width = height = math.ceil(math.hypot(width, height))
    if width > frame.width or height > frame.height:
        raise UsageError(
            f"The {occluder.kind} needs {width}×{height} pixels, the frame has {frame.width}×{frame.height}.",
            where="occluder",
            mend="Take a smaller one.",
        )


def _head_pixels(head_box_px: npt.ArrayLike, frame: Box) -> Box:
    """The whole pixels whose centres lie in the head box and the frame."""
    box = check_box("head_box_px", head_box_px)
    x0, y0, x1, y1 = (int(edge) for edge in np.ceil(box - 0.5))
    x0, y0, x1, y1 = max(x0, frame.x0), max(y0, frame.y0), min(x1, frame.x1), min(y1, frame.y1)
    if x0 >= x1 or y0 >= y1:
        raise UsageError(
            f"The head box {box.tolist()} holds no pixel of the frame {frame.as_tuple()}.",
            where="head_box_px",
            mend="Give it in pixels of the full frame.",
        )
    return Box(x0, y0, x1, y1)


def _places(covers: npt.NDArray[np.bool_], head: Box, frame: Box) -> tuple[int, int, npt.NDArray[np.int64]]:
    """Covered head pixels for each place that touches the head: the first place's corner, and (rows, columns)."""
    height, width = covers.shape
    sums = np.zeros((height + 1, width + 1), dtype=np.int64)
    sums[1:, 1:] = covers.cumsum(axis=0).cumsum(axis=1)
    x = np.arange(max(frame.x0, head.x0 - width + 1), min(frame.x1 - width, head.x1 - 1) + 1)
    y = np.arange(max(frame.y0, head.y0 - height + 1), min(frame.y1 - height, head.y1 - 1) + 1)
    left, right = np.clip(head.x0 - x, 0, width), np.clip(head.x1 - x, 0, width)
    top, bottom = np.clip(head.y0 - y, 0, height), np.clip(head.y1 - y, 0, height)
    rows = sums[bottom] - sums[top]
    return int(x[0]), int(y[0]), rows[:, right] - rows[:, left]


def _crop_corner(crop_box_px: npt.ArrayLike | None, width: int, height: int) -> tuple[int, int]:
    if crop_box_px is None:
        return 0, 0
    x0, y0, x1, y1 = (round(float(edge)) for edge in check_box("crop_box_px", crop_box_px))
    if (x1 - x0, y1 - y0) != (width, height):
        raise UsageError(
            f"The picture is {width}×{height} pixels, its crop box {x1 - x0}×{y1 - y0}.",
            where="crop_box_px",
            mend="Put the occluder on before the picture is scaled.",
        )
    return x0, y0


def _alpha(occluder: Occluder, turn_deg: float, mirrored: bool) -> npt.NDArray[np.float32]:
    if occluder.kind == "hand":
        return draw_hand(occluder.width_px, occluder.height_px, turn_deg, mirrored).alpha
    return np.ones((occluder.height_px, occluder.width_px), dtype=np.float32)


def _paint(placed: PlacedOccluder) -> npt.NDArray[np.uint8]:
    """(h, w, 3) uint8, sRGB, as large as the occluder's box."""
    height, width = placed.box_px.height, placed.box_px.width
    if placed.occluder.fill == "texture":
        return draw_texture(effect_rng(placed.texture_seed, 0, aspect="texture"), width, height)
    if placed.occluder.fill == "colour":
        return np.full((height, width, 3), placed.occluder.colour, dtype=np.uint8)
    steps = np.linspace(0, 1, len(_SKIN))
    tone = [np.interp(placed.tone, steps, channel) for channel in _SKIN.T]
    skin = to_linear(np.round(tone).astype(np.uint8))
    hand = draw_hand(placed.occluder.width_px, placed.occluder.height_px, placed.turn_deg, placed.mirrored)
    return to_srgb8(hand.shade[..., None] * skin)


def _mix(under: npt.NDArray[np.uint8], over: npt.NDArray[np.uint8], alpha: npt.NDArray[np.float32]) -> None:
    """Lay `over` on `under`, in place; the partly covered pixels in linear light."""
    full, soft = alpha >= 1, (alpha > 0) & (alpha < 1)
    under[full] = over[full]
    if soft.any():
        weight: npt.NDArray[np.float32] = alpha[soft][:, None]
        mixed: npt.NDArray[np.float32] = to_linear(under[soft]) * (1 - weight) + to_linear(over[soft]) * weight
        under[soft] = to_srgb8(mixed)
