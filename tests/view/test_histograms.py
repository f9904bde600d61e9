"""Histograms count every sample once, in bins that people can read."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from synth.errors import UsageError
from synth.view.histograms import histogram, histograms_png


@pytest.mark.parametrize("low_high", [(-75, 75), (-20, 20), (800, 1300), (0, 1e-3), (-1e6, 3e6)])
@pytest.mark.parametrize("count", [1, 2, 50, 20_000])
def test_every_value_is_counted_once(low_high, count):
    values = np.random.default_rng(3).uniform(*low_high, count)
    found = histogram(values)
    assert found.counts.sum() == count
    assert len(found.edges) == len(found.counts) + 1
    assert found.edges[0] <= values.min()
    assert found.edges[-1] >= values.max()


def test_values_land_in_their_own_bin():
    found = histogram([0.0, 1.0, 1.0, 2.0, 2.0, 2.0, 6.0])
    by_edge = dict(zip(found.edges.tolist(), found.counts.tolist(), strict=False))
    assert by_edge[0.0] == 1
    assert by_edge[1.0] == 2
    assert by_edge[2.0] == 3


@pytest.mark.parametrize(("spread", "width"), [((-75, 75), 10.0), ((-50, 50), 5.0), ((800, 1300), 25.0)])
def test_bins_have_round_widths_and_edges(spread, width):
    found = histogram(np.linspace(*spread, 100_000))
    np.testing.assert_allclose(np.diff(found.edges), width)
    np.testing.assert_allclose(found.edges % width, 0, atol=1e-9)


def test_few_values_get_few_bins():
    values = np.random.default_rng(1).uniform(-50, 50, 64)
    assert 8 <= len(histogram(values).counts) <= 14
    assert len(histogram(np.linspace(-50, 50, 20_000)).counts) >= 20


def test_equal_values_make_one_bin():
    found = histogram([1000.0] * 5)
    assert found.counts.tolist() == [5]


@pytest.mark.parametrize("values", [[], [1.0, np.nan], [np.inf]])
def test_what_cannot_be_counted_is_refused(values):
    with pytest.raises(UsageError, match="finite"):
        histogram(values)


def test_the_picture_is_a_png_of_four_panels_and_the_same_each_time():
    rng = np.random.default_rng(0)
    labels = {"euler_deg": rng.uniform(-50, 50, (500, 3)), "distance_mm": rng.uniform(800, 1300, 500)}
    data = histograms_png(labels, "wide")
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape[0] > 500
    assert picture.shape[1] > 800
    assert data == histograms_png(labels, "wide")
    height, width = picture.shape[0] // 2, picture.shape[1] // 2
    for row in (0, 1):
        for column in (0, 1):
            panel = picture[row * height : (row + 1) * height, column * width : (column + 1) * width]
            blue_bars = (panel[..., 0].astype(int) - panel[..., 2] > 80).mean()
            assert blue_bars > 0.1
