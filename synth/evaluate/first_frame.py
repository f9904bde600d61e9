"""Boston University's films, whose poses only mean something against each film's first frame."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from synth.data.readers.boston import Boston, rebased
from synth.data.source import PoseSource, PoseTable, Subset
from synth.evaluate.metrics import Floats
from synth.evaluate.trial import Estimates
from synth.geometry.pose import euler_from_rotation

Films = NDArray[np.int64]
FIRST_FRAME_TEXT = "poses and estimates both against each film's first frame"


def films_of(source: PoseSource) -> Films | None:
    """(N,) which film each picture is of, if the set has to be judged so."""
    if isinstance(source, Subset):
        films = films_of(source.source)
        return None if films is None else films[source.rows]
    return source.films if isinstance(source, Boston) else None


def labels_against_first_frame(table: PoseTable, films: Films) -> PoseTable:
    """The same pictures, their poses counted from each film's first one."""
    R = rebased(table.R_camera_from_head, films)
    return replace(table, R_camera_from_head=R, euler_deg=_angles(R))


def estimates_against_first_frame(estimates: Estimates, films: Films) -> Estimates:
    """The same for what was estimated; a classifier's categories of absolute poses don't apply any more."""
    R = rebased(estimates.R_camera_from_head, films)
    return replace(estimates, R_camera_from_head=R, euler_deg=_angles(R), category=None)


def _angles(R: Floats) -> Floats:
    known = np.isfinite(R).all(axis=(1, 2))
    euler_deg = np.full((len(R), 3), np.nan)
    with warnings.catch_warnings():  # at yaw ±90° roll is a matter of choice, and SciPy's is 0
        warnings.filterwarnings("ignore", message="Gimbal lock")
        if known.any():
            euler_deg[known] = euler_from_rotation(R[known])
    return euler_deg
