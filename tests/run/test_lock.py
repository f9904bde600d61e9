"""One run a folder."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from synth.errors import EXIT_LOCKED, DiskError, LockedError
from synth.run.lock import LOCK_NAME, FolderLock


def test_the_second_is_told_who_holds_it(tmp_path: Path) -> None:
    with FolderLock(tmp_path), pytest.raises(LockedError) as refusal, FolderLock(tmp_path):
        pass
    assert f"PID {os.getpid()} on host {socket.gethostname()}" in str(refusal.value)
    assert refusal.value.exit_code == EXIT_LOCKED == 11


def test_it_is_free_again_afterwards_and_leaves_nothing_behind(tmp_path: Path) -> None:
    for _ in range(2):
        with FolderLock(tmp_path):
            assert (tmp_path / LOCK_NAME).exists()
        assert not (tmp_path / LOCK_NAME).exists()


def test_a_file_left_by_a_killed_run_locks_nothing(tmp_path: Path) -> None:
    code = "import os, sys; from pathlib import Path; from synth.run.lock import FolderLock\n"
    code += "lock = FolderLock(Path(sys.argv[1])); lock.__enter__(); os.kill(os.getpid(), 9)"
    process = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert process.returncode == -9
    assert (tmp_path / LOCK_NAME).exists()
    with FolderLock(tmp_path):
        pass


@pytest.mark.parametrize("content", [b"", b"garbage", b"[]", b'{"pid": "x"}', b"\xff" * 100])
def test_a_holder_that_says_nothing_sensible_still_holds(tmp_path: Path, content: bytes) -> None:
    with FolderLock(tmp_path):
        (tmp_path / LOCK_NAME).write_bytes(content)
        with pytest.raises(LockedError, match="Another run"), FolderLock(tmp_path):
            pass


def test_a_folder_that_is_not_there_is_a_disk_error(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="can't be locked"), FolderLock(tmp_path / "absent"):
        pass
