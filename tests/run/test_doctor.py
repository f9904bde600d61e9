"""The doctor names what is missing and the command that mends it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from synth.run import doctor
from synth.run.doctor import BPY_PACKAGES, judge_device, judge_disk, judge_import, judge_memory, judge_package
from synth.run.trial import Trial, try_import

MISSING = "ImportError: libXrender.so.1: cannot open shared object file: No such file or directory"


def test_a_missing_system_library_is_named_with_the_packages_that_bring_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    check = judge_import("bpy", Trial(1, "", MISSING, 60), BPY_PACKAGES)
    assert check.state == "bad"
    assert "libXrender.so.1" in check.found
    assert check.mend.startswith("sudo apt-get install -y libx11-6 libxrender1")


def test_without_apt_it_does_not_propose_apt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    check = judge_import("bpy", Trial(1, "", MISSING, 60), BPY_PACKAGES)
    assert "apt-get" not in check.mend
    assert "libXrender.so.1" in check.mend


@pytest.mark.parametrize(
    ("trial", "words"),
    [
        (Trial(None, "", "", 60), "didn't end within 60 s"),
        (Trial(-11, "", "", 60), "crashed (SIGSEGV)"),
        (Trial(1, "", "Traceback\nValueError: odd\n", 60), "exit code 1: ValueError: odd"),
    ],
)
def test_an_import_that_crashes_or_hangs_is_told_apart(trial: Trial, words: str) -> None:
    check = judge_import("bpy", trial, BPY_PACKAGES)
    assert check.state == "bad"
    assert words in check.found
    assert check.mend


def test_importing_is_really_tried_in_another_process() -> None:
    assert try_import("json").ended_well
    absent = judge_import("no_such_module", try_import("no_such_module"), "")
    assert (absent.state, absent.found) == ("bad", "not installed")
    assert "pip install" in absent.mend
    assert try_import("json", timeout_s=0.001).exit_code is None


def test_a_package_outside_its_pin_comes_with_the_pip_command() -> None:
    assert judge_package(Requirement("numpy>=1")).state == "ok"
    wrong = judge_package(Requirement("numpy>=99"))
    assert wrong.state == "bad"
    assert "pip install" in wrong.mend
    assert "numpy>=99" in wrong.mend
    assert judge_package(Requirement("no-such-package==1")).found == "not installed"


def test_another_python_is_bad() -> None:
    assert doctor.judge_python("3.11.9").state == "ok"
    assert doctor.judge_python("3.12.1").state == "bad"
    assert doctor.judge_python("3.1.1").state == "bad"


def test_little_memory_asks_for_fewer_workers() -> None:
    assert judge_memory(16_000_000_000, 8).state == "ok"
    assert judge_memory(3_000_000_000, 8).mend == "synth render --workers 4"
    assert judge_memory(100_000_000, 8).state == "bad"
    assert judge_memory(None, 8).state == "warn"


def test_a_folder_that_is_not_there_yet_is_judged_by_the_one_above(tmp_path: Path) -> None:
    assert str(tmp_path) in judge_disk(tmp_path / "datasets" / "demo").found


def test_a_cache_below_a_file_is_bad(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    check = doctor.judge_writable("cache", tmp_path / "file" / "cache")
    assert check.state == "bad"
    assert "SYNTH_CACHE" in check.mend


def test_a_render_is_shown_with_its_times_and_a_failure_with_its_mend() -> None:
    said = {"device": {"kind": "cpu", "names": ["CPU"]}, "seconds_warmup": 1.5, "seconds_per_frame": 0.05}
    good = judge_device("cpu", Trial(0, "noise\n" + json.dumps(said), "", 600))
    assert (good.state, good.found) == ("ok", "CPU: first frame 1.50 s, then 0.050 s a frame")
    refused = Trial(1, json.dumps({"error": "No kernel.", "mend": "Update the driver."}), "", 600)
    bad = judge_device("cuda", refused)
    assert (bad.state, bad.found, bad.mend) == ("bad", "No kernel.", "Update the driver.")


def test_other_devices_are_those_besides_the_cpu() -> None:
    devices = [{"kind": "cpu", "names": ["CPU"]}, {"kind": "optix", "names": ["card"]}]
    assert Trial(0, json.dumps({"devices": devices}), "", 600).other_devices == ["optix"]
    assert Trial(0, "no json", "", 600).other_devices == []


@pytest.mark.parametrize(
    ("gpus", "found"),
    [
        ((), "would render on the CPU: Blender finds no GPU"),
        ((("cuda", ["A"]),), "would take cuda (A) with one worker; the default is --device cpu"),
        ((("cuda", ["A", "B"]), ("optix", ["A", "B"])), "would take optix (A, B) with 2 workers, one a GPU"),
    ],
)
def test_what_auto_would_choose_is_told_after_the_devices(
    gpus: tuple[tuple[str, list[str]], ...], found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    devices = [{"kind": kind, "names": names} for kind, names in (("cpu", ["CPU"]), *gpus)]

    def tried(kind: str) -> Trial:
        said = {"device": {"kind": kind, "names": ["it"]}, "devices": devices}
        return Trial(0, json.dumps({**said, "seconds_warmup": 1, "seconds_per_frame": 1}), "", 600)

    monkeypatch.setattr(doctor, "try_render", tried)
    *rendered, auto = doctor.judge_devices()
    assert [check.name for check in rendered] == ["render on cpu", *(f"render on {kind}" for kind, _ in gpus)]
    assert (auto.name, auto.state) == ("--device auto", "ok")
    assert auto.found.startswith(found)


def test_where_blender_does_not_say_what_there_is_nothing_is_said_of_auto(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "try_render", lambda kind: Trial(-11, "", "", 600))
    assert [check.state for check in doctor.judge_devices()] == ["bad"]


def test_rendering_is_not_tried_when_bpy_cannot_be_imported(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(doctor, "try_import", lambda module: Trial(1, "", MISSING, 60))
    monkeypatch.setattr(doctor, "try_render", lambda device: pytest.fail("it was tried"))
    by_name = {check.name: check for check in doctor.diagnose(tmp_path)}
    assert by_name["import bpy"].state == by_name["render"].state == "bad"
    assert by_name["disk"].state in ("ok", "warn", "bad")


@pytest.mark.render
def test_this_machine_can_render(tmp_path: Path) -> None:
    by_name = {check.name: check for check in doctor.diagnose(tmp_path)}
    assert by_name["render on cpu"].state == "ok"
