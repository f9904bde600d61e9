"""The main job as a user does it, with Blender: a recipe rendered, verified and looked at."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import synth
from synth.shard.dataset import open_dataset

ROOT = Path(synth.__file__).parents[1]
SMALL = ("--recipe", "demo", "--count", "2", "--set", "heads.block=1", "--set", "render.samples=1")


def run(*arguments, cwd):
    """`synth ARGUMENTS` in a process of its own, since Blender writes to the process's standard output."""
    done = subprocess.run(
        [sys.executable, "-m", "synth", *arguments],
        capture_output=True, text=True, cwd=cwd, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "INFO" not in done.stderr  # as Blender's importer would print for every mesh
    return done.stdout


@pytest.mark.render
def test_two_people_are_rendered_verified_and_drawn(tmp_path):
    last = json.loads(run("render", *SMALL, "--workers", "1", cwd=tmp_path))
    assert last["samples_made"] == 2
    folder = tmp_path / "datasets" / "demo"
    assert "is whole" in run("verify", str(folder), "--deep", cwd=tmp_path)
    run("preview", str(folder), cwd=tmp_path)
    first, second = open_dataset(folder, noise=False)
    assert first.subject != second.subject
    for item in (first, second):
        assert item.rgb.std() > 10
        assert np.median(item.range_mm[item.range_mm > 0]) == pytest.approx(item.distance_mm, abs=200)
    assert cv2.imread(str(folder / "preview.png")).shape[1] > 400


@pytest.mark.render
def test_of_one_sample_alone_the_labels_are_printed_and_nothing_of_blenders_chatter(tmp_path):
    shown = json.loads(run("render", *SMALL, "--only", "0", "--out", "one.png", cwd=tmp_path))
    assert shown["labels"]["id"] == 0


@pytest.mark.render
@pytest.mark.slow
def test_one_sample_alone_looks_like_the_stored_one_and_a_portrait_is_drawn(tmp_path):
    run("render", *SMALL, "--workers", "1", "--out", "out", cwd=tmp_path)
    shown = json.loads(run("render", *SMALL, "--only", "1", "--out", "one.png", cwd=tmp_path))
    item = open_dataset(tmp_path / "out", noise=False)[1]
    assert shown["labels"]["R_camera_from_head"] == item.R_camera_from_head.tolist()
    picture = cv2.cvtColor(cv2.imread(str(tmp_path / "one.png")), cv2.COLOR_BGR2RGB)
    assert np.abs(picture.astype(int) - item.rgb).mean() < 3  # JPEG's loss
    assert "sheet.png" in run("heads", "show", "demo8", "--count", "1", "--out", "sheet.png", cwd=tmp_path)
    assert cv2.imread(str(tmp_path / "sheet.png")).shape[0] > 220
