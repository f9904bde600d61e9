"""As many workers as the machine has cores and memory for."""

from __future__ import annotations

import logging

import pytest

from synth.run import machine
from synth.run.supervise import default_workers


def give(monkeypatch: pytest.MonkeyPatch, cores: int, memory_gb: float | None) -> None:
    memory = None if memory_gb is None else int(memory_gb * 1e9)
    for module in (machine, __import__("synth.run.supervise", fromlist=["x"])):
        monkeypatch.setattr(module, "usable_cores", lambda: cores)
    monkeypatch.setattr(machine, "available_memory_bytes", lambda: memory)


@pytest.mark.parametrize(
    ("cores", "memory_gb", "shards", "workers"),
    [(2, 16.0, 10, 2), (64, 256.0, 10, 10), (64, 7.1, 100, 10), (64, 0.1, 100, 1), (8, None, 100, 8)],
)
def test_the_default_is_what_cores_memory_and_shards_allow(
    monkeypatch: pytest.MonkeyPatch, cores: int, memory_gb: float | None, shards: int, workers: int
) -> None:
    give(monkeypatch, cores, memory_gb)
    assert default_workers(shards) == workers


def test_fewer_workers_for_want_of_memory_are_said(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    give(monkeypatch, 8, 1.5)
    with caplog.at_level(logging.WARNING):
        default_workers(100)
    assert "memory is short: 2 workers for 8 cores" in caplog.text


def test_this_machine_has_cores_and_memory() -> None:
    assert machine.usable_cores() >= 1
    memory = machine.available_memory_bytes()
    assert memory is None or memory > 0
