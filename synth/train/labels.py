"""Whether the labels of what is trained on suit the network, looked at before the first step."""

from __future__ import annotations

import logging

import numpy as np

from synth.data.source import PoseSource
from synth.errors import UsageError
from synth.geometry.pose import ANGLES
from synth.train.network_settings import NetworkSettings

_log = logging.getLogger(__name__)


def check_labels(source: PoseSource, network: NetworkSettings) -> None:
    """Log how many pictures have an angle outside the network's ranges; what becomes of them is `out_of_range`.

    Raises `UsageError` if no picture has the labels that the network learns from: for direct6d all three angles, for
    c2f any one.
    """
    euler_deg = np.asarray(source.table.euler_deg, dtype=np.float64)
    labelled = np.isfinite(euler_deg)
    if network.kind == "direct6d":
        if not labelled.all(axis=1).any():
            raise UsageError(
                "No picture is labelled with all three angles, and direct6d learns from nothing less.",
                where=source.name, mend="Take other data, or the preset c2f, which learns from any angle.",
            )  # fmt: skip
        return
    if not labelled.any():
        raise UsageError("No picture is labelled.", where=source.name, mend="Take other data.")
    low, high = np.array(network.angle_ranges_deg).T
    outside = labelled & ((euler_deg < low) | (euler_deg > high))
    counts = [f"{name} {count:,}" for name, count in zip(ANGLES, outside.sum(axis=0).tolist(), strict=True) if count]
    if counts:
        _log.warning(
            "%d of %d pictures have angles outside the network's ranges (%s); out_of_range=%s, see network.*_range_deg",
            int(outside.any(axis=1).sum()), len(euler_deg), ", ".join(counts), network.out_of_range,
        )  # fmt: skip
