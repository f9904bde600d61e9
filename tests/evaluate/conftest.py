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

from tiny_dataset import make_tiny_dataset  # noqa: E402

from synth.cli import main  # noqa: E402

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
