"""Checkpoints: whole or refused, never executed."""

from __future__ import annotations

import json
import pickle
import resource
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from synth.data.network_input import NetworkInput
from synth.errors import DatasetError, UsageError
from synth.train.checkpoint import load_checkpoint, save_checkpoint
from synth.train.network import build_network
from synth.train.presets import load_settings

SETTINGS = load_settings("c2f", ["network.trunk=small", "network.head_width=8", "input.size_px=64"])


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "net.safetensors"
    model = build_network(SETTINGS.network)
    save_checkpoint(path, model.state_dict(), SETTINGS.network, NetworkInput(64, "grey", 1.3), {"step": 5})
    return path


def with_header(path: Path, **changes: object) -> None:
    header = json.loads(path.with_suffix(".json").read_text()) | changes
    save_file({"weight": torch.zeros(1)}, path, metadata={"synth": json.dumps(header)})


def test_what_is_saved_comes_back(saved):
    checkpoint = load_checkpoint(saved)
    assert checkpoint.network == SETTINGS.network
    assert checkpoint.input == NetworkInput(64, "grey", 1.3)
    assert checkpoint.info == {"step": 5}


def test_a_folder_means_its_best_checkpoint(saved):
    saved.rename(saved.with_name("best.safetensors"))
    assert load_checkpoint(saved.parent).path.name == "best.safetensors"


def test_the_json_beside_it_is_for_reading_only(saved):
    saved.with_suffix(".json").write_text("{}")
    assert load_checkpoint(saved).info == {"step": 5}


class _Touch:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("name", ["evil.pt", "evil.pth", "evil.safetensors"])
def test_a_pickle_is_never_opened(tmp_path, name):
    (tmp_path / name).write_bytes(pickle.dumps(_Touch(tmp_path / "ran")))
    with pytest.raises((UsageError, DatasetError), match="pickles"):
        load_checkpoint(tmp_path / name)
    assert not (tmp_path / "ran").exists()


def test_weights_of_another_architecture_are_named(saved):
    other = load_settings("c2f", ["network.trunk=small", "network.head_width=16", "input.size_px=64"]).network
    with_header(saved, network=other.model_dump(mode="json"))
    with pytest.raises(DatasetError, match="another architecture"):
        load_checkpoint(saved)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": "other"}, "no checkpoint of synth"),
        ({"version": 2}, "version 2; this program reads 1"),
        ({"network": {"kind": "os.system"}}, "doesn't describe a network"),
        ({"input": {"size_px": 10**9, "content": "grey", "margin": 1.2}}, "doesn't describe a network"),
        ({"input": [1, 2, 3]}, "doesn't describe a network"),
        ({"network": 7}, "doesn't describe a network"),
        ({"info": 7}, "doesn't say how it came about"),
        ({"info": ["ab"]}, "doesn't say how it came about"),
        ({"info": {"split": [1]}}, "who was trained on can't be read"),
        ({"info": {"split": {"sets": [{"name": "a", "samples": 1, "subjects": 5}]}}}, "can't be read"),
        ({"info": {"data": {"name": "a"}}}, "who was trained on can't be read"),
        ({"info": {"data": [{"name": "a", "samples": "many"}]}}, "who was trained on can't be read"),
    ],
)
def test_a_header_that_lies_is_refused(saved, changes, message):
    with_header(saved, **changes)
    with pytest.raises(DatasetError, match=message):
        load_checkpoint(saved)


def test_a_header_longer_than_any_of_ours_is_refused_unread(saved, monkeypatch):
    opened = []
    monkeypatch.setattr("safetensors.safe_open", lambda *_, **__: opened.append(1))
    with saved.open("r+b") as file:
        file.write((17 << 20).to_bytes(8, "little"))
        file.truncate(18 << 20)
    with pytest.raises(DatasetError, match="header has more than 16 MiB"):
        load_checkpoint(saved)
    with saved.open("r+b") as file:
        file.truncate(5 << 30)  # sparse: takes no room
    with pytest.raises(DatasetError, match="more than 4 GiB"):
        load_checkpoint(saved)
    assert not opened


def test_a_large_network_that_the_weights_are_not_of_takes_no_memory(saved):
    large = load_settings("c2f", ["network.head_width=1024", "network.fc_width=4096", "input.size_px=64"]).network
    with_header(saved, network=large.model_dump(mode="json"))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DatasetError, match="another architecture"):
        load_checkpoint(saved)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024  # KiB; the network has > 1 GiB


def test_weights_of_another_type_are_refused(saved):
    weights = {name: value.to(torch.float16) for name, value in load_file(saved).items() if value.ndim}
    header = json.dumps(json.loads(saved.with_suffix(".json").read_text()))
    save_file(weights, saved, metadata={"synth": header})
    with pytest.raises(DatasetError, match=r"another architecture: .*F16, not .*F32"):
        load_checkpoint(saved)


@pytest.mark.parametrize("keep", [0, 7, 200, 5000])
def test_a_cut_file_is_refused(saved, keep):
    saved.write_bytes(saved.read_bytes()[:keep])
    with pytest.raises(DatasetError):
        load_checkpoint(saved)


def test_a_missing_checkpoint_says_how_to_make_one(tmp_path):
    with pytest.raises(UsageError, match="synth train"):
        load_checkpoint(tmp_path / "nothing")


def test_a_header_whose_input_is_not_the_networks_is_refused(saved):
    with_header(saved, input={"size_px": 64, "content": "rgb", "margin": 1.2})
    with pytest.raises(DatasetError, match=r"an input of 3 × 64 px to a network for 1 × 64 px"):
        load_checkpoint(saved)
