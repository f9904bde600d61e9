"""What a user relies on while a network trains: files, resumption to the bit, orderly stops, telling errors."""

from __future__ import annotations

import csv
import json
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from synth.data.batches import Batches
from synth.data.shards import ShardSource
from synth.errors import DatasetError, LockedError, MismatchError, SynthError, TrainError, UsageError
from synth.run.lock import FolderLock
from synth.train.batching import training_batches, validation_batches
from synth.train.checkpoint import load_checkpoint
from synth.train.distributed import Ranks
from synth.train.loop import TrainProgress, train
from synth.train.plan import TrainPlan, plan_training
from synth.train.presets import load_settings
from synth.train.resume import Place, load_resume, save_resume
from tests.tiny_dataset import make_tiny_dataset

SMALL = (
    "network.trunk=small", "network.head_width=8", "network.fc_width=16", "input.size_px=64", "batch=8",
    "optimiser.warmup_steps=2", "log_every=1", "validate_every=3", "steps=7",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "tiny"
    make_tiny_dataset(path, samples=40, shard_samples=20, side_px=32)
    return path


@pytest.fixture
def plan(folder: Path) -> Callable[..., TrainPlan]:
    def make(*more: str, preset: str = "c2f", **options: object) -> TrainPlan:
        named = {text.split("=")[0] for text in more}
        settings = load_settings(preset, [*(text for text in SMALL if text.split("=")[0] not in named), *more])
        return plan_training(settings, [ShardSource(folder)], preset=preset, **options)

    return make


def weights(folder: Path, name: str = "last") -> dict[str, np.ndarray]:
    return {key: value.numpy() for key, value in load_file(folder / f"{name}.safetensors").items()}


def assert_same(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert one.keys() == other.keys()
    assert [key for key in one if not np.array_equal(one[key], other[key])] == []


def test_a_training_leaves_checkpoints_curves_and_its_settings(plan, tmp_path):
    seen: list[TrainProgress] = []
    report = train(plan(), tmp_path / "out", device="cpu", progress=seen.append)

    assert (report.step, report.stopped_by) == (7, None)
    assert [p.step for p in seen] == list(range(1, 8))
    for name in ("best", "last"):
        checkpoint = load_checkpoint(tmp_path / "out" / f"{name}.safetensors")
        assert checkpoint.info["preset"] == "c2f"
        assert checkpoint.input.size_px == 64
        assert json.loads((tmp_path / "out" / f"{name}.json").read_text())["convention"] == "300wlp"
    with (tmp_path / "out" / "curves.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == [str(step) for step in range(1, 8)]
    assert all(row["loss"] for row in rows)
    assert [row["step"] for row in rows if row["validation/mean_deg"]] == ["3", "6", "7"]
    assert (tmp_path / "out" / "curves.png").read_bytes().startswith(b"\x89PNG")
    assert list((tmp_path / "out" / "tensorboard").iterdir())


def test_a_loaded_checkpoint_predicts_what_the_trained_network_does(plan, tmp_path):
    report = train(plan(), tmp_path / "out", device="cpu")
    checkpoint = load_checkpoint(tmp_path / "out" / "last.safetensors")
    batch = torch.rand(3, 1, 64, 64, generator=torch.Generator().manual_seed(1))

    again = load_checkpoint(tmp_path / "out" / "last.json").model(batch)

    assert not checkpoint.model.training
    assert torch.equal(checkpoint.model(batch).euler_deg, again.euler_deg)
    assert report.scores.samples == 4


def test_people_who_are_judged_on_are_never_trained_on_and_the_checkpoint_names_them(plan, tmp_path):
    made = plan()
    (split,) = made.info["split"]["sets"]
    parts = [set(split["subjects"][name]) for name in ("training", "validation", "test")]

    assert sum(len(part) for part in parts) == len(set.union(*parts)) == 10
    assert set(made.training.table.subjects) == parts[0]
    assert set(made.validation.table.subjects) == parts[1]


def test_if_ctrl_c_also_ends_the_processes_that_make_batches_the_training_is_saved(plan, tmp_path, monkeypatch):
    def interrupted(self, n, start_batch=0):
        yield from whole(self, n, start_batch)
        if self.shuffle:
            os.kill(os.getpid(), signal.SIGINT)
            raise SynthError("A worker process that reads pictures died.")

    whole = Batches.epoch
    monkeypatch.setattr(Batches, "epoch", interrupted)
    report = train(plan("steps=40"), tmp_path / "out", device="cpu")
    assert report.stopped_by == 130
    assert report.step == load_checkpoint(tmp_path / "out" / "last.safetensors").info["step"] == 4

    monkeypatch.setattr(Batches, "epoch", whole)
    train(plan("steps=40"), tmp_path / "out", device="cpu")
    train(plan("steps=40"), tmp_path / "whole", device="cpu")
    assert_same(weights(tmp_path / "whole"), weights(tmp_path / "out"))


def test_if_a_signal_also_ends_the_processes_that_read_unseen_pictures_these_are_measured_all_the_same(
    plan, tmp_path, monkeypatch
):
    def interrupted(self, n, start_batch=0):
        if not self.shuffle and self.workers:
            os.kill(os.getpid(), signal.SIGTERM)
            raise SynthError("A worker process that reads pictures died.")
        self.workers = 0
        yield from whole(self, n, start_batch)

    whole = Batches.epoch
    settings = ("steps=4", "validate_every=2")
    monkeypatch.setattr(Batches, "epoch", interrupted)
    assert train(plan(*settings, workers=1), tmp_path / "out", device="cpu").stopped_by == 143
    monkeypatch.setattr(Batches, "epoch", whole)
    train(plan(*settings), tmp_path / "out", device="cpu")
    train(plan(*settings), tmp_path / "whole", device="cpu")
    assert_same(weights(tmp_path / "whole", "best"), weights(tmp_path / "out", "best"))
    assert (tmp_path / "whole" / "curves.csv").read_text() == (tmp_path / "out" / "curves.csv").read_text()


def test_each_of_several_processes_takes_a_signal_as_a_wish_to_stop(plan, tmp_path, monkeypatch):
    class Training:
        def __init__(self, *arguments):
            pass

        def run(self, signals):
            os.kill(os.getpid(), signal.SIGTERM)
            return signals.stopped_by

    monkeypatch.setattr("synth.train.loop._Training", Training)
    before = signal.signal(signal.SIGTERM, lambda number, frame: None)
    try:
        for rank in (0, 1):
            found = train(plan(), tmp_path / "out", device="cpu", ranks=Ranks(rank, 2))
            assert found == signal.SIGTERM
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_batch_that_the_processes_cannot_share_evenly_is_refused(plan):
    with pytest.raises(UsageError, match="batch=24"):
        training_batches(plan("batch=8"), Ranks(0, 3))


def test_other_weights_of_the_datasets_are_another_training(folder, tmp_path):
    def weighted(*by: float) -> TrainPlan:
        return plan_training(load_settings("c2f", SMALL), [ShardSource(folder)] * 2, weights=by)

    train(weighted(1, 1), tmp_path / "out", device="cpu")
    with pytest.raises(MismatchError, match="weights"):
        train(weighted(1, 5), tmp_path / "out", device="cpu")


def test_the_scale_of_float16_gradients_is_kept(tmp_path):
    model = torch.nn.Linear(2, 2)
    optimiser = torch.optim.AdamW(model.parameters())
    stood, gone_on = (torch.amp.GradScaler("cpu", init_scale=scale) for scale in (8.0, 65536.0))
    stood.scale(torch.zeros(()))
    save_resume(tmp_path, Place(step=3), model, None, optimiser, stood, {})
    assert load_resume(tmp_path, model, None, optimiser, gone_on, {}) == Place(step=3)
    assert gone_on.get_scale() == 8.0


RESUME = {"format": "synth-resume-1", "identity": {}}
PLACE = {"step": 3, "epoch": 0, "batch": 0, "best_deg": None, "best_step": 0}


@pytest.mark.parametrize(
    "header",
    [
        [], {"format": "synth-resume-1"}, RESUME, RESUME | {"place": 7}, RESUME | {"place": PLACE | {"step": "x"}},
        RESUME | {"place": PLACE | {"best_deg": "x"}}, RESUME | {"place": PLACE, "groups": 7},
        RESUME | {"place": PLACE, "groups": [{}], "scaler": [1]},
    ],
)  # fmt: skip
def test_a_state_that_lacks_parts_is_refused_with_its_mend(header, tmp_path):
    model = torch.nn.Linear(2, 2)
    optimiser, scaler = torch.optim.AdamW(model.parameters()), torch.amp.GradScaler("cpu", enabled=False)
    save_file(model.state_dict(), tmp_path / "resume.safetensors", metadata={"synth": json.dumps(header)})
    with pytest.raises(DatasetError, match="Delete it and train from the start"):
        load_resume(tmp_path, model, None, optimiser, scaler, {})


def test_a_stopped_training_goes_on_to_the_same_bits(plan, tmp_path):
    settings = ("network.dropout=0.3", "ema=0.9")
    train(plan(*settings), tmp_path / "whole", device="cpu")

    def stop_after(step: int) -> Callable[[TrainProgress], None]:
        return lambda p: os.kill(os.getpid(), signal.SIGTERM) if p.step == step else None

    first = train(plan(*settings), tmp_path / "parts", device="cpu", progress=stop_after(2))
    second = train(plan(*settings), tmp_path / "parts", device="cpu", progress=stop_after(5))  # mid-epoch too
    third = train(plan(*settings), tmp_path / "parts", device="cpu")

    assert [r.stopped_by for r in (first, second, third)] == [143, 143, None]
    assert first.step < second.step < third.step == 7
    assert_same(weights(tmp_path / "whole"), weights(tmp_path / "parts"))
    assert_same(weights(tmp_path / "whole", "best"), weights(tmp_path / "parts", "best"))
    assert (tmp_path / "whole" / "curves.csv").read_text() == (tmp_path / "parts" / "curves.csv").read_text()


def test_worker_processes_and_memory_change_no_bit(plan, tmp_path):
    train(plan(), tmp_path / "plain", device="cpu")
    train(plan(workers=1, cache_gb=0.1), tmp_path / "served", device="cpu")
    assert validation_batches(plan(workers=1)).workers == 1
    assert (tmp_path / "plain" / "curves.csv").read_text() == (tmp_path / "served" / "curves.csv").read_text()

    assert_same(weights(tmp_path / "plain"), weights(tmp_path / "served"))


def test_a_finished_training_started_again_does_nothing(plan, tmp_path):
    train(plan(), tmp_path / "out", device="cpu")
    before = (tmp_path / "out" / "last.safetensors").read_bytes()

    again = train(plan(), tmp_path / "out", device="cpu")

    assert again.step == 7
    assert (tmp_path / "out" / "last.safetensors").read_bytes() == before


def test_a_folder_of_another_training_is_refused_with_the_differences(plan, tmp_path):
    train(plan(), tmp_path / "out", device="cpu")

    with pytest.raises(MismatchError, match=r"settings\.optimiser\.lr: 0\.001 there, 0\.01 now"):
        train(plan("optimiser.lr=0.01"), tmp_path / "out", device="cpu")


def test_a_folder_in_which_another_process_trains_is_refused(plan, tmp_path):
    (tmp_path / "out").mkdir()
    with FolderLock(tmp_path / "out"), pytest.raises(LockedError):
        train(plan(), tmp_path / "out", device="cpu")


def test_a_loss_that_is_not_finite_stops_and_names_step_and_samples(plan, tmp_path):
    def spoiled(network):
        with torch.no_grad():
            next(network.parameters()).fill_(float("nan"))
        return network

    with pytest.raises(TrainError, match=r"loss is nan at step 1; the batch held samples \d+(, \d+){7} of tiny"):
        train(replace(plan(), initialised=spoiled), tmp_path / "out", device="cpu")
    assert not (tmp_path / "out" / "last.safetensors").exists()


def test_too_few_people_to_split_is_said(tmp_path):
    make_tiny_dataset(tmp_path / "few", samples=8, side_px=32)
    with pytest.raises(UsageError, match="2 identities"):
        plan_training(load_settings("c2f", SMALL), [ShardSource(tmp_path / "few")])


def test_a_depth_network_on_data_without_depth_is_refused(tmp_path):
    make_tiny_dataset(tmp_path / "rgb", samples=40, side_px=32, depth=False)
    with pytest.raises(UsageError, match="no depth maps"):
        plan_training(load_settings("c2f", [*SMALL, "input.content=depth"]), [ShardSource(tmp_path / "rgb")])


@pytest.mark.parametrize("more", [(), ("network.kind=direct6d",), ("network.strategy=yaw",), ("input.content=depth",)])
def test_every_kind_learns_a_step_of_the_tiny_set(plan, tmp_path, more):
    report = train(plan("steps=3", *more), tmp_path / "out", device="cpu")
    assert np.isfinite(report.scores.mean_deg)


def test_training_lowers_the_loss(plan, tmp_path):
    losses = []
    settings = ("steps=40", "validate_every=40", "data.augment=false", "optimiser.lr=0.003")
    train(plan(*settings), tmp_path / "out", device="cpu", progress=lambda p: losses.append(p.loss))
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])
