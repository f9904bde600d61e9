"""The numbers of the curves, against errors that are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import nn

from synth.data.batches import Batch
from synth.errors import TrainError
from synth.geometry.pose import rotation_from_euler
from synth.train.network import Prediction
from synth.train.network_settings import NetworkSettings
from synth.train.validate import validate


class Says(nn.Module):
    """A network that answers the same to everything."""

    settings = NetworkSettings()

    def __init__(self, euler_deg, posterior=None, R=None):
        super().__init__()
        self.R = R
        self.euler_deg, self.posterior = torch.tensor(euler_deg, dtype=torch.float32), posterior

    def forward(self, pictures):
        count = len(pictures)
        said = rotation_from_euler(np.nan_to_num(self.euler_deg.numpy(), posinf=0))
        R = torch.tensor(said, dtype=torch.float32) if self.R is None else self.R
        posterior = None if self.posterior is None else self.posterior.expand(count, 4)
        return Prediction(R.expand(count, 3, 3), self.euler_deg.expand(count, 3), posterior)


def batch(*euler_deg: tuple[float, float, float]) -> Batch:
    angles = np.array(euler_deg)
    R = rotation_from_euler(np.nan_to_num(angles))
    R[~np.isfinite(angles).all(axis=1)] = np.nan
    count = len(angles)
    return Batch(
        torch.zeros(count, 1, 8, 8, dtype=torch.uint8),
        torch.tensor(R, dtype=torch.float32),
        torch.tensor(angles, dtype=torch.float32),
        torch.zeros(count, dtype=torch.int64),
        torch.arange(count),
    )


CPU = torch.device("cpu")


def test_errors_are_means_over_all_batches_and_turns_are_wrapped():
    scores = validate(Says([0, 170, 0]), [batch((10, 170, 0), (0, -170, 0)), batch((-5, 170, 3))], CPU)
    assert (scores.pitch_deg, scores.yaw_deg, scores.roll_deg) == pytest.approx((5, 20 / 3, 1))
    assert scores.mean_deg == pytest.approx((5 + 20 / 3 + 1) / 3)
    assert scores.samples == 3


def test_categories_count_where_they_are_known():
    first = torch.tensor([0.7, 0.1, 0.1, 0.1])  # pitch and yaw at least 0
    scores = validate(Says([0, 0, 0], first), [batch((5, 5, 0), (-5, 5, 0), (math.nan, 5, 0))], CPU)
    assert scores.category_accuracy == 0.5


def test_an_angle_without_labels_is_left_out_of_the_mean():
    scores = validate(Says([0, 0, 0]), [batch((10, 20, math.nan))], CPU)
    assert math.isnan(scores.roll_deg)
    assert math.isnan(scores.geodesic_deg)
    assert scores.mean_deg == pytest.approx(15)


@pytest.mark.parametrize("answer", [math.nan, math.inf])
def test_an_answer_that_is_no_number_stops_instead_of_being_left_out(answer):
    model = Says([0, 0, 0])
    model.euler_deg[1] = answer
    model.train()
    with pytest.raises(TrainError, match="isn't a number for 1 of 1 unseen pictures, row 0 first"):
        validate(model, [batch((10, 20, 5))], CPU)
    assert model.training


def test_a_rotation_that_is_no_number_stops_too():
    with pytest.raises(TrainError, match="isn't a number for 2 of 2"):
        validate(Says([0, 0, 0], R=torch.full((3, 3), math.nan)), [batch((10, 20, 5), (0, 0, math.nan))], CPU)


def test_the_network_is_left_in_the_mode_it_was_in():
    model = Says([0, 0, 0]).train()
    validate(model, [batch((0, 0, 0))], CPU)
    assert model.training
