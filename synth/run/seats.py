"""Which worker has which GPU."""

from __future__ import annotations


class Seats:
    """Deals `gpus` GPUs out to workers, each to as few as can be; a worker that goes frees its own for the next.

    So the k-th worker gets the k-th GPU, the replacement of a dead one the dead one's, and more workers than GPUs
    share them in turns.
    """

    def __init__(self, gpus: int) -> None:
        self._taken: list[set[int]] = [set() for _ in range(gpus)]

    def take(self, worker: int) -> int | None:
        """The GPU for this worker, 0 … gpus - 1; None if there are none to deal out."""
        if not self._taken:
            return None
        gpu = min(range(len(self._taken)), key=lambda number: len(self._taken[number]))
        self._taken[gpu].add(worker)
        return gpu

    def leave(self, worker: int) -> None:
        """The worker is gone, or told to go; saying so twice does no harm."""
        for workers in self._taken:
            workers.discard(worker)
