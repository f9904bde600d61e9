"""How far a run is: a value, the rate behind it, and two ways to show it."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from types import TracebackType
from typing import Any, Protocol, Self, TextIO

_WINDOW_S = 60.0


@dataclass(frozen=True)
class Progress:
    """`samples_done` counts what is committed, before and in this run, and what is rendered in open shards.

    The rate is that of the last minute; `seconds_left` is None as long as nothing can be said. `failures` are samples
    given up, `deaths` worker processes that crashed, hung or were killed. `device` is what the workers render
    on, "" as long as none has said.
    """

    samples_done: int
    samples_total: int
    samples_per_s: float
    seconds_left: float | None
    failures: int
    deaths: int
    workers: int
    finished: bool = False
    device: str = ""


ProgressCallback = Callable[[Progress], None]


class ProgressDisplay(Protocol):
    """A callback that is shown while its `with` block runs."""

    def __call__(self, progress: Progress) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


@dataclass
class RateMeter:
    """Samples a second over the last minute, from (monotonic seconds, count) pairs."""

    window_s: float = _WINDOW_S
    _points: deque[tuple[float, int]] = field(default_factory=deque)

    def update(self, now: float, count: int) -> float:
        """Add a point; the rate, 0 while there is none. A count may fall: a dead worker's open shard is lost."""
        self._points.append((now, count))
        while len(self._points) > 2 and self._points[1][0] <= now - self.window_s:
            self._points.popleft()
        (then, before) = self._points[0]
        return max(0.0, (count - before) / (now - then)) if now > then else 0.0


class BarProgress:
    """A bar with rate and time left, redrawn in place on a terminal."""

    def __init__(self, stream: TextIO) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
        from rich.progress import Progress as RichProgress

        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TextColumn("{task.fields[left]}"),
            TextColumn("[red]{task.fields[faults]}"),
            console=Console(file=stream),
            auto_refresh=False,
        )
        self._task = self._bar.add_task("render", total=None, rate="", left="", faults="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def __call__(self, progress: Progress) -> None:
        faults = [f"{progress.failures} failed"] * bool(progress.failures)
        faults += [f"{progress.deaths} workers lost"] * bool(progress.deaths)
        self._bar.update(
            self._task,
            completed=progress.samples_done,
            total=progress.samples_total,
            description=f"rendering on {progress.device}" if progress.device else "render",
            rate=f"{progress.samples_per_s:.3g}/s",
            left="" if progress.seconds_left is None else f"{duration_text(progress.seconds_left)} left",
            faults=", ".join(faults),
            refresh=True,
        )


class JsonProgress:
    """A JSON line every `every_s` seconds and one at the end, for logs and programs."""

    def __init__(self, stream: TextIO, clock: Callable[[], float], every_s: float = 10.0) -> None:
        self._stream, self._clock, self._every_s = stream, clock, every_s
        self._last_s: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def __call__(self, progress: Progress) -> None:
        now = self._clock()
        if not progress.finished and self._last_s is not None and now - self._last_s < self._every_s:
            return
        self._last_s = now
        fields: dict[str, Any] = asdict(progress)
        fields["samples_per_s"] = round(progress.samples_per_s, 3)
        fields["seconds_left"] = None if progress.seconds_left is None else round(progress.seconds_left, 1)
        self._stream.write(json.dumps({"event": "progress", **fields}) + "\n")
        self._stream.flush()


def bar_progress(stream: TextIO) -> ProgressDisplay:
    """For a terminal."""
    return BarProgress(stream)


def json_progress(stream: TextIO, every_s: float = 10.0) -> ProgressDisplay:
    """For everything else."""
    from time import monotonic

    return JsonProgress(stream, monotonic, every_s)


def duration_text(seconds: float) -> str:
    """``2 h 05 min``, ``3 min 20 s``, ``12 s``."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 60} min {whole % 60:02d} s" if whole >= 60 else f"{whole} s"
