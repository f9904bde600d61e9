"""Too few open files or processes: fewer workers, or one line; never a traceback."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from runs import assert_whole, running

from synth.errors import EXIT_DONE
from synth.run import protocol
from synth.run.task import ShardTask
from synth.run.workers import Ended, Workers


def start_of(recipe: dict[str, object]) -> protocol.Start:
    return protocol.Start(recipe, "/nowhere", "fake_renderer:make_fake", {}, (), 1, 2)


@pytest.mark.parametrize(("open_files", "workers"), [(32, 12), pytest.param(64, 24, marks=pytest.mark.slow)])
def test_with_few_open_files_it_goes_on_with_fewer_workers(tmp_path: Path, open_files: int, workers: int) -> None:
    with running(tmp_path, samples=480, workers=workers, open_files=open_files) as process:
        _, errors = process.communicate(timeout=100)
    assert process.returncode == EXIT_DONE, errors
    assert "Too many open files" in errors
    assert "Traceback" not in errors
    assert_whole(tmp_path, 480)


def test_a_worker_that_never_reads_does_not_stop_the_supervisor(monkeypatch: pytest.MonkeyPatch) -> None:
    real = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda command, **more: real(["sleep", "600"], **more))
    with Workers(start_of({"description": "x" * 1_000_000})) as workers:
        workers.spawn(0)
        workers.assign(0, ShardTask(0, 0, 10, tuple(range(100_000))))
        assert workers.listen(0.1) == []
        workers.kill(0, "enough")
        heard = []
        while not heard:
            heard = workers.listen(1.0)
        assert heard == [Ended(0, "enough", False, "")]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("script", ["echo nonsense; exec sleep 600", "sleep 600 & echo nonsense; wait"])
def test_what_isnt_a_message_ends_the_worker_and_what_it_started(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    real = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda command, **more: real(["sh", "-c", script], **more))
    with Workers(start_of({})) as workers:
        workers.spawn(0)
        heard: list[object] = []
        while not heard:
            heard = list(workers.listen(1.0))
        assert heard == [Ended(0, "wrote nonsense to the supervisor", False, "")]
