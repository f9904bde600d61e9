"""Settings to a network."""

from __future__ import annotations

import torch

from synth.train.network.c2f import CoarseToFine
from synth.train.network.direct6d import Direct6D
from synth.train.network.googlenet import GoogLeNet
from synth.train.network.heads import Regressor
from synth.train.network.initialise import initialise
from synth.train.network.interface import PoseNetwork
from synth.train.network.small import SmallTrunk
from synth.train.network_settings import NetworkSettings


def build_network(settings: NetworkSettings) -> PoseNetwork:
    """A new network with weights drawn from torch's global generator (seed it for the same ones again)."""
    trunk = GoogLeNet(settings) if settings.trunk == "googlenet" else SmallTrunk(settings)
    network: PoseNetwork
    if settings.kind == "direct6d":
        network = Direct6D(settings, trunk, trunk.channels)
    else:
        network = CoarseToFine(settings, trunk, trunk.channels)
    initialise(network, settings.init_heads)
    initialise(trunk, settings.init_trunk, bias=settings.trunk_bias)
    _begin_neutral(network)
    return network


@torch.no_grad()
def _begin_neutral(network: PoseNetwork) -> None:
    """The last layers begin at no opinion: a small weight around the frontal pose, or around equal categories.

    Kaiming's variance is meant for a ReLU that follows, and none follows them.
    """
    if isinstance(network, Direct6D):
        torch.nn.init.normal_(network.six.weight, 0.0, 0.01)
        network.six.bias.copy_(torch.tensor([1.0, 0.0, 0.0, 0.0, 1.0, 0.0]))
    elif isinstance(network, CoarseToFine) and network.settings.init_heads == "kaiming":
        for layer in (network.classifier, *(m.last for m in network.modules() if isinstance(m, Regressor))):
            torch.nn.init.normal_(layer.weight, 0.0, 0.01)
