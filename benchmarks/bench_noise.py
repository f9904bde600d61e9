"""How many 192×192 pictures a second get their sensor noise, on one core. Target: 2,500.

Run: python benchmarks/bench_noise.py
"""

from __future__ import annotations

import platform
import time

import cv2
import numpy as np

from synth.effects.sensor_noise import add_sensor_noise

PICTURES = 200
ROUNDS = 7
TARGET_PER_S = 2500


def measure(sigmas: list[float]) -> float:
    """Pictures per CPU second, the best of some rounds; `sigmas` are taken in turn."""
    rgb = np.random.default_rng(0).integers(0, 256, (192, 192, 3), dtype=np.uint8)
    best = 0.0
    for _ in range(ROUNDS):
        start = time.process_time()
        for n in range(PICTURES):
            add_sensor_noise(rgb, sigmas[n % len(sigmas)], 1, n)
        best = max(best, PICTURES / (time.process_time() - start))
    return best


def main() -> None:
    cv2.setNumThreads(1)
    print(f"sensor noise on 192×192 pictures, one core of {platform.processor() or platform.machine()}")
    same, different = measure([2.0]), measure([0.5 + 0.01 * n for n in range(PICTURES)])
    print(f"  one σ             {same:7,.0f} pictures/s (target {TARGET_PER_S:,})")
    print(f"  a new σ each time {different:7,.0f} pictures/s")


if __name__ == "__main__":
    main()
