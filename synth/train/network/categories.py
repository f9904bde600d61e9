"""Pose categories on tensors: the same as `synth.geometry.pose.sign_category`."""

from __future__ import annotations

import torch
from torch import Tensor

from synth.geometry.pose import DEFAULT_STRATEGY, category_signs, strategy_angles


def categories(euler_deg: Tensor, strategy: str = DEFAULT_STRATEGY) -> Tensor:
    """(B, 3) degrees (pitch, yaw, roll) → (B,) int64 by the signs of the angles that `strategy` names.

    Zero counts as positive; NaN among them gives -1. Raises UsageError for an unknown strategy.
    """
    chosen = euler_deg[:, list(strategy_angles(strategy))]
    negative = (chosen < 0).long()
    code = (negative << torch.arange(negative.shape[1], device=negative.device)).sum(dim=1)
    number = code ^ (code >> 1) ^ (code >> 2)
    return torch.where(chosen.isnan().any(dim=1), torch.full_like(number, -1), number)


def within_margin(euler_deg: Tensor, category: Tensor, margin_deg: float, strategy: str = DEFAULT_STRATEGY) -> Tensor:
    """Which categories' regressors a picture teaches: its own, and those across a border at most `margin_deg` away.

    euler_deg: (B, 3) degrees; category: (B,) int64. Returns (B, K) bool. An angle that isn't labelled (NaN) crosses no
    border, and category -1 teaches none.
    """
    signs = torch.as_tensor(category_signs(strategy), dtype=euler_deg.dtype, device=euler_deg.device)  # (K, n)
    own = category[:, None] == torch.arange(len(signs), device=category.device)
    if margin_deg <= 0:
        return own
    chosen = euler_deg[:, list(strategy_angles(strategy))]
    reach = (chosen[:, None, :] * signs >= -margin_deg).all(dim=2)  # NaN compares false
    return own | (reach & (category >= 0)[:, None])
