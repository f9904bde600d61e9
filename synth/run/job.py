"""What one run is to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from synth.recipe.schema import Recipe
from synth.run import protocol
from synth.run.devices import RunDevice
from synth.run.heard import AnyWorkers
from synth.run.limits import Limits
from synth.run.place import Place
from synth.run.span import Span
from synth.run.task import shard_count
from synth.run.workers import Workers


@dataclass(frozen=True)
class Job:
    """What is to be rendered where, by whom: the shards of `span`, or all.

    `renderer` names a function "module:function" that a worker calls with (recipe, renderer_options); what it returns
    has `render(shot) -> Record`. `repeat` is the command that renders one sample again, with {id}. `environment` is
    added to the workers' environment. `engine` makes the workers: processes of this machine, or of a cluster's.
    `device` is what they render on, None if that is left to the renderer.
    """

    recipe: Recipe
    place: Place
    workers: int
    renderer: str
    renderer_options: Mapping[str, Any]
    limits: Limits
    repeat: str
    environment: Mapping[str, str]
    span: Span | None = None
    device: RunDevice | None = None
    engine: Callable[[protocol.Start, Mapping[str, str]], AnyWorkers] = Workers

    @property
    def on_gpu(self) -> bool:
        return self.device is not None and self.device.on_gpu

    @property
    def shards(self) -> range:
        """Numbers of the shards to be made."""
        whole = range(shard_count(self.recipe.samples, self.recipe.shards.samples))
        return whole if self.span is None else whole[self.span.first : self.span.stop]

    @property
    def samples(self) -> int:
        """How many samples those shards are to hold."""
        return min(self.recipe.samples, self.shards.stop * self.recipe.shards.samples) - (
            self.shards.start * self.recipe.shards.samples
        )
