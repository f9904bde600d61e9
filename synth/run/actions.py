"""What the scheduler wants done."""

from __future__ import annotations

from dataclasses import dataclass

from synth.run.task import ShardTask


@dataclass(frozen=True)
class Spawn:
    """Start a process for worker number `worker`."""

    worker: int


@dataclass(frozen=True)
class Assign:
    """Hand the task to an idle worker."""

    worker: int
    task: ShardTask


@dataclass(frozen=True)
class Retire:
    """Let an idle worker end by itself."""

    worker: int


@dataclass(frozen=True)
class Kill:
    """End a worker now (SIGKILL)."""

    worker: int
    cause: str


@dataclass(frozen=True)
class Quarantine:
    """Record a sample as given up."""

    sample: int
    shard: int
    cause: str
    tries: int


@dataclass(frozen=True)
class Halt:
    """Stop the run: it can't succeed."""

    cause: str


Action = Spawn | Assign | Retire | Kill | Quarantine | Halt
