"""What a network is fed."""

from __future__ import annotations

import numpy as np
import pytest

from synth.effects.prepare import prepare_depth, prepare_rgb
from synth.errors import UsageError

RGB = np.random.default_rng(0).integers(0, 256, (120, 120, 3), dtype=np.uint8)
RANGE = np.random.default_rng(1).uniform(600, 1500, (120, 120)).astype(np.float32)
RANGE[:, :40] = 0


@pytest.mark.parametrize(
    ("range_mm", "expected"),
    [(0, 0.0), (1, 1.0), (500, 1.0), (1050, 0.5), (1600, 0.0), (3000, 0.0), (775, 0.75)],
)
def test_depth_is_scaled_as_the_conventions_say_and_missing_reads_as_far(range_mm: float, expected: float) -> None:
    made = prepare_depth(np.full((8, 8), range_mm, np.float32))
    assert made.shape == (256, 256)
    assert made.dtype == np.float32
    assert made == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("size", [60, 120, 256])
def test_nearest_makes_no_value_that_was_not_there(size: int) -> None:
    there = np.unique(np.where(RANGE > 0, np.clip(1 - (RANGE - np.float32(500)) / np.float32(1100), 0, 1), 0))
    made = prepare_depth(RANGE, size)
    assert np.isin(made.round(5), there.round(5)).all()


def test_the_nearest_pixel_is_the_one_at_the_same_place() -> None:
    ramp = np.tile(np.arange(501, 621, dtype=np.float32), (120, 1))
    made = prepare_depth(ramp, 60, near_mm=0, span_mm=1e4)
    source = (1 - made[0]) * 1e4 - 501
    assert source == pytest.approx(2 * np.arange(60) + 0.5, abs=0.6)


@pytest.mark.parametrize("size", [60, 256])
def test_smooth_depth_never_mixes_in_missing_pixels(size: int) -> None:
    flat = np.full((120, 120), 1050, np.float32)
    flat[:, :40] = 0
    made = prepare_depth(flat, size, resize="smooth")
    assert set(np.unique(made.round(4))) == {0.0, 0.5}
    assert (made > 0).mean() == pytest.approx(2 / 3, abs=0.01)


def test_smooth_shrinking_takes_the_mean_of_what_is_there() -> None:
    made = prepare_depth(RANGE, 60, resize="smooth")
    seen = RANGE > 0
    total = np.where(seen, RANGE, 0).reshape(60, 2, 60, 2).sum(axis=(1, 3))
    count = seen.reshape(60, 2, 60, 2).sum(axis=(1, 3))
    expected = np.where(count >= 2, np.clip(1 - (total / np.maximum(count, 1) - 500) / 1100, 0, 1), 0)
    assert made == pytest.approx(expected, abs=1e-4)


def test_grey_pictures_are_luma_from_zero_to_one() -> None:
    made = prepare_rgb(RGB, 120)
    assert made.dtype == np.float32
    assert made == pytest.approx(RGB @ np.array([0.299, 0.587, 0.114]) / 255, abs=0.003)
    assert prepare_rgb(np.full((9, 9, 3), 255, np.uint8)) == pytest.approx(1)


def test_colour_pictures_keep_their_channels_red_first() -> None:
    made = prepare_rgb(RGB, 120, grey=False)
    assert made == pytest.approx(RGB / 255, abs=1e-6)
    assert prepare_rgb(RGB, grey=False).shape == (256, 256, 3)


def test_shrinking_averages() -> None:
    assert prepare_rgb(RGB, 60, grey=False) == pytest.approx(
        RGB.reshape(60, 2, 60, 2, 3).mean(axis=(1, 3)) / 255, abs=1e-5
    )


def test_a_crop_is_the_same_as_a_picture_cut_before() -> None:
    crop = (10, 20, 90, 100)
    assert np.array_equal(prepare_rgb(RGB, crop_px=crop), prepare_rgb(RGB[20:100, 10:90].copy()))
    assert np.array_equal(prepare_depth(RANGE, crop_px=crop), prepare_depth(RANGE[20:100, 10:90].copy()))


@pytest.mark.parametrize("crop", [(-1, 0, 10, 10), (0, 0, 121, 10), (5, 5, 5, 10), (0.1, 0.1, 0.3, 0.3), (1, 2, 3)])
def test_a_crop_outside_the_picture_is_refused(crop: tuple[float, ...]) -> None:
    with pytest.raises(UsageError, match="crop_px"):
        prepare_rgb(RGB, crop_px=crop)


@pytest.mark.parametrize(
    "settings", [{"size": 0}, {"size": 25.5}, {"resize": "cubic"}, {"span_mm": 0}, {"near_mm": -1}]
)
def test_impossible_settings_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"(Give|There are)"):
        prepare_depth(RANGE, **settings)  # type: ignore[arg-type]
