"""`synth render` with folders of one's own pictures: in the manifest with licences, and the same when continued."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from synth.shard.dataset import open_dataset

FAKE = ("--renderer", "fake_renderer:make_fake")


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SYNTH_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "my photographs"
    folder.mkdir()
    for number in range(3):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((24, 32, 3), 60 * number, np.uint8))
    (folder / "LICENSE").write_text("CC-BY-4.0\n")
    return folder


def set_photos(folder: Path) -> tuple[str, ...]:
    return ("--set", f"scene.photos={{folder: '{folder}', share: 0.5}}")


def test_the_manifest_lists_every_photograph_with_its_licence(synth, recipe, photos, tmp_path):
    done = synth("render", "--recipe", recipe, "--out", tmp_path / "out", *set_photos(photos), *FAKE)
    assert done.exit_code == 0, done.stderr
    manifest = open_dataset(tmp_path / "out").manifest
    listed = [asset for asset in manifest.assets if asset.kind == "photograph"]
    assert [(asset.name, asset.license) for asset in listed] == [(f"{k}.png", "CC-BY-4.0") for k in range(3)]
    assert manifest.recipe["scene"]["photos"]["folder"] == "my photographs"
    assert str(tmp_path) not in (tmp_path / "out" / "manifest.json").read_text()


def test_continued_with_a_changed_folder_it_stops_and_names_the_setting(synth, recipe, photos, tmp_path):
    render = ("render", "--recipe", recipe, "--out", tmp_path / "out", *set_photos(photos), *FAKE)
    assert synth(*render).exit_code == 0
    assert synth(*render).exit_code == 0  # nothing changed: nothing to do
    (photos / "0.png").unlink()
    stopped = synth(*render)
    assert stopped.exit_code == 2
    assert "scene.photos.sha256" in stopped.stderr


@pytest.mark.parametrize("wrong", ["nowhere", "empty", "text"])
def test_a_folder_that_cannot_be_used_stops_the_run_before_it_begins(synth, recipe, photos, tmp_path, wrong):
    folder = tmp_path / wrong
    if wrong != "nowhere":
        folder.mkdir()
    if wrong == "text":
        (folder / "a.jpg").write_text("no picture")
    stopped = synth("render", "--recipe", recipe, "--out", tmp_path / "out", *set_photos(folder), *FAKE)
    assert stopped.exit_code == 2
    assert wrong in stopped.stderr
    assert not (tmp_path / "out").exists()
