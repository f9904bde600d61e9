"""A network that reads a picture's brightness as yaw, a face that the cascades find, and the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

_TESTS = str(Path(__file__).resolve().parents[1])
if _TESTS not in sys.path:
    sys.path.insert(0, _TESTS)

from drawn_face import drawn_face  # noqa: E402

from synth.cli import main  # noqa: E402
from synth.data.network_input import NetworkInput  # noqa: E402
from synth.evaluate.trial import Candidate, Reading  # noqa: E402
from synth.geometry.pose import rotation_from_euler  # noqa: E402
from synth.train.checkpoint import save_checkpoint  # noqa: E402
from synth.train.network import build_network  # noqa: E402
from synth.train.presets import load_settings  # noqa: E402

torch.set_num_threads(1)


@pytest.fixture
def face() -> np.ndarray:
    """(240, 240, 3) uint8 with a face in the middle."""
    return np.asarray(cv2.cvtColor(drawn_face(), cv2.COLOR_GRAY2RGB))


@pytest.fixture
def brightness() -> Candidate:
    """Says yaw = mean level − 128, pitch 5."""

    def read(pictures: np.ndarray) -> Reading:
        euler_deg = np.array([[5.0, picture.mean() - 128, 0.0] for picture in pictures])
        return Reading(rotation_from_euler(euler_deg), euler_deg, None)

    return Candidate("brightness", "nowhere", NetworkInput(32, "grey", 1.2), read, "cpu")


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training folder with an untrained network."""
    settings = load_settings("direct6d", ["network.trunk=small", "input.size_px=64"])
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("training") / "best.safetensors"
    fed = NetworkInput(64, "grey", 1.2)
    save_checkpoint(path, build_network(settings.network).state_dict(), settings.network, fed, {"preset": "direct6d"})
    return path.parent


@pytest.fixture
def synth(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs `synth ARGUMENTS`; a fault of the program itself is raised."""
    monkeypatch.delenv("SYNTH_DEBUG", raising=False)
    monkeypatch.delenv("SYNTH_YUNET", raising=False)
    return lambda *arguments: CliRunner().invoke(
        main, [str(a) for a in arguments], prog_name="synth", catch_exceptions=False
    )
