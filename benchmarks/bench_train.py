"""A step of `synth train` against the same forward, backward and update on pictures that are there already.

Both in one process, in turn, on as many threads as a training would use; pictures come from a dataset of small balls
that is made for it, through decoding, noise and augmentation, with and without the memory for decoded pictures.

Run: python -m benchmarks.bench_train
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import repeat
from pathlib import Path

import torch

from benchmarks.small_dataset import write_dataset
from benchmarks.table import machine, print_table
from synth.data.batches import Batch
from synth.data.shards import ShardSource
from synth.run.machine import usable_cores
from synth.train.batching import targets_of, training_batches
from synth.train.distributed import alone
from synth.train.network import build_network
from synth.train.optimise import arithmetic, build_optimiser
from synth.train.plan import TrainPlan, plan_training
from synth.train.presets import load_settings

SAMPLES, STEPS, ROUNDS, BATCH = 1024, 6, 3, 32


def stepper(plan: TrainPlan) -> Callable[[Batch], None]:
    """What a step does to one batch."""
    settings, device = plan.settings, torch.device("cpu")
    model = build_network(settings.network).train()
    model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimiser = build_optimiser(model, settings.optimiser)

    def step(batch: Batch) -> None:
        pictures = batch.pictures.float().div_(255).contiguous(memory_format=torch.channels_last)
        with arithmetic(settings, device):
            loss = model.losses(pictures, targets_of(batch, settings, device))["total"]
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()

    return step


def endless(plan: TrainPlan) -> Iterator[Batch]:
    batches, epoch = training_batches(plan, alone()), 0
    while True:
        yield from batches.epoch(epoch)
        epoch += 1


def seconds(step: Callable[[Batch], None], batches: Iterator[Batch]) -> float:
    began = time.perf_counter()
    for _ in range(STEPS):
        step(next(batches))
    return (time.perf_counter() - began) / STEPS


def main() -> None:
    print(f"Machine: {machine()}")
    rows = []
    workers = max(0, usable_cores() - 1)
    with tempfile.TemporaryDirectory() as folder:
        write_dataset(Path(folder) / "balls", SAMPLES, side_px=192)
        settings = load_settings("c2f", [f"batch={BATCH}", "precision=bf16"])
        for name, cache_gb in (("decoded each time", 0.0), ("decoded pictures kept", 2.0)):
            plan = plan_training(
                settings, [ShardSource(Path(folder) / "balls")], preset="c2f", workers=workers, cache_gb=cache_gb
            )
            served, step = endless(plan), stepper(plan)
            ready = next(served)
            step(ready)
            bare, whole = [], []
            for _ in range(ROUNDS):
                bare.append(seconds(step, repeat(ready)))
                whole.append(seconds(step, served))
            rows.append((name, 1000 * min(bare), 1000 * min(whole), min(whole) / min(bare)))
    print_table(
        f"One step of {BATCH}, c2f at {settings.input.size_px} px, bf16, {torch.get_num_threads()} threads, "
        f"{workers} processes that prepare pictures",
        ("pictures", "ms, bare", "ms, with the loader", "ratio"),
        rows,
    )


if __name__ == "__main__":
    main()
