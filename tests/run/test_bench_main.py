"""`python -m benchmarks`: which benchmarks it runs, with what."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks import __main__ as benchmarks_main


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The words of each process that it would start, behind `python -m`."""
    commands: list[list[str]] = []

    def run(command: list[str], **_: Any) -> SimpleNamespace:
        commands.append(command[2:])
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(benchmarks_main, "machine", lambda: "a test")
    monkeypatch.setattr(subprocess, "run", run)
    return commands


def run_main(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["benchmarks", *words])
    return benchmarks_main.main()


def test_options_behind_one_name_are_that_benchmarks(monkeypatch: pytest.MonkeyPatch, started: list[list[str]]):
    assert run_main(monkeypatch, "scale", "--largest", "1e7") == 0
    assert started == [["benchmarks.bench_scale", "--largest", "1e7"]]


def test_names_are_run_one_after_the_other_and_no_name_is_all(
    monkeypatch: pytest.MonkeyPatch, started: list[list[str]]
):
    assert run_main(monkeypatch, "shards", "noise") == 0
    assert started == [["benchmarks.bench_shards"], ["benchmarks.bench_noise"]]
    started.clear()
    assert run_main(monkeypatch) == 0
    assert len(started) == len(benchmarks_main.ALL)


@pytest.mark.parametrize("words", [["shards", "scale", "--largest", "1e7"], ["--largest", "1e7"], ["nothing"]])
def test_options_of_several_and_unknown_names_start_nothing(
    monkeypatch: pytest.MonkeyPatch, started: list[list[str]], capsys: pytest.CaptureFixture[str], words: list[str]
):
    assert run_main(monkeypatch, *words) == 2
    assert started == []
    assert "there are start, render" in capsys.readouterr().err
