"""The networks have the layers, names and sizes that their papers and torchvision state."""

from __future__ import annotations

import pytest
import torch

from synth.evaluate.comparators.classifier_networks import VGG16, AlexNet, ResNet50
from synth.evaluate.comparators.shallow_networks import AhnNetwork, LiuNetwork, PoseidonNetwork

PUBLISHED = [(AlexNet, 61_100_840, 16), (VGG16, 138_357_544, 32), (ResNet50, 25_557_032, 320)]


@pytest.mark.parametrize(("kind", "parameters", "entries"), PUBLISHED)
def test_a_classifier_has_the_published_number_of_parameters(kind, parameters, entries):
    with torch.device("meta"):
        network = kind(1000)
    assert sum(p.numel() for p in network.parameters()) == parameters
    assert len(network.state_dict()) == entries


def test_keys_and_shapes_are_torchvisions():
    """A few that differ between ways to write the same network; the count above covers the rest."""
    expected = {
        AlexNet: {"features.0.weight": (64, 3, 11, 11), "features.10.bias": (256,), "classifier.6.weight": (4, 4096)},
        VGG16: {
            "features.28.weight": (512, 512, 3, 3),
            "classifier.0.weight": (4096, 25088),
            "classifier.3.bias": (4096,),
        },
        ResNet50: {
            "conv1.weight": (64, 3, 7, 7),
            "layer1.0.downsample.0.weight": (256, 64, 1, 1),
            "layer2.0.conv2.weight": (128, 128, 3, 3),
            "layer4.2.bn3.running_var": (2048,),
            "layer3.5.bn1.num_batches_tracked": (),
            "fc.weight": (4, 2048),
        },
    }
    for kind, entries in expected.items():
        with torch.device("meta"):
            state = kind(4).state_dict()
        assert {key: tuple(state[key].shape) for key in entries} == entries
        assert f"{kind.head}.weight" in state


@pytest.mark.parametrize("kind", [AlexNet, VGG16, ResNet50])
@pytest.mark.parametrize("side", [64, 224])
def test_a_classifier_takes_small_and_full_pictures(kind, side):
    with torch.device("meta"):
        logits = kind(4).eval()(torch.zeros(2, 3, side, side))
    assert logits.shape == (2, 4)


@pytest.mark.parametrize("kind", [LiuNetwork, AhnNetwork, PoseidonNetwork])
def test_a_regressor_gives_three_angles_at_its_own_size(kind):
    angles = kind()(torch.zeros(2, 1, kind.side_px, kind.side_px))
    assert angles.shape == (2, 3)
    assert angles.requires_grad


def test_poseidons_layers_are_the_papers():
    shapes = [tuple(p.shape) for name, p in PoseidonNetwork().named_parameters() if name.endswith("weight")]
    assert shapes == [
        (30, 1, 5, 5),
        (30, 30, 5, 5),
        (30, 30, 4, 4),
        (30, 30, 3, 3),
        (120, 30, 3, 3),
        (120, 120),
        (84, 120),
        (3, 84),
    ]
    assert PoseidonNetwork()(torch.rand(4, 1, 64, 64) * 100).abs().max() <= 1


def test_poseidon_doesnt_see_how_far_the_head_is():
    torch.manual_seed(0)
    network, depth = PoseidonNetwork().eval(), torch.rand(3, 1, 64, 64) * 0.5
    torch.testing.assert_close(network(depth), network(depth + 0.3), atol=1e-4, rtol=1e-4)
