"""Which samples of a set of variants stand side by side: those of one shot, a row for each thing that is varied."""

from __future__ import annotations

from itertools import groupby

import numpy as np

from synth.shard.dataset import Dataset


def variant_rows(dataset: Dataset, count: int) -> list[list[int]]:
    """Rows of positions in the dataset, of about `count` samples in all but at least one whole shot.

    Shots with the most conditions are taken, evenly spread. The rows of a shot follow the first word of its conditions:
    azimuth, intensity, color. Empty if the dataset holds no variants, or none that share a shot.
    """
    if "base_id" not in dataset.labels:
        return []
    base_ids, conditions = dataset.labels["base_id"], dataset.labels["condition"]
    shots, of_shot = np.unique(base_ids, return_counts=True)
    most = int(of_shot.max())
    if most < 2:
        return []
    whole = shots[of_shot == most]
    wanted = min(len(whole), max(1, count // most))
    chosen = whole[np.floor((np.arange(wanted) + 0.5) * len(whole) / wanted).astype(np.int64)]
    rows = []
    for shot in chosen:
        positions = np.flatnonzero(base_ids == shot).tolist()
        rows += [list(row) for _, row in groupby(positions, lambda k: str(conditions[k]).partition("=")[0])]
    return rows
