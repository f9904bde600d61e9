"""What is trained on what: the settings, the samples, and what a resumed run has to find again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from synth.data.mix import Mixture
from synth.data.network_input import NetworkInput
from synth.data.source import PoseSource, Subset, narrowed
from synth.data.split import split_by_identity, split_by_image
from synth.errors import UsageError
from synth.train.labels import check_labels
from synth.train.settings import TrainSettings

if TYPE_CHECKING:
    from synth.train.network import PoseNetwork

PARTS = ("training", "validation", "test")


def _as_built(network: PoseNetwork) -> PoseNetwork:
    return network


@dataclass(frozen=True, eq=False)
class TrainPlan:
    """A training, ready to run.

    training: what it learns from; validation: what the best step is chosen by (None: the last step is the best).
    info: what the checkpoint says of its origin. initialised: puts weights that were trained elsewhere into a network.
    workers: processes that prepare batches; cache_gb: memory that decoded pictures may take.
    """

    settings: TrainSettings
    training: PoseSource
    validation: PoseSource | None
    info: Mapping[str, Any] = field(default_factory=dict)
    initialised: Callable[[PoseNetwork], PoseNetwork] = _as_built
    workers: int = 0
    cache_gb: float = 0.0

    @property
    def input(self) -> NetworkInput:
        return self.settings.input.network_input()

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What has to be equal for a stopped training to go on; the number of worker processes isn't part of it."""
        return {
            "settings": self.settings.model_dump(mode="json"),
            "data": self.info.get("data", [self.training.name]),
            "weights": self.info.get("weights"),
            "begun_from": self.info.get("begun_from"),
            "samples": len(self.training),
        }

    def as_json(self) -> str:
        """Settings and origin, for people."""
        return json.dumps({"settings": self.settings.model_dump(mode="json"), **self.info}, indent=2) + "\n"

    def names_of(self, rows: Sequence[int]) -> str:
        """The ids of samples, for a message."""
        ids = self.training.table.ids[list(rows)]
        more = f" and {len(ids) - 12} more" if len(ids) > 12 else ""
        return f"samples {', '.join(str(i) for i in ids[:12])}{more} of {self.training.name}"


def plan_training(
    settings: TrainSettings,
    sources: Sequence[PoseSource],
    *,
    weights: Sequence[float] | None = None,
    preset: str = "",
    initialised: Callable[[PoseNetwork], PoseNetwork] | None = None,
    begun_from: str | None = None,
    workers: int = 0,
    cache_gb: float = 0.0,
) -> TrainPlan:
    """Split each source into training, validation and test, and mix what is trained on. By identity nobody is in two
    parts, also if several sources show the same people.

    weights: how often each source's samples come, by default in proportion to their numbers. initialised, begun_from:
    what puts weights of another training into the network, and its name. Raises `UsageError` if
    there are too few identities to split, or a source lacks what the network is shown or all labels it learns from.
    """
    if not sources:
        raise UsageError("There is nothing to train on.", where="--data", mend="Name a dataset, or render one.")
    parts = split_sources(sources, settings)
    for source in sources:
        narrowed(source, settings.input.content)  # what has no such pictures is said before anything is mixed
    training = _mixed([split[0] for split in parts], settings, weights)
    validation = _mixed([split[1] for split in parts], settings, None)
    check_labels(training, settings.network)
    mixed = {} if weights is None else {"weights": [float(weight) for weight in weights]}
    info = {"preset": preset, "begun_from": begun_from, **mixed, **describe_split(sources, parts, settings)}
    start = _as_built if initialised is None else initialised
    return TrainPlan(settings, training, validation, info, start, workers, cache_gb)


def describe_split(
    sources: Sequence[PoseSource], parts: Sequence[Sequence[Subset]], settings: TrainSettings
) -> dict[str, Any]:
    """The data and who is in which part, as JSON values, so that an evaluation can judge on the same unseen people."""
    return {
        "data": [{"name": s.name, "samples": len(s), "about": s.about} for s in sources],
        "split": {
            "by": settings.data.split,
            "shares": list(settings.data.shares),
            "seed": settings.seed,
            "sets": [_described(source, split) for source, split in zip(sources, parts, strict=True)],
        },
    }


def split_source(source: PoseSource, settings: TrainSettings) -> tuple[Subset, Subset, Subset]:
    """Training, validation and test part of a source, drawn from the settings' seed."""
    split = split_by_identity if settings.data.split == "identity" else split_by_image
    training, validation, test = split(source, settings.data.shares, settings.seed)
    return training, validation, test


def split_sources(sources: Sequence[PoseSource], settings: TrainSettings) -> list[tuple[Subset, Subset, Subset]]:
    """`split_source` of each; by identity, someone who is in several sources is in the same part of all of them.

    The first source that shows somebody decides, so that further sources don't change the parts of those before. Where
    people are shared, parts can be far from their shares, or empty.
    """
    parts: list[tuple[Subset, Subset, Subset]] = []
    part_of: dict[str, int] = {}
    for source in sources:
        own = split_source(source, settings)
        if settings.data.split == "identity":
            own = _with_known(source, own, part_of)
            for number, part in enumerate(own):
                part_of |= dict.fromkeys(map(str, part.table.subjects), number)
        parts.append(own)
    return parts


def _with_known(
    source: PoseSource, parts: tuple[Subset, Subset, Subset], part_of: Mapping[str, int]
) -> tuple[Subset, Subset, Subset]:
    """The parts, with everybody whose part is known from another source in that one."""
    placed = np.array([part_of.get(str(subject), -1) for subject in source.table.subjects])
    for number, part in enumerate(parts):
        rows = part.rows[placed[part.rows] < 0]
        placed[rows] = number
    training, validation, test = (Subset(source, np.flatnonzero(placed == n)) for n in range(len(PARTS)))
    return training, validation, test


def _described(source: PoseSource, parts: Sequence[Subset]) -> dict[str, Any]:
    subjects = {name: sorted({str(s) for s in part.table.subjects}) for name, part in zip(PARTS, parts, strict=True)}
    return {"name": source.name, "samples": len(source), "subjects": subjects}


def _mixed(parts: Sequence[Subset], settings: TrainSettings, weights: Sequence[float] | None) -> PoseSource:
    """One source of those parts that have pictures; without weights, each by its number of them."""
    chosen = [(part, weights[n] if weights else float(len(part))) for n, part in enumerate(parts) if len(part)]
    if not chosen:
        raise UsageError(
            "One of the parts for training and validation is empty, because the datasets share their people.",
            where="--data", mend="Take datasets with more people, other data.shares, or another seed.",
        )  # fmt: skip
    shown = [narrowed(part, settings.input.content) for part, _ in chosen]
    return shown[0] if len(shown) == 1 else Mixture(shown, [weight for _, weight in chosen])
