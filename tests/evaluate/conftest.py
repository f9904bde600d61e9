"""The command line as a user calls it, on small sets."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result

_HERE = Path(__file__).resolve().parent
for _folder in (_HERE, _HERE.parent):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

from known_errors import SMALL  # noqa: E402
from tiny_dataset import make_tiny_dataset  # noqa: E402

from synth.cli import main  # noqa: E402
from synth.data.shards import ShardSource  # noqa: E402
from synth.train.checkpoint import save_checkpoint  # noqa: E402
from synth.train.network import build_network  # noqa: E402
from synth.train.plan import plan_training  # noqa: E402
from synth.train.presets import load_settings  # noqa: E402

torch.set_num_threads(1)


@pytest.fixture
def synth(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs `synth ARGUMENTS`; a fault of the program itself is raised."""
    monkeypatch.delenv("SYNTH_DEBUG", raising=False)
    return lambda *arguments: CliRunner().invoke(
        main, [str(a) for a in arguments], prog_name="synth", catch_exceptions=False
    )


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """24 small rendered-like samples of six people."""
    folder = tmp_path / "datasets" / "tiny"
    make_tiny_dataset(folder, samples=24, shard_samples=8)
    return folder


@pytest.fixture
def make_checkpoint(dataset: Path, tmp_path: Path) -> Callable[..., Path]:
    """Writes an untrained network's checkpoint, as if it had been trained on `dataset`, and gives its folder."""

    def make(name: str = "c2f", preset: str = "c2f", *overrides: str) -> Path:
        settings = load_settings(preset, [*SMALL, *overrides])
        plan = plan_training(settings, [ShardSource(dataset)], preset=preset)
        torch.manual_seed(0)
        network = build_network(settings.network)
        (tmp_path / name).mkdir()
        save_checkpoint(
            tmp_path / name / "best.safetensors", network.state_dict(), settings.network, plan.input, plan.info
        )
        return tmp_path / name

    return make
