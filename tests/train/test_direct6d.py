"""The direct network: one rotation and the geodesic loss."""

from __future__ import annotations

import math

import pytest
import torch

from synth.train.network import build_network, make_target
from synth.train.network.rotation import rotation_from_euler
from synth.train.network_settings import NetworkSettings
from tests.train.tiny import FOUR_DEG, pictures, target, tiny_direct6d


def always(R: torch.Tensor) -> torch.nn.Module:
    """A network that answers R to everything."""
    network = tiny_direct6d()
    torch.nn.init.zeros_(network.six.weight)
    network.six.bias.data = torch.cat([R[:, 0], R[:, 1]])
    return network


def test_the_loss_is_the_mean_angle_in_radians():
    network = always(torch.eye(3))
    losses = network.losses(pictures(2), target(torch.tensor([[0.0, 30.0, 0.0], [0.0, 0.0, -50.0]])))
    assert losses["total"].item() == pytest.approx(math.radians(40), abs=1e-5)
    assert losses["geodesic_deg"].item() == pytest.approx(40, abs=1e-3)


def test_pictures_without_a_full_pose_teach_nothing():
    network = always(torch.eye(3))
    angles = torch.tensor([[0.0, 30.0, 0.0], [0.0, 30.0, math.nan]])
    R = torch.stack([rotation_from_euler(angles[0]), torch.full((3, 3), math.nan)])
    losses = network.losses(pictures(2), make_target(R, angles))
    losses["total"].backward()
    assert losses["total"].item() == pytest.approx(math.radians(30), abs=1e-5)
    assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())


def test_it_answers_a_rotation_and_the_same_in_angles():
    wanted = torch.tensor([[20.0, -60.0, 10.0]])
    found = always(rotation_from_euler(wanted)[0]).eval()(pictures(2))
    torch.testing.assert_close(found.euler_deg, wanted.expand(2, 3), atol=1e-3, rtol=0)
    torch.testing.assert_close(found.R, rotation_from_euler(wanted).expand(2, 3, 3))
    assert found.posterior is None


def test_training_brings_the_angle_down():
    network = tiny_direct6d()
    shown, wanted = pictures(4), target(FOUR_DEG)
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.01)
    for _ in range(80):
        optimiser.zero_grad()
        losses = network.losses(shown, wanted)
        losses["total"].backward()
        optimiser.step()
    assert losses["geodesic_deg"].item() < 10


@torch.no_grad()
@pytest.mark.parametrize("trunk", ["googlenet", "small"])
def test_a_new_network_begins_near_the_frontal_pose(trunk):
    network = build_network(NetworkSettings(kind="direct6d", trunk=trunk, size_px=64)).train()
    losses = network.losses(torch.rand(8, 1, 64, 64), target(torch.zeros(8, 3)))
    assert losses["geodesic_deg"].item() < 45
