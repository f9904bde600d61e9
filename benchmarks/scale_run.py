"""A whole run of the supervisor over workers on paper, and what comes after it: the manifest, and going on."""

from __future__ import annotations

from pathlib import Path
from time import process_time
from typing import Any
from unittest import mock

from benchmarks.scale_workers import Clock, PaperWorkers, WorkerTimes
from synth.recipe.schema import Recipe
from synth.run.folder import begin_work, finish_manifest, has_manifest, open_ledger
from synth.run.job import Job
from synth.run.limits import Limits
from synth.run.loop import Loop
from synth.run.place import as_place
from synth.run.stopping import StopSignals
from synth.shard.manifest import HeadPackEntry

_HEADS = (HeadPackEntry("paper", "0" * 64, "CC0-1.0"),)


def simulate(
    folder: str, samples: int, workers: int, times: dict[str, float], lose: int = 0, shard_samples: int = 1024
) -> dict[str, Any]:
    """One run from the first shard to the manifest; seconds are those of the run unless they are called CPU seconds."""
    recipe = _recipe(samples, shard_samples)
    each = WorkerTimes(**times)
    clock = Clock()
    expected_s = samples * each.sample_s / min(workers, -(-samples // shard_samples))
    paper = PaperWorkers(Path(folder), each, clock, lose=lose, lose_at_s=expected_s / 2)
    job = Job(
        recipe=recipe, place=as_place(folder), workers=workers, renderer="", renderer_options={},
        limits=Limits(check_disk=False), repeat="", environment={}, engine=lambda start, environment: paper,
    )  # fmt: skip
    with mock.patch("synth.run.loop.monotonic", clock), open_ledger(job.place, recipe) as ledger:
        began = process_time()
        begin_work(job.place, ledger)
        loop = Loop(job, ledger, StopSignals(), lambda progress: None)
        loop.run()
        loop_s = process_time() - began - paper.own_cpu_s
        began = process_time()
        finish_manifest(job.place, recipe, ledger, _HEADS, "CC0-1.0")
        manifest_s = process_time() - began
        made = sum(entry.samples for entry in ledger.shards.values() if entry)
    return {
        "made": made,
        "run_s": clock.now_s,
        "samples_per_s": made / clock.now_s,
        "supervisor_cpu_s": loop_s,
        "supervisor_ms_per_sample": 1000 * loop_s / made,
        "manifest_cpu_s": manifest_s,
        "busy": paper.useful_s / paper.present_s,
        "tail_s": clock.now_s - paper.last_assigned_s,
        "deaths": loop.deaths,
        "spawned": paper.spawned,
    }


def go_on(folder: str, samples: int, shard_samples: int = 1024) -> dict[str, Any]:
    """What a run does before it looks into the shards: whose is the folder, what is done, is the manifest whole?"""
    place = as_place(folder)
    with open_ledger(place, _recipe(samples, shard_samples)) as ledger:
        whole = has_manifest(place, ledger)
        return {"shards": len(ledger.shards), "whole": whole}


def _recipe(samples: int, shard_samples: int) -> Recipe:
    fields = {"name": "paper", "samples": samples, "heads": {"count": 4}, "shards": {"samples": shard_samples}}
    return Recipe.model_validate(fields)
