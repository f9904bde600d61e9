"""What is judged on what: a candidate, a labelled set, and the estimates that the one gave of the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from synth.data.network_input import NetworkInput
from synth.data.source import PoseSource, PoseTable
from synth.evaluate.metrics import Floats, PoseErrors, absolute_errors_deg, geodesic_errors_deg, pose_errors
from synth.geometry.pose import DEFAULT_CONVENTION

Rows = NDArray[np.int64]
Protocol = Literal["", "pointing04", "first frame"]


@dataclass(frozen=True, eq=False)
class Reading:
    """What a candidate says of N pictures; what it doesn't say is None.

    R: (N, 3, 3) float64, pose along the ray. euler_deg: (N, 3) float64, `300wlp`. category: (N,) int64 by the
    candidate's own classifier, 0-based in its strategy; −1 = none given. NaN = no estimate.
    """

    R: Floats | None
    euler_deg: Floats | None
    category: NDArray[np.int64] | None


@dataclass(frozen=True, eq=False)
class Candidate:
    """Something that reads poses off pictures: a trained network or a comparator.

    `read`: (N, C, S, S) uint8, as `input` prepares them → `Reading`. `strategy` names the signs that its classifier
    tells apart ("pitch+yaw"), None if it has no classifier. `device` names hardware and threads. `arithmetic`: the
    numbers that it reckons with. `looks`: how often it reads a picture; a second look is at a box centred anew.
    """

    name: str
    path: str
    input: NetworkInput
    read: Callable[[NDArray[np.uint8]], Reading]
    device: str
    strategy: str | None = None
    about: str = ""
    arithmetic: str = ""
    looks: int = 1
    info: Mapping[str, Any] = field(default_factory=dict)

    @property
    def described(self) -> str:
        """A line for a table's foot."""
        fed = f"{self.input.size_px} px {self.input.content}, crop margin {self.input.margin:g} × the head box"
        return f"{self.name}: {self.path}; {self.about + '; ' if self.about else ''}{fed}; on {self.device}"


@dataclass(frozen=True, eq=False)
class JudgedSet:
    """Labelled pictures that a candidate is judged on. `split` says which part of the set they are and how many.

    `table`: the labels that count, which are the source's unless the set's protocol makes others of them.
    `attributes`: further columns of length N by name, such as sex or age_years. `protocol`: rules that the set is
    judged by. `rendered`: made by this program, so that its labels are exact.
    """

    source: PoseSource
    split: str
    rendered: bool
    table: PoseTable
    attributes: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    protocol: Protocol = ""

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def described(self) -> str:
        """A line for a table's foot."""
        return f"{self.name}: {self.source.about}; judged on {self.split}"


@dataclass(frozen=True)
class Runtime:
    """Seconds a picture, warm, the median over `repeats` batches of `batch` pictures: from prepared uint8 pictures to
    angles, copying to the device and back included; cutting and scaling the pictures is not. `looks`: readings of each
    picture, all of them in the time; `arithmetic`: the numbers that were reckoned with."""

    median_s: float
    batch: int
    repeats: int
    device: str
    arithmetic: str = ""
    looks: int = 1


@dataclass(frozen=True, eq=False)
class Estimates:
    """A candidate's reading of a whole set, row by row, and how long it took. Shapes as in `Reading`, complete."""

    R_camera_from_head: Floats
    euler_deg: Floats
    category: NDArray[np.int64] | None
    runtimes: tuple[Runtime, ...] = ()

    @property
    def gives_angles(self) -> bool:
        return bool(np.isfinite(self.euler_deg).any())


@dataclass(frozen=True, eq=False)
class Trial:
    """One candidate on one set."""

    candidate: Candidate
    on: JudgedSet
    estimates: Estimates

    @cached_property
    def true_euler_deg(self) -> Floats:
        """(N, 3), NaN = not labelled."""
        return np.asarray(self.on.table.euler_deg, dtype=np.float64)

    @cached_property
    def errors_deg(self) -> Floats:
        """(N, 3) absolute errors."""
        return absolute_errors_deg(self.estimates.euler_deg, self.true_euler_deg)

    @cached_property
    def geodesic_deg(self) -> Floats:
        """(N,)"""
        return geodesic_errors_deg(self.estimates.R_camera_from_head, self.on.table.R_camera_from_head)

    @property
    def samples(self) -> int:
        return len(self.true_euler_deg)

    def errors(self, rows: Rows | None = None) -> PoseErrors:
        """Over these rows, or all."""
        chosen = slice(None) if rows is None else rows
        return pose_errors(self.errors_deg[chosen], self.geodesic_deg[chosen])


def settings_of(trials: list[Trial]) -> tuple[str, ...]:
    """What a reader must know of a table over these trials: sets and splits, candidates and crops, convention."""
    lines = [f"Set {trial.on.described}." for trial in trials] + [f"{trial.candidate.described}." for trial in trials]
    convention = (
        f"Angles are pitch, yaw, roll in degrees, convention {DEFAULT_CONVENTION}, of the pose along the ray to the"
        " head; errors are absolute, mean ± standard deviation."
    )
    return (*dict.fromkeys(lines), convention)
