"""What speaks against a sample: how often it failed, and when that is enough."""

from __future__ import annotations

import math
from dataclasses import dataclass

from synth.run.task import ShardTask


@dataclass
class _Count:
    points: float = 0.0
    tries: int = 0


class Strikes:
    """Strikes against the samples of shards in work; a sample with `most` of them is given up."""

    def __init__(self, most: float) -> None:
        self._most = most
        self._counts: dict[int, dict[int, _Count]] = {}  # by shard, by sample
        self._given_up: dict[int, set[int]] = {}  # by shard
        self._shard_failures: dict[int, int] = {}

    def count(self, shard: int, sample: int, weight: float) -> int:
        """Add a strike; if the sample is to be given up now, how often it was tried, else 0."""
        count = self._counts.setdefault(shard, {}).setdefault(sample, _Count())
        count.points += weight
        count.tries += 1
        given_up = self._given_up.setdefault(shard, set())
        if count.points < self._most or sample in given_up:
            return 0
        given_up.add(sample)
        return count.tries

    def count_shard_failure(self, shard: int) -> int:
        """The shard failed and no sample is to blame; how often that has happened."""
        self._shard_failures[shard] = self._shard_failures.get(shard, 0) + 1
        return self._shard_failures[shard]

    def given_up_in(self, shard: int) -> frozenset[int]:
        return frozenset(self._given_up.get(shard, ()))

    def renewed(self, task: ShardTask) -> ShardTask:
        """The task as it is now: without what was given up, and with its suspects, each with the tries it has left."""
        skip = set(task.skip) | self._given_up.get(task.shard, set())
        suspects = tuple(
            (sample, max(1, math.ceil(self._most - count.points)))
            for sample, count in sorted(self._counts.get(task.shard, {}).items())
            if sample not in skip
        )
        return ShardTask(task.shard, task.first, task.stop, tuple(sorted(skip)), suspects)

    def forget(self, shard: int) -> None:
        """The shard is done."""
        self._counts.pop(shard, None)
        self._given_up.pop(shard, None)
        self._shard_failures.pop(shard, None)
