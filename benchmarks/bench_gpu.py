"""Samples a second on this machine's GPUs, all of them, against two CPU cores: the demo recipe, the same samples.

Each GPU backend with one, two and four workers a GPU: Blender prepares a scene on one core while its GPU waits, so a
second worker may pay. The rate is that from the first finished sample on, so that neither starting nor compiling
kernels counts; how long the first sample took stands beside it. Where there is no GPU a line says so, and that is all.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from benchmarks.table import print_table
from synth.device import Device
from synth.heads.pack import bundled_packs, load_pack
from synth.recipe.load import load_recipe
from synth.run.devices import ON_CPU, RunDevice, found_devices
from synth.run.prepare import pack_entry
from synth.run.progress import Progress
from synth.run.supervise import render_dataset

CPU_SAMPLES = 96
GPU_SAMPLES = 512  # of each GPU
WORKERS_A_GPU = (1, 2, 4)
RENDERER = "synth.render:make_renderer"


@dataclass(frozen=True)
class Measured:
    """Samples a second from the first sample on, and seconds until that one was finished."""

    samples_per_s: float
    first_s: float


def measured(device: RunDevice, workers: int, samples: int, renderer: str = RENDERER) -> Measured:
    """One run of the demo recipe with its eight heads, in a folder that is removed."""
    folder_of_pack = bundled_packs()["demo8"]
    pack = load_pack(folder_of_pack)
    recipe = load_recipe("demo", [f"samples={samples}", f"heads.count={len(pack.heads)}", "shards.samples=8"])
    points: list[tuple[float, int]] = []
    began = perf_counter()

    def note(progress: Progress) -> None:
        points.append((perf_counter() - began, progress.samples_done))

    with tempfile.TemporaryDirectory() as folder:
        render_dataset(
            recipe, [pack_entry(pack, recipe)], Path(folder) / "dataset", workers=workers, renderer=renderer,
            renderer_options={"pack": str(folder_of_pack)}, progress=note, device=device,
        )  # fmt: skip
    first_s, first = next((seconds, done) for seconds, done in points if done)
    last_s, last = next((seconds, done) for seconds, done in points if done == samples)
    return Measured((last - first) / (last_s - first_s) if last_s > first_s else float("inf"), first_s)


def rows(gpus: Sequence[Device], renderer: str = RENDERER) -> list[tuple[object, ...]]:
    """What renders, with how many workers, samples a second, times two cores, seconds to the first sample."""
    cpu = measured(ON_CPU, 2, CPU_SAMPLES, renderer)
    found: list[tuple[object, ...]] = [("two CPU cores", 2, cpu.samples_per_s, 1.0, cpu.first_s)]
    for gpu in gpus:
        for each in WORKERS_A_GPU:
            workers = each * len(gpu.names)
            one = measured(RunDevice(gpu.kind, gpu.names), workers, GPU_SAMPLES * len(gpu.names), renderer)
            times = one.samples_per_s / cpu.samples_per_s
            found.append((str(gpu), workers, one.samples_per_s, times, one.first_s))
    return found


def main() -> None:
    there = found_devices()
    gpus = [device for device in there if device.kind != "cpu"]
    if not gpus:
        print(f"\nNo GPU to measure: Blender finds {', '.join(str(device) for device in there)}.")
        return
    titles = ("what renders", "workers", "samples/s", "times two cores", "first sample after (s)")
    print_table("Samples a second, demo recipe", titles, rows(gpus))


if __name__ == "__main__":
    main()
