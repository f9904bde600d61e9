"""`synth subset | split | merge | repack | extract` as a user calls them."""

from __future__ import annotations

import json

import pytest
from tiny_dataset import make_tiny_dataset

from synth.shard.dataset import open_dataset
from synth.shard.verify import verify_dataset


@pytest.fixture
def folder(tmp_path):
    make_tiny_dataset(tmp_path / "tiny", samples=24, shard_samples=5)
    return tmp_path / "tiny"


def test_a_subset_says_what_it_is(synth, folder, tmp_path):
    done = synth("subset", folder, "--where", "id < 5", "--out", tmp_path / "out")
    assert done.exit_code == 0
    assert done.stdout.startswith(f"{tmp_path / 'out'}: 5 samples of 2 people, 1 shard, ")
    assert f"synth verify {tmp_path / 'out'} --deep" in done.stdout
    assert verify_dataset(tmp_path / "out", deep=True) == []


def test_a_condition_that_is_wrong_ends_with_2_and_points_at_it(synth, folder, tmp_path):
    done = synth("subset", folder, "--where", "id < 5 and yaw > 3", "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr == (
        "error: --where, character 12: There is no label 'yaw'.\n"
        "  id < 5 and yaw > 3\n"
        "             ^\n"
        "Did you mean yaw_deg?\n"
    )


def test_json_is_all_that_is_on_standard_output(synth, folder, tmp_path):
    done = synth("split", folder, "--shares", "0.5,0.5", "--names", "a, b", "--out", tmp_path / "out", "--json")
    listed = json.loads(done.stdout)["datasets"]
    assert [one["name"] for one in listed] == ["tiny-a", "tiny-b"]
    assert sum(one["samples"] for one in listed) == 24
    assert listed[0]["identities"] == 3
    assert listed[0]["license"] == "CC0-1.0"


def test_quiet_says_nothing(synth, folder, tmp_path):
    done = synth("repack", folder, "--out", tmp_path / "out", "--quiet")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")


def test_a_pipe_gets_lines_of_progress_on_standard_error(synth, folder, tmp_path):
    done = synth("repack", folder, "--out", tmp_path / "out", "--shard-samples", 10)
    assert "samples: 24/24" in done.stderr
    assert done.stdout.count("\n") == 2


def test_parts_are_merged_again(synth, folder, tmp_path):
    parts = tmp_path / "parts"
    assert synth("split", folder, "--shares", "0.5,0.5", "--names", "a,b", "--out", parts).exit_code == 0
    done = synth("merge", parts / "a", parts / "b", "--out", tmp_path / "both", "--name", "both")
    assert done.exit_code == 0
    assert open_dataset(tmp_path / "both").ids.tolist() == list(range(24))
    assert open_dataset(tmp_path / "both").manifest.name == "both"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["split", "tiny", "--shares", "a,b"], 2, "give numbers with commas between"),
        (["split", "tiny", "--shares", "1,,2"], 2, "give numbers with commas between"),
        (["split", "tiny", "--shares", "nan,1", "--names", "a,b"], 2, "no shares"),
        (
            ["split", "tiny", "--shares", "1,2"],
            2,
            "--shares: There are 3 names for 2 shares. Give a name for each: add --names a,b.",
        ),
        (["merge", "tiny", "nope"], 1, "nope: There is no such folder. Give the folder of a dataset"),
        (["merge", "tiny"], 2, "two datasets or more"),
        (["merge", "tiny", "tiny"], 2, "24 ids are in"),
        (["merge", "tiny", "tiny", "--redraw-noise"], 2, "goes with --renumber"),
        (["merge", "tiny", "tiny", "--renumber"], 2, "--redraw-noise"),
        (["merge"], 2, "Missing argument"),
        (["repack", "tiny", "--shard-samples", "0"], 2, "range"),
        (["repack", "nowhere"], 1, "no such folder"),
        (["subset", "tiny", "--where", "id > 99"], 2, "None of the 24"),
        (["subset", "tiny"], 2, "--where"),
        (["subset", "tiny", "--where", "id > 9", "--name", "two\nlines"], 2, "can't be a dataset's name"),
        (["extract", "tiny", "--format", "gif"], 2, "png"),
    ],
)
def test_what_cannot_be_ends_with_its_code_and_leaves_nothing(synth, folder, tmp_path, monkeypatch, words, code, said):
    monkeypatch.chdir(tmp_path)
    done = synth(*words, "--out", "out")
    assert done.exit_code == code
    assert said in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny"]


def test_a_folder_that_is_taken_is_refused(synth, folder, tmp_path):
    done = synth("repack", folder, "--out", folder)
    assert done.exit_code == 2
    assert "not an empty folder" in done.stderr


def test_files_are_extracted(synth, folder, tmp_path):
    done = synth("extract", folder, "--format", "jpeg", "--clean", "--out", tmp_path / "out")
    assert done.exit_code == 0
    assert "24 samples; 24 in rgb/, 24 in depth/" in done.stdout
    assert len(list((tmp_path / "out/rgb").glob("*.jpg"))) == 24
    found = json.loads(synth("extract", folder, "--out", tmp_path / "two", "--json").stdout)
    assert found["files"] == {"rgb": 24, "depth": 24}
    assert found["noise"] == "as labelled"


@pytest.mark.parametrize("command", ["subset", "split", "merge", "repack", "extract"])
def test_help_shows_an_example(synth, command):
    done = synth(command, "--help")
    assert f"synth {command} datasets/" in done.stdout


@pytest.mark.parametrize("command", [
    ("subset", "--where", "id > 1"), ("split",), ("repack",), ("extract",), ("convert", "--to", "coco"), ("merge",),
    ("report",), ("card",),
])  # fmt: skip
def test_an_address_is_no_folder_to_read_or_write(synth, folder, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    calls = []
    if command[0] != "report":  # which reads there
        calls.append((*command, "s3://bucket/demo", *(() if command[0] == "card" else ("--out", tmp_path / "out"))))
    if command[0] != "card":
        calls.append((*command, folder, *((folder,) if command[0] == "merge" else ()), "--out", "s3://bucket/made"))
    for words in calls:
        done = synth(*words)
        assert (done.exit_code, done.stdout) == (2, "")
        assert "It must be a folder on this machine. Fetch the dataset first" in done.stderr
    assert sorted(tmp_path.rglob("*")) == before
