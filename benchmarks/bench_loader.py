"""Pictures that the loader makes for a network, per CPU second of one core: decoding, noise, cut, augmentation.

Run: python -m benchmarks.bench_loader
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks.small_dataset import write_dataset
from benchmarks.table import machine, print_table
from synth.data.augment import Augmentation
from synth.data.batches import Batches
from synth.data.default_augmentation import DEFAULT_AUGMENTATION
from synth.data.network_input import NetworkInput
from synth.data.shards import ShardSource

SAMPLES, EPOCHS = 1024, 3
TARGET_PER_S = 1500  # decoded 256×256 pictures on two cores


def per_cpu_s(folder: Path, size_px: int, noise: bool, varied: Augmentation | None, cache: bool) -> float:
    """The best of some epochs; one before them warms up, and fills the memory if there is one."""
    source = ShardSource(folder, noise=noise)
    batches = Batches(
        source, NetworkInput(size_px), 64, 0, augmentation=varied, cache=cache, cache_gb=2 if cache else None
    )
    best = 0.0
    for epoch in range(EPOCHS + 1):
        began = time.process_time()
        count = sum(len(batch.index) for batch in batches.epoch(epoch))
        best = max(best, count / (time.process_time() - began)) if epoch else 0.0
    batches.close()
    return best


def main() -> None:
    print(f"Machine: {machine()}")
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "balls"
        write_dataset(folder, SAMPLES, side_px=192)
        for size_px in (256, 128):
            for name, noise, varied, cache in (
                ("decoded, clean", False, None, False),
                ("decoded, with sensor noise", True, None, False),
                ("decoded, noise, default augmentation", True, DEFAULT_AUGMENTATION, False),
                ("kept decoded, default augmentation", True, DEFAULT_AUGMENTATION, True),
            ):
                rate = per_cpu_s(folder, size_px, noise, varied, cache)
                rows.append((f"{size_px} px grey", name, rate, 2 * rate))
    print_table(
        "Pictures for a network, of stored 192×192 JPEGs", ("input", "way", "a core and s", "on two cores"), rows
    )
    print(f"\nTarget: {TARGET_PER_S} decoded 256×256 pictures/s on two cores; 3 × what a CPU's training step takes.")


if __name__ == "__main__":
    main()
