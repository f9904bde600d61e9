"""Gaussian and directional motion blur.

Defocus and motion add up light, so physically they belong in linear light, where bright spots spread further than in
8-bit levels. `motion_blur` works there by default. The source paper blurs its finished 8-bit pictures, so
`gaussian_blur` works on sRGB levels by default. Both take the other `space`. Beyond the border the outermost pixels go
on.
"""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

from synth.effects.checks import check_choice, check_number, check_rgb
from synth.effects.light import SPACES, Space, to_linear, to_srgb8

MAX_SIGMA_PX = 64.0
MAX_LENGTH_PX = 128.0

_POINTS_PER_PX = 32  # the line is a row of points, each shared between its four pixels


def gaussian_blur(rgb: npt.NDArray[np.uint8], sigma_px: float, space: Space = "srgb") -> npt.NDArray[np.uint8]:
    """Blur with a round Gaussian.

    `rgb`: (H, W, 3) uint8, sRGB, and so is the result. `sigma_px`: standard deviation in pixels of this picture,
    0 … 64; 0 returns a copy. `space`: "srgb" mixes 8-bit levels as the source paper does, "linear" mixes light as a
    lens does. The kernel is cut at 4 σ. Raises `UsageError`.
    """
    check_rgb(rgb)
    check_choice("space", space, SPACES)
    if check_number("sigma_px", sigma_px, 0, MAX_SIGMA_PX) == 0:
        return rgb.copy()
    side = 2 * math.ceil(4 * sigma_px) + 1
    source = to_linear(rgb) if space == "linear" else rgb
    blurred = cv2.GaussianBlur(source, (side, side), sigma_px, borderType=cv2.BORDER_REPLICATE)
    return to_srgb8(blurred) if space == "linear" else np.asarray(blurred)


def motion_blur(
    rgb: npt.NDArray[np.uint8], length_px: float, angle_deg: float, space: Space = "linear"
) -> npt.NDArray[np.uint8]:
    """Blur by an even, straight motion during the exposure.

    `rgb`: (H, W, 3) uint8, sRGB, and so is the result. `length_px`: the way, in pixels of this picture, 0 … 128; 0
    returns a copy. `angle_deg`: direction as seen, counter-clockwise from the picture's right (0 horizontal, 90
    vertical); a motion and its opposite blur alike. `space`: "linear" mixes light, "srgb" 8-bit levels.
    Raises `UsageError`.
    """
    check_rgb(rgb)
    check_choice("space", space, SPACES)
    kernel = motion_kernel(length_px, angle_deg)
    if kernel.size == 1:
        return rgb.copy()
    source = to_linear(rgb) if space == "linear" else rgb
    blurred = cv2.filter2D(source, -1, kernel, borderType=cv2.BORDER_REPLICATE)
    return to_srgb8(blurred) if space == "linear" else np.asarray(blurred)


@lru_cache(maxsize=64)
def motion_kernel(length_px: float, angle_deg: float) -> npt.NDArray[np.float32]:
    """The kernel of `motion_blur`: (odd, odd) float32, read-only, symmetric about its centre, sum 1.

    A line of even weight, `length_px` long and centred, each of its points shared between the four nearest pixels
    (bilinear), so that the kernel turns and grows smoothly. Raises `UsageError`.
    """
    length = check_number("length_px", length_px, 0, MAX_LENGTH_PX)
    angle = math.radians(check_number("angle_deg", angle_deg, -3600, 3600))
    along = (np.arange(n := max(1, math.ceil(length * _POINTS_PER_PX))) + 0.5) / n * length - length / 2
    radius = math.ceil(length / 2) if length > 0 else 0
    x, y = radius + along * math.cos(angle), radius - along * math.sin(angle)
    kernel = np.zeros((2 * radius + 2, 2 * radius + 2))
    column, row = np.floor(x).astype(int), np.floor(y).astype(int)
    right, down = x - column, y - row
    for step_y, weight_y in ((0, 1 - down), (1, down)):
        for step_x, weight_x in ((0, 1 - right), (1, right)):
            np.add.at(kernel, (row + step_y, column + step_x), weight_x * weight_y)
    kernel = kernel[:-1, :-1]  # the last row and column only ever get rounding errors
    kernel = ((kernel + kernel[::-1, ::-1]) / (2 * kernel.sum())).astype(np.float32)
    kernel.flags.writeable = False
    return kernel
