"""`synth card` and `synth convert` as a user calls them."""

from __future__ import annotations

import json

import pytest
from tiny_dataset import make_tiny_dataset

from synth.cli.convert import _FORMATS
from synth.convert.convert import FORMATS


@pytest.fixture
def folder(tmp_path):
    make_tiny_dataset(tmp_path / "tiny", samples=6)
    return tmp_path / "tiny"


def test_convert_says_what_it_wrote_and_where_it_is_explained(synth, folder, tmp_path):
    done = synth("convert", folder, "--to", "webdataset", "--out", tmp_path / "out")
    assert done.exit_code == 0
    assert done.stdout.startswith(f"{tmp_path / 'out'}: 6 samples, 6 jpg, 6 depth.png, 6 json, 1 tar, ")
    assert f"{tmp_path / 'out' / 'README.md'}" in done.stdout


def test_convert_gives_json_to_scripts_and_nothing_with_quiet(synth, folder, tmp_path):
    done = synth("convert", folder, "--to", "coco", "--clean", "--out", tmp_path / "out", "--json")
    assert json.loads(done.stdout)["noise"] == "none"
    assert synth("convert", folder, "--to", "coco", "--out", tmp_path / "two", "--quiet").stdout == ""


def test_the_command_offers_every_format(synth, folder, tmp_path):
    assert tuple(FORMATS) == _FORMATS
    done = synth("convert", folder, "--to", "tfrecord", "--out", tmp_path / "out")
    assert done.exit_code == 2


def test_a_taken_folder_ends_with_2(synth, folder):
    done = synth("convert", folder, "--to", "coco", "--out", folder)
    assert done.exit_code == 2
    assert "not an empty folder" in done.stderr


def test_card_lists_its_files_and_the_folder_verifies(synth, folder):
    done = synth("card", folder, "--no-parquet")
    assert done.exit_code == 0
    assert "README.md" in done.stdout
    assert synth("verify", folder, "--deep").exit_code == 0
    assert synth("verify", folder, "--deep", "--quiet").stdout == ""


def test_card_does_not_replace_somebodys_page_and_says_how_to(synth, folder):
    (folder / "README.md").write_text("mine")
    done = synth("card", folder, "--no-parquet")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "--force" in done.stderr
    assert synth("card", folder, "--no-parquet", "--force", "--json").exit_code == 0


def test_card_of_a_folder_that_is_not_there_says_what_to_give(synth, tmp_path):
    done = synth("card", tmp_path / "nope", "--no-parquet")
    assert done.exit_code == 1
    assert "nope: There is no such folder. Give the folder of a dataset" in done.stderr


def test_card_of_a_folder_that_is_no_dataset_ends_with_1(synth, tmp_path):
    assert synth("card", tmp_path, "--no-parquet").exit_code == 1
