"""`synth train` on a tiny dataset."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch
from tiny_dataset import TINY_RECIPE, make_tiny_dataset

from synth.cli.train import _usual_folder

SMALL = (
    "--set", "network.trunk=small", "--set", "network.head_width=8", "--set", "network.fc_width=16",
    "--set", "input.size_px=64", "--set", "batch=8", "--set", "optimiser.warmup_steps=1",
    "--set", "validate_every=2", "--steps", 2, "--device", "cpu", "--workers", 0,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _one_thread():
    torch.set_num_threads(1)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder to work in, with datasets/old and the newer datasets/new."""
    monkeypatch.chdir(tmp_path)
    for age, name in ((100, "old"), (0, "new")):
        make_tiny_dataset(tmp_path / "datasets" / name, samples=40, shard_samples=40, side_px=32)
        manifest = tmp_path / "datasets" / name / "manifest.json"
        os.utime(manifest, (manifest.stat().st_atime - age, manifest.stat().st_mtime - age))
    return tmp_path


def test_without_data_the_newest_dataset_is_trained_on_and_named(synth, here):
    done = synth("train", *SMALL, "--log", "text")

    assert done.exit_code == 0, done.stderr
    assert "training on datasets/new" in done.stderr
    assert "2 of 2 steps" in done.stdout
    assert "next: synth evaluate training/" in done.stdout
    (folder,) = (here / "training").iterdir()
    assert folder.name == "new-c2f"  # the dataset's folder: both datasets here are of the recipe tiny
    assert {"best.safetensors", "best.json", "last.safetensors", "curves.csv", "curves.png"} <= {
        path.name for path in folder.iterdir()
    }


def test_a_datasets_name_leads_no_training_out_of_its_folder(synth, here):
    make_tiny_dataset(here / "given", samples=40, side_px=32, recipe=TINY_RECIPE | {"name": "../../stray"})
    done = synth("train", "--data", "given", *SMALL, "--quiet")
    assert done.exit_code == 1
    assert "'../../stray' can't be a dataset's name" in done.stderr
    assert not (here / "training").exists()


@pytest.mark.parametrize(
    ("data", "folder"),
    [
        (["datasets/half-wide"], "half-wide-c2f"),
        (["datasets/new/"], "new-c2f"),
        (["s3://bucket/sets/wide"], "wide-c2f"),
        (["biwi=/data/hpdb", "datasets/old"], "biwi+old-c2f"),
        (["datasets/a b"], "a_b-c2f"),
        (["../.."], "_-c2f"),
    ],
)
def test_a_training_is_called_by_its_data_and_stays_in_its_folder(here, data, folder):
    assert _usual_folder(data, "c2f") == Path("training") / folder


def test_what_stands_here_is_called_by_its_folder(here, monkeypatch):
    monkeypatch.chdir(here / "datasets/new")
    assert _usual_folder(["."], "gllim") == Path("training/new-gllim")


def test_without_any_dataset_the_error_gives_the_render_command(synth, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = synth("train", *SMALL)
    assert done.exit_code == 2
    assert "synth render --recipe demo" in done.stderr


def test_several_datasets_are_mixed_by_weight(synth, here):
    done = synth(
        "train", "--data", "datasets/old", "--weight", 3, "--data", "datasets/new", "--weight", 1, *SMALL,
        "--out", "both", "--quiet",
    )  # fmt: skip
    assert done.exit_code == 0, done.stderr
    info = json.loads((here / "both" / "best.json").read_text())["info"]
    assert len(info["data"]) == len(info["split"]["sets"]) == 2


def test_a_weight_for_each_dataset_or_none(synth, here):
    done = synth("train", "--data", "datasets/old", "--weight", 1, "--weight", 2, *SMALL)
    assert done.exit_code == 2
    assert "2 weights for 1 datasets" in done.stderr


def test_another_training_in_the_folder_is_refused(synth, here):
    assert synth("train", *SMALL, "--out", "run", "--quiet").exit_code == 0
    done = synth("train", *SMALL, "--out", "run", "--set", "optimiser.lr=0.5")
    assert done.exit_code == 2
    assert "optimiser.lr: 0.001 there, 0.5 now" in done.stderr


def test_a_training_can_begin_with_a_checkpoint(synth, here):
    assert synth("train", *SMALL, "--out", "first", "--quiet").exit_code == 0
    done = synth("train", *SMALL, "--init", "first", "--out", "second", "--quiet")
    assert done.exit_code == 0, done.stderr
    assert json.loads((here / "second" / "best.json").read_text())["info"]["begun_from"] == "first"


def test_weights_that_are_not_there_are_named(synth, here):
    done = synth("train", *SMALL, "--init", "nowhere.pth")
    assert done.exit_code == 2
    assert "nowhere.pth: There are no weights." in done.stderr


def test_settings_can_be_looked_at_before(synth, tmp_path):
    done = synth("train", "--preset", "paper", "--show-settings", "--set", "optimiser.lr=0.02")
    settings = json.loads(done.stdout)
    assert (settings["optimiser"]["name"], settings["optimiser"]["lr"], settings["steps"]) == ("sgd", 0.02, 40_000)


def test_a_comparator_is_fitted_to_the_same_people_and_keeps_the_split(synth, here):
    done = synth("train", "--model", "ahn_cnn", "--steps", 2, "--device", "cpu", "--out", "ahn", "--log", "text")
    assert done.exit_code == 0, done.stderr
    assert "next: synth evaluate ahn" in done.stdout
    trained_on = json.loads((here / "ahn" / "comparator.json").read_text())["trained_on"]
    assert len(trained_on["split"]["sets"][0]["subjects"]["test"]) == 1


@pytest.mark.parametrize("idle", [("--weight", 2), ("--set", "optimiser.lr=0.1"), ("--set", "batch=2")])
def test_what_a_comparator_has_no_use_for_is_refused(synth, here, idle):
    done = synth("train", "--model", "ahn_cnn", "--steps", 2, "--device", "cpu", *idle)
    assert done.exit_code == 2
    assert "A comparator's training doesn't take it" in done.stderr
    assert not (here / "training").exists()


def test_a_machine_with_little_memory_trains_without_being_told_how_much_to_take(synth, here, monkeypatch):
    monkeypatch.setattr("synth.data.store.available_memory_bytes", lambda: 10**9)
    done = synth("train", *SMALL, "--quiet")
    assert done.exit_code == 0, done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--model", "ahn"), "ahn_cnn"),
        (("--preset", "papre"), "Did you mean paper?"),
        (("--set", "optimizer.lr=1"), "is not a setting"),
        (("--set", "optimiser.lr=-1"), "optimiser.lr"),
        (("--device", "cuda:99"), "no device"),
        (("--device", "cpu:x"), "no device 'cpu:x'"),
        (("--out", "datasets/new/manifest.json/here"), "The folder can't be made"),
        (("--data", "datasets/none"), "datasets/none"),
        (("--data", "biwy=datasets"), "biwi"),
    ],
)
def test_what_is_wrong_is_said_with_its_mend(synth, here, arguments, message):
    done = synth("train", *SMALL, *arguments)
    assert done.exit_code in (1, 2, 28)
    assert message in done.stderr
    assert not (here / "training").exists()
