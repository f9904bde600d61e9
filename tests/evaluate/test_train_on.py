"""The three trainings of `synth compare`: renders, photographs, both."""

from __future__ import annotations

import json

import pytest
from known_errors import SMALL
from tiny_dataset import TINY_RECIPE, make_tiny_dataset

from synth.data.shards import ShardSource
from synth.evaluate.train_on import compare_training
from synth.train.checkpoint import load_checkpoint
from synth.train.presets import load_settings

TINY = (*SMALL, "batch=4", "optimiser.warmup_steps=0", "validate_every=1", "data.augment=false")


@pytest.fixture
def sets(tmp_path, dataset):
    """Renders, and what stands for photographs of other people."""
    recipe = TINY_RECIPE | {"samples": 16, "name": "photographs"}
    make_tiny_dataset(tmp_path / "photographs", samples=16, shard_samples=8, ids=range(400, 416), recipe=recipe)
    return dataset, tmp_path / "photographs"


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


def test_the_command_prints_and_writes_table_5_and_goes_on_from_what_is_trained(synth, sets, tmp_path):
    renders, photographs = sets
    out = tmp_path / "out"
    words = ["--synthetic", renders, "--real", photographs, "--steps", 1, "--out", out, "--workers", 0]
    words += [word for setting in TINY for word in ("--set", setting)] + ["--device", "cpu"]
    first = synth("compare", *words, "--log", "text")
    assert first.exit_code == 0
    assert "paper's Table 5" in first.stdout
    assert "training on both" in first.stderr
    rows = json.loads((out / "results.json").read_text())["tables"][0]["rows"]
    again = synth("compare", *words, "--json", "--quiet")
    assert json.loads(again.stdout)["tables"][0]["rows"] == rows


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
