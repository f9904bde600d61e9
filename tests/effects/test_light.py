"""sRGB and linear light."""

from __future__ import annotations

import numpy as np
import pytest

from synth.effects.light import scale_light, to_linear, to_srgb8

LEVELS = np.arange(256, dtype=np.uint8)


def test_every_level_survives_the_way_to_linear_light_and_back() -> None:
    assert np.array_equal(to_srgb8(to_linear(LEVELS)), LEVELS)


@pytest.mark.parametrize(("level", "linear"), [(0, 0.0), (255, 1.0), (188, 0.5029), (128, 0.2159), (10, 0.003035)])
def test_known_levels_have_their_known_light(level: int, linear: float) -> None:
    assert float(to_linear(np.array([level], np.uint8))[0]) == pytest.approx(linear, abs=1e-4)


def test_the_curve_is_the_standards() -> None:
    linear = np.linspace(0, 1, 4001)
    curve = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    assert np.abs(to_srgb8(linear).astype(int) - np.round(255 * curve)).max() <= 1
    assert to_srgb8(np.array([0.0, 0.0021, 0.2159, 1.0])).tolist() == [0, 7, 128, 255]


def test_light_out_of_range_is_clipped() -> None:
    assert to_srgb8(np.array([-1.0, 2.0], np.float32)).tolist() == [0, 255]


def test_scaling_light_by_one_changes_nothing_and_each_channel_has_its_own_gain() -> None:
    rgb = np.stack([LEVELS] * 3, axis=-1)[None]
    assert np.array_equal(scale_light(rgb, (1, 1, 1)), rgb)
    scaled = to_linear(scale_light(rgb, (0.5, 1, 2)))
    assert np.allclose(scaled[..., 0], to_linear(rgb)[..., 0] * 0.5, atol=0.005)
    assert np.array_equal(scaled[..., 1], to_linear(rgb)[..., 1])
    assert np.allclose(scaled[..., 2], np.minimum(1, to_linear(rgb)[..., 2] * 2), atol=0.005)
