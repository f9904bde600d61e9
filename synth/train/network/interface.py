"""What every network takes and gives, whatever is inside."""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from synth.train.network.categories import categories
from synth.train.network_settings import NetworkSettings, Strategy


class Prediction(NamedTuple):
    """Poses of B pictures.

    R: (B, 3, 3) float32, R_camera_from_head along the ray to the head. euler_deg: (B, 3) float32, degrees, (pitch, yaw,
    roll) in `300wlp`, of the same rotation. posterior: (B, K) float32, each row sums to 1; None where the network knows
    no categories.
    """

    R: Tensor
    euler_deg: Tensor
    posterior: Tensor | None


class Target(NamedTuple):
    """What a batch of B pictures shows.

    R: (B, 3, 3) float, euler_deg: (B, 3) float degrees `300wlp`; NaN where an angle isn't labelled. category: (B,)
    int64, -1 if unknown. with_category, with_angles: (B,) bool, the pictures that the category loss and the angle loss
    are taken on.
    """

    R: Tensor
    euler_deg: Tensor
    category: Tensor
    with_category: Tensor
    with_angles: Tensor


class PoseNetwork(nn.Module):
    """Pictures to poses. `trunk` is an `nn.Module` of its own: `network.trunk.compile()` compiles the part that has no
    branches on data (the regressors' routing breaks torch.compile's graph)."""

    trunk: nn.Module

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        self.settings = settings

    def forward(self, pictures: Tensor) -> Prediction:
        """pictures: (B, C, S, S) float in [0, 1] → the poses, by the test-time path (call `eval()` first)."""
        raise NotImplementedError

    def losses(self, pictures: Tensor, target: Target) -> dict[str, Tensor]:
        """Scalars of a batch: "total" is what is minimised; the others have no gradient and are for showing."""
        raise NotImplementedError

    def dense(self, pictures: Tensor) -> Prediction:
        """The same poses as `forward` without a branch on data, so that it can be exported; it may compute more."""
        return self.forward(pictures)


def make_target(
    R: Tensor,
    euler_deg: Tensor,
    strategy: Strategy = "pitch+yaw",
    labels: Literal["both", "split"] = "both",
) -> Target:
    """The target of a batch; categories by the signs that `strategy` names.

    R: (B, 3, 3), euler_deg: (B, 3) float, NaN = not labelled. labels "both" takes both losses on every picture that has
    the labels; "split" the category loss on the first half of the batch and the angle loss on the second, as the source
    paper does (64 and 64). A picture with any angle labelled has angles: each loss masks what is missing.
    """
    category = categories(euler_deg, strategy)
    first = torch.ones_like(category, dtype=torch.bool)
    if labels == "split":
        first = torch.arange(len(category), device=category.device) < len(category) // 2
    second = ~first if labels == "split" else first
    labelled = torch.isfinite(euler_deg).any(dim=1)
    return Target(R, euler_deg, category, first & (category >= 0), second & labelled)
