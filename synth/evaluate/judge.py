"""Every candidate on every set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from synth.data.recentred import Recentred, has_face_boxes
from synth.data.source import PoseSource, Subset, narrowed
from synth.evaluate.estimates import DEFAULT_BATCH, estimate
from synth.evaluate.first_frame import estimates_against_first_frame, films_of
from synth.evaluate.sets import Split, part_to_judge
from synth.evaluate.trial import Candidate, Estimates, JudgedSet, Trial

# Told how many pictures are done, and of how many, over all trials.
JudgeProgress = Callable[[int, int], None]


def judge(
    candidates: Sequence[Candidate],
    sources: Sequence[PoseSource],
    split: Split = "test",
    *,
    batch_size: int = DEFAULT_BATCH,
    time_batches: Sequence[int] = (1, DEFAULT_BATCH),
    workers: int | None = 0,
    progress: JudgeProgress | None = None,
) -> list[Trial]:
    """A trial of each candidate on its part of each source, sets first.

    A candidate is timed on its first set, with batches of `time_batches`. `workers` as in `estimate`. What can't be
    judged is found before the first picture is read: raises UsageError for a source without the pictures that a
    candidate is shown, and for one of which the split leaves nothing.
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
        trials += looks(candidate, on, batch_size=batch_size, time_batches=batches, workers=workers, progress=told)
        done += len(on.source)
    return trials


def looks(
    candidate: Candidate,
    on: JudgedSet,
    *,
    batch_size: int = DEFAULT_BATCH,
    time_batches: Sequence[int] = (),
    workers: int | None = 0,
    progress: Callable[[int], None] | None = None,
) -> list[Trial]:
    """The trial of a candidate on a set; where heads are only known by a face box, also one that looks twice.

    The second look is at boxes that are centred anew by what the first one said of the pose.
    """
    manner: Any = {"batch_size": batch_size, "time_batches": time_batches, "workers": workers}
    first = estimate(candidate, on.source, **manner, progress=progress)
    trials = [Trial(candidate, on, _by_protocol(first, on))]
    if first.gives_angles and has_face_boxes(on.source):
        again = replace(
            candidate,
            name=f"{candidate.name}, looking twice",
            about="; ".join(filter(None, [candidate.about, "head box centred anew by its first estimate"])),
            looks=2,
        )
        recentred = Recentred(on.source, first.R_camera_from_head)
        second = estimate(again, recentred, **manner)
        trials.append(Trial(again, on, _by_protocol(second, on)))
    return trials


def _by_protocol(estimates: Estimates, on: JudgedSet) -> Estimates:
    films = films_of(on.source) if on.protocol == "first frame" else None
    return estimates if films is None else estimates_against_first_frame(estimates, films)


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
