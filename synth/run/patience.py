"""How long a worker may say nothing, and how long a run may fail."""

from __future__ import annotations

import statistics
from collections import deque
from dataclasses import dataclass

from synth.run.limits import Limits
from synth.run.state import Phase, WorkerState

_MEDIAN_OF = 63


class Patience:
    """Deadlines for silence, from the median time of the last samples. `on_gpu`: a worker that starts may have to wait
    for its GPU's kernels to be compiled."""

    def __init__(self, limits: Limits, *, on_gpu: bool = False) -> None:
        self._limits, self._on_gpu = limits, on_gpu
        self._recent_s: deque[float] = deque(maxlen=_MEDIAN_OF)
        self._median_s: float | None = None

    def add(self, sample_s: float) -> None:
        self._recent_s.append(sample_s)
        self._median_s = None

    @property
    def hang_s(self) -> float:
        """Silence after which a worker that renders counts as hung."""
        if self._median_s is None and self._recent_s:
            self._median_s = statistics.median(self._recent_s)
        return max(self._limits.hang_floor_s, self._limits.hang_medians * (self._median_s or 0.0))

    def allowance_s(self, state: WorkerState) -> float | None:
        """How long this worker may say nothing now; None = as long as it likes.

        A sample that failed before comes first in a new process and doesn't get the patience meant for warming up; on a
        GPU it does, since a scene's own kernels are compiled with its first frame.
        """
        if state.phase is Phase.LEAVING:
            return self._limits.leave_s
        if state.phase in (Phase.IDLE, Phase.KILLED):
            return None
        if state.phase is Phase.RENDERING and (state.rendered or (state.has_suspect and not self._on_gpu)):
            return self.hang_s
        warming = self._on_gpu and state.phase is Phase.STARTING
        return max(self._limits.gpu_startup_s if warming else self._limits.startup_s, self.hang_s)


@dataclass
class FailureRow:
    """Failures without a success between them; `points` is what they weigh."""

    limits: Limits
    workers: int
    count: int = 0
    points: float = 0.0
    since_s: float = 0.0
    unfit: int = 0
    start_failures: int = 0

    def add(self, now: float, weight: float) -> None:
        if not self.count:
            self.since_s = now
        self.count += 1
        self.points += weight

    def succeed(self) -> None:
        """A sample was made."""
        self.count, self.points = 0, 0.0

    def start_well(self) -> None:
        """A worker has its renderer."""
        self.unfit = self.start_failures = 0

    def respawn_delay_s(self) -> float:
        """A worker died while it started: how long to wait before the next start."""
        self.start_failures += 1
        delay_s = self.limits.respawn_delay_s * 2.0 ** min(self.start_failures - 1, 10)
        return min(delay_s, self.limits.respawn_delay_most_s)

    def verdict(self, cause: str, now: float) -> str | None:
        """Why the run can't succeed, if it looks so."""
        if self.unfit >= self.limits.unfit_in_a_row:
            return f"no renderer could be made, {self.unfit} times in a row: {cause}"
        most = max(self.limits.failures_in_a_row, self.workers)
        long = now - self.since_s >= self.limits.failing_for_s
        if self.points >= most or (long and self.points >= max(2, most // 4)):
            return f"{self.count} failures in a row, nothing succeeded between them; the last: {cause}"
        return None
