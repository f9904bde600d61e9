"""One rotation, directly: pooled features → six numbers → R.

After Zhou et al., CVPR 2019; for heads 6DRepNet, Hempel et al., ICIP 2022.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from synth.train.network.interface import PoseNetwork, Prediction, Target
from synth.train.network.rotation import euler_from_rotation, geodesic_rad, rotation_from_6d
from synth.train.network_settings import NetworkSettings


class Direct6D(PoseNetwork):
    """A trunk and one linear layer, trained on the mean geodesic angle in radians.

    Pictures with an unlabelled angle have no rotation, and teach nothing.
    """

    def __init__(self, settings: NetworkSettings, trunk: nn.Module, channels: int) -> None:
        super().__init__(settings)
        self.trunk = trunk
        self.dropout = nn.Dropout(settings.dropout)
        self.six = nn.Linear(channels, 6)

    def forward(self, pictures: Tensor) -> Prediction:
        R = self._rotation(pictures)
        return Prediction(R, euler_from_rotation(R), None)

    def losses(self, pictures: Tensor, target: Target) -> dict[str, Tensor]:
        used = target.with_angles & torch.isfinite(target.R).all(dim=(1, 2))
        frontal = torch.eye(3, device=pictures.device).expand_as(target.R)
        truth = torch.where(used[:, None, None], target.R.float(), frontal)
        angles = geodesic_rad(self._rotation(pictures), truth) * used
        mean = angles.sum() / used.sum().clamp(min=1)
        return {"total": mean, "geodesic_deg": torch.rad2deg(mean.detach())}

    def _rotation(self, pictures: Tensor) -> Tensor:
        pooled = self.trunk(2 * pictures - 1).mean(dim=(2, 3))
        return rotation_from_6d(self.six(self.dropout(pooled)).float())
