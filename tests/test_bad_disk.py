"""The small disk that isn't one, while other processes write to it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bad_disk import shrink_disk


@pytest.fixture(autouse=True)
def disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever happens to them here, these calls are themselves again behind the test."""
    for name in ("write", "statvfs", "scandir"):
        monkeypatch.setattr(os, name, getattr(os, name))


def test_a_full_disk_stays_one_when_a_file_goes_while_the_folder_is_listed(tmp_path: Path):
    real_scandir = os.scandir
    (tmp_path / "shard").write_bytes(bytes(100))
    (tmp_path / ".synth-part").write_bytes(bytes(50))

    def scandir(folder: Any) -> Iterator[Any]:
        entries = sorted(real_scandir(folder), key=lambda entry: entry.name)
        (tmp_path / ".synth-part").unlink(missing_ok=True)
        return iter(entries)

    os.scandir = scandir  # type: ignore[assignment]
    shrink_disk(tmp_path, 100)
    with (
        (tmp_path / "another").open("wb", buffering=0) as file,
        pytest.raises(OSError, match="space") as caught,
    ):
        os.write(file.fileno(), b"x")
    assert caught.value.errno == errno.ENOSPC
    assert os.statvfs(tmp_path).f_bavail == 0
