"""Brushes for backgrounds: light is added up in linear RGB, (H, W, 3) float32, 1 = a white wall in good light.

Nobody looks at these pictures sharply: they are seen out of focus. What counts is that colours, brightness and the
sizes of things are those of rooms and streets.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Color = NDArray[np.float64]  # (3,) linear RGB


class Canvas:
    """A picture that is being drawn, `light`, and the generator of all that is random in it.

    Places are shares of the canvas: x from 0 (left) to 1, y from 0 (top) to 1.
    """

    def __init__(self, width_px: int, height_px: int, rng: np.random.Generator) -> None:
        self.width_px, self.height_px, self.rng = width_px, height_px, rng
        self.light = np.zeros((height_px, width_px, 3), np.float32)
        self.x = ((np.arange(width_px, dtype=np.float32) + 0.5) / width_px)[None, :, None]
        self.y = ((np.arange(height_px, dtype=np.float32) + 0.5) / height_px)[:, None, None]

    @property
    def aspect(self) -> float:
        return self.width_px / self.height_px

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * float(self.rng.random())

    def chance(self, share: float) -> bool:
        return float(self.rng.random()) < share

    def count(self, low: int, high: int) -> int:
        """A whole number, low … high."""
        return low + int(float(self.rng.random()) * (high - low + 1))

    def fill(self, color: Color | Floats) -> None:
        self.light[:] = color

    def rectangle(self, x0: float, y0: float, x1: float, y1: float, color: Color) -> None:
        columns = slice(max(0, round(x0 * self.width_px)), max(0, round(x1 * self.width_px)))
        rows = slice(max(0, round(y0 * self.height_px)), max(0, round(y1 * self.height_px)))
        self.light[rows, columns] = color

    def polygon(self, corners: list[tuple[float, float]], color: Color) -> None:
        points = np.array([[x * self.width_px, y * self.height_px] for x, y in corners])
        cv2.fillPoly(self.light, [np.round(points).astype(np.int32)], [float(v) for v in color])

    def ellipse(self, x: float, y: float, rx: float, ry: float, color: Color) -> None:
        """Half axes `rx`, `ry` as shares of the canvas's height."""
        center = (round(x * self.width_px), round(y * self.height_px))
        axes = (max(1, round(rx * self.height_px)), max(1, round(ry * self.height_px)))
        cv2.ellipse(self.light, center, axes, 0, 0, 360, [float(v) for v in color], cv2.FILLED)

    def glow(self, x: float, y: float, size: float, color: Color) -> None:
        """Light added around a place, falling off to half at `size` (a share of the height)."""
        away = ((self.x - x) * self.aspect / size) ** 2 + ((self.y - y) / size) ** 2
        self.light += color.astype(np.float32) / (1 + away)

    def noise(self, cells: float, octaves: int = 3) -> Floats:
        """(H, W, 1) smooth noise about 0, within ±1: `cells` lumps across the height, each octave twice as fine."""
        total, weight = np.zeros((self.height_px, self.width_px), np.float32), 0.0
        for octave in range(octaves):
            rows = max(2, round(cells * 2**octave))
            columns = max(2, round(rows * self.aspect))
            lumps = (2 * self.rng.random((rows, columns)) - 1).astype(np.float32)
            size = (self.width_px, self.height_px)
            total += 0.5**octave * cv2.resize(lumps, size, interpolation=cv2.INTER_CUBIC)
            weight += 0.5**octave
        return (total / weight)[..., None]

    def wave(self, points: int) -> Floats:
        """(W,) a smooth random line within ±1."""
        knots = (2 * self.rng.random((1, max(2, points))) - 1).astype(np.float32)
        return np.asarray(cv2.resize(knots, (self.width_px, 1), interpolation=cv2.INTER_CUBIC)[0])

    def defocus(self, radius: float) -> None:
        """A lens's blur: every point becomes a disc of this radius, a share of the height."""
        pixels = max(0.5, radius * self.height_px)
        reach = int(np.ceil(pixels))
        along = np.arange(-reach, reach + 1)
        disc = np.clip(pixels + 0.5 - np.hypot(along[:, None], along[None]), 0, 1)
        self.light = cv2.filter2D(self.light, -1, disc / disc.sum(), borderType=cv2.BORDER_REFLECT)


def color(hue: float, saturation: float, level: float) -> Color:
    """A colour of luminance about `level`, linear RGB; hue 0 … 1 from red over green to blue."""
    offsets = np.array([0.0, 1 / 3, 2 / 3])
    wheel = (0.5 + 0.5 * np.cos(2 * np.pi * (hue - offsets))) ** 2
    mixed = (1 - saturation) + saturation * wheel
    return np.asarray(level * mixed / (mixed @ [0.2126, 0.7152, 0.0722]))


def warm(strength: float, level: float = 1.0) -> Color:
    """White light made warmer (towards 1: a bulb) or colder (towards -1: the sky), of luminance `level`."""
    tint = np.array([1 + 0.45 * strength, 1.0, 1 - 0.55 * strength])
    return np.asarray(level * tint / (tint @ [0.2126, 0.7152, 0.0722]))
