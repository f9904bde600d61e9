"""The trunks: torchvision's names and shapes, the written parameter counts, the size of the map."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from synth.train.network.build import build_network
from synth.train.network.googlenet import GoogLeNet, map_px
from synth.train.network.small import SmallTrunk
from synth.train.network_settings import NetworkSettings
from synth.train.presets import load_settings

KEYS = Path(__file__).with_name("googlenet_keys.txt")


def listed() -> dict[str, tuple[int, ...]]:
    """Names and shapes of torchvision's whole state dict, from the checked-in list."""
    lines = [line.split() for line in KEYS.read_text().splitlines() if not line.startswith("#")]
    return {name: tuple(int(size) for size in sizes) for name, *sizes in lines}


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def test_googlenet_has_torchvisions_names_and_shapes():
    theirs = {name: shape for name, shape in listed().items() if not name.startswith(("aux1.", "aux2.", "fc."))}
    ours = GoogLeNet(NetworkSettings(channels=3)).state_dict()
    assert len(listed()) == 364
    assert len(theirs) == 342
    assert {name: tuple(value.shape) for name, value in ours.items()} == theirs


def test_a_grey_trunk_differs_in_its_first_convolution_alone():
    grey = GoogLeNet(NetworkSettings()).state_dict()
    colour = GoogLeNet(NetworkSettings(channels=3)).state_dict()
    assert [name for name in grey if grey[name].shape != colour[name].shape] == ["conv1.conv.weight"]
    assert grey["conv1.conv.weight"].shape == (64, 1, 7, 7)


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({"channels": 3}, 5_599_904),
        ({}, 5_593_632),
        # 7,280 biases for 2 × 7,280 scales and shifts, and 16 × 23,808 weights more in 5×5 kernels than in 3×3 ones
        ({"trunk_norm": "none"}, 5_593_632 - 7_280 + 380_928),
        ({"trunk": "small"}, 927_016),
    ],
)  # fmt: skip
def test_trunks_have_the_written_numbers_of_parameters(changes, count):
    assert parameters(build_network(NetworkSettings(**changes)).trunk) == count


def test_normalisation_is_torchvisions():
    norms = [layer for layer in GoogLeNet(NetworkSettings()).modules() if isinstance(layer, nn.BatchNorm2d)]
    assert len(norms) == 57
    assert {norm.eps for norm in norms} == {1e-3}


def test_the_papers_trunk_has_biases_and_no_normalisation():
    trunk = GoogLeNet(NetworkSettings(trunk_norm="none"))
    convolutions = [layer for layer in trunk.modules() if isinstance(layer, nn.Conv2d)]
    assert len(convolutions) == 57
    assert all(layer.bias is not None for layer in convolutions)
    assert not any(isinstance(layer, nn.BatchNorm2d) for layer in trunk.modules())
    assert trunk.inception4c.branch3[1].conv.kernel_size == (5, 5)


@pytest.mark.parametrize(
    ("size_px", "side"),
    [(64, 4), (80, 5), (96, 6), (112, 7), (128, 8), (129, 4), (160, 5), (192, 6), (224, 7), (256, 8)],
)
@torch.no_grad()
def test_the_map_has_the_stated_side(size_px, side):
    picture = torch.zeros(1, 1, size_px, size_px)
    assert map_px(size_px) == side
    assert GoogLeNet(NetworkSettings(size_px=size_px)).eval()(picture).shape == (1, 1024, side, side)
    small = SmallTrunk(NetworkSettings(size_px=size_px)).eval()(picture)
    assert small.shape[:2] == (1, 384)
    assert small.shape[2] in (side, side + 1)  # it rounds odd sides up


@pytest.mark.parametrize("trunk", ["googlenet", "small"])
def test_the_map_depends_on_the_whole_picture_and_training_moves_every_weight(trunk):
    network = build_network(NetworkSettings(trunk=trunk, size_px=64))
    pictures = torch.rand(2, 1, 64, 64, requires_grad=True)
    network.trunk(pictures).square().mean().backward()
    assert pictures.grad is not None
    assert (pictures.grad != 0).float().mean() > 0.99
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.trunk.parameters())


@pytest.mark.parametrize(
    ("init", "variance"), [("normal", 1e-4), ("xavier", 2 / (9 * 96 + 9 * 128)), ("kaiming", 2 / (9 * 96))]
)
def test_weights_begin_with_the_named_spread(init, variance):
    trunk = build_network(NetworkSettings(init_trunk=init)).trunk
    weight = trunk.get_submodule("inception3a.branch2.1.conv").weight  # 96 → 128 channels, 3×3
    assert float(weight.detach().var()) == pytest.approx(variance, rel=0.04)


def test_the_same_seed_gives_the_same_weights():
    def weights(seed: int) -> dict[str, torch.Tensor]:
        torch.manual_seed(seed)
        return build_network(NetworkSettings(trunk="small")).state_dict()

    first, again, other = weights(1), weights(1), weights(2)
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert any(not torch.equal(first[name], other[name]) for name in first)


def test_an_unnormalised_trunk_still_tells_pictures_apart_at_its_start():
    """With zero biases the spread between pictures at the top is 0.0002 of the picture's."""
    pictures = torch.nn.functional.interpolate(torch.rand(4, 1, 8, 8), size=128, mode="bilinear")
    spread = {}
    for bias in (load_settings("paper").network.trunk_bias, 0.0):
        network = build_network(NetworkSettings(trunk_norm="none", init_trunk="xavier", trunk_bias=bias, size_px=128))
        biases = [layer.bias for layer in network.trunk.modules() if isinstance(layer, nn.Conv2d)]
        assert all((one == bias).all() for one in biases)
        with torch.no_grad():
            spread[bias] = float(network.trunk(2 * pictures - 1).std(dim=0).mean())
    assert spread[0.2] > 0.001 > spread[0.0]
