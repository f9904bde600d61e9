"""The small regressors of the literature before deep trunks: Liu's, Ahn's and POSEidon's depth stream.

All take (B, 1, S, S) float in [0, 1] and give (B, 3): pitch, yaw, roll as shares of 90°.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class LiuNetwork(nn.Module):
    """Liu et al., "3D head pose estimation with convolutional neural network trained on synthetic images", ICIP 2016.

    Three times (convolution 5×5, 2×2 max-pool), two fully connected layers, L2 loss. Approximate: 96×96 grey input,
    widths 32, 64, 128, ReLU, no padding, 512 and 3 units, dropout 0.5 between them.
    """

    side_px = 96

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(*_conv(1, 32, 5), *_conv(32, 64, 5), *_conv(64, 128, 5))  # 96 → 46 → 21 → 8
        self.regressor = nn.Sequential(
            nn.Flatten(), nn.Linear(128 * 8 * 8, 512), nn.ReLU(inplace=True), nn.Dropout(0.5), nn.Linear(512, 3)
        )
        _kaiming(self)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.regressor(self.features(_centred(pictures)))


class AhnNetwork(nn.Module):
    """B. Ahn et al., "Real-time head orientation from a monocular camera using deep neural network", ACCV 2014.

    A 32×32 grey picture through a shallow network to three angles, mean squared error. Approximate: convolutions 5×5
    of 16 and 32, 3×3 of 64, each with ReLU and a 2×2 max-pool, 128 and 3 units. Left out: its particle filter, which
    smooths video.
    """

    side_px = 32

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            *_conv(1, 16, 5), *_conv(16, 32, 5), *_conv(32, 64, 3, padding=1)
        )  # 32 → 14, 5, 2
        self.regressor = nn.Sequential(nn.Flatten(), nn.Linear(256, 128), nn.ReLU(inplace=True), nn.Linear(128, 3))
        _kaiming(self)

    def forward(self, pictures: Tensor) -> Tensor:
        return self.regressor(self.features(_centred(pictures)))


class PoseidonNetwork(nn.Module):
    """The depth stream of G. Borghi et al., "POSEidon: face-from-depth for driver pose estimation", CVPR 2017.

    64×64 depth; convolutions 30 of 5×5, 30 of 5×5, 30 of 4×4, each with a 2×2 max-pool, then 30 of 3×3 and 120 of 3×3,
    which leave 1×1; fully connected 120, 84, 3; tanh throughout. Left out: the streams for motion and for the
    face-from-depth picture, and their fusion.
    """

    side_px = 64

    def __init__(self) -> None:
        super().__init__()
        pool = nn.MaxPool2d(2)
        self.features = nn.Sequential(
            *(nn.Conv2d(1, 30, 5), nn.Tanh(), pool),  # 64 → 30
            *(nn.Conv2d(30, 30, 5), nn.Tanh(), pool),  # → 13
            *(nn.Conv2d(30, 30, 4), nn.Tanh(), pool),  # → 5
            *(nn.Conv2d(30, 30, 3), nn.Tanh()),  # → 3
            *(nn.Conv2d(30, 120, 3), nn.Tanh()),  # → 1
        )
        self.regressor = nn.Sequential(
            *(nn.Flatten(), nn.Linear(120, 120), nn.Tanh(), nn.Linear(120, 84), nn.Tanh()),
            *(nn.Linear(84, 3), nn.Tanh()),
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)  # type: ignore[arg-type]

    def forward(self, pictures: Tensor) -> Tensor:
        return self.regressor(self.features(_standardised(pictures)))


def _conv(before: int, width: int, kernel: int, padding: int = 0) -> tuple[nn.Module, ...]:
    return nn.Conv2d(before, width, kernel, padding=padding), nn.ReLU(inplace=True), nn.MaxPool2d(2)


def _kaiming(network: nn.Module) -> None:
    """He's initialisation; the last layer starts near zero, so that the first guess is frontal."""
    layers = [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    for layer in layers:
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    nn.init.normal_(layers[-1].weight, 0, 0.01)


def _centred(pictures: Tensor) -> Tensor:
    return 2 * pictures - 1


def _standardised(pictures: Tensor) -> Tensor:
    """Each picture to mean 0 and deviation 1 over its pixels, as POSEidon does: the distance itself says no angle."""
    mean = pictures.mean(dim=(1, 2, 3), keepdim=True)
    deviation = torch.std(pictures, dim=(1, 2, 3), keepdim=True)
    return (pictures - mean) / (deviation + 1e-3)
