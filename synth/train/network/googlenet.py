"""GoogLeNet without its top: 21 weighted convolutions deep, 1,024 maps out (Szegedy et al., CVPR 2015).

Names and shapes are those of torchvision's batch-normalised GoogLeNet (57 convolutions, 342 tensors; its 5×5 branch
has 3×3 kernels), so that its ImageNet weights load one to one; `aux1`, `aux2` and `fc` are left out. With norm "none"
it is the original instead: convolutions with bias, 5×5 kernels in that branch; the original's two local response
normalisations are left out (they have been found to do nothing).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from synth.train.network_settings import NetworkSettings

CHANNELS = 1024
# Up to this input size the fourth pooling is left out, so that 128 px still give a map of 8×8.
LAST_SIZE_WITHOUT_POOL4 = 128

# Channels of each inception: in; out of the 1×1 branch; within and out of the 3×3 branch; within and out of the "5×5"
# branch; out of the pooling branch.
_WIDTHS: dict[str, tuple[int, int, int, int, int, int, int]] = {
    "3a": (192, 64, 96, 128, 16, 32, 32),
    "3b": (256, 128, 128, 192, 32, 96, 64),
    "4a": (480, 192, 96, 208, 16, 48, 64),
    "4b": (512, 160, 112, 224, 24, 64, 64),
    "4c": (512, 128, 128, 256, 24, 64, 64),
    "4d": (512, 112, 144, 288, 32, 64, 64),
    "4e": (528, 256, 160, 320, 32, 128, 128),
    "5a": (832, 256, 160, 320, 32, 128, 128),
    "5b": (832, 384, 192, 384, 48, 128, 128),
}


class ConvUnit(nn.Module):
    """Convolution, batch normalisation if wanted, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, norm: bool = True) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=not norm)
        self.bn = nn.BatchNorm2d(outputs, eps=1e-3) if norm else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu_(self.bn(self.conv(x)))


class Inception(nn.Module):
    """Four branches side by side."""

    def __init__(self, widths: tuple[int, int, int, int, int, int, int], norm: bool) -> None:
        super().__init__()
        inputs, ones, threes_in, threes, fives_in, fives, pooled = widths
        self.branch1 = ConvUnit(inputs, ones, 1, norm=norm)
        self.branch2 = nn.Sequential(
            ConvUnit(inputs, threes_in, 1, norm=norm), ConvUnit(threes_in, threes, 3, norm=norm)
        )
        self.branch3 = nn.Sequential(
            ConvUnit(inputs, fives_in, 1, norm=norm), ConvUnit(fives_in, fives, 3 if norm else 5, norm=norm)
        )
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1, ceil_mode=True), ConvUnit(inputs, pooled, 1, norm=norm)
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], dim=1)


class GoogLeNet(nn.Module):
    """(B, C, S, S) float in [-1, 1] → (B, 1024, M, M); M = `map_px`: 8 at 128 and 256 px, 4 at 64, 7 at 224."""

    channels = CHANNELS

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        norm = settings.trunk_norm == "batch"
        self.conv1 = ConvUnit(settings.channels, 64, 7, 2, norm)
        self.maxpool1 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.conv2 = ConvUnit(64, 64, 1, norm=norm)
        self.conv3 = ConvUnit(64, 192, 3, norm=norm)
        self.maxpool2 = nn.MaxPool2d(3, 2, ceil_mode=True)
        self.maxpool3 = nn.MaxPool2d(3, 2, ceil_mode=True)
        pooled = settings.size_px > LAST_SIZE_WITHOUT_POOL4
        self.maxpool4 = nn.MaxPool2d(2, 2, ceil_mode=True) if pooled else nn.Identity()
        self.inception3a = Inception(_WIDTHS["3a"], norm)
        self.inception3b = Inception(_WIDTHS["3b"], norm)
        self.inception4a = Inception(_WIDTHS["4a"], norm)
        self.inception4b = Inception(_WIDTHS["4b"], norm)
        self.inception4c = Inception(_WIDTHS["4c"], norm)
        self.inception4d = Inception(_WIDTHS["4d"], norm)
        self.inception4e = Inception(_WIDTHS["4e"], norm)
        self.inception5a = Inception(_WIDTHS["5a"], norm)
        self.inception5b = Inception(_WIDTHS["5b"], norm)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool1(self.conv1(x))
        x = self.maxpool2(self.conv3(self.conv2(x)))
        x = self.maxpool3(self.inception3b(self.inception3a(x)))
        x = self.inception4e(self.inception4d(self.inception4c(self.inception4b(self.inception4a(x)))))
        return self.inception5b(self.inception5a(self.maxpool4(x)))


def map_px(size_px: int) -> int:
    """The side of the map that GoogLeNet gives for pictures of `size_px`."""
    side = (size_px + 1) // 2  # conv1: stride 2, padding 3
    for _ in range(3):
        side = -(-(side - 3) // 2) + 1
    return side if size_px <= LAST_SIZE_WITHOUT_POOL4 else -(-side // 2)
