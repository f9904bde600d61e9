"""Several processes by torchrun."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from synth.train.checkpoint import load_checkpoint
from tests.tiny_dataset import make_tiny_dataset

SETTINGS = (
    "network.trunk=small", "network.head_width=8", "network.fc_width=16", "input.size_px=64", "batch=8",
    "optimiser.warmup_steps=1", "validate_every=2",
)  # fmt: skip


@pytest.mark.slow
def test_two_processes_train_one_network_and_one_of_them_writes_it(tmp_path: Path):
    make_tiny_dataset(tmp_path / "tiny", samples=48, shard_samples=48, side_px=32)
    words = [word for setting in SETTINGS for word in ("--set", setting)]
    done = subprocess.run(
        [
            sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2",
            "-m", "synth", "train", "--data", "tiny", "--steps", "3", "--device", "cpu", "--workers", "0",
            "--out", "run", "--quiet", *words,
        ],
        cwd=tmp_path, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=500,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    checkpoint = load_checkpoint(tmp_path / "run" / "last.safetensors")
    assert checkpoint.info["step"] == 3
    assert "geodesic_deg" in (tmp_path / "run" / "curves.csv").read_text().splitlines()[0]
