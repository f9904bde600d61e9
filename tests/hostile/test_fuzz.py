"""Files damaged at random never crash a reader: it reads them or refuses them with its own error."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.hostile.fuzz import KINDS, damaged

ROOT = Path(__file__).parents[2]


def _fuzz(kind: str, seed: int, count: int, folder: Path) -> dict[str, int]:
    program = [sys.executable, "-m", "tests.hostile.fuzz", kind, str(seed), str(count), str(folder)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(program, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    last = done.stdout.splitlines()[-1:] or ["nothing"]
    assert done.returncode == 0, f"seed {seed}, input {last[0]} of {kind}:\n{done.stderr[-2000:]}"
    return dict(json.loads(last[0]))


@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_are_read_or_refused_with_the_readers_own_error(kind: str, tmp_path: Path) -> None:
    found = _fuzz(kind, seed=1, count=250, folder=tmp_path)
    assert found["refused"] + found["read"] == 250
    assert found["refused"] > 25


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_five_thousand_damaged_files_of_each_kind(kind: str, tmp_path: Path) -> None:
    assert sum(_fuzz(kind, seed=2, count=5000, folder=tmp_path).values()) == 5000


def test_the_same_number_makes_the_same_damage() -> None:
    data = bytes(range(256))
    first, again = (damaged(data, np.random.default_rng([5, 8])) for _ in range(2))
    assert first == again != data
