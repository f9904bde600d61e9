"""An S3 server of its own for each test that asks for one, and nothing of the user's."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve().parent
for _folder in (_HERE.parent, _HERE.parent / "faults", _HERE):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

from s3_server import Server, prepared_server  # noqa: E402


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    pytest.importorskip("s3fs")
    pytest.importorskip("moto.server")
    with prepared_server(monkeypatch, tmp_path) as server:
        yield server
