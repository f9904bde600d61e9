"""The command that measures GPUs is ready, also where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import bench_gpu
from benchmarks.__main__ import ALL
from synth.device import CPU, Device
from synth.run.devices import RunDevice


def test_it_is_one_of_the_benchmarks() -> None:
    assert "gpu" in ALL


def test_where_there_is_no_gpu_one_line_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench_gpu, "found_devices", lambda: (CPU,))
    monkeypatch.setattr(bench_gpu, "measured", lambda *given: pytest.fail("it measured"))
    bench_gpu.main()
    assert capsys.readouterr().out.strip() == "No GPU to measure: Blender finds cpu."


def test_every_kind_is_measured_on_all_its_gpus_against_two_cores(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []

    def measured(device, workers, samples, renderer):
        asked.append((device.kind, device.gpus, workers, samples))
        return bench_gpu.Measured(0.5 if device.kind == "cpu" else 4.0 * len(device.gpus), 2.0)

    gpus = (Device("cuda", ("A", "B")), Device("optix", ("A", "B")))
    monkeypatch.setattr(bench_gpu, "found_devices", lambda: (CPU, *gpus))
    monkeypatch.setattr(bench_gpu, "measured", measured)
    bench_gpu.main()
    assert asked[0] == ("cpu", (), 2, bench_gpu.CPU_SAMPLES)
    assert asked[1:] == [
        (kind, ("A", "B"), workers, 2 * bench_gpu.GPU_SAMPLES) for kind in ("cuda", "optix") for workers in (2, 4, 8)
    ]
    table = capsys.readouterr().out
    assert "| two CPU cores " in table
    assert table.count("| 16 ") == 6, "eight samples a second are sixteen times half a one"


@pytest.mark.slow
def test_a_run_is_really_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a renderer that takes 20 ms a sample, so that two workers make less than a hundred a second."""
    (tmp_path / "slow_fake.py").write_text(
        "from fake_renderer import FakeRenderer\n\n"
        "def make(recipe, options):\n    return FakeRenderer(recipe, {'sample_s': 0.02})\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    found = bench_gpu.measured(RunDevice("cuda", ("A", "B")), 2, 96, "slow_fake:make")
    assert 10 < found.samples_per_s < 100
    assert 0 < found.first_s < 60
