"""A folder that is there whole or not at all, by one process at a time."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from synth.errors import DiskError, LockedError, UsageError
from synth.shard.verify import verify_dataset
from synth.share import folder as folders
from synth.share.derive import repack
from synth.share.folder import new_folder, require_room
from synth.share.source import open_source

ROOT = Path(__file__).resolve().parents[2]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_nothing_is_at_its_place_before_all_is(tmp_path: Path):
    with new_folder(tmp_path / "a/out") as content:
        (content / "file").write_text("x")
        assert not (tmp_path / "a/out").exists()
        assert names(tmp_path / "a") == [".synth-out.partial"]
    assert names(tmp_path / "a") == ["out"]
    assert names(tmp_path / "a/out") == ["file"]


def test_an_empty_folder_may_be_there(tmp_path: Path):
    (tmp_path / "out").mkdir(mode=0o700)
    with new_folder(tmp_path / "out") as content:
        (content / "file").write_text("x")
    assert names(tmp_path / "out") == ["file"]
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700


def test_a_link_to_an_empty_folder_stays_a_link(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    with new_folder(tmp_path / "link") as content:
        (content / "file").write_text("x")
    assert (tmp_path / "link").is_symlink()
    assert names(tmp_path / "real") == ["file"]


def fill(folder: Path, error: BaseException) -> None:
    with new_folder(folder) as content:
        (content / "file").write_text("x")
        raise error


@pytest.mark.parametrize("error", [ValueError(), KeyboardInterrupt(), DiskError("full")])
def test_an_error_leaves_nothing(tmp_path: Path, error: BaseException):
    with pytest.raises(type(error)):
        fill(tmp_path / "out", error)
    assert names(tmp_path) == []


@pytest.mark.parametrize("kind", ["file", "full folder", "dangling link"])
def test_what_is_there_is_never_touched(tmp_path: Path, kind: str):
    out = tmp_path / "out"
    if kind == "file":
        out.write_text("mine")
    elif kind == "full folder":
        out.mkdir()
        (out / "mine").write_text("mine")
    else:
        (tmp_path / "out.real").write_text("mine")
        out.symlink_to("out.real")
    before = names(tmp_path)
    with pytest.raises(UsageError, match="there already"), new_folder(out):
        pass
    assert names(tmp_path) == before


def fill_while_another_does(folder: Path) -> None:
    with new_folder(folder) as content:
        (content / "file").write_text("x")
        folder.mkdir()
        (folder / "mine").write_text("mine")


def test_what_appears_meanwhile_is_not_replaced(tmp_path: Path):
    with pytest.raises(DiskError, match="not empty"):
        fill_while_another_does(tmp_path / "out")
    assert names(tmp_path) == ["out"]
    assert names(tmp_path / "out") == ["mine"]


def test_the_current_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="current folder"), new_folder(Path()):
        pass


def test_two_at_once_are_refused_by_name(tmp_path: Path):
    with new_folder(tmp_path / "out") as content:
        (content / "file").write_text("x")
        with pytest.raises(LockedError, match=f"PID {os.getpid()}"), new_folder(tmp_path / "out"):
            pass
        assert (content / "file").exists()
    assert names(tmp_path / "out") == ["file"]


def test_what_a_killed_process_left_is_cleared_away_by_the_next(tiny: Path, tmp_path: Path):
    code = (
        "import sys, time; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from synth.share.derive import repack\n"
        "def wait(done, total):\n"
        "    print('begun', flush=True); time.sleep(60)\n"
        "repack(Path(sys.argv[2]), Path(sys.argv[3]), shard_samples=3, progress=wait)\n"
    )
    command = [sys.executable, "-c", code, str(ROOT), str(tiny), str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        with pytest.raises(LockedError):
            repack(tiny, tmp_path / "out")
        process.kill()
    time.sleep(0.05)
    assert names(tmp_path) == [".synth-out.partial", "tiny"]
    repack(tiny, tmp_path / "out")
    assert names(tmp_path) == ["out", "tiny"]
    assert verify_dataset(tmp_path / "out", deep=True) == []


def test_a_full_disk_is_said_before_it_is_full(tmp_path: Path):
    with pytest.raises(DiskError, match="Not enough room: 1,000,000,0"):
        require_room(tmp_path, 10**18)
    require_room(tmp_path, 1)


def test_a_dataset_asks_for_room_first(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(folders, "_RESERVE_BYTES", 10**18)
    with pytest.raises(DiskError, match="Not enough room"):
        repack(tiny, tmp_path / "out")
    assert names(tmp_path) == ["tiny"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_said(tmp_path: Path):
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(DiskError, match="that you may write"), new_folder(tmp_path / "closed/out"):
        pass


@pytest.mark.parametrize("address", ["s3://bucket/demo", Path("s3://bucket/demo")])
def test_an_address_is_refused_where_a_folder_is_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: Path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="must be a folder on this machine"), new_folder(address):
        pass
    with pytest.raises(UsageError, match="must be a folder on this machine"):
        open_source(address)
    assert list(tmp_path.iterdir()) == []
