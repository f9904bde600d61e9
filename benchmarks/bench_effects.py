"""How long each effect takes on a 192×192 picture or range map, on one core.

Run: python -m benchmarks.bench_effects
"""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2
import numpy as np

from benchmarks.table import machine, print_table
from synth.effects.blur import gaussian_blur, motion_blur
from synth.effects.camera import balance_white, down_up, expose, jpeg, shot_read_noise
from synth.effects.depth_motion import motion_blur_depth
from synth.effects.kinect import measure_depth
from synth.effects.occlusion import BLACK_UPRIGHT, HAND, Occluder, occlude
from synth.effects.prepare import prepare_depth, prepare_rgb
from synth.effects.randomness import effect_rng

SIDE = 192
SECONDS = 0.3  # a measurement, of which the best of some counts
ROUNDS = 3

CROP = (224, 144, 224 + SIDE, 144 + SIDE)
HEAD = (260, 170, 380, 310)
K = np.array([[580.0, 0, SIDE / 2], [0, 580.0, SIDE / 2], [0, 0, 1]])


def milliseconds(work: Callable[[int], object]) -> float:
    """CPU time of one call of `work(n)`, n = 0, 1, …"""
    best = float("inf")
    for _ in range(ROUNDS):
        start, n = time.process_time(), 0
        while (spent := time.process_time() - start) < SECONDS or n == 0:
            work(n)
            n += 1
        best = min(best, 1000 * spent / n)
    return best


def face() -> np.ndarray:
    """Something as smooth as a face, (192, 192, 3) uint8."""
    coarse = np.random.default_rng(0).integers(30, 220, (12, 12, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC))


def ball() -> np.ndarray:
    """A sphere of a head's size at 1 m, (192, 192) float32, mm."""
    y, x = (np.indices((SIDE, SIDE)) - SIDE / 2) * 1000 / 580
    return np.where(x**2 + y**2 < 1e4, 1000 - np.sqrt(np.maximum(1e4 - x**2 - y**2, 0)), 0).astype(np.float32)


def effects() -> dict[str, Callable[[int], object]]:
    rgb, depth = face(), ball()
    textured = Occluder("rectangle", 60, 120, fill="texture")
    return {
        "gaussian_blur σ 2": lambda n: gaussian_blur(rgb, 2.0),
        "gaussian_blur σ 2, linear": lambda n: gaussian_blur(rgb, 2.0, "linear"),
        "motion_blur 10 px": lambda n: motion_blur(rgb, 10, n % 180),
        "motion_blur 10 px, srgb": lambda n: motion_blur(rgb, 10, n % 180, "srgb"),
        "occluder, black 60×120": lambda n: occlude(rgb, effect_rng(1, n), BLACK_UPRIGHT, HEAD, CROP),
        "occluder, texture 60×120": lambda n: occlude(rgb, effect_rng(1, n), textured, HEAD, CROP),
        "occluder, hand": lambda n: occlude(rgb, effect_rng(1, n), HAND, HEAD, CROP),
        "expose": lambda n: expose(rgb, 0.5),
        "balance_white": lambda n: balance_white(rgb, 5000),
        "shot_read_noise": lambda n: shot_read_noise(rgb, effect_rng(1, n)),
        "jpeg quality 75": lambda n: jpeg(rgb, 75),
        "down_up by 2": lambda n: down_up(rgb, 2),
        "kinect, whole": lambda n: measure_depth(depth, K, effect_rng(1, n)),
        "motion_blur_depth 10 px, mix": lambda n: motion_blur_depth(depth, 10, n % 180),
        "motion_blur_depth 10 px, nearest": lambda n: motion_blur_depth(depth, 10, n % 180, "nearest"),
        "prepare_rgb": lambda n: prepare_rgb(rgb),
        "prepare_depth": lambda n: prepare_depth(depth),
    }


def main() -> None:
    cv2.setNumThreads(1)
    print(f"Machine: {machine()}")
    each = {name: milliseconds(work) for name, work in effects().items()}
    print_table(
        f"Effects on {SIDE}×{SIDE}, one core", ("effect", "ms", "a second"), [(k, v, 1000 / v) for k, v in each.items()]
    )


if __name__ == "__main__":
    main()
