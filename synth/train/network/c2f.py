"""Coarse to fine: a category of pose first, then that category's own regressor, over one shared trunk.

The trunk runs once a picture, in training and at test time; each regressor then runs on the pictures that are its own,
gathered into one batch.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

from synth.geometry.pose import category_signs
from synth.train.network.categories import within_margin
from synth.train.network.heads import AngleScaling, Regressor
from synth.train.network.interface import PoseNetwork, Prediction, Target
from synth.train.network.rotation import rotation_from_euler
from synth.train.network_settings import NetworkSettings


class CoarseToFine(PoseNetwork):
    """A classifier on the pooled features and K regressors on the map.

    At test time `hard` routing takes the likeliest category's angles; `soft` the mean, in angles, of the regressors'
    weighted by posterior, without categories at or below the floor. (Means of angles are safe here: sigmoids span one
    range without a wrap, and the regressors near a border agree to some degrees, where a mean of angles and one of
    rotations are the same for practical purposes.)
    """

    def __init__(self, settings: NetworkSettings, trunk: nn.Module, channels: int) -> None:
        super().__init__(settings)
        count = len(category_signs(settings.strategy))
        self.trunk = trunk
        self.dropout = nn.Dropout(settings.dropout)
        self.classifier = nn.Linear(channels, count)
        self.regressors = nn.ModuleList(Regressor(channels, settings) for _ in range(count))
        self.scaling = AngleScaling(settings.angle_ranges_deg)

    # --- test time

    def forward(self, pictures: Tensor) -> Prediction:
        maps, logits = self._coarse(pictures)
        posterior = logits.softmax(dim=1)
        weights = self._weights(posterior)
        unit = torch.zeros(len(maps), 3, device=maps.device)
        for k, regressor in enumerate(self.regressors):
            rows = weights[:, k].nonzero().squeeze(1)
            if len(rows):
                found = regressor(maps.index_select(0, rows)) * weights[rows, k, None]
                unit = unit.index_add(0, rows, found)
        return self._prediction(unit, posterior)

    def dense(self, pictures: Tensor) -> Prediction:
        """All regressors on all pictures, and the same weights: no branch on data."""
        maps, logits = self._coarse(pictures)
        posterior = logits.softmax(dim=1)
        each = torch.stack([regressor(maps) for regressor in self.regressors], dim=1)  # (B, K, 3)
        return self._prediction((each * self._weights(posterior)[:, :, None]).sum(dim=1), posterior)

    def _coarse(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """The map (B, C, M, M) and the categories' logits (B, K) float32."""
        maps = self.trunk(2 * pictures - 1)
        return maps, self.classifier(self.dropout(maps.mean(dim=(2, 3)))).float()

    def _weights(self, posterior: Tensor) -> Tensor:
        """(B, K) → (B, K): what each regressor counts for; rows sum to 1."""
        best = one_hot(posterior.argmax(dim=1), posterior.shape[1])
        if self.settings.routing == "hard":
            return best.to(posterior.dtype)
        kept = posterior * ((posterior > self.settings.posterior_floor) | (best > 0))
        return kept / kept.sum(dim=1, keepdim=True)

    def _prediction(self, unit: Tensor, posterior: Tensor) -> Prediction:
        euler_deg = self.scaling.to_degrees(unit)
        return Prediction(rotation_from_euler(euler_deg), euler_deg, posterior)

    # --- training

    def losses(self, pictures: Tensor, target: Target) -> dict[str, Tensor]:
        """Cross-entropy, mean over its pictures, and ½‖difference‖² of the scaled angles, mean over its pairs of a
        picture and a regressor, weighted; plus, to show: the share of right categories, and of angles out of range."""
        maps, logits = self._coarse(pictures)
        category = self._category_loss(logits, target)
        angles, outside = self._angle_loss(maps, target)
        total = self.settings.category_weight * category + self.settings.angle_weight * angles
        right = (logits.argmax(dim=1) == target.category) & target.with_category
        return {
            "total": total,
            "category": category.detach(),
            "angles": angles.detach(),
            "category_accuracy": right.sum() / target.with_category.sum().clamp(min=1),
            "out_of_range": outside,
        }

    def _category_loss(self, logits: Tensor, target: Target) -> Tensor:
        each = cross_entropy(logits, target.category.clamp(min=0), reduction="none")
        return (each * target.with_category).sum() / target.with_category.sum().clamp(min=1)

    def _angle_loss(self, maps: Tensor, target: Target) -> tuple[Tensor, Tensor]:
        """The loss, and the share of the labelled angles that lie outside their range (no gradient)."""
        wanted = self.scaling.to_unit(target.euler_deg.float())
        known = torch.isfinite(wanted)
        wanted = torch.where(known, wanted, torch.zeros_like(wanted))
        outside = known & ((wanted < 0) | (wanted > 1))
        taught = target.with_angles
        if self.settings.out_of_range == "exclude":
            taught = taught & ~outside.any(dim=1)
        pairs = within_margin(target.euler_deg, target.category, self.settings.margin_deg, self.settings.strategy)
        pairs = pairs & taught[:, None]
        loss, count = maps.new_zeros((), dtype=torch.float32), 0
        for k, regressor in enumerate(self.regressors):
            rows = pairs[:, k].nonzero().squeeze(1)
            if len(rows) < self._fewest:
                loss = loss + _untaught(regressor)
                continue
            difference = (regressor(maps.index_select(0, rows)) - wanted[rows].clamp(0, 1)) * known[rows]
            loss = loss + 0.5 * (difference**2).sum()
            count += len(rows)
        return loss / max(count, 1), outside.sum() / known.sum().clamp(min=1)

    @property
    def _fewest(self) -> int:
        """Pictures that a regressor needs in a step: batch normalisation can't learn from one value."""
        return 2 if self.settings.bn_heads and self.training else 1


def _untaught(regressor: nn.Module) -> Tensor | float:
    """What a regressor without pictures adds to the loss: nothing.

    Alone its gradients stay None and the optimiser leaves it as it is. Among several processes
    (DistributedDataParallel) every parameter must have a gradient, so it gets zeros; if no process has pictures for it,
    momentum and weight decay then still move it, a deviation that needs an empty category in a global batch.
    """
    if not (torch.distributed.is_available() and torch.distributed.is_initialized()):
        return 0.0
    return torch.stack([0.0 * parameter.float().sum() for parameter in regressor.parameters()]).sum()
