"""`synth export`, and the example that runs what it writes without synth."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from tiny_dataset import make_tiny_dataset

from synth.data.network_input import NetworkInput
from synth.data.source import PoseImage
from synth.train.checkpoint import load_checkpoint, save_checkpoint
from synth.train.network import build_network
from synth.train.presets import load_settings

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "run_onnx.py"


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    torch.set_num_threads(1)
    torch.manual_seed(3)
    settings = load_settings("c2f", ["network.trunk=small", "network.head_width=8", "input.size_px=64"])
    path = tmp_path / "net.safetensors"
    model = build_network(settings.network)
    save_checkpoint(path, model.state_dict(), settings.network, settings.input.network_input(), {})
    return path


def test_an_exported_network_is_held_against_torch(synth, checkpoint, tmp_path):
    make_tiny_dataset(tmp_path / "data", samples=8)
    done = synth("export", checkpoint, "--onnx", "--data", tmp_path / "data", "--json")
    assert done.exit_code == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["pictures"] == 16 + 8
    assert set(report["largest_difference"]) == {"R", "euler_deg", "posterior"}
    assert Path(report["path"]) == checkpoint.with_suffix(".onnx")
    assert checkpoint.with_suffix(".onnx").is_file()


def test_the_example_reads_a_pose_as_synth_does(synth, checkpoint, tmp_path):
    assert synth("export", checkpoint, "--onnx", "--out", tmp_path / "pose.onnx").exit_code == 0
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (6, 8), dtype=np.uint8)
    grey = cv2.resize(small, (160, 120), interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(tmp_path / "picture.png"), grey)
    box = (60.0, 40.0, 100.0, 84.0)

    printed = subprocess.run(
        [sys.executable, EXAMPLE, tmp_path / "pose.onnx", tmp_path / "picture.png", ",".join(map(str, box))],
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip

    shown = NetworkInput(64, "grey", 1.2).picture(PoseImage(np.dstack([grey] * 3), None, np.array(box), {}))
    ours = load_checkpoint(checkpoint).model(torch.from_numpy(shown[None]).float() / 255).euler_deg[0].tolist()
    theirs = [float(number) for number in re.findall(r"-?[\d.]+", printed)]
    assert theirs == pytest.approx(ours, abs=0.3)


def test_the_kind_of_file_has_to_be_said(synth, checkpoint):
    assert synth("export", checkpoint).exit_code == 2
