"""One worker renders thousands of samples with Blender, and its memory stays what it was: `make soak`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import sleep

import pytest
from runs import assert_whole, children, is_alive

FRAME = {"width_px": 160, "height_px": 120, "fx_px": 131.25, "fy_px": 131.25}  # each side a quarter of the recipe's
SETTLED = 128  # samples after which every head and every buffer was there once
MOST_GROWTH = 1.10


def resident_mb(pid: int) -> float:
    """Memory that the process holds now, MB; 0 if it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def is_worker(pid: int) -> bool:
    try:
        return b"synth.run.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def growth_in_one_worker(out: Path, samples: int) -> tuple[float, float]:
    """Memory of the only worker, MB: medians over samples 128 to 256 and over the last 128."""
    settings = ["render.quality=draft", *(f"camera.{name}={value}" for name, value in FRAME.items())]
    command = [sys.executable, "-m", "synth", "render", "--recipe", "demo", "--count", str(samples), "--workers", "1"]
    command += ["--out", str(out), "--quiet", *(word for setting in settings for word in ("--set", setting))]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    seen: list[tuple[int, float]] = []
    workers: set[int] = set()
    try:
        while is_alive(process.pid):
            for worker in filter(is_worker, children(process.pid)):
                workers.add(worker)
                seen.append((8 * len(list(out.glob("shard-*.h5"))), resident_mb(worker)))
            sleep(0.25)
        assert process.wait() == 0
    finally:
        process.kill()
        process.wait()
    assert len(workers) == 1, "one worker rendered them all"
    assert_whole(out, samples)
    early = median(mb for done, mb in seen if SETTLED <= done < 2 * SETTLED and mb)
    late = median(mb for done, mb in seen if samples - SETTLED <= done < samples and mb)
    return early, late


@pytest.mark.slow
@pytest.mark.soak
@pytest.mark.render
@pytest.mark.timeout(4 * 3600)
def test_two_thousand_renders_in_one_worker_do_not_grow_it(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    early_mb, late_mb = growth_in_one_worker(tmp_path / "out", 2000)
    shutil.rmtree(tmp_path)
    record_property("injected", 2000)
    record_property("measured", (f"memory in the end, MB; {early_mb:.0f} at first", late_mb, MOST_GROWTH * early_mb))
    assert late_mb <= MOST_GROWTH * early_mb
