"""Coarse to fine: losses by hand, whom a picture teaches, the cascade at test time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import Tensor, nn

from synth.train.network import build_network
from synth.train.network.c2f import CoarseToFine
from synth.train.network.heads import AngleScaling, Regressor
from synth.train.network.interface import make_target
from synth.train.network.rotation import rotation_from_euler
from synth.train.network_settings import NetworkSettings
from tests.train.tiny import FOUR_DEG, pictures, target, tiny_c2f


def without_opinion(network: CoarseToFine) -> CoarseToFine:
    """Equal posteriors, and 0.5 from every regressor."""
    for layer in (network.classifier, *(m.last for m in network.regressors)):
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    return network


def answers(network: CoarseToFine, unit: list[list[float]]) -> CoarseToFine:
    """Each regressor always gives its row of `unit`."""
    for regressor, row in zip(without_opinion(network).regressors, unit, strict=True):
        regressor.last.bias.data = torch.logit(torch.tensor(row))
    return network


def posterior(network: CoarseToFine, probabilities: list[float]) -> CoarseToFine:
    """The classifier always gives these."""
    network.classifier.bias.data = torch.tensor(probabilities).log()
    return network


@contextmanager
def batches_of(module: nn.Module) -> Iterator[list[int]]:
    """How many pictures each call of the module got."""
    seen: list[int] = []
    handle = module.register_forward_hook(lambda _, inputs, __: seen.append(len(inputs[0])))
    yield seen
    handle.remove()


def moved(network: CoarseToFine) -> list[int]:
    """The regressors that have a gradient."""
    return [
        k
        for k, regressor in enumerate(network.regressors)
        if any(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in regressor.parameters())
    ]


# --- sizes


@pytest.mark.parametrize(
    ("width", "count"), [(32, 971_599), (64, 1_954_095), (128, 4_226_287), (256, 9_999_471), (1024, 79_044_975)]
)
def test_regressors_have_the_written_numbers_of_parameters(width, count):
    """Convolutions 25·(1024·w + 2·w²) + 3·w, dense layers 300·w + 300 + 300² + 300 + 3·300 + 3."""
    regressor = Regressor(1024, NetworkSettings(head_width=width, bn_heads=False))
    by_hand = 25 * (1024 * width + 2 * width**2) + 3 * width + 300 * width + 300 + 300**2 + 300 + 900 + 3
    assert sum(p.numel() for p in regressor.parameters()) == by_hand == count


@pytest.mark.parametrize("side", [4, 5, 6, 7, 8])
def test_a_regressor_takes_every_map_that_a_trunk_gives(side):
    regressor = Regressor(6, NetworkSettings(head_width=4)).eval()
    assert regressor(torch.rand(2, 6, side, side)).shape == (2, 3)


def test_angles_are_scaled_by_their_ranges():
    scaling = AngleScaling([(-75.0, 75.0), (-50.0, 50.0), (-20.0, 40.0)])
    angles = torch.tensor([[0.0, 0.0, 10.0], [-75.0, 50.0, -20.0], [15.0, -10.0, 40.0]])
    unit = torch.tensor([[0.5, 0.5, 0.5], [0.0, 1.0, 0.0], [0.6, 0.4, 1.0]])
    torch.testing.assert_close(scaling.to_unit(angles), unit)
    torch.testing.assert_close(scaling.to_degrees(unit), angles)


# --- losses


def test_the_losses_are_those_computed_by_hand():
    network = without_opinion(tiny_c2f(category_weight=2.0, angle_weight=3.0))  # spans 180, 180, 120 degrees
    losses = network.losses(pictures(2), target(torch.tensor([[18.0, -36.0, 12.0], [-18.0, 0.0, 0.0]])))
    angles = ((0.1**2 + 0.2**2 + 0.1**2) / 2 + 0.1**2 / 2) / 2
    assert losses["category"].item() == pytest.approx(math.log(4))
    assert losses["angles"].item() == pytest.approx(angles)
    assert losses["total"].item() == pytest.approx(2 * math.log(4) + 3 * angles)


def test_an_unlabelled_roll_is_left_out_of_the_loss():
    network = without_opinion(tiny_c2f())
    angles = torch.tensor([[18.0, -36.0, math.nan]])
    losses = network.losses(pictures(1), make_target(torch.eye(3)[None], angles))
    losses["total"].backward()
    assert losses["angles"].item() == pytest.approx((0.1**2 + 0.2**2) / 2)
    assert all(p.grad is None or p.grad.isfinite().all() for p in network.parameters())


def test_a_split_batch_takes_categories_from_its_first_half_and_angles_from_its_second():
    network = without_opinion(tiny_c2f())
    split = target(FOUR_DEG, "split")
    assert split.with_category.tolist() == [True, True, False, False]
    assert split.with_angles.tolist() == [False, False, True, True]
    losses = network.losses(pictures(4), split)
    losses["total"].backward()
    assert moved(network) == [2, 3]
    assert losses["angles"].item() == pytest.approx(((30 / 180) ** 2 + (40 / 180) ** 2 + (5 / 120) ** 2) / 2)


@pytest.mark.parametrize(("rule", "unit"), [("clamp", 0.5), ("exclude", None)])
def test_an_angle_out_of_range_is_clamped_or_its_picture_left_out_and_counted(rule, unit):
    network = without_opinion(tiny_c2f(yaw_range_deg=(-50, 50), out_of_range=rule))
    losses = network.losses(pictures(2), target(torch.tensor([[0.0, 70.0, 0.0], [0.0, 25.0, 0.0]])))
    by_hand = 0.25**2 / 2 if unit is None else (0.25**2 / 2 + unit**2 / 2) / 2
    assert losses["angles"].item() == pytest.approx(by_hand)
    assert losses["out_of_range"].item() == pytest.approx(1 / 6)


def test_a_batch_without_any_label_gives_a_loss_of_zero_that_can_be_differentiated():
    network = tiny_c2f()
    losses = network.losses(pictures(2), make_target(torch.full((2, 3, 3), math.nan), torch.full((2, 3), math.nan)))
    losses["total"].backward()
    assert losses["total"].item() == 0


def test_training_brings_the_losses_down():
    network = tiny_c2f(margin_deg=10.0, bn_heads=True)
    shown, wanted = pictures(4).repeat(2, 1, 1, 1), target(FOUR_DEG.repeat(2, 1))
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.01)
    totals = []
    for _ in range(60):
        optimiser.zero_grad()
        total = network.losses(shown, wanted)["total"]
        total.backward()
        optimiser.step()
        totals.append(total.item())
    assert totals[-1] < 0.2 * totals[0]


# --- whom a picture teaches


@pytest.mark.parametrize("category", range(4))
def test_a_picture_moves_its_own_categorys_regressor_alone(category):
    network = tiny_c2f()
    network.losses(pictures(1), target(FOUR_DEG[category : category + 1]))["total"].backward()
    assert moved(network) == [category]
    others = [p for k, r in enumerate(network.regressors) if k != category for p in r.parameters()]
    assert all(p.grad is None for p in others)
    assert network.classifier.weight.grad is not None
    assert network.trunk.convolution.weight.grad.abs().sum() > 0


def test_with_a_margin_a_picture_near_a_border_also_moves_its_neighbour():
    network = tiny_c2f(margin_deg=10.0)
    network.losses(pictures(1), target(torch.tensor([[5.0, 40.0, 0.0]])))["total"].backward()
    assert moved(network) == [0, 1]


def test_the_trunk_runs_once_over_the_batch_and_each_regressor_once_over_its_own():
    network = tiny_c2f(margin_deg=10.0)
    wanted = target(torch.cat([FOUR_DEG, torch.tensor([[5.0, 40.0, 0.0]])]))
    with batches_of(network.trunk) as trunk, batches_of(network.regressors[1]) as second:
        network.losses(pictures(5), wanted)
    assert trunk == [5]
    assert second == [2]


def test_a_normalised_regressor_skips_a_step_that_has_one_picture_for_it():
    network = tiny_c2f(bn_heads=True)
    network.losses(pictures(5), target(torch.cat([FOUR_DEG, FOUR_DEG[2:3]])))["total"].backward()
    assert moved(network) == [2]


def test_among_several_processes_every_weight_gets_a_gradient(tmp_path):
    network = tiny_c2f()
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path / 'meet'}", rank=0, world_size=1)
    try:
        network.losses(pictures(1), target(FOUR_DEG[:1]))["total"].backward()
    finally:
        torch.distributed.destroy_process_group()
    assert moved(network) == [0]
    assert all(p.grad is not None for p in network.parameters())


# --- the cascade


def test_hard_routing_runs_only_the_likeliest_categorys_regressor():
    network = posterior(answers(tiny_c2f(routing="hard"), [[0.6, 0.7, 0.5]] + 3 * [[0.1] * 3]), [0.5, 0.2, 0.2, 0.1])
    with batches_of(network.regressors[0]) as first, batches_of(network.regressors[1]) as second:
        found = network.eval()(pictures(3))
    assert (first, second) == ([3], [])
    torch.testing.assert_close(found.euler_deg, torch.tensor([[18.0, 36.0, 0.0]]).expand(3, 3), atol=1e-4, rtol=0)
    torch.testing.assert_close(found.R, rotation_from_euler(found.euler_deg))
    torch.testing.assert_close(found.posterior, torch.tensor([[0.5, 0.2, 0.2, 0.1]]).expand(3, 4))


def test_soft_routing_is_the_mean_by_posterior_without_unlikely_categories():
    network = tiny_c2f(routing="soft", posterior_floor=0.05)
    rows = [[0.5, 0.6, 0.5], [0.8, 0.6, 0.5], [0.1, 0.1, 0.1], [0.9, 0.9, 0.9]]
    network = posterior(answers(network, rows), [0.6, 0.32, 0.04, 0.04])
    with batches_of(network.regressors[2]) as third:
        found = network.eval()(pictures(2))
    pitch = (0.6 * 0.5 + 0.32 * 0.8) / 0.92 * 180 - 90
    assert third == []
    torch.testing.assert_close(found.euler_deg, torch.tensor([[pitch, 18.0, 0.0]]).expand(2, 3), atol=1e-4, rtol=0)


@pytest.mark.parametrize("routing", ["hard", "soft"])
def test_each_picture_goes_its_own_way_and_the_dense_path_gives_the_same(routing):
    network = tiny_c2f(routing=routing, strategy="pitch+yaw+roll").eval()
    nn.init.normal_(network.classifier.weight, 0, 8)
    shown = pictures(12)
    found, dense = network(shown), network.dense(shown)
    alone = torch.cat([network(picture[None]).euler_deg for picture in shown])
    assert len(network.regressors) == 8
    assert len(set(found.posterior.argmax(dim=1).tolist())) > 1
    for name in ("R", "euler_deg", "posterior"):
        torch.testing.assert_close(getattr(found, name), getattr(dense, name), atol=1e-4, rtol=1e-5)
    torch.testing.assert_close(found.euler_deg, alone, atol=1e-4, rtol=0)


def test_no_pictures_give_no_poses():
    found = tiny_c2f().eval()(pictures(0))
    assert found.R.shape == (0, 3, 3)


def test_mixed_precision_and_channels_last_give_float32_poses_close_to_full_precision():
    network = tiny_c2f(bn_heads=True).eval()
    shown: Tensor = pictures(4)
    plain = network(shown)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        mixed = network.to(memory_format=torch.channels_last)(shown.to(memory_format=torch.channels_last))
        total = network.losses(shown, target(FOUR_DEG))["total"]
    assert (mixed.R.dtype, mixed.euler_deg.dtype, total.dtype) == (torch.float32,) * 3
    torch.testing.assert_close(mixed.euler_deg, plain.euler_deg, atol=1.0, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("trunk", ["googlenet", "small"])
def test_a_new_network_has_no_opinion(trunk):
    network = build_network(NetworkSettings(trunk=trunk, size_px=64, head_width=8)).train()
    losses = network.losses(torch.rand(8, 1, 64, 64), target(torch.zeros(8, 3)))
    assert losses["category"].item() == pytest.approx(math.log(4), abs=0.2)
    assert losses["angles"].item() < 0.02
