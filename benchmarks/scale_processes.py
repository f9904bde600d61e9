"""The supervisor with real processes: workers that draw balls into real shards, and light ones that draw nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from time import monotonic, process_time
from typing import Any
from unittest import mock

from synth.recipe.schema import Recipe
from synth.run.folder import begin_work, open_ledger
from synth.run.job import Job
from synth.run.limits import Limits
from synth.run.loop import Loop
from synth.run.place import as_place
from synth.run.progress import Progress
from synth.run.stopping import StopSignals

_POPEN = subprocess.Popen
_LIGHT = str(Path(__file__).with_name("light_worker.py"))


def run_processes(
    folder: str, samples: int, shard_samples: int, workers: int, sample_s: float, light: bool
) -> dict[str, Any]:
    """A run until its last shard. Rates are those of the time in which all workers were at work, and so is the
    supervisor's CPU time a sample."""
    recipe = _recipe(samples, shard_samples)
    job = Job(
        recipe=recipe, place=as_place(folder), workers=workers, renderer="benchmarks.ball_renderer:make_balls",
        renderer_options={"sample_s": sample_s}, limits=Limits(check_disk=False), repeat="", environment={},
    )  # fmt: skip
    marks: list[tuple[float, float, int]] = []

    def mark(progress: Progress) -> None:
        if 0.15 * samples <= progress.samples_done <= 0.85 * samples:
            marks.append((monotonic(), process_time(), progress.samples_done))

    popen = _light_popen(sample_s) if light else _POPEN
    with mock.patch("synth.run.workers.subprocess.Popen", popen), open_ledger(job.place, recipe) as ledger:
        begin_work(job.place, ledger)
        began_s = monotonic()
        loop = Loop(job, ledger, StopSignals(), mark)
        loop.run()
        whole_s = monotonic() - began_s
    seconds, cpu_s, made = (last - first for first, last in zip(marks[0], marks[-1], strict=True))
    return {
        "samples_per_s": made / seconds,
        "busy": made / seconds * sample_s / workers,
        "supervisor_ms_per_sample": 1000 * cpu_s / made,
        "supervisor_share": cpu_s / seconds,
        "whole_s": whole_s,
        "deaths": loop.deaths,
    }


def _light_popen(sample_s: float) -> Any:
    def start(command: list[str], **options: Any) -> subprocess.Popen[bytes]:
        return _POPEN([sys.executable, "-I", "-S", _LIGHT, str(sample_s)], **options)

    return start


def _recipe(samples: int, shard_samples: int) -> Recipe:
    fields = {"name": "paper", "samples": samples, "heads": {"count": 4}, "shards": {"samples": shard_samples}}
    return Recipe.model_validate(fields)
