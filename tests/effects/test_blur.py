"""Blur against kernels that are computed here in another way."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pytest

from synth.effects.blur import gaussian_blur, motion_blur, motion_kernel
from synth.effects.light import to_linear
from synth.errors import UsageError

IMPULSE = np.zeros((61, 61, 3), dtype=np.uint8)
IMPULSE[30, 30] = 255
RANDOM = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)


def covariance(weights: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """((xx, xy), (xy, yy)) about the centre of mass, px², y down."""
    y, x = np.indices(weights.shape) - (np.array(weights.shape) // 2)[:, None, None]
    share = weights / weights.sum()
    x, y = x - (share * x).sum(), y - (share * y).sum()
    return np.array([[(share * x * x).sum(), (share * x * y).sum()], [(share * x * y).sum(), (share * y * y).sum()]])


@pytest.mark.parametrize("sigma", [0.8, 1.5, 3.0])
def test_a_point_becomes_the_gaussian(sigma: float) -> None:
    blurred = gaussian_blur(IMPULSE, sigma)[..., 0].astype(float)
    y, x = np.indices((61, 61)) - 30
    samples = np.exp(-(x**2 + y**2) / (2 * sigma**2))
    assert np.abs(blurred - 255 * samples / samples.sum()).max() <= 1.0


@pytest.mark.parametrize("sigma", [1.0, 2.5, 6.0])
def test_an_edge_becomes_the_normal_distribution(sigma: float) -> None:
    edge = np.zeros((21, 80, 3), dtype=np.uint8)
    edge[:, 40:] = 200
    expected = [200 * NormalDist(0, sigma).cdf(x + 0.5 - 40) for x in range(80)]
    assert np.abs(gaussian_blur(edge, sigma)[10, :, 0] - np.array(expected)).max() < 2.0


def test_linear_and_srgb_blur_keep_the_mean_of_their_own_space() -> None:
    half = np.zeros((41, 41, 3), dtype=np.uint8)
    half[:, :20] = 255
    at_edge = (20, 19)
    assert gaussian_blur(half, 4, "srgb")[at_edge][0] == pytest.approx(255 * NormalDist(0, 4).cdf(0.5), abs=2)
    linear = to_linear(gaussian_blur(half, 4, "linear"))[at_edge][0]
    assert linear == pytest.approx(NormalDist(0, 4).cdf(0.5), abs=0.01)


@pytest.mark.parametrize("length", [0.3, 1.0, 2.5, 7.0, 20.0])
@pytest.mark.parametrize("angle", [0.0, 30.0, 45.0, 90.0, 137.0, -60.0])
def test_the_motion_kernel_weighs_one_and_is_spread_along_its_direction(length: float, angle: float) -> None:
    kernel = motion_kernel(length, angle)
    assert float(kernel.sum()) == pytest.approx(1, abs=1e-5)
    assert kernel.min() >= 0
    assert np.array_equal(kernel, kernel[::-1, ::-1])
    spread = covariance(kernel)
    along = np.array([math.cos(math.radians(angle)), -math.sin(math.radians(angle))])
    across = np.array([-along[1], along[0]])
    softening = 0.26  # sharing a point between its pixels adds at most 1/4 px² to either variance
    assert length**2 / 12 - 1e-3 <= along @ spread @ along <= length**2 / 12 + softening
    assert across @ spread @ across <= softening


def test_an_even_motion_along_a_row_weighs_every_pixel_of_its_way_alike() -> None:
    row = motion_kernel(20, 0)[motion_kernel(20, 0).shape[0] // 2]
    assert row[2:-2] == pytest.approx(1 / 20, rel=0.02)
    assert motion_kernel(20, 0).sum() == pytest.approx(row.sum())


def test_forty_five_degrees_goes_from_the_lower_left_to_the_upper_right() -> None:
    blurred = motion_blur(IMPULSE, 14, 45)[..., 0]
    assert min(blurred[33, 27], blurred[27, 33]) > 0
    assert max(blurred[27, 27], blurred[33, 33]) == 0


def test_a_motion_and_its_opposite_blur_alike() -> None:
    assert np.allclose(motion_kernel(9, 20), motion_kernel(9, 200), atol=1e-6)


def test_motion_in_linear_light_keeps_bright_spots_brighter_than_in_levels() -> None:
    linear, levels = (motion_blur(IMPULSE, 8, 0, space)[30, 30, 0] for space in ("linear", "srgb"))
    share = float(motion_kernel(8, 0).max())
    assert levels == pytest.approx(255 * share, abs=1)
    assert float(to_linear(np.array([linear]))[0]) == pytest.approx(share, abs=0.005)
    assert linear > 2 * levels


@pytest.mark.parametrize("space", ["linear", "srgb"])
def test_an_even_picture_stays_as_it_is_up_to_its_border(space: str) -> None:
    even = np.full((30, 20, 3), (10, 128, 250), dtype=np.uint8)
    assert np.array_equal(gaussian_blur(even, 5, space), even)  # type: ignore[arg-type]
    assert np.array_equal(motion_blur(even, 9, 33, space), even)  # type: ignore[arg-type]


def test_no_blur_gives_an_equal_picture_that_is_another() -> None:
    for same in (gaussian_blur(RANDOM, 0), motion_blur(RANDOM, 0, 45)):
        assert np.array_equal(same, RANDOM)
        assert not np.shares_memory(same, RANDOM)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (3, 2)])
def test_tiny_pictures_keep_their_shape_and_type(shape: tuple[int, int]) -> None:
    tiny = np.full((*shape, 3), 90, dtype=np.uint8)
    for blurred in (gaussian_blur(tiny, 3), motion_blur(tiny, 12, 20)):
        assert np.array_equal(blurred, tiny)
        assert blurred.dtype == np.uint8


def test_the_picture_that_goes_in_is_not_changed() -> None:
    before = RANDOM.copy()
    gaussian_blur(RANDOM, 2)
    motion_blur(RANDOM, 5, 10)
    assert np.array_equal(before, RANDOM)


@pytest.mark.parametrize("sigma", [-0.1, float("nan"), float("inf"), 65, "2", True])
def test_an_impossible_sigma_is_refused(sigma: float) -> None:
    with pytest.raises(UsageError, match=r"sigma_px: .* Give a number from 0 to 64"):
        gaussian_blur(RANDOM, sigma)


@pytest.mark.parametrize(("length", "angle"), [(-1, 0), (float("nan"), 0), (129, 0), (5, float("inf"))])
def test_an_impossible_motion_is_refused(length: float, angle: float) -> None:
    with pytest.raises(UsageError, match="out of range"):
        motion_blur(RANDOM, length, angle)


@pytest.mark.parametrize("picture", [RANDOM[..., 0], RANDOM.astype(np.float32), RANDOM[:0], [[1]]])
def test_what_is_no_picture_is_refused(picture: object) -> None:
    with pytest.raises(UsageError, match=r"rgb: .* \(H, W, 3\) uint8"):
        gaussian_blur(picture, 1)  # type: ignore[arg-type]


def test_an_unknown_space_is_refused() -> None:
    with pytest.raises(UsageError, match="There are linear, srgb"):
        motion_blur(RANDOM, 3, 0, "gamma")  # type: ignore[arg-type]
