"""Colours of light against published chromaticities."""

from __future__ import annotations

import pytest

from synth.plan.light import color_of_kelvin, planckian_xy

LUMINANCE = (0.2126729, 0.7151522, 0.0721750)


@pytest.mark.parametrize(
    ("kelvin", "xy"),
    [
        (2856, (0.44757, 0.40745)),  # CIE standard illuminant A
        (2000, (0.5267, 0.4133)),
        (3000, (0.4369, 0.4041)),
        (4000, (0.3805, 0.3768)),
        (5000, (0.3451, 0.3516)),
        (6500, (0.3135, 0.3237)),
        (10000, (0.2807, 0.2884)),
    ],
)
def test_a_black_bodys_chromaticity_is_the_published_one(kelvin, xy):
    assert planckian_xy(kelvin) == pytest.approx(xy, abs=6e-4)


@pytest.mark.parametrize("kelvin", [1500, 2000, 3200, 5000, 6500, 9000, 15000])
def test_every_colour_has_luminance_1_and_no_negative_channel(kelvin):
    rgb = color_of_kelvin(kelvin)
    assert sum(a * b for a, b in zip(rgb, LUMINANCE, strict=True)) == pytest.approx(1, abs=1e-9)
    assert min(rgb) >= 0


def test_a_candle_is_red_daylight_is_near_white_and_the_sky_is_blue():
    candle, daylight, sky = color_of_kelvin(1900), color_of_kelvin(6500), color_of_kelvin(12000)
    assert candle[0] > 2.5 * candle[1] > 10 * candle[2]
    assert daylight == pytest.approx((1, 1, 1), abs=0.06)
    assert sky[2] > 1.4 * sky[0]


def test_hotter_is_bluer_all_the_way():
    ratios = [rgb[2] / rgb[0] for rgb in map(color_of_kelvin, range(2000, 15001, 250))]
    assert ratios == sorted(ratios)
