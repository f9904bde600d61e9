"""What the scheduler knows about one worker."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from synth.run.task import ShardTask


class Phase(Enum):
    """Where a worker's process is in its life."""

    STARTING = "starting"
    IDLE = "idle"
    RENDERING = "rendering"
    COMMITTING = "committing"
    LEAVING = "leaving"
    KILLED = "killed"


@dataclass
class WorkerState:
    """`rendered` counts samples since the process started; `sample` is the one in work."""

    phase: Phase
    heard_s: float
    task: ShardTask | None = None
    sample: int | None = None
    rendered: int = 0
    rendered_in_task: int = 0

    @property
    def counts(self) -> bool:
        """Whether what it says, and its end, still matter: not if it was told to go."""
        return self.phase not in (Phase.LEAVING, Phase.KILLED)

    @property
    def has_suspect(self) -> bool:
        """Whether the sample in work failed before."""
        return self.task is not None and any(self.sample == sample for sample, _ in self.task.suspects)
