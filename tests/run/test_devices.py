"""On what a run renders is settled before anything is made, and each worker has a GPU of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fake_renderer import fake_recipe
from gathered_renderer import noted

from synth.device import CPU, Device
from synth.errors import EXIT_USAGE, DeviceError
from synth.run import devices, trial
from synth.run.devices import ON_CPU, RunDevice, settled_device, settled_on_ray
from synth.run.limits import Limits
from synth.run.progress import Progress
from synth.run.report import RunReport
from synth.run.seats import Seats
from synth.run.supervise import render_dataset
from synth.run.trial import Trial
from synth.shard.read_manifest import read_manifest

TWO = RunDevice("cuda", ("one card", "another card"))
THERE = (CPU, Device("cuda", TWO.gpus), Device("optix", ("RTX",)))


def render(out: Path, device: RunDevice | None, *, samples: int = 48, **more: Any) -> RunReport:
    return render_dataset(
        fake_recipe(samples, 4), [], out, renderer="fake_renderer:make_fake",
        renderer_options=more.pop("options", {}), limits=Limits(disk_reserve_bytes=0), device=device, **more,
    )  # fmt: skip


def said(folder: Path) -> list[str]:
    """What the workers said that they render on, from the ledger."""
    lines = [json.loads(line) for line in (folder / "ledger.jsonl").read_text().splitlines()]
    return sorted(line["device"] for line in lines if line["kind"] == "device")


# ---------------------------------------------------------------- what is there, and what is taken


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [("cpu", ON_CPU), ("cuda", TWO), ("optix", RunDevice("optix", ("RTX",))), ("auto", RunDevice("optix", ("RTX",)))],
)
def test_a_device_that_is_there_is_taken_and_auto_takes_the_fastest_kind(wanted: str, expected: RunDevice) -> None:
    assert settled_device(wanted, lambda: THERE) == expected


@pytest.mark.parametrize("there", [(CPU,), (CPU, Device("optix", ("RTX", "RTX")))])
def test_a_gpu_that_is_not_there_is_an_error_that_names_what_is(there: tuple[Device, ...]) -> None:
    with pytest.raises(DeviceError, match="There is no cuda device here") as refusal:
        settled_device("cuda", lambda: there)
    assert refusal.value.exit_code == EXIT_USAGE
    assert all(str(device) in refusal.value.what for device in there)
    assert refusal.value.where == "--device cuda"
    assert "--device cpu" in refusal.value.mend


def test_auto_falls_back_to_the_cpu_and_says_so_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    assert settled_device("auto", lambda: (CPU,)) == ON_CPU
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "rendering on the CPU" in record.getMessage()


def test_auto_says_nothing_when_there_is_a_gpu(caplog: pytest.LogCaptureFixture) -> None:
    settled_device("auto", lambda: THERE)
    assert caplog.records == []


def test_nobody_looks_for_devices_when_the_cpu_is_asked_for() -> None:
    assert settled_device("cpu", lambda: pytest.fail("it looked")) == ON_CPU


@pytest.mark.parametrize("told", [Trial(-11, "", "boom", 120), Trial(None, "", "", 120), Trial(0, "no JSON", "", 120)])
def test_a_driver_that_crashes_or_hangs_is_an_error_and_with_auto_a_fallback_that_says_why(
    told: Trial, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(devices, "try_list", lambda: told)
    with pytest.raises(DeviceError, match="can't say which devices are here") as refusal:
        settled_device("cuda")
    assert refusal.value.mend
    assert settled_device("auto") == ON_CPU
    (record,) = caplog.records
    assert "rendering on the CPU (Blender can't say" in record.getMessage()


def test_the_process_that_is_asked_says_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [{"kind": "cpu", "names": ["CPU"]}, {"kind": "cuda", "names": ["one card", "another card"]}]
    output = "chatter of a driver\n" + json.dumps({"devices": told})
    monkeypatch.setattr(trial, "_tried", lambda arguments, timeout_s: Trial(0, output, "", timeout_s))
    assert devices.found_devices() == THERE[:2]
    assert settled_device("cuda") == TWO


@pytest.mark.render
def test_blender_is_really_asked_in_a_process_of_its_own() -> None:
    assert CPU in devices.found_devices()
    code = "import sys, synth.run.devices as d; d.found_devices(); print('bpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_what_is_tried_elsewhere_finds_the_package_where_this_process_found_it() -> None:
    told = trial._tried(["-c", "import os; print(os.environ['PYTHONPATH'])"], 60).last_line
    assert told.split(os.pathsep)[0] == str(Path(devices.__file__).parents[2])


def test_on_a_ray_cluster_the_kind_is_taken_at_its_word_and_auto_is_the_cpu(caplog: pytest.LogCaptureFixture) -> None:
    assert settled_on_ray("cuda") == RunDevice("cuda")
    assert caplog.records == []
    assert settled_on_ray("auto") == settled_on_ray("cpu") == ON_CPU
    assert len(caplog.records) == 1


# ---------------------------------------------------------------- who has which


def test_the_kth_worker_gets_the_kth_gpu_and_further_ones_share_them_in_turns() -> None:
    seats = Seats(3)
    assert [seats.take(worker) for worker in range(7)] == [0, 1, 2, 0, 1, 2, 0]


def test_the_worker_that_replaces_another_gets_its_gpu_whichever_that_was() -> None:
    for gone in range(3):
        seats = Seats(3)
        taken = [seats.take(worker) for worker in range(3)]
        seats.leave(gone)
        seats.leave(gone)  # told to go, and then gone
        assert seats.take(3) == taken[gone]
        assert seats.take(4) == 0, "all are taken again"


def test_without_gpus_there_is_none_to_take() -> None:
    assert Seats(0).take(0) is None


def gather(out: Path, workers: int | None, together: int, **more: Any) -> tuple[RunReport, list[tuple[int, str, str]]]:
    """A run on two GPUs, and what each worker noted."""
    options = {"notes": str(out / "notes"), "together": together, "sample_s": more.pop("sample_s", 0.01)}
    report = render_dataset(
        fake_recipe(48, 4), [], out / "out", renderer="gathered_renderer:make", device=TWO, workers=workers,
        renderer_options=options, limits=Limits(disk_reserve_bytes=0), **more,
    )  # fmt: skip
    return report, noted(out / "notes")


def test_each_worker_is_told_its_own_gpu_and_there_are_as_many_as_gpus(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _, workers = gather(tmp_path, None, 2)
    assert sorted(told for _, _, told in workers) == ["0", "1"]
    assert said(tmp_path / "out") == ["cuda GPU 0", "cuda GPU 1"]
    assert read_manifest(tmp_path / "out").versions["device"] == "cuda GPU 0, cuda GPU 1"
    assert "share" not in caplog.text


def test_on_the_cpu_no_worker_is_told_of_a_gpu(tmp_path: Path) -> None:
    render(tmp_path, ON_CPU, samples=4)
    assert said(tmp_path) == ["cpu"]


def test_more_workers_than_gpus_share_them_and_the_log_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _, workers = gather(tmp_path, 4, 4)
    assert Counter(told for _, _, told in workers) == {"0": 2, "1": 2}
    assert "4 workers share 2 GPUs in turns" in caplog.text


def test_a_killed_workers_gpu_goes_to_the_one_that_replaces_it(tmp_path: Path) -> None:
    killed: list[int] = []

    def kill_the_second(progress: Progress) -> None:
        if not killed and progress.samples_done > 4:
            (tmp_path / "hold").touch()  # or the other one might make all the rest before a third is there
            killed.append(next(pid for pid, _, told in noted(tmp_path / "notes") if told == "1"))
            os.kill(killed[0], signal.SIGKILL)

    report, workers = gather(tmp_path, None, 2, sample_s=0.05, progress=kill_the_second)
    assert (report.worker_deaths, report.exit_code) == (1, 0)
    assert Counter(told for _, _, told in workers) == {"0": 1, "1": 2}
    assert [told for pid, _, told in workers if pid == killed[0]] == ["1"]


def test_what_is_shown_until_the_kernels_are_there_says_why_nothing_happens(tmp_path: Path) -> None:
    seen: list[Progress] = []
    render(tmp_path, RunDevice("optix", ("RTX",)), samples=4, options={"startup_s": 0.6}, progress=seen.append)
    assert "kernels are being loaded or compiled; the first frame can take minutes" in seen[0].device
    assert seen[0].device.startswith("optix")
    assert seen[-1].device == "optix GPU 0"


def test_on_the_cpu_nothing_is_said_of_kernels(tmp_path: Path) -> None:
    seen: list[Progress] = []
    render(tmp_path, ON_CPU, samples=4, options={"startup_s": 0.6}, progress=seen.append)
    assert {progress.device for progress in seen} <= {"", "cpu"}


def test_compiling_for_longer_than_a_start_may_take_is_no_hang(tmp_path: Path) -> None:
    patient = Limits(disk_reserve_bytes=0, startup_s=2, gpu_startup_s=60, hang_floor_s=2)
    report = render_dataset(
        fake_recipe(4, 4), [], tmp_path, renderer="fake_renderer:make_fake", device=RunDevice("cuda", ("card",)),
        renderer_options={"startup_s": 6.0}, limits=patient,
    )  # fmt: skip
    assert (report.worker_deaths, report.samples_made) == (0, 4)


def test_going_on_with_another_device_is_warned_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    render(tmp_path, ON_CPU, samples=8)
    (tmp_path / "shard-00001.h5").unlink()
    render(tmp_path, RunDevice("cuda", ("card",)), samples=8)
    assert "pictures may differ" in caplog.text
    assert said(tmp_path) == ["cpu", "cuda GPU 0"]
