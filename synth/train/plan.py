"""What is trained on what: the settings, the samples, and what a resumed run has to find again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from synth.data.mix import Mixture
from synth.data.network_input import NetworkInput
from synth.data.source import PoseSource, Subset, narrowed
from synth.data.split import split_by_identity, split_by_image
from synth.errors import UsageError
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
    """Split each source into training, validation and test, and mix what is trained on.

    weights: how often each source's samples come, by default in proportion to their numbers. initialised, begun_from:
    what puts weights of another training into the network, and its name. Raises `UsageError` if
    there are too few identities to split, or a source lacks what the network is shown.
    """
    if not sources:
        raise UsageError("There is nothing to train on.", where="--data", mend="Name a dataset, or render one.")
    parts = [split_source(source, settings) for source in sources]
    shown = [[narrowed(part, settings.input.content) for part in split] for split in parts]
    training = _mixed([split[0] for split in shown], weights)
    validation = _mixed([split[1] for split in shown], None)
    info = {"preset": preset, "begun_from": begun_from, **describe_split(sources, parts, settings)}
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


def _described(source: PoseSource, parts: Sequence[Subset]) -> dict[str, Any]:
    subjects = {name: sorted({str(s) for s in part.table.subjects}) for name, part in zip(PARTS, parts, strict=True)}
    return {"name": source.name, "samples": len(source), "subjects": subjects}


def _mixed(sources: Sequence[PoseSource], weights: Sequence[float] | None) -> PoseSource:
    if len(sources) == 1:
        return sources[0]
    return Mixture(sources, list(weights) if weights is not None else [float(len(s)) for s in sources])
