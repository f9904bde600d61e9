"""Workers that exist on paper only: they say what real ones say, at the times at which real ones would.

The supervisor that listens to them is the real one, on a clock that jumps from one message to the next and goes on by
as much as the supervisor itself takes.
"""

from __future__ import annotations

import heapq
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter, process_time
from types import TracebackType
from typing import Self

import numpy as np

from synth.run import protocol
from synth.run.entry import entry_fields
from synth.run.heard import Ended, Said
from synth.run.task import ShardTask
from synth.shard.header import shard_name
from synth.shard.manifest import ShardEntry

_DRAWN = 32


@dataclass(frozen=True)
class WorkerTimes:
    """How long a worker takes: a sample (log-normal, `scatter` is the standard deviation over the mean), its start, a
    shard's writing. Seconds."""

    sample_s: float
    scatter: float
    start_s: float
    write_s: float


@dataclass
class Clock:
    """Seconds since the run began, as the supervisor reads them."""

    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class _Worker:
    since_s: float
    lines: Iterator[tuple[float, bytes]] = field(default_factory=lambda: iter(()))


@dataclass
class PaperWorkers:
    """`synth.run.heard.AnyWorkers` without processes. `lose` workers end at `lose_at_s`, as if their node did.

    `own_cpu_s` is what imagining them took; `present_s` how long they were there, all together, `useful_s` how long of
    that they rendered samples of shards that were finished.
    """

    folder: Path
    times: WorkerTimes
    clock: Clock
    seed: int = 1
    lose: int = 0
    lose_at_s: float = 0.0
    own_cpu_s: float = 0.0
    present_s: float = 0.0
    useful_s: float = 0.0
    spawned: int = 0
    last_assigned_s: float = 0.0
    _workers: dict[int, _Worker] = field(default_factory=dict)
    _events: list[tuple[float, int, int, bytes]] = field(default_factory=list)
    _count: int = 0
    _left_s: float = field(default_factory=perf_counter)

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.seed)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in tuple(self._workers):
            self._leave(worker)

    def spawn(self, worker: int) -> None:
        began = process_time()
        self._workers[worker] = _Worker(since_s=self.clock.now_s)
        self.spawned += 1
        self._put(worker, self.clock.now_s + self.times.start_s, protocol.message_line(protocol.READY, device="cpu"))
        self.own_cpu_s += process_time() - began

    def assign(self, worker: int, task: ShardTask) -> None:
        began = process_time()
        self._workers[worker].lines = self._shard(task)
        self._next(worker)
        self.last_assigned_s = self.clock.now_s
        self.own_cpu_s += process_time() - began

    def retire(self, worker: int) -> None:
        self._put(worker, self.clock.now_s + 0.1, b"")

    def kill(self, worker: int, cause: str) -> None:
        self._put(worker, self.clock.now_s, b"")

    def memory_bytes(self, worker: int) -> int:
        return 0

    def listen(self, timeout_s: float) -> list[Said | Ended]:
        began = process_time()
        self.clock.now_s += perf_counter() - self._left_s  # what the supervisor took since it listened last
        until_s = self.clock.now_s + timeout_s
        lines: list[tuple[int, bytes]] = []
        if self.lose and self.lose_at_s <= self.clock.now_s:
            self._lose_a_node()
        if self._events and self._events[0][0] <= until_s:
            self.clock.now_s = max(self.clock.now_s, self._events[0][0])
            while self._events and self._events[0][0] <= self.clock.now_s:
                lines.append(self._happened())
        else:
            self.clock.now_s = until_s
        self.own_cpu_s += process_time() - began
        heard = [self._said(worker, line) for worker, line in lines]
        self._left_s = perf_counter()
        return [each for each in heard if each is not None]

    def _said(self, worker: int, line: bytes) -> Said | Ended | None:
        if line:
            return Said(worker, protocol.parse_message(line)) if worker in self._workers else None
        return Ended(worker, "its node is gone", True, "") if self._leave(worker) else None

    def _happened(self) -> tuple[int, bytes]:
        _, _, worker, line = heapq.heappop(self._events)
        if line:
            self._next(worker)
        return worker, line

    def _next(self, worker: int) -> None:
        state = self._workers.get(worker)
        following = next(state.lines, None) if state else None
        if following is not None:
            self._put(worker, *following)

    def _put(self, worker: int, at_s: float, line: bytes) -> None:
        self._count += 1
        heapq.heappush(self._events, (at_s, self._count, worker, line))

    def _shard(self, task: ShardTask) -> Iterator[tuple[float, bytes]]:
        """When the worker says what about a shard that it begins now."""
        at_s, times, ids = self.clock.now_s, self.times, range(task.first, task.stop)
        spread = math.sqrt(math.log1p(times.scatter**2))
        previous, rendered_s = None, 0.0
        for first in range(0, len(ids), _DRAWN):  # few at a time: it is the supervisor's memory that is measured
            some = ids[first : first + _DRAWN]
            took = times.sample_s * self._rng.lognormal(-(spread**2) / 2, spread, len(some))
            for sample, sample_s in zip(some, took.tolist(), strict=True):
                yield at_s, protocol.message_line(protocol.BEGIN, id=sample, previous_s=previous)
                at_s, previous, rendered_s = at_s + sample_s, sample_s, rendered_s + sample_s
        yield at_s, protocol.message_line(protocol.WRITE, previous_s=previous)
        name, size = shard_name(task.shard), 20_000_000
        with (self.folder / name).open("wb") as file:
            os.truncate(file.fileno(), size)  # a hole: only its size is asked for
        entry = ShardEntry(task.shard, name, size, task.samples, f"{task.shard:064x}", ((task.first, task.stop - 1),))
        self.useful_s += rendered_s
        done_s = at_s + times.write_s
        yield done_s, protocol.message_line(protocol.SHARD, entry=entry_fields(entry), without=())

    def _lose_a_node(self) -> None:
        for worker in sorted(self._workers)[: self.lose]:
            self._workers[worker].lines = iter(())
            self._events = [event for event in self._events if event[2] != worker]
            self._put(worker, self.clock.now_s, b"")
        heapq.heapify(self._events)
        self.lose = 0

    def _leave(self, worker: int) -> bool:
        state = self._workers.pop(worker, None)
        if state is not None:
            self.present_s += self.clock.now_s - state.since_s
        return state is not None
