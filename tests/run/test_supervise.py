"""A recipe becomes a dataset: the same bytes however many workers there are and however often it is started."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fake_renderer import fake_recipe

from synth.errors import (
    DatasetError,
    DeviceError,
    DiskError,
    MismatchError,
    RenderError,
    SynthError,
    UsageError,
)
from synth.recipe.schema import Recipe
from synth.run.limits import Limits
from synth.run.progress import Progress
from synth.run.report import RunReport
from synth.run.supervise import render_dataset
from synth.shard.manifest import HeadPackEntry
from synth.shard.read_manifest import read_manifest

RECIPE = fake_recipe(70, 16)
HEADS = [HeadPackEntry("fakes", "0" * 64, "CC0-1.0")]


def render(out: Path, recipe: Recipe = RECIPE, workers: int = 1, **more: Any) -> RunReport:
    options = more.pop("options", {})
    limits = more.pop("limits", Limits(disk_reserve_bytes=0))
    renderer = more.pop("renderer", "fake_renderer:make_fake")
    return render_dataset(
        recipe, HEADS, out, workers=workers, renderer=renderer, renderer_options=options, limits=limits, **more
    )


def shard_sums(out: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(out.glob("shard-*.h5"))}


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("reference")
    render(out)
    return out


@pytest.mark.parametrize("workers", [2, 3])
def test_the_bytes_do_not_depend_on_the_number_of_workers(tmp_path: Path, reference: Path, workers: int) -> None:
    report = render(tmp_path, workers=workers)
    assert (report.samples_made, report.shards_made, report.exit_code) == (70, 5, 0)
    assert shard_sums(tmp_path) == shard_sums(reference)


def test_the_manifest_lists_every_shard_with_its_checksum(reference: Path) -> None:
    manifest = read_manifest(reference)
    assert {entry.name: entry.sha256 for entry in manifest.shards} == shard_sums(reference)
    assert [i for entry in manifest.shards for i in entry.ids] == list(range(70))
    assert manifest.heads == tuple(HEADS)
    assert manifest.hosts
    assert manifest.versions["python"].startswith("3.11")


def test_a_finished_folder_is_left_alone(reference: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in reference.iterdir()}
    report = render(reference)
    assert (report.samples_kept, report.samples_made, report.complete) == (70, 0, True)
    assert {path: path.stat().st_mtime_ns for path in reference.iterdir()} == before


def test_missing_and_damaged_shards_are_made_again(tmp_path: Path, reference: Path) -> None:
    render(tmp_path)
    (tmp_path / "shard-00001.h5").unlink()
    flipped = bytearray((tmp_path / "shard-00003.h5").read_bytes())
    flipped[len(flipped) // 2] ^= 1
    (tmp_path / "shard-00003.h5").write_bytes(flipped)
    (tmp_path / "shard-00004.h5").write_bytes(b"short")
    (tmp_path / "shard-00099.h5").write_bytes(b"from nowhere")
    report = render(tmp_path)
    assert report.shards_damaged == ("shard-00001.h5", "shard-00003.h5", "shard-00004.h5")
    assert (report.shards_kept, report.shards_made) == (2, 3)
    assert shard_sums(tmp_path) == shard_sums(reference)


def test_a_lost_manifest_is_written_again(tmp_path: Path) -> None:
    render(tmp_path)
    (tmp_path / "manifest.json").unlink()
    assert render(tmp_path).samples_made == 0
    assert read_manifest(tmp_path).samples == 70


def test_another_recipe_is_refused_field_by_field(tmp_path: Path) -> None:
    render(tmp_path)
    other = fake_recipe(70, 16, pose={"yaw_deg": [-30, 30]}, seed=5)
    with pytest.raises(MismatchError) as refusal:
        render(tmp_path, other)
    text = str(refusal.value)
    assert "seed: 0 in the folder, 5 now" in text
    assert "pose.yaw_deg: [-50.0, 50.0] in the folder, [-30.0, 30.0] now" in text
    assert "pitch" not in text
    assert text.splitlines()[-1] == "Choose another --out, or give the same recipe."
    assert refusal.value.exit_code == 2


def test_shards_without_a_ledger_are_not_touched(tmp_path: Path) -> None:
    (tmp_path / "shard-00000.h5").write_bytes(b"somebody's work")
    with pytest.raises(DatasetError, match="no ledger"):
        render(tmp_path)
    assert (tmp_path / "shard-00000.h5").read_bytes() == b"somebody's work"


def test_progress_rises_to_the_total(tmp_path: Path) -> None:
    seen: list[Progress] = []
    render(tmp_path, progress=seen.append, options={"sample_s": 0.01})
    assert seen[-1].finished
    assert seen[-1].samples_done == seen[-1].samples_total == 70
    assert len(seen) > 2
    assert any(0 < progress.samples_done < 70 for progress in seen)


def test_what_renders_is_told_and_stands_in_the_manifest(tmp_path: Path) -> None:
    seen: list[Progress] = []
    render(tmp_path, progress=seen.append, options={"sample_s": 0.01, "device": "optix: RTX\n4090"})
    assert {progress.device for progress in seen[2:]} <= {"", "optix: RTX 4090"}
    assert seen[-1].device == "optix: RTX 4090"
    assert read_manifest(tmp_path).versions["device"] == "optix: RTX 4090"


def test_a_dataset_rendered_on_two_devices_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    render(tmp_path, options={"device": "cpu"})
    assert "pictures may differ" not in caplog.text
    (tmp_path / "shard-00001.h5").unlink()
    render(tmp_path, options={"device": "optix: RTX"})
    assert "rendering on optix: RTX, after cpu: pictures may differ in the last bits" in caplog.text
    assert read_manifest(tmp_path).versions["device"] == "cpu, optix: RTX"


def test_a_renderer_that_does_not_say_on_what_it_renders_is_fine(tmp_path: Path) -> None:
    render(tmp_path)
    assert "device" not in read_manifest(tmp_path).versions


def test_recycled_workers_change_nothing_and_are_no_deaths(
    tmp_path: Path, reference: Path, caplog: pytest.LogCaptureFixture
) -> None:
    report = render(tmp_path, limits=Limits(disk_reserve_bytes=0, recycle_after_samples=16))
    assert report.worker_deaths == 0
    assert caplog.text == ""
    assert shard_sums(tmp_path) == shard_sums(reference)


def test_too_little_room_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="Not enough room"):
        render(tmp_path, limits=Limits(disk_reserve_bytes=1 << 60))
    assert not list(tmp_path.glob("shard-*"))


@pytest.mark.parametrize(
    ("more", "kind", "words"),
    [
        ({"options": {"unfit": "device"}}, DeviceError, "device optix: There is no such device. Use --device cpu."),
        ({"options": {"unfit": "python"}}, RenderError, "libXrender.so.1"),
        ({"options": {"unfit": "segfault"}}, RenderError, "SIGSEGV"),
        ({"renderer": "fake_renderer:absent"}, UsageError, "absent"),
        ({"renderer": "no_such_module:make"}, UsageError, "no_such_module"),
        ({"workers": 0}, UsageError, "at least 1"),
    ],
)
def test_a_renderer_that_cannot_be_made_stops_the_run_with_its_reason(
    tmp_path: Path, more: dict[str, Any], kind: type[SynthError], words: str
) -> None:
    limits = Limits(disk_reserve_bytes=0, failures_in_a_row=4)
    with pytest.raises(kind) as refusal:
        render(tmp_path, **{"limits": limits, **more})
    assert words in str(refusal.value)


def test_the_parent_never_imports_blender() -> None:
    code = (
        "import sys, synth.run.supervise, synth.run.worker; print(json.dumps([m for m in sys.modules if m == 'bpy']))"
    )
    process = subprocess.run([sys.executable, "-c", "import json;" + code], capture_output=True, check=True)
    assert json.loads(process.stdout) == []
