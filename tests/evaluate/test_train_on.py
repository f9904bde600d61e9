"""The three trainings of `synth compare`: renders, photographs, both."""

from __future__ import annotations

import json

import pytest
from known_errors import SMALL
from tiny_dataset import TINY_RECIPE, make_tiny_dataset

from synth.data.shards import ShardSource
from synth.evaluate.train_on import compare_training
from synth.train.checkpoint import load_checkpoint, save_checkpoint
from synth.train.loop import TrainReport
from synth.train.network import build_network
from synth.train.presets import load_settings

TINY = (*SMALL, "batch=4", "optimiser.warmup_steps=0", "validate_every=1", "data.augment=false")


@pytest.fixture
def sets(tmp_path, dataset):
    """Renders, and what stands for photographs of other people."""
    recipe = TINY_RECIPE | {"samples": 16, "name": "photographs"}
    make_tiny_dataset(tmp_path / "photographs", samples=16, shard_samples=8, ids=range(400, 416), recipe=recipe)
    return dataset, tmp_path / "photographs"


@pytest.mark.slow
def test_all_three_are_judged_on_the_same_unseen_people(sets, tmp_path):
    renders, photographs = (ShardSource(folder) for folder in sets)
    shown: list[str] = []

    def show(name):
        shown.append(name)

    settings = load_settings("c2f", [*TINY, "steps=1"])
    done = compare_training(settings, [renders], [photographs], tmp_path / "out", device="cpu", show=show)
    assert shown == ["synthetic only", "real only", "both"]
    assert done.stopped_by is None
    assert done.table is not None
    names = [(row[1], row[0], row[2]) for row in done.table.rows]
    assert names == [
        ("tiny", "synthetic only", 4), ("tiny", "real only", 4), ("tiny", "both", 4), ("tiny", "always frontal", 4),
        ("photographs", "synthetic only", 4), ("photographs", "real only", 4), ("photographs", "both", 4),
        ("photographs", "always frontal", 4),
    ]  # fmt: skip
    for trial in done.trials:
        sets_ = trial.candidate.info["split"]["sets"]
        seen = {name for part in sets_ for which in ("training", "validation") for name in part["subjects"][which]}
        assert not seen & set(trial.on.table.subjects)
    both = load_checkpoint(tmp_path / "out" / "both")
    assert [part["name"] for part in both.info["data"]] == ["tiny", "photographs"]


def untrained(plan, folder, **options):
    """In place of a training: leaves its checkpoint as it begins."""
    folder.mkdir(parents=True, exist_ok=True)
    network = build_network(plan.settings.network)
    save_checkpoint(folder / "best.safetensors", network.state_dict(), plan.settings.network, plan.input, plan.info)
    return TrainReport(folder, 1, 1, None, None, 0.0, "cpu", options.get("stopped_by"))


def words_for(sets, out):
    renders, photographs = sets
    given = [word for setting in TINY for word in ("--set", setting)]
    return ["--synthetic", renders, "--real", photographs, "--out", out, *given, "--device", "cpu", "--workers", 0]


def test_the_command_prints_and_writes_table_5(synth, sets, tmp_path, monkeypatch):
    monkeypatch.setattr("synth.evaluate.train_on.run_training", untrained)
    out = tmp_path / "out"
    done = synth("compare", *words_for(sets, out), "--log", "text")
    assert done.exit_code == 0
    assert "paper's Table 5" in done.stdout
    assert "judged on its test people, the same for all" in done.stdout
    assert "training on both" in done.stderr
    (table,) = json.loads((out / "results.json").read_text())["tables"]
    assert {row["trained_on"] for row in table["rows"]} == {"synthetic only", "real only", "both", "always frontal"}
    as_json = synth("compare", *words_for(sets, out), "--json", "--quiet")
    assert len(json.loads(as_json.stdout)["tables"][0]["rows"]) == 8


def test_a_comparison_that_is_stopped_says_so_and_shows_no_table(synth, sets, tmp_path, monkeypatch):
    trained = []

    def stopped(plan, folder, **options):
        trained.append(folder.name)
        return untrained(plan, folder, stopped_by=143 if len(trained) == 2 else None)

    monkeypatch.setattr("synth.evaluate.train_on.run_training", stopped)
    done = synth("compare", *words_for(sets, tmp_path / "out"), "--quiet")
    assert done.exit_code == 143
    assert trained == ["synthetic", "real"]
    assert done.stdout == ""
    assert "the same command goes on" in done.stderr


def test_pictures_are_judged_with_their_noise_though_each_epoch_draws_its_own(sets, tmp_path, monkeypatch):
    monkeypatch.setattr("synth.evaluate.train_on.run_training", untrained)
    settings = load_settings("c2f", [*TINY, "data.noise=fresh"])
    trained, judged = ([ShardSource(folder, noise) for folder in sets] for noise in ("fresh", True))
    done = compare_training(settings, trained[:1], trained[1:], tmp_path / "out", judged_on=judged, device="cpu")
    assert {trial.on.source.source.noise for trial in done.trials} == {True}


def test_people_who_are_in_the_renders_and_in_the_real_set_are_refused(synth, dataset, tmp_path):
    done = synth("compare", "--synthetic", dataset, "--real", dataset, "--out", tmp_path / "o", "--quiet")
    assert done.exit_code == 2
    assert "people are in both" in done.stderr
    assert not (tmp_path / "o").exists()


def test_both_kinds_of_data_have_to_be_named(synth, dataset):
    done = synth("compare", "--synthetic", dataset)
    assert done.exit_code == 2
    assert "--real" in done.stderr


def test_too_few_people_to_split_are_refused(synth, dataset, tmp_path):
    make_tiny_dataset(tmp_path / "two", samples=8)
    done = synth("compare", "--synthetic", dataset, "--real", tmp_path / "two", "--out", tmp_path / "o", "--quiet")
    assert done.exit_code == 2
    assert "2 identities can't be split into 3 parts" in done.stderr
    assert not (tmp_path / "o" / "synthetic").exists()
