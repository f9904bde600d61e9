"""Checkpoints: whole or refused, never executed."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

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
    ],
)
def test_a_header_that_lies_is_refused(saved, changes, message):
    with_header(saved, **changes)
    with pytest.raises(DatasetError, match=message):
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
