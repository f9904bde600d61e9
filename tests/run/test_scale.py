"""The supervisor with more workers and samples than fit a test: the real one, with workers that exist on paper only."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from benchmarks.apart import run_apart
from benchmarks.scale_run import go_on, simulate

TIMES = {"sample_s": 1.0, "scatter": 0.4, "start_s": 5.0, "write_s": 1.0}


def run(folder: Path, samples: int, workers: int, **options: Any) -> dict[str, Any]:
    folder.mkdir()
    return simulate(str(folder), samples, workers, TIMES, **options)


def test_it_takes_less_than_a_millisecond_a_sample_with_512_workers(tmp_path: Path) -> None:
    said = run(tmp_path / "many", 10_240, 512, shard_samples=16)
    assert (said["made"], said["deaths"], said["spawned"]) == (10_240, 0, 512)
    assert said["supervisor_ms_per_sample"] < 1.0
    assert go_on(str(tmp_path / "many"), 10_240, 16) == {"shards": 640, "whole": True}


def test_its_memory_grows_with_the_shards_and_not_with_the_samples(tmp_path: Path) -> None:
    def peak_bytes(name: str, samples: int, shard_samples: int) -> int:
        tracemalloc.start()
        run(tmp_path / name, samples, 8, shard_samples=shard_samples)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    run(tmp_path / "first", 100, 8, shard_samples=4)  # what is imported and cached once
    few, many = peak_bytes("few", 200, 4), peak_bytes("many", 4000, 80)
    assert many < 1.3 * few


def test_a_lost_node_costs_the_shards_that_its_workers_had_in_work(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole", 4096, 16, shard_samples=16)
    lost = run(tmp_path / "lost", 4096, 16, shard_samples=16, lose=8)
    assert (lost["made"], lost["deaths"], lost["spawned"]) == (4096, 8, 24)
    assert 0 < whole["busy"] - lost["busy"] < 2 * 8 * 16 / 4096 + 0.05  # rendered for nothing, and eight more starts


@pytest.mark.slow
def test_a_million_samples_on_512_workers_take_a_few_megabytes(tmp_path: Path) -> None:
    tracemalloc.start()
    said = run(tmp_path / "million", 10**6, 512)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert said["made"] == 10**6
    assert peak < 32 << 20


@pytest.mark.slow
def test_ledger_and_manifest_of_ten_million_samples_take_a_few_megabytes(tmp_path: Path) -> None:
    samples, folder = 10**7, str(tmp_path)
    for work, arguments in (
        ("ledger_write", (folder, samples)),
        ("ledger_read", (folder,)),
        ("manifest_write", (folder, samples, False)),
        ("manifest_read", (folder,)),
    ):
        cost = run_apart(f"benchmarks.scale_files:{work}", *arguments)
        assert cost.peak_mib < 40, work
        assert cost.said.get("shards", 9766) == 9766
        assert cost.said.get("samples", samples) == samples
