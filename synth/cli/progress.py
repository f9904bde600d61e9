"""How a command shows that it is at work: a bar on a terminal, JSON lines or plain lines elsewhere, or nothing.

All of it goes to standard error; standard output is for results.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from enum import Enum
from time import monotonic
from typing import TYPE_CHECKING, Any, TextIO

import click

if TYPE_CHECKING:
    from synth.run.progress import Progress, ProgressCallback
    from synth.train.loop import TrainProgress

    TrainingCallback = Callable[[TrainProgress], None]

_EVERY_S = 10.0


class Manner(Enum):
    """How to speak while at work."""

    BAR = "bar"
    TEXT = "text"
    JSON = "json"
    QUIET = "quiet"


def manner_of(log: str, quiet: bool) -> Manner:
    """From `--log auto|text|json` and `--quiet`; auto is a bar on a terminal and JSON lines elsewhere."""
    if quiet:
        return Manner.QUIET
    terminal = sys.stderr.isatty()
    if log == "text":
        return Manner.BAR if terminal else Manner.TEXT
    return Manner.JSON if log == "json" or not terminal else Manner.BAR


def render_progress(manner: Manner) -> AbstractContextManager[ProgressCallback | None]:
    """Shows the progress of a run while the `with` block runs."""
    from synth.run.progress import bar_progress, json_progress

    if manner is Manner.BAR:
        return bar_progress(sys.stderr)
    if manner is Manner.JSON:
        return json_progress(sys.stderr)
    return nullcontext(_text_progress(sys.stderr) if manner is Manner.TEXT else None)


def _text_progress(stream: TextIO) -> ProgressCallback:
    from synth.run.progress import duration_text

    last_s: list[float] = []

    def show(progress: Progress) -> None:
        now = monotonic()
        if last_s and not progress.finished and now - last_s[-1] < _EVERY_S:
            return
        last_s[:] = [now]
        device = f" on {progress.device}" if progress.device else ""
        left = "" if progress.seconds_left is None else f", {duration_text(progress.seconds_left)} left"
        lost = f", {progress.failures} failed" if progress.failures else ""
        done = f"{progress.samples_done}/{progress.samples_total} samples{device}"
        stream.write(f"{done}, {progress.samples_per_s:.3g}/s{left}{lost}\n")
        stream.flush()

    return show


@contextmanager
def training_progress(manner: Manner) -> Iterator[TrainingCallback | None]:
    """Shows the progress of a training while the `with` block runs: a bar, or a line every ten seconds."""
    if manner is Manner.QUIET:
        yield None
    elif manner is Manner.BAR:
        with _training_bar() as show:
            yield show
    else:
        yield _training_lines(manner)


@contextmanager
def _training_bar() -> Iterator[TrainingCallback]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("training"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[said]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("training", total=None, said="")

        def show(progress: TrainProgress) -> None:
            bar.update(task, completed=progress.step, total=progress.steps, said=_training_text(progress))

        yield show


def _training_text(progress: TrainProgress) -> str:
    scores = progress.scores
    unseen = "" if scores is None else f", unseen {scores.mean_deg:.2f}°"
    return f"loss {progress.loss:.4f}{unseen}, {progress.samples_per_s:.3g} samples/s"


def _training_lines(manner: Manner) -> TrainingCallback:
    from synth.run.progress import duration_text

    last_s: list[float] = []

    def show(progress: TrainProgress) -> None:
        now = monotonic()
        if last_s and progress.step < progress.steps and now - last_s[-1] < _EVERY_S:
            return
        last_s[:] = [now]
        if manner is Manner.JSON:
            scores = {} if progress.scores is None else progress.scores.as_row()
            line: dict[str, Any] = {
                "event": "training", "step": progress.step, "steps": progress.steps, "loss": round(progress.loss, 6),
                "samples_per_s": round(progress.samples_per_s, 2), "seconds_left": round(progress.seconds_left, 1),
                **{name: round(value, 4) for name, value in scores.items()},
            }  # fmt: skip
            click.echo(json.dumps(line), err=True)
            return
        left = duration_text(progress.seconds_left)
        click.echo(f"step {progress.step}/{progress.steps}, {_training_text(progress)}, {left} left", err=True)

    return show


@contextmanager
def count_progress(manner: Manner, what: str) -> Iterator[Callable[[int, int], None]]:
    """A callback (done, total) that is shown while the block runs; nothing is shown before its first call."""
    if manner is not Manner.BAR:
        yield _counted_lines(manner, what)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task: list[Any] = []

        def show(done: int, total: int) -> None:
            task[:] = task or [bar.add_task(what, total=total)]
            bar.update(task[0], completed=done, total=total)

        yield show


def _counted_lines(manner: Manner, what: str) -> Callable[[int, int], None]:
    last_s: list[float] = []

    def show(done: int, total: int) -> None:
        now = monotonic()
        if manner is Manner.QUIET or (last_s and done < total and now - last_s[-1] < _EVERY_S):
            return
        last_s[:] = [now]
        line = {"event": what, "done": done, "total": total}
        click.echo(json.dumps(line) if manner is Manner.JSON else f"{what}: {done}/{total}", err=True)

    return show


class _LogHandler(logging.Handler):
    """Warnings and errors of the program on standard error, as it is when they come: a bar may have replaced it."""

    def __init__(self, manner: Manner) -> None:
        super().__init__(logging.ERROR if manner is Manner.QUIET else logging.WARNING)
        self._json = manner is Manner.JSON

    def emit(self, record: logging.LogRecord) -> None:
        level, message = record.levelname.lower(), record.getMessage()
        fields = {"event": "log", "level": level, "message": message}
        click.echo(json.dumps(fields) if self._json else f"{level}: {message}", err=True)


@contextmanager
def logged(manner: Manner) -> Iterator[None]:
    """While the block runs, what the package logs is shown in this manner."""
    logger, handler = logging.getLogger("synth"), _LogHandler(manner)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
