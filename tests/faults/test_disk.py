"""A disk that fills up, or can't be written, gives one line and no torn file."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from runs import assert_whole, finish, running

from synth.errors import EXIT_DISK, EXIT_DONE
from synth.run.folder import is_whole
from synth.run.ledger import Ledger

SAMPLES, SHARD = 96, 8  # two shards of about 1 MB can be on their way at once; the disk takes them
NOISY = {"noise": 256}  # about 130 kB a sample


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this user may not mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_tears_nothing_and_the_run_goes_on_once_there_is_room(tiny_disk: Path) -> None:
    wish = {"samples": SAMPLES, "shard_samples": SHARD, "options": NOISY, "limits": {"check_disk": False}}
    with running(tiny_disk, **wish) as process:
        code, errors = finish(process)
    assert code == EXIT_DISK, errors
    line = errors.strip().splitlines()[-1]
    assert str(tiny_disk) in line
    assert "needed" in line
    assert "free" in line
    for path in tiny_disk.glob(".synth-*"):
        raise AssertionError(f"{path} was left")
    ledger = Ledger.open(tiny_disk, {}, "")
    assert ledger.shards
    assert all(entry is not None and is_whole(tiny_disk, entry) for entry in ledger.shards.values())
    subprocess.run(["mount", "-o", "remount,size=64m", str(tiny_disk)], check=True)
    with running(tiny_disk, **wish) as process:
        assert finish(process)[0] == EXIT_DONE
    assert_whole(tiny_disk, SAMPLES)


def test_the_check_before_each_shard_stops_before_the_disk_is_full(tiny_disk: Path) -> None:
    limits = {"disk_reserve_bytes": 1 << 20}
    recipe = {"camera": {"width_px": 64, "height_px": 64}, "render": {"frame": "full"}}  # makes the estimate too low
    wish = {"samples": SAMPLES, "shard_samples": SHARD, "options": NOISY, "limits": limits, "recipe": recipe}
    with running(tiny_disk, **wish) as process:
        code, errors = finish(process)
    assert code == EXIT_DISK
    assert "Not enough room" in errors


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with running(blocked / "out") as process:
        code, errors = finish(process)
    assert code == EXIT_DISK
    assert len(errors.strip().splitlines()) == 1
    assert "can't be made" in errors
