"""The supervisor at work: what workers say goes to the scheduler and the ledger, what the scheduler wants gets done."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from time import monotonic
from typing import Any

from synth.errors import DatasetError, DeviceError, DiskError, HeadError, RenderError, SynthError, UsageError
from synth.plan.plan import plan_shot
from synth.run import protocol
from synth.run.actions import Action, Assign, Halt, Kill, Quarantine, Retire, Spawn
from synth.run.disk import estimated_sample_bytes, require_room
from synth.run.entry import entry_from
from synth.run.heard import AnyWorkers, Ended, Said
from synth.run.job import Job
from synth.run.ledger import Ledger, LostSample
from synth.run.make import recipe_as_json
from synth.run.progress import Progress, ProgressCallback, RateMeter
from synth.run.schedule import Scheduler
from synth.run.stopping import StopSignals
from synth.run.task import ShardTask, shard_range

_LISTEN_S = 0.25
_TICK_S = 0.5
_SHOW_S = 0.2
_UNFIT: dict[str, type[SynthError]] = {
    kind.__name__: kind for kind in (UsageError, HeadError, DeviceError, DatasetError)
}
_log = logging.getLogger(__name__)


class Loop:
    """One run over a folder that is locked, cleared of leftovers, and whose ledger lists only what is whole."""

    def __init__(self, job: Job, ledger: Ledger, signals: StopSignals, progress: ProgressCallback | None) -> None:
        self.job, self.signals = job, signals
        self._ledger, self._progress = ledger, progress
        self._rate = RateMeter()
        self._devices: set[str] = set()  # what the workers of this run say they render on
        self._given_up: dict[int, list[LostSample]] = {}  # by open shard; written down with it
        self._emptied: list[int] = []  # shards of which every sample was given up, not written down yet
        self._was_scarce = False  # said once that there is no room for all workers; it is tried again and again
        self._sample_bytes = float(estimated_sample_bytes(job.recipe))
        self.kept_shards = len(ledger.shards)
        self.kept_samples = sum(entry.samples for entry in ledger.shards.values() if entry)
        self.missing_shards = len(job.shards) - self.kept_shards
        self._scheduler = Scheduler(self._tasks(), self.missing_shards, job.workers, job.limits, job.on_gpu)
        self._workers: AnyWorkers

    @property
    def deaths(self) -> int:
        return self._scheduler.deaths

    def run(self) -> None:
        """Make the missing shards, until all are there or a signal stops it. Raises `RenderError`, `DiskError`, …"""
        start = protocol.Start(
            recipe=recipe_as_json(self.job.recipe),
            out_dir=self.job.place.where,
            renderer=self.job.renderer,
            options=self.job.renderer_options,
            python_path=tuple(entry for entry in sys.path if entry),
            parent_pid=os.getpid(),
            tries=max(1, round(self.job.limits.strikes)),
            memory_bytes=self.job.limits.memory_bytes,
        )
        try:
            with self.job.engine(start, self.job.environment) as self._workers:
                self._loop()
                if self.signals.stopped_by:
                    self._let_writers_finish()
                elif any(self._ledger.shards.values()):
                    self._record_emptied()
        except SynthError:
            with suppress(DiskError):  # what others were just writing takes room; the error itself is told first
                self.job.place.remove_leftovers(self.job.span)
            raise
        self.job.place.remove_leftovers(self.job.span)

    @property
    def _warming(self) -> str:
        """What is shown instead of the device as long as no worker has said on what it renders."""
        if not self.job.on_gpu or self.job.device is None or not self._scheduler.present:
            return ""
        return f"{self.job.device.kind} (its kernels are being loaded or compiled; the first frame can take minutes)"

    @property
    def given_up(self) -> list[LostSample]:
        """Samples given up that aren't in the ledger, since not one shard was made that would speak against them."""
        return [sample for shard in sorted(self._given_up) for sample in self._given_up[shard]]

    def show(self, *, finished: bool = False) -> None:
        """Tell the caller how far it is."""
        if self._progress is None:
            return
        done = self.kept_samples + self._scheduler.samples_committed + self._scheduler.samples_open
        total = self.job.samples
        lost = len(self._ledger.lost) + sum(len(samples) for samples in self._given_up.values())
        rate = self._rate.update(monotonic(), done)
        left_s = max(0.0, (total - lost - done) / rate) if rate > 0 else None
        deaths, working = self._scheduler.deaths, self._scheduler.working
        device = ", ".join(sorted(self._devices)) or self._warming
        self._progress(Progress(done, total, rate, left_s, lost, deaths, working, finished, device))

    def _loop(self) -> None:
        now = monotonic()
        ticked_s = shown_s = now
        self._do(self._scheduler.start(now))
        while not self._scheduler.finished and not self.signals.stopped_by:
            for heard in self._workers.listen(_LISTEN_S):
                self._do(self._ended(heard) if isinstance(heard, Ended) else self._said(heard))
            now = monotonic()
            if now - ticked_s >= _TICK_S:
                ticked_s = now
                self._check_memory(now)
                self._do(self._scheduler.tick(now))
            if now - shown_s >= _SHOW_S:
                shown_s = now
                self.show()

    def _let_writers_finish(self) -> None:
        """Shards that are just being written may still be committed; everything else ends at once."""
        writing = set(self._scheduler.committing)
        for worker in set(self._scheduler.present) - writing:
            self._workers.kill(worker, "stopped")
        deadline = monotonic() + self.job.limits.stop_s
        while writing and monotonic() < deadline:
            for heard in self._workers.listen(_LISTEN_S):
                if isinstance(heard, Said) and heard.message["say"] == protocol.SHARD:
                    self._record(heard.worker, heard.message)
                writing.discard(heard.worker)

    def _tasks(self) -> Iterator[ShardTask]:
        samples, size = self.job.recipe.samples, self.job.recipe.shards.samples
        lost: dict[int, list[int]] = {}
        for sample in self._ledger.lost.values():
            lost.setdefault(sample.shard, []).append(sample.id)
        done = frozenset(self._ledger.shards)
        for shard in self.job.shards:
            if shard not in done:
                ids = shard_range(shard, samples, size)
                yield ShardTask(shard, ids.start, ids.stop, tuple(sorted(lost.get(shard, ()))))

    # ------------------------------------------------------------------ what is heard

    def _said(self, heard: Said) -> list[Action]:
        if not self._scheduler.counts(heard.worker):
            return []
        try:
            return self._understood(heard.worker, heard.message, monotonic())
        except (AttributeError, KeyError, TypeError, ValueError, DatasetError) as error:
            self._workers.kill(heard.worker, f"said what can't be understood: {error!r} in {str(heard.message)[:200]}")
            return []

    def _understood(self, worker: int, message: Mapping[str, Any], now: float) -> list[Action]:
        scheduler, say = self._scheduler, message["say"]
        match say:
            case protocol.BEGIN:
                return scheduler.began(worker, message["id"], message["previous_s"], now)
            case protocol.READY:
                self._note_device(message.get("device", ""))
                return scheduler.ready(worker, now)
            case protocol.WAIT:
                return scheduler.waiting(worker, now)
            case protocol.WRITE:
                return scheduler.committing_begun(worker, message["previous_s"], now)
            case protocol.FAIL:
                _log.warning("sample %d failed: %s", message["id"], message["cause"])
                return scheduler.failed(worker, message["id"], message["cause"], now)
            case protocol.SHARD:
                if wrong := self._record(worker, message):
                    return scheduler.shard_failed(worker, wrong, now)
                entry = message["entry"]
                return scheduler.committed(worker, entry["samples"] if entry else 0, now)
            case protocol.SHARD_FAIL:
                return scheduler.shard_failed(worker, message["cause"], now)
            case protocol.DISK:
                raise DiskError(message["what"], where=message["where"], mend=message["mend"])
            case protocol.UNFIT:
                return self._unfit(worker, message, now)
        raise ValueError(f"unknown word {say!r}")

    def _note_device(self, device: str) -> None:
        """What a worker renders on, a line or nothing: written down once, with a warning if others rendered before."""
        device = " ".join(device.split())[:200]
        if not device or device in self._devices:
            return
        self._devices.add(device)
        _log.info("rendering on %s", device)
        if others := [other for other in self._ledger.devices if other != device]:
            _log.warning("rendering on %s, after %s: pictures may differ in the last bits", device, ", ".join(others))
        if device not in self._ledger.devices:
            self._ledger.add_device(device)

    def _record(self, worker: int, message: Mapping[str, Any]) -> str:
        """Write a committed shard down; what is wrong with it, if anything is."""
        task = self._scheduler.task_of(worker)
        if task is None:
            return "no shard was asked for"
        missing = set(task.skip) | self._scheduler.given_up_in(task.shard)
        if set(message["without"]) != missing:
            return f"shard {task.shard} lacks other samples than it should"
        if message["entry"] is None:
            self._emptied.append(task.shard)
            return ""
        entry = entry_from(message["entry"])
        if entry.index != task.shard or entry.samples != task.samples - len(missing):
            return f"shard {task.shard} isn't what was asked for"
        size = self.job.place.size(entry.name)
        if size is None:
            return f"{entry.name} isn't there"
        if size != entry.bytes:
            return f"{entry.name} has {size} bytes, not {entry.bytes}"
        self._record_emptied()
        self._record_lost(task.shard)
        self._ledger.add_shard(entry)
        self._sample_bytes = entry.bytes / entry.samples
        return ""

    def _record_emptied(self) -> None:
        """A shard was made, so rendering works, and it was the samples of these: should the run stop before, because
        everything fails, they are tried again."""
        for shard in self._emptied:
            self._record_lost(shard)
            self._ledger.add_empty(shard)
        self._emptied.clear()

    def _record_lost(self, shard: int) -> None:
        for lost in self._given_up.pop(shard, []):
            self._ledger.add_lost(lost)

    def _unfit(self, worker: int, message: Mapping[str, Any], now: float) -> list[Action]:
        """A worker can't make its renderer; if one of our own errors says so, no other can either."""
        if kind := _UNFIT.get(message["kind"]):
            raise kind(message["what"], where=message["where"], mend=message["mend"])
        return self._scheduler.unfit(worker, message["what"], now)

    def _ended(self, ended: Ended) -> list[Action]:
        cause = ended.cause + ended.last_words
        if self._scheduler.counts(ended.worker):
            _log.warning("worker %d: %s", ended.worker, cause)
            _log.info("what worker %d printed last:\n%s", ended.worker, ended.log_tail)
        return self._scheduler.exited(ended.worker, cause, monotonic(), from_outside=ended.from_outside)

    def _check_memory(self, now: float) -> None:
        most = self.job.limits.memory_bytes
        if most is None:
            return
        for worker in self._scheduler.present:
            used = self._workers.memory_bytes(worker)
            if used > most:
                cause = f"used {used / 1e9:.2f} GB of memory, the limit is {most / 1e9:.2f} GB"
                self._do(self._scheduler.over_memory(worker, cause, now))

    # ------------------------------------------------------------------ what is done about it

    def _do(self, actions: list[Action]) -> None:
        for action in actions:
            match action:
                case Spawn(worker):
                    self._spawn(worker)
                case Assign(worker, task):
                    open_samples = self.job.recipe.shards.samples * self._scheduler.working
                    require_room(self.job.place, self._sample_bytes * open_samples, self.job.limits)
                    self._workers.assign(worker, task)
                case Retire(worker):
                    self._workers.retire(worker)
                case Kill(worker, cause):
                    _log.warning("worker %d is killed: %s", worker, cause)
                    self._workers.kill(worker, cause)
                case Quarantine():
                    self._give_up(action)
                case Halt(cause):
                    raise RenderError(
                        f"Stopped: {cause.rstrip('.')}.",
                        where=self.job.place.where,
                        mend="Mend the cause (`synth doctor` helps), then start again; what is finished is kept.",
                    )

    def _spawn(self, worker: int) -> None:
        try:
            self._workers.spawn(worker)
        except OSError as error:  # out of processes or open files: those that run may free some
            cause = f"a worker process can't be started: {error.strerror}; ask for fewer workers"
            _log.log(logging.DEBUG if self._was_scarce else logging.WARNING, "%s", cause)
            self._was_scarce = True
            self._do(self._scheduler.cannot_start(worker, cause, monotonic()))

    def _give_up(self, given_up: Quarantine) -> None:
        lost = LostSample(
            id=given_up.sample,
            shard=given_up.shard,
            seed=plan_shot(self.job.recipe, given_up.sample).render_seed,
            cause=given_up.cause[:2000],
            tries=given_up.tries,
            command=self.job.repeat.format(id=given_up.sample),
        )
        _log.error("sample %d is given up after %d tries: %s", lost.id, lost.tries, lost.cause)
        _log.error("to see it again: %s", lost.command)
        # Only a shard that is made without it settles that it was the sample: should the run stop because everything
        # fails, it is tried again.
        self._given_up.setdefault(lost.shard, []).append(lost)
