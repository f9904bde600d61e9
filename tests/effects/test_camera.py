"""The camera's effects against their own physics, computed here in another way."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from synth.effects.camera import (
    balance_white,
    down_up,
    expose,
    grey,
    jpeg,
    shot_read_noise,
    white_gains,
)
from synth.effects.light import to_linear
from synth.effects.randomness import effect_rng
from synth.errors import UsageError

SMOOTH = np.asarray(
    cv2.resize(np.random.default_rng(0).integers(40, 200, (6, 6, 3), dtype=np.uint8), (96, 64)), dtype=np.uint8
)
RANDOM = np.random.default_rng(1).integers(0, 256, (64, 96, 3), dtype=np.uint8)


def even(level: int, side: int = 256) -> np.ndarray:
    return np.full((side, side, 3), level, dtype=np.uint8)


@pytest.mark.parametrize("ev", [-2.0, -0.5, 1.0])
def test_exposure_multiplies_light_by_powers_of_two(ev: float) -> None:
    level = 120
    before, after = to_linear(even(level, 1))[0, 0, 0], to_linear(expose(even(level, 1), ev))[0, 0, 0]
    assert float(after) == pytest.approx(float(before) * 2**ev, rel=0.02)


def test_exposure_clips_at_white_and_keeps_black_and_zero_stops() -> None:
    assert expose(even(200, 1), 3).tolist() == even(255, 1).tolist()
    assert expose(even(0, 1), 8).tolist() == even(0, 1).tolist()
    assert np.array_equal(expose(RANDOM, 0), RANDOM)


# Chromaticities of black bodies by Planck's law and the CIE 1931 observer, as tables have them.
LOCUS = {2856: (0.4476, 0.4074), 4000: (0.3805, 0.3768), 5000: (0.3451, 0.3516), 10000: (0.2807, 0.2884)}


def linear_srgb(x: float, y: float) -> np.ndarray:
    """Linear sRGB of a chromaticity, from the primaries and the white point of the standard."""
    xy = np.array([(0.64, 0.33), (0.30, 0.60), (0.15, 0.06)])
    primaries = np.stack([xy[:, 0] / xy[:, 1], np.ones(3), (1 - xy.sum(axis=1)) / xy[:, 1]])
    white = np.array([0.3127 / 0.3290, 1.0, (1 - 0.3127 - 0.3290) / 0.3290])
    matrix = primaries * np.linalg.solve(primaries, white)
    return np.asarray(np.linalg.solve(matrix, np.array([x / y, 1.0, (1 - x - y) / y])))


@pytest.mark.parametrize("kelvin", LOCUS)
def test_white_balance_follows_the_black_body(kelvin: int) -> None:
    expected = linear_srgb(*LOCUS[kelvin]) / linear_srgb(0.3135, 0.3237)
    gains = np.array(white_gains(kelvin))
    assert gains / gains[1] == pytest.approx(expected / expected[1], abs=0.02)


def test_neutral_light_changes_nothing_and_grey_keeps_its_luminance() -> None:
    assert np.array_equal(balance_white(RANDOM, 6500), RANDOM)
    for kelvin in (2500, 4000, 4001, 15000):
        gains = white_gains(kelvin)
        assert min(gains) > 0
        assert 0.2126 * gains[0] + 0.7152 * gains[1] + 0.0722 * gains[2] == pytest.approx(1)
    assert np.allclose(white_gains(3999.9), white_gains(4000.1), atol=0.01)  # the two fits meet


def test_warm_light_is_red_and_cold_light_blue() -> None:
    warm, cold = (balance_white(even(128, 1), k)[0, 0].astype(int) for k in (3000, 12000))
    assert warm[0] > warm[1] > warm[2]
    assert cold[0] < cold[1] < cold[2]


@pytest.mark.parametrize("level", [60, 128, 200])
@pytest.mark.parametrize(("full_well", "read"), [(5000.0, 3.0), (800.0, 12.0), (300.0, 0.0)])
def test_noise_has_the_variance_of_photons_plus_read_noise(level: int, full_well: float, read: float) -> None:
    noisy = to_linear(shot_read_noise(even(level), effect_rng(1, level), full_well, read)).astype(np.float64)
    x = float(to_linear(np.array([level], np.uint8))[0])
    slope = float(np.diff(to_linear(np.array([level - 1, level + 1], np.uint8)))[0]) / 2
    expected = x / full_well + (read / full_well) ** 2 + slope**2 / 12  # the last is rounding to whole levels
    assert noisy.var() == pytest.approx(expected, rel=0.04)
    assert noisy.mean() == pytest.approx(x, abs=4 * np.sqrt(expected / noisy.size) + 0.002 * x)


def test_few_photons_are_spread_as_poisson_says() -> None:
    full_well, level = 60.0, 128
    mean = float(to_linear(np.array([level], np.uint8))[0]) * full_well  # 13 electrons
    values = to_linear(shot_read_noise(even(level), effect_rng(1, 1), full_well, 0)).ravel() * full_well
    poisson = np.random.default_rng(0).poisson(mean, values.size)
    for quantile in (0.01, 0.1, 0.5, 0.9, 0.99):
        assert np.quantile(values, quantile) == pytest.approx(np.quantile(poisson, quantile), abs=0.8)
    centred = values - values.mean()
    assert (centred**3).mean() / values.std() ** 3 == pytest.approx(1 / np.sqrt(mean), abs=0.05)


def test_pixels_and_channels_have_noise_of_their_own() -> None:
    noise = shot_read_noise(even(128), effect_rng(1, 3)).astype(float) - 128
    assert np.abs(np.corrcoef(noise.reshape(-1, 3).T) - np.eye(3)).max() < 0.02
    assert abs(np.corrcoef(noise[:, 1:].ravel(), noise[:, :-1].ravel())[0, 1]) < 0.01
    assert not np.array_equal(noise, shot_read_noise(even(128), effect_rng(1, 4)).astype(float) - 128)


def test_black_without_read_noise_stays_black() -> None:
    assert shot_read_noise(even(0), effect_rng(1, 1), 5000, 0).max() == 0


def test_jpeg_is_what_another_codec_makes_of_it() -> None:
    pil = pytest.importorskip("PIL.Image")
    import io

    for quality in (20, 75, 95):
        buffer = io.BytesIO()
        pil.fromarray(SMOOTH).save(buffer, "JPEG", quality=quality, subsampling="4:2:0")
        other = np.asarray(pil.open(buffer)).astype(int)
        assert np.abs(jpeg(SMOOTH, quality).astype(int) - other).max() <= 8


def test_lower_quality_is_further_off_and_full_colour_resolution_closer() -> None:
    errors = [np.abs(jpeg(RANDOM, q).astype(int) - RANDOM).mean() for q in (95, 50, 10)]
    assert errors == sorted(errors)
    full, half = (np.abs(jpeg(RANDOM, 95, s).astype(int) - RANDOM).mean() for s in ("4:4:4", "4:2:0"))
    assert full < half
    assert np.abs(jpeg(SMOOTH, 95).astype(int) - SMOOTH).mean() < 2  # and red is still red


def test_down_up_by_whole_factors_averages_blocks() -> None:
    blocks = RANDOM.reshape(16, 4, 24, 4, 3).mean(axis=(1, 3))
    expected = np.repeat(np.repeat(blocks, 4, axis=0), 4, axis=1)
    assert np.abs(down_up(RANDOM, 4, up="nearest") - expected).max() <= 0.5001


def test_down_up_keeps_the_size_and_an_even_picture() -> None:
    for factor in (1, 1.3, 2.7, 64):
        assert down_up(RANDOM, factor).shape == RANDOM.shape
        assert np.array_equal(down_up(even(77, 9), factor), even(77, 9))
    assert np.array_equal(down_up(RANDOM, 1), RANDOM)


def test_down_up_does_not_shift_the_picture() -> None:
    ramp = np.repeat(np.arange(40, 232, 2, dtype=np.uint8)[None, :, None], 64, axis=0).repeat(3, axis=2)
    for down in ("area", "linear", "nearest"):
        assert np.abs(down_up(ramp, 4, down).astype(int) - ramp)[:, 8:-8].mean() < (2.5 if down == "nearest" else 1)  # type: ignore[arg-type]


def test_grey_weighs_the_channels_as_luma_does() -> None:
    expected = RANDOM @ np.array([0.299, 0.587, 0.114])
    made = grey(RANDOM)
    assert made.shape == RANDOM.shape
    assert np.abs(made - expected[..., None]).max() <= 0.51


@pytest.mark.parametrize(
    "call",
    [
        lambda: expose(RANDOM, 9),
        lambda: expose(RANDOM, float("nan")),
        lambda: balance_white(RANDOM, 1000),
        lambda: shot_read_noise(RANDOM, effect_rng(1, 1), 0),
        lambda: shot_read_noise(RANDOM, effect_rng(1, 1), 100, -1),
        lambda: jpeg(RANDOM, 0),
        lambda: jpeg(RANDOM, 50.5),  # type: ignore[arg-type]
        lambda: jpeg(RANDOM, 50, "4:1:1"),  # type: ignore[arg-type]
        lambda: down_up(RANDOM, 0.5),
        lambda: down_up(RANDOM, 2, "bicubic"),  # type: ignore[arg-type]
        lambda: grey(RANDOM[..., :2]),
    ],
)
def test_impossible_settings_are_refused_with_what_is_possible(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError, match=r"(Give|There are|Convert)"):
        call()


def test_no_effect_changes_the_picture_that_goes_in() -> None:
    before = RANDOM.copy()
    for made in (expose(RANDOM, 1), balance_white(RANDOM, 4000), shot_read_noise(RANDOM, effect_rng(1, 1)),
                 jpeg(RANDOM, 50), down_up(RANDOM, 1), down_up(RANDOM, 2), grey(RANDOM)):  # fmt: skip
        assert made.dtype == np.uint8
        assert made.shape == RANDOM.shape
        assert not np.shares_memory(made, RANDOM)
    assert np.array_equal(before, RANDOM)
