"""What the heads cost over the trunk alone: a joint training step (target ≤ 1.3 ×) and the cascade (≤ 1.25 ×).

Steps of the trunk alone and of the whole network are taken in turns, so that a busy machine slows both; CPU seconds of
one thread. Run: python -m benchmarks.bench_network [bf16]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from benchmarks.table import machine, print_table
from synth.train.network import PoseNetwork, build_network, make_target
from synth.train.network.rotation import rotation_from_euler
from synth.train.presets import load_settings

Labels = Literal["both", "split"]
BATCH, TURNS = 16, 3
CASES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("paper", ()),
    ("c2f", ("input.size_px=256", "network.head_width=128")),
    ("c2f", ("network.head_width=128",)),
    ("c2f", ()),
    ("c2f", ("input.size_px=96",)),
    ("c2f", ("network.trunk=small", "network.head_width=32")),
    ("direct6d", ()),
    ("direct6d", ("network.trunk=small",)),
)


@dataclass(frozen=True)
class Costs:
    """CPU seconds a batch."""

    trunk_step: float
    joint_step: float
    trunk: float
    cascade: float


def _in_turns(works: Sequence[Callable[[], object]]) -> list[float]:
    """The median CPU seconds of each, one call of each at a time; the first turn warms up."""
    seconds: list[list[float]] = [[] for _ in works]
    for turn in range(TURNS + 1):
        for work, spent in zip(works, seconds, strict=True):
            begun = time.process_time()
            work()
            if turn:
                spent.append(time.process_time() - begun)
    return [float(np.median(spent)) for spent in seconds]


def measure(network: PoseNetwork, pictures: Tensor, euler_deg: Tensor, labels: Labels, bf16: bool) -> Costs:
    settings = network.settings
    target = make_target(rotation_from_euler(euler_deg), euler_deg, settings.strategy, labels)
    mixed = torch.autocast("cpu", torch.bfloat16, enabled=bf16)

    def step(loss: Callable[[], Tensor]) -> Callable[[], None]:
        def work() -> None:
            network.train().zero_grad()
            with mixed:
                value = loss()
            value.backward()

        return work

    def look(answer: Callable[[], object]) -> Callable[[], None]:
        def work() -> None:
            network.eval()
            with torch.inference_mode(), mixed:
                answer()

        return work

    works = [
        step(lambda: network.trunk(2 * pictures - 1).mean(dim=(2, 3)).float().square().mean()),
        step(lambda: network.losses(pictures, target)["total"]),
        look(lambda: network.trunk(2 * pictures - 1)),
        look(lambda: network(pictures)),
    ]
    return Costs(*_in_turns(works))


def settle(network: PoseNetwork, pictures: Tensor) -> None:
    """Normalise by these pictures' statistics from now on, so that training steps don't shift what the cascade sees."""
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = None
    with torch.no_grad():
        network.train().trunk(2 * pictures - 1)


def spread_of_posteriors(network: PoseNetwork, pictures: Tensor) -> None:
    """Give the classifier about the sureness of a trained one: 1.3 regressors a picture under soft routing."""
    classifier = getattr(network, "classifier", None)
    if classifier is None:
        return
    with torch.inference_mode():
        pooled = network.eval().trunk(2 * pictures - 1).mean(dim=(2, 3))
        scale = 12 / classifier(pooled).std(dim=0).mean()
        classifier.weight.mul_(scale)
        classifier.bias.copy_(-(pooled @ classifier.weight.T).mean(dim=0))


def regressors_a_picture(network: PoseNetwork, pictures: Tensor) -> float:
    posterior = network.eval()(pictures).posterior
    if posterior is None:
        return 0.0
    if network.settings.routing == "hard":
        return 1.0
    return float((posterior > network.settings.posterior_floor).float().sum(dim=1).mean())


def main() -> None:
    torch.set_num_threads(1)
    bf16 = "bf16" in sys.argv[1:]
    random = torch.Generator().manual_seed(0)
    rows = []
    for preset, changes in CASES:
        settings = load_settings(preset, changes)
        torch.manual_seed(0)
        network = build_network(settings.network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        shown = settings.input
        pictures = torch.rand(BATCH, shown.channels, shown.size_px, shown.size_px, generator=random)
        pictures = pictures.to(memory_format=torch.channels_last)
        euler_deg = (2 * torch.rand(BATCH, 3, generator=random) - 1) * torch.tensor([75.0, 50.0, 20.0])
        settle(network, pictures)
        spread_of_posteriors(network, pictures)
        costs = measure(network, pictures, euler_deg, settings.labels, bf16)
        rows.append(
            (
                f"{preset} {settings.network.trunk} {shown.size_px} px",
                settings.network.head_width if preset != "direct6d" else "-",
                BATCH / costs.joint_step,
                costs.joint_step / costs.trunk_step,
                BATCH / costs.cascade,
                costs.cascade / costs.trunk,
                regressors_a_picture(network, pictures),
            )
        )
    print(f"Machine: {machine()}, one thread, batches of {BATCH}, channels-last, {'bf16' if bf16 else 'fp32'}")
    head = (
        "network", "head width", "training, pictures/s", "joint step / trunk's", "cascade, pictures/s",
        "cascade / trunk", "regressors a picture",
    )  # fmt: skip
    print_table("What the heads cost (targets: 1.3 and 1.25)", head, rows)


if __name__ == "__main__":
    main()
