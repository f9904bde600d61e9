"""Sensor noise: the same everywhere, of the strength that was asked for, never used twice."""

from __future__ import annotations

import hashlib
import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pytest

from synth.effects import gaussian_table
from synth.effects.sensor_noise import add_sensor_noise
from synth.errors import SynthError, UsageError

GREY = np.full((192, 192, 3), 128, dtype=np.uint8)
GRADIENT = np.arange(64 * 48 * 3, dtype=np.uint32).reshape(64, 48, 3).astype(np.uint8)


def noise_of(sigma: float, seed: int = 1, sample_id: int = 2) -> npt.NDArray[np.float64]:
    return add_sensor_noise(GREY, sigma, seed, sample_id).astype(np.float64) - 128.0


def deviation_after_rounding(sigma: float) -> float:
    """Standard deviation of a Gaussian that is rounded to whole levels."""
    normal = NormalDist(0, sigma)
    levels = range(-int(6 * sigma) - 2, int(6 * sigma) + 3)
    return math.sqrt(sum(k * k * (normal.cdf(k + 0.5) - normal.cdf(k - 0.5)) for k in levels))


@pytest.mark.parametrize(
    ("sigma", "seed", "sample_id", "sha256"),
    [
        (2.0, 0, 0, "91ca6697498dce177a8237340d4bf92e614f47c57738193afcc76262e2edbdff"),
        (2.0, 7, 309_999, "5039f7cc48182f63dfcb6855e494fdfe84a6ee80582460ba68b564489de4c664"),
        (0.37, 2**63 - 1, 2**63 - 1, "7575eb74f01d508aa99aa32844515560659ce780a3138f59598f22acdf8d0334"),
        (60.0, 12345, 1, "5373790d47901668eef0821d42747b4ba8ac908d905fd3b97c189607c821e5b9"),
    ],
)
def test_the_noise_is_the_same_bit_for_bit_as_when_this_test_was_written(
    sigma: float, seed: int, sample_id: int, sha256: str
) -> None:
    noisy = add_sensor_noise(GRADIENT, sigma, seed, sample_id)
    assert hashlib.sha256(noisy.tobytes()).hexdigest() == sha256


def test_plain_python_integers_give_the_same_pixels_as_the_fast_path() -> None:
    table = [int(v) for v in gaussian_table.load_positive_half()]
    raw = np.random.Philox(key=[5, 9], counter=[0, 0, 0, 0x53454E534F52]).random_raw(4)
    sigma_fixed = round(float(np.float32(3.3)) * 65536)
    expected = []
    for n in range(12):
        bits = (int(raw[n // 4]) >> (16 * (n % 4))) & 0xFFFF
        magnitude = table[bits - 32768] if bits >= 32768 else table[32767 - bits]
        rounded = (magnitude * sigma_fixed + (1 << 27)) >> 28
        expected.append(min(255, max(0, 128 + (rounded if bits >= 32768 else -rounded))))
    noisy = add_sensor_noise(np.full((2, 2, 3), 128, dtype=np.uint8), 3.3, 5, 9)
    assert noisy.reshape(-1).tolist() == expected


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.0, 3.66, 10.0, 25.0])
def test_mean_and_spread_are_what_was_asked_for(sigma: float) -> None:
    noise = np.stack([noise_of(sigma, sample_id=n) for n in range(8)])
    standard_error = sigma / np.sqrt(noise.size)
    assert abs(noise.mean()) < 4.5 * standard_error
    assert noise.std() == pytest.approx(deviation_after_rounding(sigma), rel=0.005)


def test_the_noise_is_gaussian_in_its_tails() -> None:
    noise = np.stack([noise_of(20.0, sample_id=n) for n in range(40)])
    for limit in (20.5, 40.5, 60.5):  # between whole levels, so that rounding changes no share
        share = 2 * (1 - NormalDist(0, 20).cdf(limit))
        assert (np.abs(noise) > limit).mean() == pytest.approx(share, rel=0.05)


def test_no_noise_leaves_the_picture_as_it_is_and_apart() -> None:
    same = add_sensor_noise(GRADIENT, 0.0, 1, 2)
    assert np.array_equal(same, GRADIENT)
    assert not np.shares_memory(same, GRADIENT)


def test_the_channels_and_neighbours_are_independent() -> None:
    noise = noise_of(8.0)
    channels = np.corrcoef(noise.reshape(-1, 3).T) - np.eye(3)
    assert np.abs(channels).max() < 0.025
    assert abs(np.corrcoef(noise[:, 1:].ravel(), noise[:, :-1].ravel())[0, 1]) < 0.015
    assert abs(np.corrcoef(noise[1:].ravel(), noise[:-1].ravel())[0, 1]) < 0.015


def test_no_noise_is_used_for_two_samples_or_two_datasets() -> None:
    fields = [noise_of(8.0, seed, n).ravel() for seed in (1, 2) for n in (0, 1, 2)]
    assert np.abs(np.corrcoef(fields) - np.eye(6)).max() < 0.02


def test_dark_and_bright_pixels_are_clipped_and_do_not_wrap() -> None:
    dark = add_sensor_noise(np.zeros((64, 64, 3), dtype=np.uint8), 20.0, 1, 1)
    bright = add_sensor_noise(np.full((64, 64, 3), 255, dtype=np.uint8), 20.0, 1, 1)
    assert dark.max() < 128 < bright.min()
    assert 0.4 < (dark == 0).mean() < 0.6


def test_a_sigma_gives_the_same_noise_as_its_stored_label() -> None:
    assert np.array_equal(add_sensor_noise(GREY, 0.1, 1, 1), add_sensor_noise(GREY, float(np.float32(0.1)), 1, 1))


@pytest.mark.parametrize("shape", [(1, 1, 3), (4, 1, 3), (1, 4, 3), (3, 3, 3), (7, 5, 3)])
def test_small_and_odd_pictures_keep_their_shape(shape: tuple[int, ...]) -> None:
    assert add_sensor_noise(np.full(shape, 100, dtype=np.uint8), 5.0, 1, 1).shape == shape


def test_a_picture_that_is_not_contiguous_gets_the_same_noise() -> None:
    mirrored = GRADIENT[:, ::-1]
    assert np.array_equal(add_sensor_noise(mirrored, 5.0, 1, 1), add_sensor_noise(mirrored.copy(), 5.0, 1, 1))


@pytest.mark.parametrize("sigma", [-1.0, float("nan"), float("inf"), 129.0])
def test_an_impossible_sigma_is_refused(sigma: float) -> None:
    with pytest.raises(UsageError, match="standard deviation"):
        add_sensor_noise(GREY, sigma, 1, 1)


@pytest.mark.parametrize(("seed", "sample_id"), [(-1, 0), (0, -1), (2**63, 0)])
def test_a_key_out_of_range_is_refused(seed: int, sample_id: int) -> None:
    with pytest.raises(UsageError, match="out of range"):
        add_sensor_noise(GREY, 1.0, seed, sample_id)


@pytest.mark.parametrize("picture", [GREY[..., 0], GREY.astype(np.float32), GREY.tolist()])
def test_what_is_no_picture_is_refused(picture: npt.NDArray[np.uint8]) -> None:
    with pytest.raises(UsageError, match="uint8"):
        add_sensor_noise(picture, 1.0, 1, 1)


def test_the_shipped_table_is_what_the_script_makes() -> None:
    made = gaussian_table.build_positive_half().astype(int)
    shipped = gaussian_table.load_positive_half().astype(int)
    assert np.abs(made - shipped).max() <= 1  # another libm may round an entry otherwise: that's why it is shipped
    assert shipped[0] == 0
    assert (np.diff(shipped) >= 0).all()


def test_a_damaged_table_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gaussian_table, "TABLE_SHA256", "0" * 64)
    gaussian_table.load_positive_half.cache_clear()
    with pytest.raises(SynthError, match="damaged"):
        gaussian_table.load_positive_half()
