"""The optimiser, its learning rate over the steps, and the arithmetic that a step runs in."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from synth.train.settings import OptimiserSettings, TrainSettings


def build_optimiser(model: nn.Module, settings: OptimiserSettings) -> torch.optim.Optimizer:
    """SGD with momentum or AdamW; weight decay on matrices and kernels only, as is usual, unless it is SGD.

    (The source paper's SGD decays everything.)
    """
    parameters = [p for p in model.parameters() if p.requires_grad]
    if settings.name == "sgd":
        return torch.optim.SGD(
            parameters, lr=settings.lr, momentum=settings.momentum, weight_decay=settings.weight_decay
        )
    groups = [
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": settings.weight_decay},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=settings.lr)


def learning_rate(settings: OptimiserSettings, step: int, steps: int) -> float:
    """The learning rate of `step` (from 0) out of `steps`: a straight rise, then constant or half a cosine to 0."""
    if step < settings.warmup_steps:
        return settings.lr * (step + 1) / settings.warmup_steps
    if settings.schedule == "constant":
        return settings.lr
    done = (step - settings.warmup_steps) / max(1, steps - settings.warmup_steps)
    return settings.lr * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def arithmetic(settings: TrainSettings, device: torch.device) -> AbstractContextManager[object]:
    """The context that a forward pass runs in: float32, or autocast to bfloat16 or float16."""
    kinds = {"bf16": torch.bfloat16, "fp16": torch.float16}
    if settings.precision not in kinds:
        return nullcontext()
    return torch.autocast(device.type, dtype=kinds[settings.precision])
