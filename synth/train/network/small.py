"""A small modern trunk for CPUs and phones: inverted residuals with 5×5 depthwise convolutions.

After MobileNetV2/V3 (Sandler et al. 2018, Howard et al. 2019), with ReLU throughout, since on CPUs it costs least, and
the strides of GoogLeNet, so that the same heads fit on it: 8×8 at 128 and at 256 px.
"""

from __future__ import annotations

from torch import Tensor, nn

from synth.train.network.googlenet import LAST_SIZE_WITHOUT_POOL4
from synth.train.network_settings import NetworkSettings

_STEM = 24
# (channels out, blocks); each stage halves the map, except where LAST_SIZE_WITHOUT_POOL4 says so
_STAGES = ((40, 2), (72, 3), (136, 5))
_EXPANSION = 4
_TOP = 384


def _conv(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1, relu: bool = True) -> nn.Sequential:
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, nn.ReLU(inplace=True)) if relu else nn.Sequential(*layers)


class InvertedResidual(nn.Module):
    """Widen by 1×1, filter each channel by itself, narrow by 1×1; added to the input where the shapes agree."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        wide = inputs * _EXPANSION
        self.layers = nn.Sequential(
            _conv(inputs, wide, 1), _conv(wide, wide, 5, stride, groups=wide), _conv(wide, outputs, 1, relu=False)
        )
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x) if self.residual else self.layers(x)


class SmallTrunk(nn.Module):
    """(B, C, S, S) float in [-1, 1] → (B, 384, M, M), M = S / 16 rounded up for S ≤ 128, else S / 32."""

    channels = _TOP

    def __init__(self, settings: NetworkSettings) -> None:
        super().__init__()
        large = settings.size_px > LAST_SIZE_WITHOUT_POOL4
        self.stem = nn.Sequential(
            _conv(settings.channels, _STEM, 3, 2), nn.MaxPool2d(2, 2, ceil_mode=True) if large else nn.Identity()
        )
        blocks: list[nn.Module] = []
        width = _STEM
        for outputs, count in _STAGES:
            for number in range(count):
                blocks.append(InvertedResidual(width, outputs, 2 if number == 0 else 1))
                width = outputs
        self.stages = nn.Sequential(*blocks)
        self.top = _conv(width, _TOP, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.top(self.stages(self.stem(x)))
