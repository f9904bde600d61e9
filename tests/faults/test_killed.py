"""Processes are killed at any moment; nothing is lost, doubled or torn."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from time import sleep

import numpy as np
import pytest
from fake_renderer import fake_recipe
from runs import assert_whole, children, finish, is_alive, running, shard_sums, shards_redone, signal_to, wait_for

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
    tmp_path: Path, uninterrupted: dict[str, str], record_property: Record
) -> None:
    for shards_before in (1, 4, 9):
        with running(tmp_path, samples=SAMPLES, options={"sample_s": 0.01}) as process:
            wait_for(lambda: len(shard_sums(tmp_path)) >= shards_before)  # noqa: B023 - used at once
            workers = children(process.pid)
            assert workers
            process.kill()
            process.wait()
            orphans_s = wait_for(lambda: not any(is_alive(pid) for pid in workers))  # noqa: B023
            assert orphans_s < 5
            record_property("injected", 1)
            record_property("measured", ("workers outlive their supervisor, s", orphans_s, 5))
    with running(tmp_path, samples=SAMPLES) as process:
        assert finish(process)[0] == 0
    assert shard_sums(tmp_path) == uninterrupted
    assert_whole(tmp_path, SAMPLES)


Record = Callable[[str, object], None]


def kill_workers_at_random(folder: Path, samples: int, kills: int, record_property: Record) -> None:
    """Kill a worker at a random moment after each shard: as often as can be while anything gets done."""
    rng = np.random.default_rng(1)
    out, tally, longest_s = folder / "out", folder / "tally", 0.0
    options = {"sample_s": 0.05, "tally": str(tally)}
    with running(out, samples=samples, shard_samples=8, options=options) as process:
        for kill in range(kills):
            wait_for(lambda: len(list(out.glob("shard-*.h5"))) > kill and bool(children(process.pid)))  # noqa: B023
            sleep(float(rng.uniform(0.0, 0.4)))
            before = children(process.pid)
            assert before, f"the run ended after {kill} kills"
            signal_to(int(rng.choice(before)), signal.SIGKILL)
            replaced_s = wait_for(lambda: not set(children(process.pid)) <= set(before))  # noqa: B023
            assert replaced_s < 10
            longest_s = max(longest_s, replaced_s)
        code, errors = finish(process, 300)
    assert code == 0, errors
    assert_whole(out, samples)
    redone = shards_redone(tally, samples, shard_samples=8)
    assert redone <= kills, "a kill costs one shard at the most"
    record_property("injected", kills)
    record_property("measured", ("longest wait for a new worker, s", longest_s, 10))
    record_property("measured", ("shards redone", redone, kills))


def test_killed_workers_lose_no_sample_and_cost_a_shard_each_at_most(tmp_path: Path, record_property: Record) -> None:
    kill_workers_at_random(tmp_path, 160, 8, record_property)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_two_hundred_killed_workers_lose_no_sample(tmp_path: Path, record_property: Record) -> None:
    kill_workers_at_random(tmp_path, 2000, 200, record_property)


def test_a_worker_whose_parent_vanished_before_it_looked_ends_by_itself(tmp_path: Path) -> None:
    with running(tmp_path, samples=SAMPLES) as process:
        wait_for(lambda: bool(children(process.pid)))
        workers = children(process.pid)
        process.kill()
        process.wait()
        assert wait_for(lambda: not any(is_alive(pid) for pid in workers)) < 5
