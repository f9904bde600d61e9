"""Several processes by torchrun."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from synth.errors import UsageError
from synth.train.checkpoint import load_checkpoint
from synth.train.distributed import joined
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


@pytest.fixture
def two_ranks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A machine with GPUs on which torchrun has started two processes; the backends that are asked for."""
    asked: list[str] = []
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("LOCAL_RANK", "1")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "set_device", lambda number: asked.append(f"cuda:{number}"))
    monkeypatch.setattr(torch.distributed, "init_process_group", asked.append)
    monkeypatch.setattr(torch.distributed, "destroy_process_group", lambda: None)
    monkeypatch.setattr(torch.distributed, "get_rank", lambda: 1)
    return asked


@pytest.mark.parametrize(
    ("device", "asked", "index"),
    [("cpu", ["gloo"], None), ("cuda", ["cuda:1", "nccl"], 1), ("auto", ["cuda:1", "nccl"], 1)],
)
def test_the_ranks_talk_by_what_suits_the_device_that_was_asked_for(two_ranks, device, asked, index):
    with joined(device) as ranks:
        assert (ranks.rank, ranks.world, ranks.device_index) == (1, 2, index)
    assert two_ranks == asked


def test_several_ranks_on_one_gpu_are_refused(two_ranks):
    with pytest.raises(UsageError, match="cuda:0 is one device for 2 processes"), joined("cuda:0"):
        pass
    assert two_ranks == []
