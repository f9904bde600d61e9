"""Categories and margins on tensors."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from synth.geometry.pose import SIGN_STRATEGIES, sign_category
from synth.train.network.categories import categories, within_margin

ANGLES = torch.rand(300, 3, generator=torch.Generator().manual_seed(1)) * 100 - 50


@pytest.mark.parametrize("strategy", SIGN_STRATEGIES)
def test_tensors_and_arrays_give_the_same_categories(strategy):
    angles = torch.cat([ANGLES, torch.zeros(1, 3), torch.tensor([[1.0, -1.0, float("nan")]])])
    found = categories(angles, strategy)
    assert found.dtype == torch.int64
    np.testing.assert_array_equal(found.numpy(), sign_category(angles.numpy(), strategy))


def test_without_a_margin_a_picture_teaches_its_own_regressor_alone():
    own = categories(ANGLES)
    pairs = within_margin(ANGLES, own, 0.0)
    assert torch.equal(pairs, torch.nn.functional.one_hot(own, 4).bool())


def test_with_a_margin_it_also_teaches_across_the_borders_that_are_near():
    """Categories: 0 up left, 1 down left, 2 down right, 3 up right."""
    angles = torch.tensor([[30.0, 30, 0], [5, 30, 0], [5, -5, 0], [-30, 10, 0], [-30, 10.1, 0], [30, 0, 0]])
    expected = [[0], [0, 1], [0, 1, 2, 3], [1, 2], [1], [0, 3]]
    pairs = within_margin(angles, categories(angles), 10.0)
    assert [row.nonzero().flatten().tolist() for row in pairs] == expected


def test_a_picture_without_a_category_teaches_nothing():
    angles = torch.tensor([[float("nan"), 5.0, 0.0]])
    assert not within_margin(angles, categories(angles), 10.0).any()
