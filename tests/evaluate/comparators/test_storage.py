"""A comparator's folder is read only if it is whole and of its own kind."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
from ellipsoid_heads import grey, poses

from synth.errors import DatasetError, UsageError
from synth.evaluate.candidates import open_candidate
from synth.evaluate.comparators.gllim import GLLiM
from synth.evaluate.comparators.storage import check_arrays, read_about, read_folder, write_folder
from synth.evaluate.comparators.template_ranking import TemplateRanking


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    euler_deg = poses(60, seed=1)
    comparator = GLLiM()
    comparator.fit_arrays(grey(euler_deg, 64), euler_deg, seed=0, steps=2)
    comparator.save(tmp_path / "gllim", {"source": "ellipsoids", "samples": 60})
    return tmp_path / "gllim"


def change(folder: Path, **values: object) -> None:
    path = folder / "comparator.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_the_json_says_what_it_is_and_what_it_saw(folder):
    about = read_about(folder)
    assert about["name"] == "gllim"
    assert about["convention"] == "300wlp"
    assert about["input"] == {"size_px": 64, "content": "grey", "margin": 1.2}
    assert about["trained_on"] == {"source": "ellipsoids", "samples": 60}


def test_another_methods_folder_is_refused(folder):
    with pytest.raises(UsageError, match="name is 'gllim'; this method's is 'template_ranking'"):
        TemplateRanking.load(folder)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"version": 2}, "isn't synth-comparator version 1"),
        ({"format": "else"}, "isn't synth-comparator version 1"),
        ({"input": {"size_px": 32, "content": "grey", "margin": 1.2}}, "input is"),
        ({"settings": {"leaves": 3}}, "settings aren't those of gllim"),
        ({"settings": None}, "settings aren't those of gllim"),
        ({"settings": [1]}, "settings aren't those of gllim"),
        ({"settings": {"components": "many"}}, "components is 'many'"),
        ({"settings": {"components": True}}, "components is 'True'"),
        ({"settings": {"components": 1.5}}, "components is '1.5'"),
        ({"settings": {"components": -1}}, "components is '-1'"),
        ({"settings": {"components": 10**12}}, "components is '1000000000000'"),
        ({"trained_on": 5}, "doesn't say what was fitted"),
        ({"name": ["gllim"]}, "doesn't say what was fitted"),
        ({"sha256": 7}, "aren't the arrays"),
        ({"sha256": "0" * 64}, "aren't the arrays that the JSON describes"),
    ],
)
def test_a_changed_json_is_refused(folder, values, message):
    change(folder, **values)
    with pytest.raises(UsageError, match=message):
        GLLiM.load(folder)


def test_a_damaged_file_is_refused(folder):
    path = folder / "comparator.safetensors"
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)
    with pytest.raises(UsageError, match="aren't the arrays"):
        GLLiM.load(folder)
    path.unlink()
    with pytest.raises(UsageError, match="can't be read"):
        GLLiM.load(folder)


def test_a_folder_without_a_comparator_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no readable comparator"):
        read_about(tmp_path)
    (tmp_path / "comparator.json").write_text("[")
    with pytest.raises(UsageError, match="no readable comparator"):
        read_about(tmp_path)


@pytest.mark.parametrize("text", ["[" * 200_000, '{"a": ' + "1" * 5000 + "}", " " * (17 << 20), "\xff"])
def test_a_json_that_is_none_or_too_large_is_refused(tmp_path, text):
    (tmp_path / "comparator.json").write_text(text, encoding="latin-1")
    with pytest.raises(UsageError, match=r"no readable comparator|isn't synth-comparator"):
        read_about(tmp_path)


def test_arrays_larger_than_any_of_ours_are_refused_unread(folder):
    with (folder / "comparator.safetensors").open("r+b") as file:
        file.truncate(5 << 30)  # sparse: takes no room
    with pytest.raises(UsageError, match="more than 4 GiB"):
        GLLiM.load(folder)


@pytest.mark.parametrize("info", [{"split": 3}, {"data": 5}, {"data": [{"name": "a", "samples": "x"}]}])
def test_a_json_that_says_something_else_of_its_training_is_refused(folder, info):
    change(folder, trained_on=info)
    with pytest.raises(DatasetError, match="who was trained on can't be read"):
        open_candidate(str(folder), "cpu")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("b", np.zeros((3, 7)), "instead of"),
        ("weight", np.full(2, np.nan), "not finite"),
        ("weight", np.zeros(2, np.float32), "instead of"),
        ("extra", np.zeros(2), "names"),
    ],
)
def test_arrays_of_another_shape_type_or_name_are_refused(folder, name, value, message):
    about, arrays = read_folder(folder)
    kept = {key: value for key, value in about.items() if key not in ("format", "version", "sha256")}
    write_folder(folder, kept, {**arrays, name: value})
    with pytest.raises(UsageError, match=message):
        GLLiM.load(folder)


def test_bytes_that_are_no_safetensors_are_refused(folder):
    import hashlib

    content = b"\x08\x00\x00\x00\x00\x00\x00\x00notjson!"
    (folder / "comparator.safetensors").write_bytes(content)
    change(folder, sha256=hashlib.sha256(content).hexdigest())
    with pytest.raises(UsageError, match="no safetensors file"):
        GLLiM.load(folder)


def test_a_layout_ties_lengths_of_the_same_letter():
    check_arrays({"a": np.zeros((2, 3)), "b": np.zeros(3, np.int32)}, {"a": "N 3", "b": "M int32"}, N=2)
    with pytest.raises(UsageError, match="N = 2"):
        check_arrays({"a": np.zeros((2, 3)), "b": np.zeros(3)}, {"a": "N 3", "b": "N"})


def test_the_arrays_are_plain_safetensors(folder):
    assert set(safetensors.numpy.load_file(folder / "comparator.safetensors")) == {
        "weight", "c", "Gamma", "A", "b", "variance",
    }  # fmt: skip
