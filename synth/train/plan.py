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
from synth.errors import UsageError
from synth.train.labels import check_labels
from synth.train.parts import check_begun_from, describe_split, split_sources
from synth.train.settings import TrainSettings

if TYPE_CHECKING:
    from synth.train.network import PoseNetwork
    from synth.train.starting import Start


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
    start: Start | None = None,
    workers: int = 0,
    cache_gb: float = 0.0,
) -> TrainPlan:
    """Split each source into training, validation and test, and mix what is trained on. By identity nobody is in two
    parts, also if several sources show the same people; by image no moment.

    weights: how often each source's samples come, by default in proportion to their numbers. start: the weights that it
    begins with, by default random ones. Raises `UsageError` if there are too few identities to split, a source lacks
    what the network is shown or all labels it learns from, or `start` has learnt from who would be judged on.
    """
    if not sources:
        raise UsageError("There is nothing to train on.", where="--data", mend="Name a dataset, or render one.")
    parts = split_sources(sources, settings)
    for source in sources:
        narrowed(source, settings.input.content)  # what has no such pictures is said before anything is mixed
    if start is not None:
        check_begun_from(start.name, start.info, sources, parts, settings)
    training = _mixed([split[0] for split in parts], settings, weights)
    validation = _mixed([split[1] for split in parts], settings, None)
    check_labels(training, settings.network)
    mixed = {} if weights is None else {"weights": [float(weight) for weight in weights]}
    before = {"begun_from": None} if start is None else {"begun_from": start.name, **start.earlier_splits}
    info = {"preset": preset, **before, **mixed, **describe_split(sources, parts, settings)}
    return TrainPlan(settings, training, validation, info, start or _as_built, workers, cache_gb)


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
