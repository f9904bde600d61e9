"""One shard from first sample to committed file: what a worker does with a task, whoever hands it out."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

from synth.errors import UsageError
from synth.plan.plan import plan_shot
from synth.plan.shot import Shot
from synth.recipe.schema import Recipe
from synth.run.place import Place, as_place
from synth.run.task import ShardTask
from synth.shard.header import ShardHeader, recipe_sha256, shard_name
from synth.shard.manifest import ShardEntry, shard_entry
from synth.shard.record import Record
from synth.shard.write import ShardWriter


class Renderer(Protocol):
    """Whatever turns a shot into a record. One that has a `device_text` says on what it renders, "cpu" for one."""

    def render(self, shot: Shot) -> Record: ...


RendererFactory = Callable[[Recipe, Mapping[str, Any]], Renderer]


class Listener(Protocol):
    """Who wants to know how a shard comes along."""

    def begin(self, sample: int, previous_s: float | None) -> None: ...

    def fail(self, sample: int, error: Exception) -> None: ...

    def write(self, previous_s: float | None) -> None: ...


def renderer_factory(name: str) -> RendererFactory:
    """The function that "package.module:function" names; `UsageError` if there is none."""
    module_name, _, function_name = name.partition(":")
    try:
        factory = getattr(importlib.import_module(module_name), function_name)
    except (ModuleNotFoundError, AttributeError, ValueError) as error:
        if isinstance(error, ModuleNotFoundError) and error.name and not module_name.startswith(error.name):
            raise  # the module is there, but something that it needs isn't
        raise UsageError(f"There is no renderer {name!r}: {error}.", mend='Write "package.module:function".') from error
    if not callable(factory):
        raise UsageError(f"The renderer {name!r} can't be called.", mend='Write "package.module:function".')
    return factory


def recipe_as_json(recipe: Recipe) -> dict[str, Any]:
    """The recipe as plain JSON data, every default written out: what shards, ledger and manifest store."""
    return recipe.model_dump(mode="json")


def dataset_id(recipe: Recipe) -> str:
    """Names a dataset by what it is made from, so that shards of two recipes can't be mixed up."""
    return f"{recipe.name}-{recipe_sha256(recipe_as_json(recipe))[:12]}"


class ShardMaker:
    """Renders and commits shards of one recipe into one place; holds one renderer at a time.

    `tries` is how often a sample that raises is tried before the shard is made without it.
    """

    def __init__(
        self,
        recipe: Recipe,
        out: Place | Path | str,
        factory: RendererFactory,
        options: Mapping[str, Any],
        tries: int = 2,
    ) -> None:
        self._recipe, self._place, self._tries = recipe, as_place(out), tries
        self._factory, self._options = factory, options
        self._json = recipe_as_json(recipe)
        self._dataset_id = dataset_id(recipe)
        self._renderer: Renderer | None = factory(recipe, options)
        self._previous_s: float | None = None

    @property
    def device_text(self) -> str:
        """What the renderer renders on, for people; "" if it doesn't say."""
        return str(getattr(self._renderer, "device_text", ""))

    def make(self, task: ShardTask, listener: Listener) -> tuple[ShardEntry | None, tuple[int, ...]]:
        """Render, build and commit one shard: its entry and the ids that it lacks; no entry if no sample is left.

        Raises `DiskError` if it can't be committed, `ShardError` if it can't be built.
        """
        self._previous_s = None
        writer = self._writer(task.shard)
        suspects = {
            # Added to a writer of its own, only to see that it can be: the real one takes samples in order.
            sample: self._tried(sample, tries, self._writer(task.shard), listener)
            for sample, tries in task.suspects
        }
        held: list[int] = []
        for sample in task.ids():
            if sample not in suspects:
                record = self._tried(sample, self._tries, writer, listener)
            elif (record := suspects.pop(sample)) is not None:
                writer.add(record)
            if record is not None:
                held.append(sample)
        listener.write(self._previous_s)
        without = tuple(sorted(set(range(task.first, task.stop)) - set(held)))
        if not held:
            return None, without
        data = writer.to_bytes()
        name = shard_name(task.shard)
        self._place.commit(name, data)
        return shard_entry(task.shard, name, data, held), without

    def _tried(self, sample: int, tries: int, writer: ShardWriter, listener: Listener) -> Record | None:
        for _ in range(tries):
            listener.begin(sample, self._previous_s)
            self._previous_s = None
            began = perf_counter()
            try:
                record = self._render(sample)
                writer.add(record)
            except Exception as error:  # whatever a renderer raises is that sample's fault until it happens too often
                self._renderer = None  # half a scene may be left in it; the next sample gets a new one
                listener.fail(sample, error)
                continue
            self._previous_s = perf_counter() - began
            return record
        return None

    def _render(self, sample: int) -> Record:
        if self._renderer is None:
            self._renderer = self._factory(self._recipe, self._options)
        return self._renderer.render(plan_shot(self._recipe, sample))

    def _writer(self, shard: int) -> ShardWriter:
        header = ShardHeader(
            shard_index=shard,
            dataset_id=self._dataset_id,
            seed=self._recipe.seed,
            recipe=self._json,
            noise_baked=self._recipe.noise.mode == "baked",
        )
        return ShardWriter(header)
