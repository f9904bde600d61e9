"""Runs a candidate over a set, and measures how long it takes a picture."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing

import numpy as np
from numpy.typing import NDArray

from synth.data.network_input import NetworkInput
from synth.data.source import PoseSource
from synth.errors import UsageError
from synth.evaluate.trial import Candidate, Estimates, Reading, Runtime
from synth.geometry.pose import rotation_from_euler
from synth.run.machine import usable_cores

Pictures = NDArray[np.uint8]
Progress = Callable[[int], None]

DEFAULT_BATCH = 64
_WORTH_PROCESSES = 2000  # pictures: below, starting processes takes longer than reading them
_WARM_UP, _REPEATS, _LONGEST_S = 2, 20, 2.0


def estimate(
    candidate: Candidate,
    source: PoseSource,
    *,
    batch_size: int = DEFAULT_BATCH,
    time_batches: Sequence[int] = (),
    workers: int | None = 0,
    progress: Progress | None = None,
) -> Estimates:
    """What `candidate` says of every picture of `source`, in its order.

    `time_batches`: batch sizes whose runtime is measured besides (`measure_runtime`). `workers`: processes that read
    the pictures, which changes no number; None: by the cores, none for small sets. `progress` is told how many pictures
    are done. Raises UsageError if the set is empty or hasn't the pictures that the candidate is shown.
    """
    if len(source) == 0:
        raise UsageError("There is nothing to judge on.", where=source.name, mend="Choose another split.")
    readings, first, done = [], None, 0
    for pictures in _batches(source, candidate.input, batch_size, workers):
        readings.append(_complete(candidate.read(pictures), candidate))
        first = pictures if first is None else first
        done += len(pictures)
        if progress is not None:
            progress(done)
    if first is None:
        raise UsageError("There is nothing to judge on.", where=source.name)
    return Estimates(
        np.concatenate([reading.R for reading in readings if reading.R is not None]),
        np.concatenate([reading.euler_deg for reading in readings if reading.euler_deg is not None]),
        _joined_categories(readings),
        tuple(measure_runtime(candidate, first, batch) for batch in time_batches),
    )


def measure_runtime(candidate: Candidate, pictures: Pictures, batch: int) -> Runtime:
    """The median time of a picture over up to 20 batches, after two to warm up; `pictures` are repeated as needed.

    A candidate that looks several times reads each batch as often. After two seconds no further batch is begun, but
    three are always timed.
    """
    fed = np.ascontiguousarray(np.resize(pictures, (batch, *pictures.shape[1:])))
    for _ in range(_WARM_UP):
        candidate.read(fed)
    times: list[float] = []
    while len(times) < _REPEATS and (len(times) < 3 or sum(times) < _LONGEST_S):
        begin = time.perf_counter()
        for _ in range(candidate.looks):
            candidate.read(fed)  # gives NumPy arrays, so that nothing is still under way on a device when it returns
        times.append(time.perf_counter() - begin)
    median_s = statistics.median(times) / batch
    return Runtime(median_s, batch, len(times), candidate.device, candidate.arithmetic, candidate.looks)


def _batches(source: PoseSource, fed: NetworkInput, batch_size: int, workers: int | None) -> Iterator[Pictures]:
    from synth.data.batches import Batches

    few = len(source) < _WORTH_PROCESSES
    count = (0 if few else max(0, usable_cores() - 1)) if workers is None else workers
    with closing(Batches(source, fed, batch_size, seed=0, shuffle=False, workers=count)) as batches:
        for batch in batches.epoch(0):
            yield batch.pictures.numpy()


def _complete(reading: Reading, candidate: Candidate) -> Reading:
    """With both rotation and angles, NaN if the candidate gives neither."""
    if reading.euler_deg is None:
        if reading.category is None:
            raise UsageError("It gives neither angles nor categories.", where=candidate.name)
        count = len(reading.category)
        return Reading(np.full((count, 3, 3), np.nan), np.full((count, 3), np.nan), reading.category)
    euler_deg = np.asarray(reading.euler_deg, dtype=np.float64)
    if reading.R is not None:
        return Reading(np.asarray(reading.R, dtype=np.float64), euler_deg, reading.category)
    R = np.full((len(euler_deg), 3, 3), np.nan)
    known = np.isfinite(euler_deg).all(axis=1)
    R[known] = rotation_from_euler(euler_deg[known])
    return Reading(R, euler_deg, reading.category)


def _joined_categories(readings: list[Reading]) -> NDArray[np.int64] | None:
    given = [reading.category for reading in readings if reading.category is not None]
    return np.concatenate(given).astype(np.int64) if given else None
