"""Linear light to 8-bit sRGB."""

import numpy as np

from synth.render.srgb import to_srgb8


def test_the_srgb_curve_is_the_standards():
    linear = np.linspace(0, 1, 4001)
    curve = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    assert np.abs(to_srgb8(linear).astype(int) - np.round(255 * curve)).max() <= 1
    assert to_srgb8(np.array([0.0, 0.0021, 0.2159, 1.0])).tolist() == [0, 7, 128, 255]


def test_what_is_too_bright_or_negative_is_clipped():
    assert to_srgb8(np.array([-3.0, 7.0])).tolist() == [0, 255]
