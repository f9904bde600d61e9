"""What one worker is asked to make: a shard, by its number and ids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from synth.errors import UsageError


@dataclass(frozen=True)
class ShardTask:
    """Shard `shard` with the samples `first` … `stop` - 1, without those in `skip`.

    `suspects` are samples that failed before, with the tries that each has left: they are rendered first, so that a bad
    one costs seconds instead of a shard. The order of rendering doesn't enter the bytes.
    """

    shard: int
    first: int
    stop: int
    skip: tuple[int, ...] = ()
    suspects: tuple[tuple[int, int], ...] = ()

    @property
    def samples(self) -> int:
        return self.stop - self.first

    def ids(self) -> list[int]:
        """The ids that the shard is to hold, in order."""
        skip = set(self.skip)
        return [i for i in range(self.first, self.stop) if i not in skip]

    def order(self) -> Iterator[tuple[int, int | None]]:
        """(id, tries left or None) in the order in which they are rendered."""
        yield from self.suspects
        done = {sample for sample, _ in self.suspects}
        yield from ((i, None) for i in self.ids() if i not in done)


def shard_count(samples: int, shard_samples: int) -> int:
    return -(-samples // shard_samples)


def shard_range(shard: int, samples: int, shard_samples: int) -> range:
    """The ids of shard `shard` of a dataset of `samples` samples; pure, so that any machine cuts the same shards."""
    if not 0 <= shard < shard_count(samples, shard_samples):
        raise UsageError(f"There is no shard {shard}; {samples} samples make {shard_count(samples, shard_samples)}.")
    return range(shard * shard_samples, min((shard + 1) * shard_samples, samples))
