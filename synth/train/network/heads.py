"""The layers on top of a trunk: one category's regressor, and the scaling of its outputs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from synth.train.network_settings import NetworkSettings

_CONVOLUTIONS = 3


class Regressor(nn.Module):
    """(B, C, M, M) → (B, 3) in (0, 1): three times [conv 5×5, ReLU, 2×2 max-pooling], two dense layers, sigmoid.

    8×8 maps become 4×4, 2×2, 1×1. Poolings round up, so that smaller maps (4×4 at 64 px) fit as well.
    """

    def __init__(self, inputs: int, settings: NetworkSettings) -> None:
        super().__init__()
        width, dense = settings.head_width, settings.fc_width
        layers: list[nn.Module] = []
        for _ in range(_CONVOLUTIONS):
            layers.append(nn.Conv2d(inputs, width, 5, padding=2, bias=not settings.bn_heads))
            layers += [nn.BatchNorm2d(width)] if settings.bn_heads else []
            layers += [nn.ReLU(inplace=True), nn.MaxPool2d(2, 2, ceil_mode=True)]
            inputs = width
        self.convolutions = nn.Sequential(*layers)
        self.dense = nn.Sequential(
            nn.Flatten(),
            *(nn.Linear(width, dense), nn.ReLU(inplace=True), nn.Dropout(settings.dropout)),
            *(nn.Linear(dense, dense), nn.ReLU(inplace=True), nn.Dropout(settings.dropout)),
        )
        self.last = nn.Linear(dense, 3)

    def forward(self, maps: Tensor) -> Tensor:
        # float32 for the sigmoid: bfloat16 near 0.5 is 0.2 % of the range, a third of a degree
        return torch.sigmoid(self.last(self.dense(self.convolutions(maps))).float())


class AngleScaling(nn.Module):
    """Degrees to [0, 1] and back, by one range per angle for all categories.

    (Ranges per category would put the targets at a border, where most faces look, at the sigmoid's unreachable ends.)
    """

    low_deg: Tensor
    span_deg: Tensor

    def __init__(self, ranges_deg: Sequence[tuple[float, float]]) -> None:
        super().__init__()
        low, high = torch.tensor(ranges_deg, dtype=torch.float32).T
        self.register_buffer("low_deg", low.clone(), persistent=False)
        self.register_buffer("span_deg", high - low, persistent=False)

    def to_unit(self, euler_deg: Tensor) -> Tensor:
        """(B, 3) degrees → (B, 3), within [0, 1] for angles inside the ranges."""
        return (euler_deg - self.low_deg) / self.span_deg

    def to_degrees(self, unit: Tensor) -> Tensor:
        """(B, 3) in [0, 1] → (B, 3) degrees."""
        return self.low_deg + unit * self.span_deg
