"""A file has its name only when it is whole; every failure says path, need, room and mend."""

from __future__ import annotations

import errno
import os
import resource
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import pytest

from synth.errors import EXIT_DISK, DiskError
from synth.shard.commit import commit_bytes, remove_leftovers

OLD, NEW = b"old" * 10, b"new content" * 1000


def failing(code: int) -> Callable[..., NoReturn]:
    def fail(*_: Any, **__: Any) -> NoReturn:
        raise OSError(code, os.strerror(code))

    return fail


def test_a_commit_leaves_the_file_and_nothing_else(tmp_path: Path) -> None:
    commit_bytes(tmp_path / "a.h5", NEW)
    assert (tmp_path / "a.h5").read_bytes() == NEW
    assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]


def test_a_commit_replaces_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a.h5").write_bytes(OLD)
    commit_bytes(tmp_path / "a.h5", NEW)
    assert (tmp_path / "a.h5").read_bytes() == NEW


def test_a_committed_file_has_ordinary_permissions(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        commit_bytes(tmp_path / "a.h5", NEW)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "a.h5").stat().st_mode) == 0o644


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize("step", ["open", "write", "fsync", "replace"])
def test_a_failure_at_any_step_keeps_the_old_file_and_leaves_no_part(
    step: str, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.h5").write_bytes(OLD)
    with monkeypatch.context() as broken:
        broken.setattr(Path if step == "replace" else os, step, failing(code))
        with pytest.raises(DiskError) as caught:
            commit_bytes(tmp_path / "a.h5", NEW)
    assert (tmp_path / "a.h5").read_bytes() == OLD
    assert [path.name for path in tmp_path.iterdir()] == ["a.h5"]
    assert caught.value.exit_code == EXIT_DISK
    assert caught.value.where == str(tmp_path / "a.h5")
    assert caught.value.mend
    assert "\n" not in str(caught.value)


def test_a_disk_that_fills_up_half_way_is_named_with_need_and_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, written = os.write, []

    def write_a_little(descriptor: int, data: memoryview) -> int:
        if len(written) == 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written.append(1)
        return write(descriptor, data[:1000])

    with monkeypatch.context() as broken:
        broken.setattr(os, "write", write_a_little)
        with pytest.raises(DiskError, match=r"No space left.*11,000 bytes needed, [0-9,]+ bytes free.*Make room"):
            commit_bytes(tmp_path / "a.h5", NEW)
    assert list(tmp_path.iterdir()) == []
    commit_bytes(tmp_path / "a.h5", NEW)
    assert (tmp_path / "a.h5").read_bytes() == NEW


def test_short_writes_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:777]))
    commit_bytes(tmp_path / "a.h5", NEW)
    assert (tmp_path / "a.h5").read_bytes() == NEW


def test_the_content_is_synced_before_the_name_and_the_folder_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def spy_fsync(descriptor: int) -> None:
        steps.append("sync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync file")
        fsync(descriptor)

    def spy_replace(self: Path, target: Path) -> Path:
        steps.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(Path, "replace", spy_replace)
    commit_bytes(tmp_path / "a.h5", NEW)
    assert steps == ["sync file", "rename", "sync folder"]


def test_a_missing_folder_is_an_error_with_its_mend(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="Create the folder first"):
        commit_bytes(tmp_path / "nowhere" / "a.h5", NEW)


def test_too_many_open_files_is_an_error_with_its_mend(tmp_path: Path) -> None:
    with file_limit_reached(tmp_path), pytest.raises(DiskError, match="ulimit -n"):
        commit_bytes(tmp_path / "a.h5", NEW)
    assert not (tmp_path / "a.h5").exists()


@contextmanager
def file_limit_reached(folder: Path) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard))
    held: list[int] = []
    try:
        while True:
            try:
                held.append(os.open(folder, os.O_RDONLY))
            except OSError:
                break
        yield
    finally:
        for descriptor in held:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_leftovers_of_dead_runs_are_removed_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(os, "fsync", failing(errno.EIO))
        killed.setattr(Path, "unlink", lambda *_, **__: None)  # a killed process cleans up nothing
        with pytest.raises(DiskError):
            commit_bytes(tmp_path / "shard-00003.h5", NEW)
    leftover = next(iter(tmp_path.iterdir()))
    mine = [tmp_path / name for name in ("shard-00001.h5", ".synth-notes", "a.partial", ".hidden.partial")]
    for path in mine:
        path.write_bytes(OLD)
    assert remove_leftovers(tmp_path) == [leftover]
    assert sorted(tmp_path.iterdir()) == sorted(mine)
