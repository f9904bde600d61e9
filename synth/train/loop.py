"""The training loop, top to bottom: batches in, a checkpoint out. Stopped and started again it goes on bit for bit."""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from synth.errors import SynthError, TrainError
from synth.run.folder import prepare_folder
from synth.run.lock import FolderLock
from synth.run.stopping import StopSignals
from synth.shard.commit import commit_bytes, remove_leftovers
from synth.train.batching import targets_of, training_batches, validation_batches
from synth.train.checkpoint import save_checkpoint
from synth.train.curves import Curves
from synth.train.device import device_text, pick_device
from synth.train.distributed import Ranks, alone
from synth.train.network import PoseNetwork, build_network
from synth.train.optimise import arithmetic, build_optimiser, learning_rate
from synth.train.resume import Place, load_resume, save_resume
from synth.train.validate import Scores, validate

if TYPE_CHECKING:
    from synth.data.batches import Batch, Batches
    from synth.train.plan import TrainPlan

_log = logging.getLogger(__name__)
BEST, LAST = "best.safetensors", "last.safetensors"


@dataclass(frozen=True)
class TrainProgress:
    """Where a training stands. `scores` are the latest on unseen samples."""

    step: int
    steps: int
    loss: float
    samples_per_s: float
    seconds_left: float
    scores: Scores | None


@dataclass(frozen=True)
class TrainReport:
    """How a training ended. `stopped_by`: the signal's exit code, or None if it ran to its end."""

    folder: Path
    step: int
    best_step: int
    best_mean_deg: float | None
    scores: Scores | None
    seconds: float
    device: str
    stopped_by: int | None = None


ProgressCallback = Callable[[TrainProgress], None]


def train(
    plan: TrainPlan,
    folder: Path,
    *,
    device: str = "auto",
    ranks: Ranks | None = None,
    progress: ProgressCallback | None = None,
) -> TrainReport:
    """Train the plan's network on its samples; everything goes into `folder`.

    best.safetensors (lowest mean error on the unseen samples) and last.safetensors, each with its JSON; curves.csv,
    curves.png, TensorBoard's events; resume.safetensors, from which the same call goes on where the last one stopped.
    A first SIGINT or SIGTERM saves and returns. On a CPU the resumed run ends with the same bits as an uninterrupted
    one. Raises `TrainError` naming step and samples if the loss isn't finite, `MismatchError` if the folder holds a
    training with other settings or data, `LockedError` if another process trains there.
    """
    found = pick_device(device)
    prepare_folder(folder)
    ranks = ranks or alone()
    if not ranks.first:  # it takes signals, too: torchrun sends them to all, and only together the processes can stop
        with StopSignals() as signals:
            return _Training(plan, folder, found, ranks, None).run(signals)
    with FolderLock(folder), StopSignals() as signals:
        remove_leftovers(folder)
        return _Training(plan, folder, found, ranks, progress).run(signals)


class _Training:
    """One run: what the steps change, and what they need."""

    def __init__(
        self, plan: TrainPlan, folder: Path, device: torch.device, ranks: Ranks, progress: ProgressCallback | None
    ) -> None:
        settings = plan.settings
        self.plan, self.settings, self.folder, self.device, self.ranks = plan, settings, folder, device, ranks
        torch.manual_seed(settings.seed)  # initial weights and dropout
        self.model: PoseNetwork = plan.initialised(build_network(settings.network)).to(device)
        if settings.channels_last:
            self.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's stubs
        self.averaged = _averaged(self.model, settings.ema)
        self.optimiser = build_optimiser(self.model, settings.optimiser)
        self.scaler = torch.amp.GradScaler(device.type, enabled=settings.precision == "fp16")
        self.place = Place()
        if (found := self._resumed()) is not None:
            self.place = found
            _log.info("going on after step %d", found.step)
        if settings.compile:  # the trunk alone: routing branches on data
            self.model.trunk.compile()
        self.stepped = ranks.spread(self.model)
        self.scores: Scores | None = None
        self.progress = progress
        self.began_s, self.began_step = monotonic(), self.place.step

    def _resumed(self) -> Place | None:
        return load_resume(self.folder, self.model, self.averaged, self.optimiser, self.scaler, self.plan.identity)

    def run(self, signals: StopSignals) -> TrainReport:
        with ExitStack() as open_things:
            batches = training_batches(self.plan, self.ranks)
            open_things.callback(batches.close)
            unseen = validation_batches(self.plan) if self.ranks.first else None
            if unseen is not None:
                open_things.callback(unseen.close)
            curves = None
            if self.ranks.first:
                curves = open_things.enter_context(closing(Curves(self.folder, self.place.step)))
                commit_bytes(self.folder / "settings.json", self.plan.as_json().encode())
            stopped = self._steps(batches, unseen, curves, signals)
        return TrainReport(
            self.folder, self.place.step, self.place.best_step, self.place.best_deg, self.scores,
            monotonic() - self.began_s, device_text(self.device), stopped,
        )  # fmt: skip

    def _steps(
        self, batches: Batches, unseen: Batches | None, curves: Curves | None, signals: StopSignals
    ) -> int | None:
        """All steps that are left; the exit code if a signal stopped them."""
        self.model.train()
        losses: list[tuple[Tensor, Batch]] = []  # since the last look: reading a loss makes a GPU wait
        for batch in self._from_here_on(batches, signals):
            losses.append((self._step(batch), batch))
            step = self.place.step
            ends, logs = step == self.settings.steps, step % self.settings.log_every == 0
            validates = ends or step % self.settings.validate_every == 0
            if not (validates or logs or self.device.type == "cpu"):
                continue
            loss = self._finite(losses)
            losses.clear()
            stops = self.ranks.any(signals.stopped_by is not None)
            if curves is not None and (ends or logs):
                curves.add(step, {"loss": loss, "learning_rate": self.optimiser.param_groups[0]["lr"]})
                self._report(loss)
            if validates:
                self._measure_to_the_end(unseen, curves, signals)
            if validates or stops:
                self._save(curves)
            if stops and not ends:
                return 128 + (signals.stopped_by or signal.SIGTERM)
        if self.place.step == self.settings.steps:
            return None
        if losses:
            self._finite(losses)
        self._save(curves)
        return 128 + (signals.stopped_by or signal.SIGTERM)

    def _from_here_on(self, batches: Batches, signals: StopSignals) -> Iterator[Batch]:
        """Batches of epoch after epoch, from where the training stands; `place` always names the next one.

        They end early if the signal that asked to stop has also ended the processes that make them: Ctrl-C goes to all.
        """
        try:
            while self.place.step < self.settings.steps:
                for batch in batches.epoch(self.place.epoch, self.place.batch):
                    self.place = replace(self.place, step=self.place.step + 1, batch=self.place.batch + 1)
                    yield batch
                    if self.place.step == self.settings.steps:
                        return
                self.place = replace(self.place, epoch=self.place.epoch + 1, batch=0)
        except SynthError:
            if signals.stopped_by is None or self.ranks.world > 1:
                raise

    def _step(self, batch: Batch) -> Tensor:
        """Forward, backward, one update. Returns the loss, still on the device."""
        lr = learning_rate(self.settings.optimiser, self.place.step - 1, self.settings.steps)
        for group in self.optimiser.param_groups:
            group["lr"] = lr
        pictures = batch.pictures.to(self.device, non_blocking=True).float().div_(255)
        if self.settings.channels_last:
            pictures = pictures.contiguous(memory_format=torch.channels_last)
        with arithmetic(self.settings, self.device):
            loss = self.stepped(pictures, targets_of(batch, self.settings, self.device))["total"]
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        if self.settings.optimiser.clip_norm is not None:
            self.scaler.unscale_(self.optimiser)
            nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.optimiser.clip_norm)
        self.scaler.step(self.optimiser)
        self.scaler.update()
        if self.averaged is not None:
            self.averaged.update_parameters(self.model)
        return loss.detach()

    def _finite(self, losses: list[tuple[Tensor, Batch]]) -> float:
        """The mean loss since the last look."""
        values = torch.stack([loss for loss, _ in losses]).float().tolist()
        for back, ((_, batch), value) in enumerate(zip(reversed(losses), reversed(values), strict=True)):
            if not torch.isfinite(torch.tensor(value)):
                samples = self.plan.names_of(batch.index.tolist())
                raise TrainError(
                    f"The loss is {value} at step {self.place.step - back}; the batch held {samples}.",
                    where=str(self.folder),
                    mend="Look at these samples, lower optimiser.lr, or set optimiser.clip_norm=1.",
                )
        return float(sum(values) / len(values))

    def _measure_to_the_end(self, unseen: Batches | None, curves: Curves | None, signals: StopSignals) -> None:
        """If the signal that asked to stop has also ended the processes that read, this one reads: what is resumed has
        to have been measured."""
        try:
            self._measure(unseen, curves)
        except SynthError as error:
            if signals.stopped_by is None or isinstance(error, TrainError):
                raise
            with closing(validation_batches(self.plan, alone=True)) as again:  # type: ignore[type-var]  # there is one
                self._measure(again, curves)

    def _measure(self, unseen: Batches | None, curves: Curves | None) -> None:
        if unseen is None:
            return
        model = self._judged()
        with arithmetic(self.settings, self.device):
            self.scores = validate(model, unseen.epoch(0), self.device)
        if curves is not None:
            curves.add(self.place.step, self.scores.as_row())
        if self.place.best_deg is None or self.scores.mean_deg < self.place.best_deg:
            self.place = replace(self.place, best_deg=self.scores.mean_deg, best_step=self.place.step)
            self._save_checkpoint(BEST)

    def _save(self, curves: Curves | None) -> None:
        if not self.ranks.first:
            return
        self._save_checkpoint(LAST)
        if self.place.best_deg is None:  # nothing to choose by
            self._save_checkpoint(BEST)
        save_resume(self.folder, self.place, self.model, self.averaged, self.optimiser, self.scaler, self.plan.identity)
        if curves is not None:
            curves.save()

    def _save_checkpoint(self, name: str) -> None:
        scores = {} if self.scores is None else self.scores.as_row()
        info: Mapping[str, Any] = {**self.plan.info, "step": self.place.step, "scores": scores}
        save_checkpoint(self.folder / name, self._judged().state_dict(), self.settings.network, self.plan.input, info)

    def _judged(self) -> PoseNetwork:
        """The network that is measured and saved: the running mean, if one is kept."""
        return self.model if self.averaged is None else cast(PoseNetwork, self.averaged.module)

    def _report(self, loss: float) -> None:
        if self.progress is None:
            return
        seconds = max(1e-9, monotonic() - self.began_s)
        steps_per_s = (self.place.step - self.began_step) / seconds
        left = (self.settings.steps - self.place.step) / max(1e-9, steps_per_s)
        samples_per_s = steps_per_s * self.settings.batch
        self.progress(TrainProgress(self.place.step, self.settings.steps, loss, samples_per_s, left, self.scores))


def _averaged(model: nn.Module, decay: float | None) -> torch.optim.swa_utils.AveragedModel | None:
    """A running mean of the weights (and of batch norm's statistics), if there is a `decay`."""
    if not decay:
        return None
    mean = torch.optim.swa_utils.get_ema_multi_avg_fn(decay)
    return torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=mean, use_buffers=True)
