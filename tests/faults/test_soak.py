"""A run of 310,000 samples in which something is killed every 30 seconds: `make soak`."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest
from runs import (
    assert_whole,
    children,
    finish,
    is_alive,
    peak_memory_mb,
    shards_redone,
    signal_to,
    start,
    wait_for,
)

from synth.shard.verify import verify_dataset

WORKERS, SHARD_SAMPLES = 2, 64
SUPERVISOR_EVERY = 5  # every fifth kill is the supervisor's
MOST_MB = 300.0
Record = Callable[[str, object], None]


@dataclass
class Soak:
    """One dataset made in as many runs as are killed, and what was seen meanwhile."""

    out: Path
    samples: int
    kill_every_s: float
    sample_s: float
    seed: int = 27
    worker_kills: int = 0
    supervisor_kills: int = 0
    peak_mb: float = 0.0
    orphans_s: float = 0.0
    redone: int = 0

    def run(self) -> None:
        rng = np.random.default_rng(self.seed)
        began = monotonic()
        with (self.beside / "errors.txt").open("w") as errors:
            while True:
                options = {"sample_s": self.sample_s, "tally": str(self.tally)}
                process = start(self.out, self.samples, SHARD_SAMPLES, errors=errors, workers=WORKERS, options=options)
                try:
                    while self._watch(process.pid, began + self.kill_every_s * (self.kills + 1)):
                        if (self.kills + 1) % SUPERVISOR_EVERY == 0:
                            break
                        self._kill_a_worker(process.pid, rng)
                    if process.poll() is not None or not is_alive(process.pid):
                        assert finish(process)[0] == 0, (self.beside / "errors.txt").read_text()[-2000:]
                        return
                    self._kill_supervisor(process.pid)
                finally:
                    process.kill()
                    process.wait()

    @property
    def beside(self) -> Path:
        return self.out.parent

    @property
    def tally(self) -> Path:
        return self.beside / "tally"

    @property
    def kills(self) -> int:
        return self.worker_kills + self.supervisor_kills

    @property
    def most_redone(self) -> int:
        return self.worker_kills + WORKERS * self.supervisor_kills

    def _watch(self, supervisor: int, until_s: float) -> bool:
        """Whether it still runs then."""
        while is_alive(supervisor):
            self.peak_mb = max(self.peak_mb, peak_memory_mb(supervisor))
            if monotonic() >= until_s:
                return True
            sleep(0.1)
        return False

    def _kill_a_worker(self, supervisor: int, rng: np.random.Generator) -> None:
        workers = children(supervisor)
        if workers and signal_to(int(rng.choice(workers)), signal.SIGKILL):
            self.worker_kills += 1

    def _kill_supervisor(self, supervisor: int) -> None:
        workers = children(supervisor)
        os.kill(supervisor, signal.SIGKILL)
        self.supervisor_kills += 1
        self.orphans_s = max(self.orphans_s, wait_for(lambda: not any(is_alive(pid) for pid in workers)))

    def check(self) -> None:
        """Nothing lost, nothing doubled, no shard torn, no kill dearer than the shards that it interrupted."""
        assert_whole(self.out, self.samples)
        assert verify_dataset(self.out) == []
        self.redone = shards_redone(self.tally, self.samples, SHARD_SAMPLES)
        assert self.redone <= self.most_redone
        assert self.peak_mb <= MOST_MB
        assert self.orphans_s < 5

    def tell(self, record_property: Record) -> None:
        """The figures for the suite's table."""
        record_property("injected", self.kills)
        record_property("measured", ("supervisors among the killed", self.supervisor_kills, None))
        record_property("measured", ("samples, each there once", self.samples, None))
        record_property("measured", ("shards redone", self.redone, self.most_redone))
        record_property("measured", ("supervisor's peak memory, MB", self.peak_mb, MOST_MB))
        record_property("measured", ("workers outlive their supervisor, s", self.orphans_s, 5))


def soak(folder: Path, samples: int, kill_every_s: float, sample_s: float) -> Soak:
    soaked = Soak(folder / "out", samples, kill_every_s, sample_s)
    soaked.run()
    soaked.check()
    shutil.rmtree(soaked.out)
    return soaked


@pytest.mark.slow
def test_a_short_soak_loses_nothing(tmp_path: Path, record_property: Record) -> None:
    soaked = soak(tmp_path, samples=6400, kill_every_s=3.0, sample_s=0.005)
    assert soaked.worker_kills >= 3
    assert soaked.supervisor_kills >= 1
    soaked.tell(record_property)


@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.timeout(4 * 3600)
def test_310_000_samples_with_a_kill_every_30_seconds_are_all_there_once(
    tmp_path: Path, record_property: Record
) -> None:
    soaked = soak(tmp_path, samples=310_000, kill_every_s=30.0, sample_s=0.005)
    assert soaked.worker_kills >= 10
    assert soaked.supervisor_kills >= 2
    soaked.tell(record_property)
