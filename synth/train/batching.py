"""Batches for a training: the plan's samples, varied or not, and what the losses are told of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from synth.data.batches import Batch, Batches
from synth.data.default_augmentation import DEFAULT_AUGMENTATION
from synth.data.store import default_limit_bytes
from synth.errors import UsageError
from synth.train.network import Target, make_target

if TYPE_CHECKING:
    from synth.train.distributed import Ranks
    from synth.train.plan import TrainPlan
    from synth.train.settings import TrainSettings

_VALIDATION_BATCH = 128
_MOST_CACHE_GB = 4.0


def usual_cache_gb() -> float:
    """Memory for decoded pictures if nobody says how much: 4 GB, or half of what is free where that is less."""
    return min(_MOST_CACHE_GB, default_limit_bytes() / 1e9)


def training_batches(plan: TrainPlan, ranks: Ranks) -> Batches:
    """Shuffled and, as the settings say, varied batches, of which this rank gets its part.

    Raises `UsageError` if the ranks can't have equal parts.
    """
    settings = plan.settings
    if settings.batch % ranks.world:
        raise UsageError(
            f"A batch of {settings.batch} can't be shared out evenly to {ranks.world} processes.",
            where="batch", mend=f"Set a multiple of {ranks.world}: --set batch={ranks.world * settings.batch}",
        )  # fmt: skip
    return Batches(
        plan.training,
        plan.input,
        settings.batch // ranks.world,
        settings.seed,
        augmentation=replace(DEFAULT_AUGMENTATION, shift=settings.data.shift) if settings.data.augment else None,
        workers=plan.workers,
        cache=plan.cache_gb > 0,
        cache_gb=plan.cache_gb or None,
        rank=ranks.rank,
        world=ranks.world,
    )


def validation_batches(plan: TrainPlan, alone: bool = False) -> Batches | None:
    """The unseen samples in their order, as they are; read by as many processes as those that are trained on, or
    `alone` in this one, which keeps none in memory."""
    if plan.validation is None:
        return None
    return Batches(
        plan.validation, plan.input, _VALIDATION_BATCH, plan.settings.seed, shuffle=False,
        workers=0 if alone else plan.workers, cache=plan.cache_gb > 0 and not alone, cache_gb=plan.cache_gb / 4 or None,
    )  # fmt: skip


def targets_of(batch: Batch, settings: TrainSettings, device: torch.device) -> Target:
    """What the losses compare with, on the device."""
    R, euler_deg = batch.R.to(device, non_blocking=True), batch.euler_deg.to(device, non_blocking=True)
    return make_target(R, euler_deg, settings.network.strategy, settings.labels)
