"""Google's and Microsoft's object stores on the loopback, by the emulators that there are."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import pytest

BUCKET = "bucket"
# Of the emulator, the same everywhere and no secret.
_AZURITE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@contextmanager
def google_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An address in an empty bucket of an emulator in this process, which is taught to mind conditions."""
    monkeypatch.setenv("GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT", "false")  # asks Google what kind of bucket it is
    pytest.importorskip("gcsfs")
    emulator = pytest.importorskip("gcp_storage_emulator.server")
    _mind_conditions(monkeypatch, emulator)
    port = _free_port()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{port}")
    server = emulator.create_server("127.0.0.1", port, in_memory=True, default_bucket=BUCKET)
    server.start()
    try:
        yield f"gs://{BUCKET}/sets/fake"
    finally:
        server.stop()


def _mind_conditions(monkeypatch: pytest.MonkeyPatch, emulator: Any) -> None:
    """Google's store answers 412 to a PUT on the condition of no generation if there is one; the emulator puts."""
    real = emulator.objects.insert

    def insert(request: Any, response: Any, storage: Any, *more: Any, **options: Any) -> Any:
        if request.query.get("ifGenerationMatch") == ["0"]:
            name = (request.query.get("name") or [None])[0] or request.data["meta"]["name"]
            if _is_there(storage, request.params["bucket_name"], name):
                response.status = HTTPStatus.PRECONDITION_FAILED
                return None
        return real(request, response, storage, *more, **options)

    for _, handlers in emulator.HANDLERS:
        for method, handler in handlers.items():
            if handler is real:
                monkeypatch.setitem(handlers, method, insert)


def _is_there(storage: Any, bucket: str, name: str) -> bool:
    with suppress(Exception):  # the emulator's own kinds
        return storage.get_file_obj(bucket, name) is not None
    return False


@contextmanager
def azure_store(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[str]:
    """An address in an empty container of Azurite, if that is installed (`npm install -g azurite`)."""
    program = shutil.which("azurite-blob")  # first, as the package is only missed where it could be tried
    if program is None:
        pytest.skip("there is no azurite-blob")
    pytest.importorskip("adlfs")
    port = _free_port()
    address = f"http://127.0.0.1:{port}/devstoreaccount1"
    command = [program, "--inMemoryPersistence", "--silent", "--disableTelemetry", "--skipApiVersionCheck"]
    process = subprocess.Popen([*command, "--blobPort", str(port)], cwd=folder)
    account = f"AccountName=devstoreaccount1;AccountKey={_AZURITE_KEY};BlobEndpoint={address};"
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", f"DefaultEndpointsProtocol=http;{account}")
    try:
        _wait_for(port)
        from synth.store.objects import ObjectStore

        ObjectStore(f"az://{BUCKET}/x")._fs.mkdir(BUCKET)
        yield f"az://{BUCKET}/sets/fake"
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _wait_for(port: int, timeout_s: float = 60.0) -> None:
    deadline = monotonic() + timeout_s
    while monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        sleep(0.1)
    raise AssertionError("the emulator doesn't answer")
