"""Processes are killed at any moment; nothing is lost, doubled or torn."""

from __future__ import annotations

import signal
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest
from fake_renderer import fake_recipe
from runs import assert_whole, children, finish, is_alive, running, shard_sums, signal_to, wait_for

from synth.run.limits import Limits
from synth.run.supervise import render_dataset

SAMPLES = 300


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    out = tmp_path_factory.mktemp("uninterrupted")
    limits = Limits(disk_reserve_bytes=0)
    render_dataset(fake_recipe(SAMPLES, 16), [], out, workers=2, renderer="fake_renderer:make_fake", limits=limits)
    return shard_sums(out)


def test_workers_die_with_a_killed_parent_and_the_resumed_run_equals_an_uninterrupted_one(
    tmp_path: Path, uninterrupted: dict[str, str]
) -> None:
    for shards_before in (1, 4, 9):
        with running(tmp_path, samples=SAMPLES, options={"sample_s": 0.01}) as process:
            wait_for(lambda: len(shard_sums(tmp_path)) >= shards_before)  # noqa: B023 - used at once
            workers = children(process.pid)
            assert workers
            process.kill()
            process.wait()
            assert wait_for(lambda: not any(is_alive(pid) for pid in workers)) < 5  # noqa: B023
    with running(tmp_path, samples=SAMPLES) as process:
        assert finish(process)[0] == 0
    assert shard_sums(tmp_path) == uninterrupted
    assert_whole(tmp_path, SAMPLES)


def kill_workers_at_random(out: Path, samples: int, kills: int) -> None:
    rng = np.random.default_rng(1)
    options = {"sample_s": 0.002}
    with running(out, samples=samples, shard_samples=16, options=options) as process:
        done = slowest_s = 0.0
        while done < kills and process.poll() is None:
            workers = children(process.pid)
            if not workers:
                sleep(0.005)
                continue
            victim = int(rng.choice(workers))
            if signal_to(victim, signal.SIGKILL):
                done += 1
                killed_s = monotonic()
                wait_for(lambda: process.poll() is not None or not is_alive(victim), 10)  # noqa: B023
                wait_for(lambda: process.poll() is not None or len(children(process.pid)) >= 1, 10)
                slowest_s = max(slowest_s, monotonic() - killed_s)
            sleep(float(rng.uniform(0.3, 1.2)))
        code, errors = finish(process, 300)
    assert code == 0, errors
    assert done == kills, f"the run ended after {done:.0f} kills"
    assert slowest_s < 10
    assert_whole(out, samples)


def test_killed_workers_lose_no_sample(tmp_path: Path) -> None:
    kill_workers_at_random(tmp_path, samples=2000, kills=8)


@pytest.mark.slow
def test_two_hundred_killed_workers_lose_no_sample(tmp_path: Path) -> None:
    kill_workers_at_random(tmp_path, samples=20_000, kills=200)


def test_a_worker_whose_parent_vanished_before_it_looked_ends_by_itself(tmp_path: Path) -> None:
    with running(tmp_path, samples=SAMPLES) as process:
        wait_for(lambda: bool(children(process.pid)))
        workers = children(process.pid)
        process.kill()
        process.wait()
        assert wait_for(lambda: not any(is_alive(pid) for pid in workers)) < 5
