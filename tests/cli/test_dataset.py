"""`synth info`, `synth verify`, `synth preview` on a small dataset, whole and damaged."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import pytest
from tiny_dataset import make_tiny_dataset

from synth.shard.accounts import AssetEntry
from synth.shard.manifest import write_manifest
from synth.shard.read import Shard
from synth.shard.read_manifest import read_manifest


@pytest.fixture
def folder(tmp_path):
    make_tiny_dataset(tmp_path / "tiny", samples=12, shard_samples=4)
    return tmp_path / "tiny"


def test_info_says_what_there_is(synth, folder):
    done = synth("info", folder)
    assert done.exit_code == 0
    rows = dict(line.split(maxsplit=1) for line in done.stdout.splitlines() if len(line.split()) > 1)
    assert rows["name"].startswith("tiny (id tiny")
    assert rows["recipe"].startswith("tiny (seed 7")
    assert rows["maps"] == "none"
    assert rows["assets"] == "not listed"
    assert "made" not in rows or not rows["made"].startswith("of")
    assert rows["samples"].startswith("12; base 12")
    assert rows["people"].startswith("3;")
    assert "female 6" in rows["people"]
    assert rows["files"].startswith("3 shards")
    assert rows["heads"].startswith("test-pack (CC0-1.0")
    assert rows["width"] == "48 px"


def test_info_as_json_can_be_read_by_a_program(synth, folder):
    found = json.loads(synth("info", folder, "--json").stdout)
    assert found["samples"] == 12
    assert found["identities"] == 3
    assert found["recipe"]["name"] == "tiny"
    assert found["pitch_deg"]["least"] < found["pitch_deg"]["mean"] < found["pitch_deg"]["greatest"]
    assert {"name": "t_mm", "unit": "mm"}.items() <= next(c for c in found["columns"] if c["name"] == "t_mm").items()


def test_info_lists_assets_by_licence_and_what_the_dataset_was_made_of(synth, folder, tmp_path):
    assets = [AssetEntry(f"photo {n}.jpg", "photograph", "CC-BY-4.0") for n in range(9)]
    known = (AssetEntry("people", "head pack", "CC0-1.0"), *assets)
    write_manifest(folder, replace(read_manifest(folder), assets=known))
    synth("subset", folder, "--where", "yaw_deg > -90", "--out", tmp_path / "part")
    lines = synth("info", tmp_path / "part").stdout.splitlines()
    assert "assets      head pack: people (CC0-1.0); photograph: 9 (CC-BY-4.0)" in lines
    assert "made of     subset (where yaw_deg > -90)" in lines
    found = json.loads(synth("info", tmp_path / "part", "--json").stdout)
    assert found["assets"][0] == {
        "name": "people",
        "kind": "head pack",
        "license": "CC0-1.0",
        "source": "",
        "sha256": "",
    }
    assert found["operations"] == [["subset", {"where": "yaw_deg > -90"}]]
    assert found["heads"] == [{"name": "test-pack", "sha256": "0" * 64, "license": "CC0-1.0"}]


@pytest.mark.parametrize("command", ["info", "preview"])
def test_a_folder_that_is_no_dataset_ends_with_1(synth, tmp_path, command):
    done = synth(command, tmp_path)
    assert done.exit_code == 1
    assert (
        done.stderr
        == f"error: {tmp_path}: It is not a dataset: there is no manifest.json. Give the folder that holds it.\n"
    )


@pytest.mark.parametrize("deep", [[], ["--deep"]])
def test_a_whole_dataset_verifies(synth, folder, deep):
    done = synth("verify", folder, *deep)
    assert done.exit_code == 0
    assert done.stdout.startswith(f"{folder} is whole")


def test_a_damaged_dataset_ends_with_1_and_a_line_a_fault(synth, folder):
    damaged, gone = folder / "shard-00000.h5", folder / "shard-00002.h5"
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(data)
    gone.unlink()
    done = synth("verify", folder)
    assert done.exit_code == 1
    first, second, total = done.stdout.splitlines()
    assert first.startswith(f"{damaged}: ")
    assert second.startswith(f"{gone}: The shard is missing.")
    assert total == f"2 faults in {folder}"
    assert len(synth("verify", folder, "--quiet").stdout.splitlines()) == 2


def test_verify_as_json_lists_the_faults(synth, folder):
    (folder / "shard-00001.h5").unlink()
    done = synth("verify", folder, "--json")
    found = json.loads(done.stdout)
    assert done.exit_code == 1
    assert not found["whole"]
    assert [fault["kind"] for fault in found["faults"]] == ["missing"]


def test_verify_of_a_folder_that_is_not_there_is_a_fault(synth, tmp_path):
    done = synth("verify", tmp_path / "nowhere")
    assert done.exit_code == 1
    assert "There is no such folder." in done.stdout


def test_preview_writes_and_names_its_pictures(synth, folder):
    done = synth("preview", folder, "--count", 6)
    assert done.exit_code == 0
    for name in ("preview.png", "histograms.png"):
        assert str(folder / name) in done.stdout
        assert (folder / name).read_bytes().startswith(b"\x89PNG")


def test_preview_goes_where_it_is_asked_to(synth, folder, tmp_path):
    done = synth("preview", folder, "--out", tmp_path / "x.png", "--json")
    assert json.loads(done.stdout) == {
        "contact_sheet": str(tmp_path / "x.png"),
        "histograms": str(tmp_path / "x-histograms.png"),
        "damaged": [],
    }


def damage(folder, sample):
    """Flip a bit in the sample's picture, as a bad disk does."""
    shard = Shard(folder / f"shard-{sample // 4:05d}.h5")
    offset, count = shard.contents.rgb.span(sample % 4)
    data = bytearray(shard.path.read_bytes())
    data[offset + count // 2] ^= 1
    shard.path.write_bytes(data)


def test_a_damaged_sample_is_crossed_out_and_named_and_the_rest_drawn(synth, folder):
    whole = synth("preview", folder)
    size = cv2.imread(str(folder / "preview.png")).shape
    damage(folder, 5)
    done = synth("preview", folder)
    assert (whole.exit_code, done.exit_code) == (0, 1)
    assert done.stdout == whole.stdout
    assert cv2.imread(str(folder / "preview.png")).shape == size
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"damaged: {folder / 'shard-00001.h5'}: sample 5, picture: ")
    assert "synth verify" in line


def test_what_is_damaged_is_in_the_json_too(synth, folder):
    damage(folder, 5)
    damage(folder, 9)
    done = synth("preview", folder, "--json")
    assert done.exit_code == 1
    assert ["sample 5" in d["where"] or "sample 9" in d["where"] for d in json.loads(done.stdout)["damaged"]] == [
        True
    ] * 2


def test_if_no_sample_can_be_drawn_there_is_no_sheet(synth, folder):
    for sample in range(12):
        damage(folder, sample)
    done = synth("preview", folder)
    assert done.exit_code == 1
    assert "sample 0, picture" in done.stderr
    assert not (folder / "preview.png").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--out", "x.jpg"], 2, ".png"),
        (["--count", "0"], 2, "--count"),
        (["--out", "/nowhere/x.png"], 28, "Create the folder"),
    ],
)
def test_what_preview_cannot_do_is_said(synth, folder, arguments, code, said):
    done = synth("preview", folder, *arguments)
    assert done.exit_code == code
    assert said in done.stderr
    assert "Traceback" not in done.stderr
