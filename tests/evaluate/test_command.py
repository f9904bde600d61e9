"""`synth evaluate` as a user calls it, on small sets and an untrained network."""

from __future__ import annotations

import csv
import json

import cv2
import numpy as np
import pytest
from known_errors import fake_candidate
from tiny_dataset import TINY_RECIPE, make_tiny_dataset

from synth.data.shards import ShardSource
from synth.evaluate.candidates import distinct, open_candidate
from synth.evaluate.comparators.run import fit_comparator
from synth.evaluate.judge import judge
from synth.train.parts import describe_split, split_source
from synth.train.presets import load_settings


def test_tables_are_printed_with_the_people_that_were_kept_apart(synth, make_checkpoint, dataset):
    done = synth("evaluate", make_checkpoint(), "--on", dataset, "--batch", 2, "--log", "text")
    assert done.exit_code == 0
    for text in ("paper's Table 4", "paper's Table 3", "paper's Table 2", "Runtime", "always frontal", "300wlp"):
        assert text in done.stdout
    assert "judged on its test people: 4 of 24 pictures, 1 of 6 people" in done.stdout
    assert done.stdout.count("Set tiny:") == 1


def test_without_on_the_newest_dataset_is_taken_and_named(synth, make_checkpoint, dataset, tmp_path, monkeypatch):
    checkpoint = make_checkpoint()
    monkeypatch.chdir(tmp_path)
    done = synth("evaluate", checkpoint, "--table", "regression", "--log", "text")
    assert done.exit_code == 0
    assert "judging on datasets/tiny" in done.stderr
    assert "Table 3" not in done.stdout


def test_the_files_hold_the_same_numbers(synth, make_checkpoint, dataset, tmp_path):
    out = tmp_path / "results"
    words = ("--on", dataset, "--split", "all", "--batch", 4, "--out", out, "--quiet")
    done = synth("evaluate", f"ours={make_checkpoint()}", *words)
    assert done.exit_code == 0
    assert done.stderr == ""
    found = json.loads((out / "results.json").read_text())
    assert (found["format"], found["version"]) == ("synth-results", 1)
    (table,) = [table for table in found["tables"] if table["name"] == "regression"]
    ours = table["rows"][0]
    assert (ours["model"], ours["samples"]) == ("ours", 24)
    with (out / "results.csv").open(encoding="utf-8") as file:
        lines = [line for line in csv.DictReader(file) if line["table"] == "regression" and line["row"] == "0"]
    assert {line["column"]: float(line["value"]) for line in lines}["yaw_deg"] == ours["yaw_deg"]
    assert f"{ours['yaw_deg']:.1f} ± {ours['yaw_deg_std']:.1f}" in (out / "results.md").read_text()
    with (out / "estimates.csv").open(encoding="utf-8") as file:
        pictures = list(csv.DictReader(file))
    assert len(pictures) == 24
    off = [abs(float(line["true_yaw_deg"]) - float(line["estimated_yaw_deg"])) for line in pictures]
    assert np.mean(off) == pytest.approx(ours["yaw_deg"], abs=0.01)
    drawn = cv2.imread(str(out / "error-map-tiny.png"))
    assert drawn is not None
    assert drawn.std() > 5


def test_the_numbers_as_json(synth, make_checkpoint, dataset):
    done = synth("evaluate", make_checkpoint(), "--on", dataset, "--table", "regression", "--json", "--quiet")
    (table,) = json.loads(done.stdout)["tables"]
    assert table["rows"][0]["model"] == "c2f"
    assert table["settings"]


def test_errors_are_broken_down_by_what_is_asked_for(synth, make_checkpoint, dataset):
    words = ("--on", dataset, "--split", "all", "--json", "--quiet")
    done = synth("evaluate", make_checkpoint(), *words, "--by", "sex", "--by", "tone")
    (table,) = json.loads(done.stdout)["tables"]
    assert table["name"] == "attributes"
    groups = {row["group"]: row["samples"] for row in table["rows"]}
    assert {name.partition(":")[0] for name in groups} <= {"sex", "skin_tone"}
    assert groups["sex: male"] + groups["sex: female"] == 24


def test_a_breakdown_that_no_set_knows_is_refused_before_anything_is_judged(synth, make_checkpoint, dataset):
    done = synth("evaluate", make_checkpoint(), "--on", dataset, "--by", "shoe_size")
    assert done.exit_code == 2
    assert "don't tell 'shoe_size'" in done.stderr
    assert "sex" in done.stderr


def test_several_networks_and_sets_stand_in_one_table(synth, make_checkpoint, dataset, tmp_path):
    make_tiny_dataset(
        tmp_path / "dark", samples=8, recipe=TINY_RECIPE | {"name": "dark"}, subject="x1", condition="dark"
    )
    models = [make_checkpoint("one"), make_checkpoint("two", "direct6d")]
    done = synth(
        "evaluate", *models, "--on", dataset, "--on", tmp_path / "dark", "--table", "regression", "--json", "-q"
    )
    (table,) = json.loads(done.stdout)["tables"]
    assert [(row["set"], row["model"]) for row in table["rows"]] == [
        ("tiny", "c2f"), ("tiny", "direct6d"), ("tiny", "always frontal"),
        ("dark", "c2f"), ("dark", "direct6d"), ("dark", "always frontal"),
    ]  # fmt: skip


def test_two_networks_of_one_preset_are_told_apart_by_their_folders(make_checkpoint):
    found = distinct([open_candidate(str(make_checkpoint(name)), "cpu") for name in ("one", "two")])
    assert [candidate.name for candidate in found] == ["c2f (one/best)", "c2f (two/best)"]


def test_a_network_gives_what_it_gives_by_itself(make_checkpoint, dataset):
    import torch

    from synth.train.checkpoint import load_checkpoint

    folder = make_checkpoint()
    source = ShardSource(dataset)
    (trial,) = judge([open_candidate(str(folder), "cpu")], [source], "all", time_batches=())
    checkpoint = load_checkpoint(folder)
    picture = torch.from_numpy(checkpoint.input.picture(source[5]))[None]
    with torch.inference_mode():
        alone = checkpoint.model(picture.float() / 255)
    assert trial.estimates.euler_deg[5] == pytest.approx(alone.euler_deg[0].numpy(), abs=1e-3)
    assert trial.estimates.category[5] == int(alone.posterior.argmax())


@pytest.mark.parametrize("overrides", [["input.content=depth"], ["input.content=rgb"]])
def test_networks_for_depth_and_colour_are_judged_too(synth, make_checkpoint, dataset, overrides):
    done = synth("evaluate", make_checkpoint("other", "c2f", *overrides), "--on", dataset, "--batch", 2, "--json", "-q")
    names = [table["name"] for table in json.loads(done.stdout)["tables"]]
    assert ("depth" in names) == ("input.content=depth" in overrides)


def test_a_fitted_comparator_is_judged_on_the_same_people(synth, make_checkpoint, dataset, tmp_path):
    settings = load_settings()
    source = ShardSource(dataset)
    parts = split_source(source, settings)
    fit_comparator("ahn_cnn", parts[0], tmp_path / "ahn", seed=0, steps=1, device="cpu",
                   info=describe_split([source], [parts], settings))  # fmt: skip
    words = ("--on", dataset, "--table", "regression", "--json", "--quiet")
    (table,) = json.loads(synth("evaluate", make_checkpoint(), tmp_path / "ahn", *words).stdout)["tables"]
    assert [row["model"] for row in table["rows"]] == ["c2f", "ahn_cnn", "always frontal"]
    assert len([line for line in table["settings"] if line.startswith("Set tiny")]) == 1
    assert any("Ahn" in line and "trained on tiny (24)" in line for line in table["settings"])


# ---------------------------------------------------------------- what can't be


def refusal(done):
    assert done.exit_code in (1, 2), done.stdout
    assert done.stdout == ""
    assert done.stderr.startswith("error: ") or "\nerror: " in done.stderr
    return done.stderr


def test_a_network_for_depth_is_refused_on_pictures_without(synth, make_checkpoint, tmp_path):
    make_tiny_dataset(tmp_path / "flat", samples=8, depth=False, subject="x")
    done = synth("evaluate", make_checkpoint("deep", "c2f", "input.content=depth"), "--on", tmp_path / "flat")
    assert "no depth maps" in refusal(done)


def test_weights_of_another_architecture_are_refused(synth, make_checkpoint, dataset):
    import json as json_module

    import safetensors
    from safetensors.torch import load_file, save_file

    file = make_checkpoint() / "best.safetensors"
    with safetensors.safe_open(file, framework="pt") as opened:
        header = json_module.loads(opened.metadata()["synth"])
    header["network"]["head_width"] = 8
    save_file(load_file(file), file, {"synth": json_module.dumps(header)})
    assert "another architecture" in refusal(synth("evaluate", file, "--on", dataset))


def test_a_checkpoint_that_is_not_there_is_refused(synth, dataset, tmp_path):
    assert "There is no checkpoint." in refusal(synth("evaluate", tmp_path / "nowhere", "--on", dataset))


def test_no_name_before_a_path_is_refused(synth, dataset):
    assert "names no model" in refusal(synth("evaluate", "=x", "--on", dataset))


def test_two_models_of_one_name_are_refused():
    with pytest.raises(Exception, match="Two models are called"):
        distinct([fake_candidate(np.zeros((1, 3)), "a"), fake_candidate(np.zeros((1, 3)), "a")])


def test_an_unknown_table_is_refused_before_anything_is_loaded(synth, tmp_path):
    assert "There is no table 'x'." in refusal(synth("evaluate", tmp_path, "--table", "x"))


def test_a_table_without_anything_to_show_is_refused(synth, make_checkpoint, dataset):
    assert "nothing to show in real" in refusal(
        synth("evaluate", make_checkpoint(), "--on", dataset, "--table", "real", "--quiet")
    )


def test_an_unknown_real_set_is_refused(synth, make_checkpoint, tmp_path):
    assert "no real set called 'biwy'" in refusal(synth("evaluate", make_checkpoint(), "--on", f"biwy={tmp_path}"))


def test_a_real_set_that_is_not_there_says_where_it_is_had(synth, make_checkpoint, tmp_path):
    done = synth("evaluate", make_checkpoint(), "--on", f"biwi={tmp_path / 'no'}")
    assert "Get Biwi Kinect Head Pose Database from" in refusal(done)


def test_a_folder_without_datasets_says_how_to_make_one(synth, make_checkpoint, tmp_path, monkeypatch):
    checkpoint = make_checkpoint()
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    assert "synth render" in refusal(synth("evaluate", checkpoint))


def test_a_damaged_shard_is_named(synth, make_checkpoint, dataset):
    checkpoint = make_checkpoint()
    shard = dataset / "shard-00000.h5"
    data = bytearray(shard.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    shard.write_bytes(data)
    assert "shard-00000.h5" in refusal(synth("evaluate", checkpoint, "--on", dataset, "--split", "all"))


def test_a_folder_that_cannot_be_made_is_said_before_anything_is_judged(synth, make_checkpoint, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr("synth.evaluate.judge.judge", None)
    done = synth("evaluate", make_checkpoint(), "--out", tmp_path / "file", "--quiet")
    assert done.exit_code == 28
    assert "The folder can't be made" in done.stderr
