"""A real S3 server on the loopback, in this process, which fails when it is told to."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

BUCKET = "bucket"


class Server:
    """`fails` is asked about every request (method, path) and answers with True for one that is to end with 503."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self.fails: Callable[[str, str], bool] = lambda method, path: False
        self.requests: list[tuple[str, str]] = []
        self.address = ""

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        self.requests.append((method, path))
        if self.fails(method, path):
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start_response("503 Service Unavailable", [("Content-Type", "application/xml")])
            return [b"<Error><Code>ServiceUnavailable</Code><Message>the cellar is flooded</Message></Error>"]
        return self._application(environ, start_response)

    def puts(self, ending: str) -> list[str]:
        """What was put, of the objects whose names end so."""
        return [path for method, path in self.requests if method == "PUT" and path.endswith(ending)]


@contextmanager
def s3_server() -> Iterator[Server]:
    import moto.server
    from moto.moto_api._internal.models import moto_api_backend
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log(self, type: str, message: str, *arguments: Any) -> None:
            """Nothing."""

    server = Server(moto.server.DomainDispatcherApplication(moto.server.create_backend_app))
    listening = make_server("127.0.0.1", 0, server, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    server.address = f"http://127.0.0.1:{listening.server_port}"
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()
        moto_api_backend.reset()


@contextmanager
def prepared_server(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Iterator[Server]:
    """A server with an empty bucket that this process and those it starts use, and no settings of the user's."""
    from synth.store import cache, objects

    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(folder / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder / "none"),
        "SYNTH_CACHE": str(folder / "cache"),
    }.items():
        monkeypatch.setenv(name, value)
    with s3_server() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.address)
        cache.opened_store.cache_clear()
        cache._sure.clear()
        monkeypatch.setattr(objects, "_PAUSES_S", (0.05, 0.05))
        objects.ObjectStore(f"s3://{BUCKET}/x")._fs.call_s3("create_bucket", Bucket=BUCKET)
        server.requests.clear()
        yield server
    cache.opened_store.cache_clear()
