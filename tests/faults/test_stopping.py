"""Signals stop a run in order; two starts have one winner."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest
from runs import assert_whole, children, finish, is_alive, running, start, wait_for

from synth.errors import EXIT_DONE, EXIT_LOCKED

Record = Callable[[str, object], None]


@pytest.mark.parametrize(("number", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_keeps_committed_shards_and_drops_open_ones(
    tmp_path: Path, number: signal.Signals, exit_code: int, record_property: Record
) -> None:
    with running(tmp_path, samples=160, options={"sample_s": 0.02}) as process:
        wait_for(lambda: len(list(tmp_path.glob("shard-*"))) >= 2)
        workers = children(process.pid)
        began = monotonic()
        process.send_signal(number)
        code, _ = finish(process, 30)
        ended_s = monotonic() - began
    assert ended_s < 30
    record_property("measured", ("until a signal ended it, s", ended_s, 30))
    assert code == exit_code
    assert not any(is_alive(pid) for pid in workers)
    committed = sorted(path.name for path in tmp_path.glob("shard-*"))
    facts = [json.loads(line) for line in (tmp_path / "ledger.jsonl").read_text().splitlines()]
    assert sorted(fact["name"] for fact in facts if fact["kind"] == "shard") == committed
    assert {path.name for path in tmp_path.iterdir()} == {"ledger.jsonl", *committed}
    with running(tmp_path, samples=160) as process:
        assert finish(process)[0] == EXIT_DONE
    assert_whole(tmp_path, 160)


def test_a_signal_while_every_worker_hangs_still_stops_it(tmp_path: Path) -> None:
    with running(tmp_path, samples=32, shard_samples=16, options={"hang": [0, 16]}) as process:
        assert process.stdout
        wait_for(lambda: len(children(process.pid)) == 2)
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert finish(process, 30)[0] == 130


def test_the_second_signal_ends_it_at_once(tmp_path: Path, record_property: Record) -> None:
    with running(tmp_path, samples=400, options={"sample_s": 0.01}, limits={"stop_s": 60.0}) as process:
        wait_for(lambda: bool(list(tmp_path.glob("shard-*"))))
        workers = children(process.pid)
        process.send_signal(signal.SIGINT)
        began = monotonic()
        process.send_signal(signal.SIGTERM)
        code, _ = finish(process, 10)
        ended_s = monotonic() - began
        assert ended_s < 2
        record_property("measured", ("until the second signal ended it, s", ended_s, 2))
        assert code in (130, 143)
        assert wait_for(lambda: not any(is_alive(pid) for pid in workers)) < 5


def starts_at_once(out: Path, count: int, record_property: Record) -> None:
    processes = [start(out, samples=64, options={"sample_s": 0.1}) for _ in range(count)]
    said = [process.communicate(timeout=600) for process in processes]
    results = [(process.returncode, errors) for process, (_, errors) in zip(processes, said, strict=True)]
    codes = [code for code, _ in results]
    assert codes.count(EXIT_DONE) == 1, results
    assert codes.count(EXIT_LOCKED) == count - 1
    winner = processes[codes.index(EXIT_DONE)]
    for code, errors in results:
        assert code == EXIT_DONE or f"PID {winner.pid} on host" in errors or "has just begun" in errors
    assert_whole(out, 64)
    refused_s = [json.loads(lines.splitlines()[-1])["refused_s"] for lines, _ in said if "refused_s" in lines]
    assert len(refused_s) == count - 1
    assert max(refused_s) < 5  # promised: 1 s; five-fold slack
    record_property("injected", count)
    record_property("measured", ("until the losers were refused, s", max(refused_s), 5))


def test_of_several_starts_one_wins_and_the_others_name_it(tmp_path: Path, record_property: Record) -> None:
    starts_at_once(tmp_path, 4, record_property)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_of_fifty_starts_one_wins(tmp_path: Path, record_property: Record) -> None:
    starts_at_once(tmp_path, 50, record_property)
