"""Every candidate on every set."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from synth.data.source import PoseSource, Subset, narrowed
from synth.evaluate.estimates import DEFAULT_BATCH, estimate
from synth.evaluate.sets import Split, part_to_judge
from synth.evaluate.trial import Candidate, JudgedSet, Trial

# Told how many pictures are done, and of how many, over all trials.
JudgeProgress = Callable[[int, int], None]

TIMED_BATCHES = (1, DEFAULT_BATCH)


def judge(
    candidates: Sequence[Candidate],
    sources: Sequence[PoseSource],
    split: Split = "test",
    *,
    batch_size: int = DEFAULT_BATCH,
    time_batches: Sequence[int] = TIMED_BATCHES,
    progress: JudgeProgress | None = None,
) -> list[Trial]:
    """A trial of each candidate on its part of each source, sets first.

    A candidate is timed on its first set, with batches of `time_batches`. What can't be judged is found before the
    first picture is read: raises UsageError for a source without the pictures that a candidate is shown, and for one
    of which the split leaves nothing.
    """
    plans = _shared(
        [(candidate, part_to_judge(source, candidate, split)) for source in sources for candidate in candidates]
    )
    for candidate, on in plans:
        narrowed(on.source, candidate.input.content)
    trials: list[Trial] = []
    timed: set[Candidate] = set()
    done, total = 0, sum(len(on.source) for _, on in plans)
    for candidate, on in plans:
        batches = () if candidate in timed else time_batches
        timed.add(candidate)
        told = None if progress is None else _further(progress, done, total)
        found = estimate(candidate, on.source, batch_size=batch_size, time_batches=batches, progress=told)
        trials.append(Trial(candidate, on, found))
        done += len(on.source)
    return trials


def _shared(plans: list[tuple[Candidate, JudgedSet]]) -> list[tuple[Candidate, JudgedSet]]:
    """With one and the same `JudgedSet` for all who are judged on the same pictures, so that they share a baseline."""
    met: dict[tuple[int, str, bytes], JudgedSet] = {}
    return [(candidate, met.setdefault(_key(on), on)) for candidate, on in plans]


def _key(on: JudgedSet) -> tuple[int, str, bytes]:
    whole, rows = _unwrapped(on.source)
    return id(whole), on.split, rows


def _unwrapped(source: PoseSource) -> tuple[PoseSource, bytes]:
    """What it is a part of, and which part."""
    if not isinstance(source, Subset):
        return source, b""
    whole, rows = _unwrapped(source.source)
    return whole, rows + source.rows.tobytes()


def _further(progress: JudgeProgress, before: int, total: int) -> Callable[[int], None]:
    return lambda done: progress(before + done, total)
