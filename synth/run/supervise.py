"""From a recipe to a whole dataset, with as many worker processes as asked for, whatever befalls them.

The parent renders nothing and never imports Blender: it deals out shards (`schedule`), listens (`workers`), and writes
down what is done (`ledger`). Killed at any moment, it goes on from there when it is started again, and ends with the
same bytes.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from synth.errors import RenderError, UsageError
from synth.recipe.schema import Recipe
from synth.run.devices import RunDevice
from synth.run.disk import estimated_sample_bytes, require_room
from synth.run.folder import (
    begin_work,
    drop_damaged,
    finish_manifest,
    has_manifest,
    open_ledger,
    remove_unlisted,
)
from synth.run.job import Job
from synth.run.ledger import Ledger
from synth.run.limits import Limits
from synth.run.loop import Loop
from synth.run.machine import fitting_workers, usable_cores
from synth.run.place import as_place
from synth.run.progress import ProgressCallback
from synth.run.ray_workers import RayCluster, RayEngine
from synth.run.report import RunReport
from synth.run.span import Span
from synth.run.stopping import StopSignals
from synth.run.workers import Workers
from synth.shard.manifest import HeadPackEntry

_log = logging.getLogger(__name__)


def render_dataset(
    recipe: Recipe,
    heads: Sequence[HeadPackEntry],
    out_dir: Path | str,
    *,
    span: Span | None = None,
    workers: int | None = None,
    renderer: str = "synth.render:make_renderer",
    renderer_options: Mapping[str, Any] | None = None,
    progress: ProgressCallback | None = None,
    limits: Limits | None = None,
    license_name: str = "",
    repeat: str | None = None,
    retry_lost: bool = False,
    environment: Mapping[str, str] | None = None,
    ray: RayEngine | None = None,
    device: RunDevice | None = None,
) -> RunReport:
    """Make the recipe's dataset in `out_dir`, or what is missing of it; with `span` those shards alone.

    `heads` and `license_name` go into the manifest. `workers`: processes, default as many as there are cores, memory
    and shards for. `retry_lost` makes the shards again that lack samples. `ray`: the cluster on whose nodes the workers
    are, which must all reach `out_dir`; `workers` is then by default as many as it has room for. `device`
    (`synth.run.devices.settled_device`) goes to the renderer as option "device" and each worker's own GPU as "gpu";
    `workers` is then by default as many as there are GPUs. See `Job` for the rest. While it runs, SIGINT, SIGTERM and
    SIGHUP stop it in order: the report then says `stopped_by`; a second signal ends the process at once.

    Raises `LockedError` if another run is at work there, `MismatchError` if it holds another recipe's samples,
    `DiskError` without room, `RenderError` if nothing can be rendered, and what the renderer raises when it is made
    (`DeviceError`, `HeadError`, `UsageError`).
    """
    job = Job(
        recipe=recipe,
        place=as_place(out_dir),
        workers=1,
        renderer=renderer,
        renderer_options={**(renderer_options or {}), **({"device": device.kind} if device else {})},
        limits=limits or Limits(),
        repeat=repeat or f"synth render --recipe {recipe.name} --only {{id}}",
        environment=dict(environment or {}),
        span=span,
        device=device,
    )
    began_s = monotonic()
    # Ray first: it watches SIGTERM while it is connected, and we want that signal ourselves.
    with RayCluster(ray) if ray else nullcontext() as cluster:
        count = _workers(job, workers, cluster)
        job = replace(job, workers=count, engine=cluster.workers if cluster else partial(Workers, gpus=_gpus(job)))
        _tell_of_sharing(job)
        job.place.prepare()
        with StopSignals() as signals, job.place.locked(span), open_ledger(job.place, recipe, span) as ledger:
            job.place.remove_leftovers(span)
            if retry_lost or not any(ledger.shards.values()):
                ledger.forgive()
            checking = usable_cores() if cluster else job.workers
            damaged = drop_damaged(job.place, ledger, workers=checking, go_on=lambda: not signals.stopped_by)
            remove_unlisted(job.place, ledger, span)
            loop = Loop(job, ledger, signals, progress)
            _make_missing(loop, ledger, heads, license_name)
            return _report(loop, ledger, damaged, monotonic() - began_s)


def _workers(job: Job, wanted: int | None, cluster: RayCluster | None) -> int:
    if wanted is None and cluster:
        return max(1, min(cluster.slots, len(job.shards)))
    if wanted is None:
        return min(_gpus(job), len(job.shards)) if _gpus(job) else default_workers(len(job.shards))
    if wanted < 1:
        raise UsageError(f"{wanted} workers can't render anything.", where="workers", mend="Ask for at least 1.")
    return wanted


def _gpus(job: Job) -> int:
    return len(job.device.gpus) if job.device else 0


def _tell_of_sharing(job: Job) -> None:
    gpus, workers = _gpus(job), min(job.workers, len(job.shards))
    if gpus and workers > gpus:
        whose = "a GPU" if gpus == 1 else f"{gpus} GPUs in turns"
        _log.warning("%d workers share %s; one a GPU is the default", workers, whose)


def default_workers(shards: int) -> int:
    """One a core that this process may use and has memory for, but no more than there are shards."""
    fitting = fitting_workers()
    if fitting < usable_cores():
        _log.warning("memory is short: %d workers for %d cores; --workers overrules it", fitting, usable_cores())
    return min(fitting, shards)


def _make_missing(loop: Loop, ledger: Ledger, heads: Sequence[HeadPackEntry], license_name: str) -> None:
    job = loop.job
    if loop.missing_shards and not loop.signals.stopped_by:
        missing_samples = job.samples - loop.kept_samples
        require_room(job.place, estimated_sample_bytes(job.recipe) * missing_samples, job.limits)
        begin_work(job.place, ledger, job.span)
        loop.run()
    if not loop.signals.stopped_by and not any(ledger.shards.values()):
        raise _nothing_rendered(loop)
    if not loop.signals.stopped_by and not has_manifest(job.place, ledger, job.span):
        if not ledger.runs:
            begin_work(job.place, ledger, job.span)
        finish_manifest(job.place, job.recipe, ledger, heads, license_name, job.span)
    loop.show(finished=True)


def _nothing_rendered(loop: Loop) -> RenderError:
    first = loop.given_up[0]
    return RenderError(
        f"All {len(loop.given_up):,} samples failed. The first, sample {first.id}: {first.cause.rstrip('.')}.",
        where=loop.job.place.where,
        mend=f"To see it again: {first.command}. Mend the cause (`synth doctor` helps), then start the same again.",
    )


def _report(loop: Loop, ledger: Ledger, damaged: tuple[str, ...], seconds: float) -> RunReport:
    held = sum(entry.samples for entry in ledger.shards.values() if entry)
    return RunReport(
        out_dir=loop.job.place.where,
        samples_total=loop.job.samples,
        samples_kept=loop.kept_samples,
        samples_made=held - loop.kept_samples,
        shards_kept=loop.kept_shards,
        shards_made=len(ledger.shards) - loop.kept_shards,
        shards_damaged=damaged,
        lost=tuple(sample for _, sample in sorted(ledger.lost.items())),
        worker_deaths=loop.deaths,
        seconds=seconds,
        stopped_by=loop.signals.stopped_by,
        span=loop.job.span,
    )
