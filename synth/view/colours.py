"""The colours of everything that this package draws, as sRGB (red, green, blue) in 0 … 255."""

from __future__ import annotations

Rgb8 = tuple[int, int, int]

GROUND: Rgb8 = (24, 25, 28)
PANEL: Rgb8 = (33, 35, 39)
TEXT: Rgb8 = (232, 233, 236)
FAINT_TEXT: Rgb8 = (156, 160, 168)
GRID: Rgb8 = (56, 59, 66)
BAR: Rgb8 = (94, 164, 236)

AXIS_X: Rgb8 = (240, 72, 62)
AXIS_Y: Rgb8 = (72, 206, 92)
AXIS_LOOK: Rgb8 = (72, 150, 255)
BOX: Rgb8 = (255, 208, 64)

SEEN: Rgb8 = (120, 255, 140)
HIDDEN: Rgb8 = (255, 96, 96)

PARTS: tuple[Rgb8, ...] = (
    GROUND,
    (214, 170, 146),
    (112, 74, 40),
    (245, 245, 245),
    (150, 24, 44),
    (64, 214, 240),
    (70, 104, 210),
    (250, 112, 150),
    (150, 214, 120),
)
"""Of the parts in the order of `synth.shard.layout.PART_NAMES`."""


def as_hex(colour: Rgb8) -> str:
    """`#rrggbb`."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
