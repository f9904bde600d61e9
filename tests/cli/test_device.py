"""`--device`, on machines that are made up: held against what is there before anything is made."""

from __future__ import annotations

import json
import shlex

import pytest

from synth.device import CPU, Device
from synth.shard.read_manifest import read_manifest

FAKE = ("--renderer", "fake_renderer:make_fake")
TWO = Device("cuda", ("one card", "another card"))


@pytest.fixture
def machine(monkeypatch):
    """Makes up what Blender finds; a list grows with each time it is asked."""

    def has(*found):
        asked = []
        monkeypatch.setattr("synth.run.devices.found_devices", lambda: asked.append(1) or (CPU, *found))
        return asked

    return has


def test_a_gpu_that_is_not_there_ends_with_2_names_what_is_and_makes_nothing(synth, recipe, machine, tmp_path):
    machine(TWO)
    before = sorted(path.name for path in tmp_path.rglob("*"))
    done = synth("render", "--recipe", recipe, "--device", "hip", "--out", tmp_path / "out", *FAKE)
    assert done.exit_code == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: --device hip: There is no hip device here")
    assert "cpu, cuda (one card, another card)" in line
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_it_is_found_out_before_heads_are_built(synth, recipe, machine, monkeypatch):
    machine()
    monkeypatch.setattr("synth.run.prepare.prepare", lambda *given, **more: pytest.fail("heads were built"))
    assert synth("render", "--recipe", recipe, "--device", "cuda", *FAKE).exit_code == 2


def test_one_sample_alone_is_refused_alike(synth, recipe, machine, tmp_path):
    machine()
    done = synth("render", "--recipe", recipe, "--device", "cuda", "--only", 1, "--out", tmp_path / "one.png", *FAKE)
    assert done.exit_code == 2
    assert not (tmp_path / "one.png").exists()


def test_as_many_workers_as_gpus_each_with_its_own(synth, recipe, machine, tmp_path):
    asked = machine(TWO)
    done = synth("render", "--recipe", recipe, "--device", "cuda", "--out", tmp_path / "out", *FAKE)
    assert done.exit_code == 0, done.stderr
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert "kernels are being loaded or compiled" in lines[0]["device"]
    assert lines[0]["workers"] == 2, "there is work for three"
    assert lines[-1]["device"] == read_manifest(tmp_path / "out").versions["device"]
    assert set(lines[-1]["device"].split(", ")) <= {"cuda GPU 0", "cuda GPU 1"}
    assert asked == [1]


def test_more_workers_than_gpus_are_told_of(synth, recipe, machine, tmp_path):
    machine(Device("optix", ("RTX",)))
    command = ("render", "--recipe", recipe, "--device", "optix", "--workers", 2, "--out", tmp_path / "out", *FAKE)
    done = synth(*command, "--log", "text")
    assert done.exit_code == 0
    assert "warning: 2 workers share a GPU" in done.stderr


def test_auto_falls_back_to_the_cpu_and_says_so_once(synth, recipe, machine, tmp_path):
    machine()
    done = synth("render", "--recipe", recipe, "--device", "auto", "--out", tmp_path / "out", "--log", "text", *FAKE)
    assert done.exit_code == 0
    assert [line for line in done.stderr.splitlines() if "CPU" in line] == [
        "warning: --device auto: there is no GPU that Blender could use; rendering on the CPU"
    ]
    assert read_manifest(tmp_path / "out").versions["device"] == "cpu"


def test_auto_takes_a_gpu_that_is_there(synth, recipe, machine, tmp_path):
    machine(Device("optix", ("RTX",)))
    synth("render", "--recipe", recipe, "--device", "auto", "--out", tmp_path / "out", *FAKE)
    assert read_manifest(tmp_path / "out").versions["device"] == "optix GPU 0"


def test_on_the_cpu_nobody_looks_for_gpus(synth, recipe, machine, tmp_path):
    asked = machine(TWO)
    synth("render", "--recipe", recipe, "--only", 1, "--out", tmp_path / "one.png", *FAKE)
    assert asked == []


def test_variants_that_are_rendered_take_the_gpu_and_those_of_stored_pictures_need_none(
    synth, recipe, machine, tmp_path
):
    machine(Device("cuda", ("card",)))
    asked = ("variants", "--illumination", "--of", recipe, "--count", 4, "--device", "cuda")
    done = synth(*asked, "--out", tmp_path / "lit", *FAKE)
    assert done.exit_code == 0, done.stderr
    assert read_manifest(tmp_path / "lit").versions["device"] == "cuda GPU 0"
    synth("render", "--recipe", recipe, "--out", tmp_path / "out", *FAKE)
    done = synth("variants", "--blur", "--of", tmp_path / "out", "--device", "cuda", "--out", tmp_path / "blurred")
    assert done.exit_code == 0, done.stderr
    assert "device" not in read_manifest(tmp_path / "blurred").versions


@pytest.mark.parametrize(("given", "gpus"), [(("--device", "cuda"), 1), (("--device", "cpu"), 0), ((), 0)])
def test_a_worker_on_a_ray_cluster_asks_ray_for_a_gpu_and_nobody_looks_here(
    synth, recipe, machine, monkeypatch, tmp_path, given, gpus
):
    asked, engines = machine(), []

    def refuse(*arguments, ray, device, **options):
        engines.append((ray.gpus, device.kind, device.gpus))
        raise SystemExit(0)

    monkeypatch.setattr("synth.run.supervise.render_dataset", refuse)
    synth("render", "--recipe", recipe, "--ray", "auto", "--out", tmp_path / "out", *given, *FAKE)
    assert engines == [(gpus, "cuda" if gpus else "cpu", ())]
    assert asked == []


def test_the_command_that_repeats_a_sample_names_the_device(synth, recipe, machine, monkeypatch, tmp_path):
    machine(TWO)
    told = []

    def note(*arguments, repeat, **options):
        told.append(shlex.split(repeat))
        raise SystemExit(0)

    monkeypatch.setattr("synth.run.supervise.render_dataset", note)
    synth("render", "--recipe", recipe, "--device", "cuda", "--out", tmp_path / "out", *FAKE)
    assert told[0][told[0].index("--device") :][:2] == ["--device", "cuda"]
