"""The walk-through: all its commands run in its order, in an empty folder, with Blender, and leave what it says."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tarfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from commands import ROOT

from synth.recipe import load_recipe
from synth.shard.dataset import open_dataset
from synth.shard.verify import verify_dataset

PAGE = (ROOT / "docs" / "walkthrough.md").read_text(encoding="utf-8")
COMMANDS = [
    line for block in re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE) for line in block.splitlines()
]
(SNIPPET,) = re.findall(r"^```python\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def run(words: list[str], folder: Path) -> str:
    """In a process of its own, as Blender writes to the process's standard output."""
    done = subprocess.run(
        [sys.executable, *words],
        capture_output=True, text=True, cwd=folder, check=False, env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, f"{shlex.join(words)}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The folder after the last command, and what each printed."""
    folder = tmp_path_factory.mktemp("walk")
    printed = {}
    for line in COMMANDS:
        program, name, *words = shlex.split(line)
        assert program == "synth"
        if name == "card" and find_spec("pyarrow") is None:
            words.append("--no-parquet")
        printed[line] = run(["-m", "synth", name, *words], folder)
    printed["python"] = run(["-c", SNIPPET], folder)
    return folder, printed


def test_it_shows_what_a_dataset_goes_through():
    order = [line.split()[1] for line in COMMANDS]
    wanted = ["render", "verify", "info", "preview", "report", "card", "split", "merge", "convert"]
    assert [name for name in order if name in wanted and name != "verify"] == [n for n in wanted if n != "verify"]
    assert order[1] == "verify"


def test_the_quality_that_it_speaks_of_is_that_of_its_render():
    settings = shlex.split(COMMANDS[0].partition("--set ")[2])
    recipe = load_recipe("demo", [word for word in settings if "=" in word])
    assert f"{recipe.render.samples} rays a pixel and a denoiser" in " ".join(PAGE.split())
    assert recipe.render.denoise != "off"


@pytest.mark.slow
@pytest.mark.render
def test_every_command_of_the_walk_through_runs_and_leaves_what_it_says(walked: tuple[Path, dict[str, str]]):
    folder, printed = walked
    small = folder / "datasets/small"
    made = {path.name for path in small.iterdir()}
    assert {"preview.png", "histograms.png", "report.html", "README.md", "LICENSE", "NOTICE.md"} <= made
    assert {"croissant.json", "SHA256SUMS"} <= made
    assert "A. Person" in (small / "README.md").read_text(encoding="utf-8")
    for name in ("small", "fit", "frontal", "parts/train", "parts/validation", "parts/test"):
        assert verify_dataset(folder / "datasets" / name, deep=True) == []
    with tarfile.open(next((folder / "fit_tars").glob("*.tar"))) as tar:
        names = tar.getnames()
        labels = json.load(tar.extractfile(next(name for name in names if name.endswith(".json"))))
    fit = open_dataset(folder / "datasets/fit")
    assert sum(name.endswith(".jpg") for name in names) == len(fit)
    np.testing.assert_allclose(labels["euler_deg"], fit[0].euler_deg, atol=1e-3)
    assert len(printed["python"].splitlines()) == len(fit)


@pytest.mark.slow
@pytest.mark.render
def test_its_parts_share_nobody_and_what_is_joined_of_them_is_as_it_was(walked: tuple[Path, dict[str, str]]):
    folder, _ = walked
    names = ("small", "fit", "parts/train", "parts/validation", "parts/test")
    sets = {name: open_dataset(folder / "datasets" / name) for name in names}
    people = {name: set(one.labels["subject"]) for name, one in sets.items()}
    assert len(people["small"]) == 8
    assert people["parts/test"].isdisjoint(people["fit"])
    assert people["parts/train"].isdisjoint(people["parts/validation"])
    assert sum(len(sets[f"parts/{name}"]) for name in ("train", "validation", "test")) == len(sets["small"]) == 24
    before = {sample.id: sample for sample in sets["small"]}
    for sample in sets["fit"]:
        np.testing.assert_array_equal(sample.rgb, before[sample.id].rgb)
