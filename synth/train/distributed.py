"""Several GPUs or machines by `torchrun`: each process is a rank with its own part of every batch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from synth.errors import UsageError
from synth.train.device import pick_device


@dataclass(frozen=True)
class Ranks:
    """This process among `world` of them; `device_index` is its GPU."""

    rank: int = 0
    world: int = 1
    device_index: int | None = None

    @property
    def first(self) -> bool:
        """Whether this process writes the files and shows the progress."""
        return self.rank == 0

    def spread(self, model: nn.Module) -> nn.Module:
        """The network whose forward pass is its losses, with gradients averaged over the ranks."""
        losses = _Losses(model)
        if self.world == 1:
            return losses
        return DistributedDataParallel(losses, device_ids=None if self.device_index is None else [self.device_index])

    def any(self, value: bool) -> bool:
        """Whether it is true on any rank; all ranks have to ask."""
        if self.world == 1:
            return value
        flag = torch.tensor([float(value)], device="cpu" if self.device_index is None else f"cuda:{self.device_index}")
        torch.distributed.all_reduce(flag, op=torch.distributed.ReduceOp.MAX)
        return bool(flag.item())


def alone() -> Ranks:
    """One process, no others."""
    return Ranks()


@contextmanager
def joined(device: str = "auto") -> Iterator[Ranks]:
    """Join the group that torchrun has started (its environment variables say so), and leave it at the end.

    device: what was asked for, as `pick_device` takes it; on GPUs the ranks talk by NCCL, else by Gloo.
    Raises `UsageError` for one numbered GPU for all ranks.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        yield alone()
        return
    kind, _, number = (device if device != "auto" else pick_device().type).partition(":")
    if number:
        raise UsageError(
            f"{device} is one device for {world} processes.", where="--device", mend=f"Say --device {kind}."
        )
    gpu = int(os.environ.get("LOCAL_RANK", "0")) if kind == "cuda" and torch.cuda.is_available() else None
    if gpu is not None:
        torch.cuda.set_device(gpu)
    torch.distributed.init_process_group("gloo" if gpu is None else "nccl")
    try:
        yield Ranks(torch.distributed.get_rank(), world, gpu)
    finally:
        torch.distributed.destroy_process_group()


class _Losses(nn.Module):
    """`forward` = the network's losses, since DDP and torch.compile hook into `forward`."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, *arguments: object) -> dict[str, torch.Tensor]:
        losses: dict[str, torch.Tensor] = self.network.losses(*arguments)  # type: ignore[operator]
        return losses
