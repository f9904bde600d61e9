"""What the supervisor hears of its workers, and what it can tell them, wherever they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from synth.run.task import ShardTask


@dataclass(frozen=True)
class Said:
    """A worker sent a message."""

    worker: int
    message: Mapping[str, Any]


@dataclass(frozen=True)
class Ended:
    """A worker's process ended; `from_outside` if a signal that this supervisor didn't send ended it."""

    worker: int
    cause: str
    from_outside: bool
    log_tail: str

    @property
    def last_words(self) -> str:
        """What the process printed last, or where it crashed: often the only hint at why it died."""
        lines = [line.strip() for line in self.log_tail.splitlines() if line.strip()]
        crash = next((at for at, line in enumerate(lines) if line.startswith("Fatal Python error")), None)
        if crash is not None:
            current = next((at for at, line in enumerate(lines) if line.startswith("Current thread")), crash)
            frames = [line for line in lines[current:] if line.startswith("File ")]
            return f"; {lines[crash]} | {' | '.join(frames[:2])[:400]}"
        return f"; it last said: {' | '.join(lines[-3:])[-400:]}" if lines else ""


class AnyWorkers(Protocol):
    """The workers of a run, wherever they are, as a context that ends those that are left."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def spawn(self, worker: int) -> None: ...

    def assign(self, worker: int, task: ShardTask) -> None: ...

    def retire(self, worker: int) -> None: ...

    def kill(self, worker: int, cause: str) -> None: ...

    def memory_bytes(self, worker: int) -> int: ...

    def listen(self, timeout_s: float) -> list[Said | Ended]: ...
