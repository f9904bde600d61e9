"""Bytes and rates of shards: encoding, building, committing, checking, random reading, verifying; on one core.

Run: python benchmarks/bench_shards.py   (from the repository's root)
"""

from __future__ import annotations

import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from synth.shard.dataset import open_dataset
from synth.shard.header import ShardHeader
from synth.shard.info import describe_dataset
from synth.shard.verify import verify_dataset
from synth.shard.write import ShardWriter
from tests.tiny_dataset import TINY_ID, make_record, make_tiny_dataset

SIDE_PX = 192
SAMPLES = 1024


def seconds(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    cv2.setNumThreads(1)
    print(
        f"shards of {SAMPLES} samples of {SIDE_PX}×{SIDE_PX}, one core of {platform.processor() or platform.machine()}"
    )
    records = [make_record(n, side_px=SIDE_PX) for n in range(SAMPLES)]
    writer = ShardWriter(ShardHeader(0, TINY_ID, 7, {"name": "bench"}))
    encode_s = seconds(lambda: [writer.add(record) for record in records])
    build_s = seconds(writer.to_bytes)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_tiny_dataset(folder, samples=SAMPLES, shard_samples=SAMPLES, side_px=SIDE_PX)
        info = describe_dataset(folder)
        open_s = seconds(lambda: open_dataset(folder).labels)
        noisy, clean = open_dataset(folder), open_dataset(folder, noise=False)
        order = np.random.default_rng(0).permutation(SAMPLES).tolist()
        noisy_s = seconds(lambda: [noisy[n] for n in order])
        clean_s = seconds(lambda: [clean[n] for n in order])
        verify_s, deep_s = (seconds(lambda deep=deep: verify_dataset(folder, deep)) for deep in (False, True))  # type: ignore[misc]
    print(
        f"  bytes a sample         {info.bytes_per_sample:8,.0f} (picture {info.rgb.bytes_per_sample:,.0f}, range map"
    )
    print(f"                                  {info.depth.bytes_per_sample:,.0f}; a ball, simpler than a head)")
    print(f"  encode                 {SAMPLES / encode_s:8,.0f} samples/s (picture, range map and labels)")
    print(f"  build the file         {SAMPLES / build_s:8,.0f} samples/s")
    print(f"  open, check, labels    {1000 * open_s:8.1f} ms")
    print(f"  read at random         {SAMPLES / clean_s:8,.0f} samples/s (picture, range map, labels)")
    print(f"  … with sensor noise    {SAMPLES / noisy_s:8,.0f} samples/s")
    print(f"  verify                 {SAMPLES / verify_s:8,.0f} samples/s")
    print(f"  verify --deep          {SAMPLES / deep_s:8,.0f} samples/s")


if __name__ == "__main__":
    main()
