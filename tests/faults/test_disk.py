"""A disk that fills up, fails or can't be written gives one line and no torn file."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from runs import assert_whole, finish, running, shard_sums

from synth.errors import EXIT_DISK, EXIT_DONE
from synth.run.folder import is_whole
from synth.run.ledger import Ledger

MB = 1 << 20
SHARD = 2  # of about 0.8 MB a sample; two shards can be on their way at once, and the smallest disk takes them
NOISY = {"noise": 640}
SIZES_MB = (8, 14, 20, 27, 33, 39, 45, 52, 58, 64)
Record = Callable[[str, object], None]


class StandIn:
    """A folder that the run believes to be a disk of so many bytes: works for every user."""

    def __init__(self, folder: Path, size: int) -> None:
        folder.mkdir()
        self.folder, self.options = folder, {"disk": [str(folder), size]}

    def grow(self) -> None:
        self.options = {}

    def close(self) -> None: ...


class Mounted:
    """A file system of its own, of so many bytes: for those who may mount one."""

    def __init__(self, folder: Path, size: int) -> None:
        folder.mkdir()
        self.folder: Path = folder
        self.options: dict[str, Any] = {}
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("this user may not mount a file system")

    def grow(self) -> None:
        subprocess.run(["mount", "-o", "remount,size=256m", str(self.folder)], check=True)

    def close(self) -> None:
        subprocess.run(["umount", str(self.folder)], check=True)


Disk = StandIn | Mounted


@pytest.fixture(params=[Mounted, StandIn])
def small_disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[int], Disk]]:
    made: list[Disk] = []

    def make(size_mb: int) -> Disk:
        made.append(request.param(tmp_path / "small", size_mb * MB))
        return made[-1]

    yield make
    for disk in made:
        disk.close()


def fill_and_go_on(disk: Disk, size_mb: int, record_property: Record) -> None:
    """Render a quarter more than fits; look at what is left; make room; go on to the end."""
    samples = int(1.25 * size_mb / 0.75) // SHARD * SHARD
    wish = {"samples": samples, "shard_samples": SHARD, "limits": {"check_disk": False}}
    with running(disk.folder, options=NOISY | disk.options, **wish) as process:
        code, errors = finish(process)
    assert code == EXIT_DISK, errors
    line = errors.strip().splitlines()[-1]
    assert str(disk.folder) in line
    assert "needed" in line
    assert "free" in line
    assert not list(disk.folder.glob(".synth-*"))
    with Ledger.open(disk.folder, {}, "") as ledger:
        assert ledger.shards
        assert all(entry is not None and is_whole(disk.folder, entry) for entry in ledger.shards.values())
    named = shard_sums(disk.folder)
    disk.grow()
    with running(disk.folder, options=NOISY | disk.options, **wish) as process:
        code, errors = finish(process)
    assert code == EXIT_DONE, errors
    assert_whole(disk.folder, samples)
    assert named.items() <= shard_sums(disk.folder).items(), "a name never stood for half a file"
    record_property("injected", 1)
    record_property("measured", ("size of the disk, MB", size_mb, None))


def test_a_full_disk_tears_nothing_and_the_run_goes_on_once_there_is_room(
    small_disk: Callable[[int], Disk], record_property: Record
) -> None:
    fill_and_go_on(small_disk(8), 8, record_property)


@pytest.mark.slow
@pytest.mark.parametrize("size_mb", SIZES_MB[1:])
def test_a_full_disk_of_any_size_tears_nothing(
    size_mb: int, small_disk: Callable[[int], Disk], record_property: Record
) -> None:
    fill_and_go_on(small_disk(size_mb), size_mb, record_property)


def test_the_check_before_each_shard_stops_before_the_disk_is_full(small_disk: Callable[[int], Disk]) -> None:
    disk = small_disk(8)
    recipe = {"camera": {"width_px": 64, "height_px": 64}, "render": {"frame": "full"}}  # makes the estimate too low
    wish = {"samples": 20, "shard_samples": SHARD, "limits": {"disk_reserve_bytes": MB}, "recipe": recipe}
    with running(disk.folder, options=NOISY | disk.options, **wish) as process:
        code, errors = finish(process)
    assert code == EXIT_DISK
    assert "Not enough room" in errors
    assert shard_sums(disk.folder), "what fitted was made"


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with running(blocked / "out") as process:
        code, errors = finish(process)
    assert code == EXIT_DISK
    assert len(errors.strip().splitlines()) == 1
    assert "can't be made" in errors


@pytest.mark.parametrize("number", [1, 2, 6])
def test_an_io_error_on_sync_is_one_line_and_tears_nothing(tmp_path: Path, number: int) -> None:
    """The first sync of a shard is its file's, the second the folder's; the sixth comes with the third shard."""
    with running(tmp_path, samples=80, options={"sync_fails": number}) as process:
        code, errors = finish(process)
    assert code == EXIT_DISK, errors
    (line,) = errors.strip().splitlines()
    assert "Input/output error" in line
    assert str(tmp_path / "shard-") in line
    assert not list(tmp_path.glob(".synth-*"))
    named = shard_sums(tmp_path)
    with running(tmp_path, samples=80) as process:
        assert finish(process)[0] == EXIT_DONE
    assert_whole(tmp_path, 80)
    assert named.items() <= shard_sums(tmp_path).items(), "a name never stood for half a file"


def another_device(than: Path) -> Path:
    """A folder that may be written and lies on another file system."""
    for folder in (Path("/dev/shm"), Path(f"/run/user/{os.getuid()}"), Path.home(), Path("/var/tmp")):
        if folder.is_dir() and os.access(folder, os.W_OK) and folder.stat().st_dev != than.stat().st_dev:
            return folder
    pytest.skip("there is one file system only")


def test_output_on_another_device_is_what_it_is_on_this_one(tmp_path: Path) -> None:
    """A file is renamed where it was written, so no rename ever crosses from one device to another."""
    here = tmp_path / "here"
    with tempfile.TemporaryDirectory(dir=another_device(tmp_path)) as there, running(here, samples=48) as process:
        assert finish(process)[0] == EXIT_DONE
        (tmp_path / "link").symlink_to(there)
        with running(tmp_path / "link", samples=48, environment={"TMPDIR": str(tmp_path)}) as process:
            code, errors = finish(process)
        assert (code, errors) == (EXIT_DONE, "")
        assert_whole(Path(there), 48)
        assert shard_sums(Path(there)) == shard_sums(here)
