"""Networks small enough to reckon with: a stand-in trunk of one convolution under the real heads and losses."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from synth.train.network import Target, make_target
from synth.train.network.c2f import CoarseToFine
from synth.train.network.direct6d import Direct6D
from synth.train.network.rotation import rotation_from_euler
from synth.train.network_settings import NetworkSettings

CHANNELS = 6
# One picture for each category: up left, down left, down right, up right; far from all borders.
FOUR_DEG = torch.tensor([[30.0, 40, 5], [-30, 40, -5], [-30, -40, 5], [30, -40, -5]])


class TinyTrunk(nn.Module):
    """(B, 1, 64, 64) → (B, 6, 8, 8)."""

    channels = CHANNELS

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(1, CHANNELS, 8, stride=8)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.convolution(pictures)


def tiny_c2f(**changes: Any) -> CoarseToFine:
    settings = NetworkSettings(
        **{"size_px": 64, "head_width": 4, "fc_width": 5, "bn_heads": False, "dropout": 0.0, "margin_deg": 0.0}
        | changes
    )
    return CoarseToFine(settings, TinyTrunk(), CHANNELS)


def tiny_direct6d() -> Direct6D:
    return Direct6D(NetworkSettings(kind="direct6d", size_px=64, dropout=0.0), TinyTrunk(), CHANNELS)


def pictures(count: int) -> Tensor:
    return torch.rand(count, 1, 64, 64)


def target(euler_deg: Tensor, labels: Any = "both") -> Target:
    return make_target(rotation_from_euler(euler_deg), euler_deg, "pitch+yaw", labels)
