"""Labelled sets and candidates whose errors are known."""

from __future__ import annotations

from typing import Any

import numpy as np

from synth.data.network_input import NetworkInput
from synth.data.source import PoseImage, PoseTable
from synth.evaluate.estimates import estimate
from synth.evaluate.trial import Candidate, JudgedSet, Reading, Trial
from synth.geometry.pose import rotation_from_euler

# A network that is made and run in no time.
SMALL = ("network.trunk=small", "input.size_px=64", "network.head_width=4", "network.fc_width=8")


class FakeSource:
    """A set of one-coloured pictures, whose grey level is the row, so that a candidate knows which one it sees."""

    has_rgb, has_depth, about = True, False, "made for a test"

    def __init__(self, euler_deg: Any, subjects: Any = None, conditions: Any = None, name: str = "fake") -> None:
        angles = np.asarray(euler_deg, dtype=np.float64)
        count = len(angles)
        R = np.full((count, 3, 3), np.nan)
        known = np.isfinite(angles).all(axis=1)
        R[known] = rotation_from_euler(angles[known])
        self.name = name
        self.table = PoseTable(
            np.arange(count),
            np.array([f"m{n:04d}" for n in range(count)] if subjects is None else subjects),
            R,
            angles,
            np.array(["base"] * count if conditions is None else conditions),
        )

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, index: int, /) -> PoseImage:
        rgb = np.full((32, 32, 3), index, dtype=np.uint8)
        return PoseImage(rgb, None, np.array([8.0, 8.0, 24.0, 24.0]), {"id": index})


def fake_candidate(
    euler_deg: Any, name: str = "fake", *, category: Any = None, strategy: str | None = None, **options: Any
) -> Candidate:
    """Says `euler_deg[row]` and `category[row]` of row `row` of a `FakeSource`; either may be None."""

    def read(pictures: Any) -> Reading:
        rows = pictures[:, 0, 16, 16].astype(int)
        angles = None if euler_deg is None else np.asarray(euler_deg, dtype=np.float64)[rows]
        return Reading(None, angles, None if category is None else np.asarray(category)[rows])

    return Candidate(name, f"{name}.safetensors", NetworkInput(32), read, "a test", strategy, **options)


def trial_of(candidate: Candidate, source: Any, **options: Any) -> Trial:
    """The candidate on all of the source, as if that were rendered."""
    on = JudgedSet(source, "everything", **{"rendered": True, "table": source.table, **options})
    return Trial(candidate, on, estimate(candidate, source))
