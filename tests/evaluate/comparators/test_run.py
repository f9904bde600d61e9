"""Every comparator is had by its name, and fitted into a folder that is read back by itself."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import urllib.error
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from ellipsoid_heads import HeadSource, grey, poses

from synth.errors import DatasetError, UsageError
from synth.evaluate.comparators import COMPARATORS, classifier_weights
from synth.evaluate.comparators.run import fit_comparator, load_comparator, make_comparator

ROOT = Path(__file__).resolve().parents[3]
NAMES = (
    *("alexnet", "vgg16", "resnet50", "gllim", "template_ranking", "liu_cnn", "ahn_cnn"),
    *("fanelli_forest", "sift_hog", "poseidon_depth"),
)


def test_all_methods_of_the_paper_are_there():
    assert tuple(COMPARATORS) == NAMES
    assert len(COMPARATORS) == 10


@pytest.mark.parametrize("name", NAMES)
def test_a_method_states_what_it_is(name):
    kind = COMPARATORS[name]
    comparator = make_comparator(name, device="cpu")
    assert kind.name == comparator.name == name
    assert kind.about
    assert kind.estimates == ("category" if name in ("alexnet", "vgg16", "resnet50") else "angles")
    depth = name in ("fanelli_forest", "sift_hog", "poseidon_depth")
    assert (comparator.content == "depth") == depth
    assert json.loads(json.dumps(comparator.settings())) == comparator.settings()


def test_listing_the_names_loads_nothing_heavy():
    code = (
        "import json, sys; from synth.evaluate.comparators import COMPARATORS; assert 'gllim' in COMPARATORS; "
        "print(json.dumps([m for m in ('torch', 'sklearn', 'cv2') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize("name", ["gllim", "ahn_cnn", "fanelli_forest", "sift_hog"])
def test_a_fit_lands_in_a_folder_that_is_read_back_by_itself(name, tmp_path):
    source = HeadSource(poses(48, seed=1))
    seen: list[tuple[int, int]] = []
    fitted = fit_comparator(
        name,
        source,
        tmp_path / "out" / name,
        seed=1,
        steps=2,
        device="cpu",
        progress=lambda done, of: seen.append((done, of)),
    )
    pictures = np.stack([fitted.input.picture(source[i]) for i in range(3)])
    kept = load_comparator(tmp_path / "out" / name)
    assert type(kept) is COMPARATORS[name]
    np.testing.assert_array_equal(kept.predict(pictures), fitted.predict(pictures))
    rows = list(csv.DictReader((tmp_path / "out" / name / "fit.csv").read_text().splitlines()))
    assert len(rows) == len(seen) >= 1
    assert rows[0]["step"] == "1"
    about = json.loads((tmp_path / "out" / name / "comparator.json").read_text())
    assert about["trained_on"]["source"] == "ellipsoids"
    assert about["trained_on"]["seed"] == 1


def test_a_name_that_there_isnt_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(UsageError, match="Did you mean gllim"):
        make_comparator("glim")
    with pytest.raises(UsageError, match="There are alexnet"):
        fit_comparator("zzz", HeadSource(poses(4, 0)), tmp_path, seed=0)
    (tmp_path / "comparator.json").write_text('{"format": "synth-comparator", "version": 1, "name": "else"}')
    with pytest.raises(UsageError, match="no comparator 'else'"):
        load_comparator(tmp_path)


def test_a_method_without_given_weights_refuses_them(tmp_path):
    with pytest.raises(UsageError, match="ahn_cnn always starts from scratch"):
        fit_comparator("ahn_cnn", HeadSource(poses(4, 0)), tmp_path, seed=0, init="imagenet", device="cpu")


def test_given_weights_come_out_of_a_safetensors_file(tmp_path):
    path = tmp_path / "some.safetensors"
    safetensors.torch.save_file({"features.0.weight": torch.zeros(64, 3, 11, 11)}, path)
    assert list(classifier_weights.classifier_weights("alexnet", str(path))) == ["features.0.weight"]
    with pytest.raises(UsageError, match="aren't weights of alexnet"):
        fit_comparator("alexnet", HeadSource(poses(4, 0)), tmp_path, seed=0, init=str(path), device="cpu")
    path.write_bytes(b"no")
    with pytest.raises(UsageError, match="can't be read"):
        classifier_weights.classifier_weights("alexnet", str(path))
    with pytest.raises(UsageError, match=r"no such \.safetensors file"):
        classifier_weights.classifier_weights("alexnet", str(tmp_path / "weights.pth"))


def test_without_a_network_the_file_to_fetch_is_named(monkeypatch):
    def refuse(*args: object, **kwargs: object) -> None:
        raise urllib.error.URLError("no route")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", refuse)
    with pytest.raises(DatasetError, match="resnet50-0676ba61"):
        classifier_weights.classifier_weights("resnet50", "imagenet")


def test_ahns_fit_from_a_source_equals_the_pictures_that_evaluation_shows(tmp_path):
    """The source's box and the comparator's input make the pictures, in training as in judging."""
    source = HeadSource(poses(6, seed=2))
    comparator = make_comparator("ahn_cnn", device="cpu")
    picture = comparator.input.picture(source[0])
    assert picture.shape == (1, 32, 32)
    assert picture.std() > 10
    assert np.abs(grey(source.table.euler_deg[:1], 32)[0].mean() - picture.mean()) < 40
