"""From a recipe to a whole dataset, with as many worker processes as asked for, whatever befalls them.

The parent renders nothing and never imports Blender: it deals out shards (`schedule`), listens (`workers`), and writes
down what is done (`ledger`). Killed at any moment, it goes on from there when it is started again, and ends with the
same bytes.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

from synth.errors import RenderError, UsageError
from synth.recipe.schema import Recipe
from synth.run.disk import estimated_sample_bytes, require_room
from synth.run.folder import (
    begin_work,
    drop_damaged,
    finish_manifest,
    has_manifest,
    open_ledger,
    prepare_folder,
    remove_unlisted,
)
from synth.run.ledger import Ledger
from synth.run.limits import Limits
from synth.run.lock import FolderLock
from synth.run.loop import Job, Loop
from synth.run.machine import fitting_workers, usable_cores
from synth.run.progress import ProgressCallback
from synth.run.report import RunReport
from synth.run.stopping import StopSignals
from synth.run.task import shard_count
from synth.shard.commit import remove_leftovers
from synth.shard.manifest import HeadPackEntry

_log = logging.getLogger(__name__)


def render_dataset(
    recipe: Recipe,
    heads: Sequence[HeadPackEntry],
    out_dir: Path,
    *,
    workers: int | None = None,
    renderer: str = "synth.render:make_renderer",
    renderer_options: Mapping[str, Any] | None = None,
    progress: ProgressCallback | None = None,
    limits: Limits | None = None,
    license_name: str = "",
    repeat: str | None = None,
    retry_lost: bool = False,
    environment: Mapping[str, str] | None = None,
) -> RunReport:
    """Make the recipe's dataset in `out_dir`, or what is missing of it.

    `heads` and `license_name` go into the manifest. `workers`: processes, default as many as there are cores, memory
    and shards for. `retry_lost` makes the shards again that lack samples. See `Job` for the rest. While it runs,
    SIGINT, SIGTERM and SIGHUP stop it in order: the report then says `stopped_by`; a second signal ends the process at
    once.

    Raises `LockedError` if another run is at work there, `MismatchError` if it holds another recipe's samples,
    `DiskError` without room, `RenderError` if nothing can be rendered, and what the renderer raises when it is made
    (`DeviceError`, `HeadError`, `UsageError`).
    """
    job = Job(
        recipe=recipe,
        out_dir=Path(out_dir).absolute(),
        workers=default_workers(recipe) if workers is None else workers,
        renderer=renderer,
        renderer_options=dict(renderer_options or {}),
        limits=limits or Limits(),
        repeat=repeat or f"synth render --recipe {recipe.name} --only {{id}}",
        environment=dict(environment or {}),
    )
    if job.workers < 1:
        raise UsageError(f"{job.workers} workers can't render anything.", where="workers", mend="Ask for at least 1.")
    began_s = monotonic()
    prepare_folder(job.out_dir)
    with StopSignals() as signals, FolderLock(job.out_dir), open_ledger(job.out_dir, recipe) as ledger:
        remove_leftovers(job.out_dir)
        if retry_lost or not any(ledger.shards.values()):
            ledger.forgive()
        damaged = drop_damaged(job.out_dir, ledger, workers=job.workers, go_on=lambda: not signals.stopped_by)
        remove_unlisted(job.out_dir, ledger)
        loop = Loop(job, ledger, signals, progress)
        _make_missing(loop, ledger, heads, license_name)
        return _report(loop, ledger, damaged, monotonic() - began_s)


def default_workers(recipe: Recipe) -> int:
    """One a core that this process may use and has memory for, but no more than there are shards."""
    fitting = fitting_workers()
    if fitting < usable_cores():
        _log.warning("memory is short: %d workers for %d cores; --workers overrules it", fitting, usable_cores())
    return min(fitting, shard_count(recipe.samples, recipe.shards.samples))


def _make_missing(loop: Loop, ledger: Ledger, heads: Sequence[HeadPackEntry], license_name: str) -> None:
    job = loop.job
    if loop.missing_shards and not loop.signals.stopped_by:
        missing_samples = job.recipe.samples - loop.kept_samples
        require_room(job.out_dir, estimated_sample_bytes(job.recipe) * missing_samples, job.limits)
        begin_work(job.out_dir, ledger)
        loop.run()
    if not loop.signals.stopped_by and not any(ledger.shards.values()):
        raise _nothing_rendered(loop)
    if not loop.signals.stopped_by and not has_manifest(job.out_dir, ledger):
        if not ledger.runs:
            begin_work(job.out_dir, ledger)
        finish_manifest(job.out_dir, job.recipe, ledger, heads, license_name)
    loop.show(finished=True)


def _nothing_rendered(loop: Loop) -> RenderError:
    first = loop.given_up[0]
    return RenderError(
        f"All {len(loop.given_up):,} samples failed. The first, sample {first.id}: {first.cause.rstrip('.')}.",
        where=str(loop.job.out_dir),
        mend=f"To see it again: {first.command}. Mend the cause (`synth doctor` helps), then start the same again.",
    )


def _report(loop: Loop, ledger: Ledger, damaged: tuple[str, ...], seconds: float) -> RunReport:
    held = sum(entry.samples for entry in ledger.shards.values() if entry)
    return RunReport(
        out_dir=loop.job.out_dir,
        samples_total=loop.job.recipe.samples,
        samples_kept=loop.kept_samples,
        samples_made=held - loop.kept_samples,
        shards_kept=loop.kept_shards,
        shards_made=len(ledger.shards) - loop.kept_shards,
        shards_damaged=damaged,
        lost=tuple(sample for _, sample in sorted(ledger.lost.items())),
        worker_deaths=loop.deaths,
        seconds=seconds,
        stopped_by=loop.signals.stopped_by,
    )
