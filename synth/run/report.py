"""What a run did."""

from __future__ import annotations

import signal
from dataclasses import dataclass

from synth.errors import EXIT_DONE, EXIT_PARTIAL
from synth.run.ledger import LostSample
from synth.run.span import Span


@dataclass(frozen=True)
class RunReport:
    """`kept` samples and shards were there before, `made` ones are this run's; `lost` are all samples given up.

    Of a run over a range, `span`, the counts are that range's.
    """

    out_dir: str
    samples_total: int
    samples_kept: int
    samples_made: int
    shards_kept: int
    shards_made: int
    shards_damaged: tuple[str, ...]
    lost: tuple[LostSample, ...]
    worker_deaths: int
    seconds: float
    stopped_by: signal.Signals | None = None
    span: Span | None = None

    @property
    def complete(self) -> bool:
        """Every sample is there or known to be lost, and the manifest is written."""
        return self.samples_kept + self.samples_made + len(self.lost) == self.samples_total

    @property
    def exit_code(self) -> int:
        if self.stopped_by is not None:
            return 128 + self.stopped_by
        return EXIT_PARTIAL if self.lost else EXIT_DONE
