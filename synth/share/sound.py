"""Labels that hold together, for those who compute with them: `synth verify --deep` finds the same faults."""

from __future__ import annotations

import numpy as np

from synth.errors import ShardError
from synth.shard.consistency import inconsistent_labels
from synth.shard.read import Shard


def require_sound_labels(shard: Shard) -> None:
    """Raise `ShardError` for the first sample whose labels contradict each other or aren't finite.

    A checksum that fits says that nobody changed a file since it was written, not that sense was written.
    """
    for which, what in inconsistent_labels(shard.labels):
        sample_id = int(shard.labels["id"][np.flatnonzero(which)[0]])
        raise ShardError(f"{what}.", where=f"{shard.path}: sample {sample_id}", mend="Run `synth verify --deep`.")
