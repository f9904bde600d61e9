"""ONNX: the same answers as torch, for any number of pictures, with what a user of the file must know inside it."""

from __future__ import annotations

import json
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from torch import nn

from synth.data.network_input import NetworkInput
from synth.errors import DatasetError, UsageError
from synth.train import export
from synth.train.export import export_onnx
from synth.train.network import PoseNetwork, build_network
from synth.train.network_settings import NetworkSettings

GREY_64 = NetworkInput(64, "grey")


def opinionated(**changes: object) -> PoseNetwork:
    """A network whose posteriors and angles differ from picture to picture."""
    settings = {"trunk": "small", "size_px": 64, "head_width": 8, "fc_width": 16} | changes
    network = build_network(NetworkSettings(**settings)).train()
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = None  # statistics of this batch alone
    network.trunk(2 * torch.rand(8, network.settings.channels, 64, 64) - 1)
    for layer in network.modules():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, 0, 0.5)
    return network.eval()


def run(path: object, pictures: np.ndarray) -> dict[str, np.ndarray]:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"pictures": pictures}), strict=True))


@pytest.mark.parametrize(
    "changes",
    [
        {"routing": "soft"},
        {"routing": "hard"},
        {"routing": "soft", "strategy": "pitch+yaw+roll", "channels": 3},
        {"kind": "direct6d"},
    ],
)
def test_the_file_gives_torchs_answers_for_any_number_of_pictures(tmp_path, changes):
    network = opinionated(**changes)
    shown = NetworkInput(64, "rgb" if network.settings.channels == 3 else "grey")
    given = np.random.default_rng(1).integers(0, 256, (5, *shown.shape), dtype=np.uint8)
    report = export_onnx(network, tmp_path / "pose.onnx", shown, given)
    assert report.agrees
    assert report.pictures == 21
    assert report.largest_difference["euler_deg"] < 1e-2
    for count in (1, 3):
        pictures = np.random.default_rng(count).random((count, *shown.shape), dtype=np.float32)
        with torch.no_grad():
            ours = network(torch.from_numpy(pictures))
        theirs = run(tmp_path / "pose.onnx", pictures)
        assert set(theirs) == {"R", "euler_deg"} | ({"posterior"} if ours.posterior is not None else set())
        np.testing.assert_allclose(theirs["euler_deg"], ours.euler_deg.numpy(), atol=1e-2)
        np.testing.assert_allclose(theirs["R"], ours.R.numpy(), atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["c2f", "direct6d"])
def test_googlenet_is_exported_too(tmp_path, kind):
    network = build_network(NetworkSettings(kind=kind, head_width=16))
    assert export_onnx(network, tmp_path / "pose.onnx", NetworkInput(128, "grey")).agrees


def test_the_file_says_what_it_takes_and_what_its_angles_mean(tmp_path):
    network = opinionated()
    export_onnx(network, tmp_path / "pose.onnx", NetworkInput(64, "depth", 1.3))
    model = onnx.load(tmp_path / "pose.onnx")
    about = json.loads({entry.key: entry.value for entry in model.metadata_props}["synth"])
    assert {name: about["input"][name] for name in ("size_px", "content", "margin")} == {
        "size_px": 64, "content": "depth", "margin": 1.3,
    }  # fmt: skip
    assert about["pose"] == {"convention": "300wlp", "angles": "pitch, yaw, roll in degrees", "pose": "along_ray"}
    assert NetworkSettings.model_validate(about["network"]) == network.settings


def test_an_input_that_the_network_was_not_built_for_is_refused(tmp_path):
    with pytest.raises(UsageError, match="takes 1 × 64 px, the input gives 3 × 64 px"):
        export_onnx(opinionated(), tmp_path / "pose.onnx", NetworkInput(64, "rgb"))
    with pytest.raises(UsageError, match=r"\(1, 32, 32\), not \(1, 64, 64\)"):
        export_onnx(opinionated(), tmp_path / "pose.onnx", GREY_64, np.zeros((2, 1, 32, 32), np.uint8))


def test_a_file_that_disagrees_with_torch_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(export, "TOLERANCE", {"R": 0.0, "euler_deg": 0.0, "posterior": 0.0})
    with pytest.raises(DatasetError, match="disagrees with torch: R "):
        export_onnx(opinionated(), tmp_path / "pose.onnx", GREY_64)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_without_the_extra_the_message_says_how_to_get_it(tmp_path, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UsageError, match=rf"package {package}.*pip install synth-heads\[onnx\]"):
        export_onnx(opinionated(), tmp_path / "pose.onnx", GREY_64)
