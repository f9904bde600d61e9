"""The process is killed at each single request that changes a bucket, before the store carries it out and after."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from runs import is_alive, wait_for
from s3_server import BUCKET, Server

from synth.shard.read_manifest import read_manifest
from synth.store.objects import ObjectStore

_MAKE_ALL = """
import json, sys
sys.path[:0] = json.loads(sys.argv[2])
from test_every_write import RECIPE, make_all
from synth.run.prefix import Prefix
place = Prefix(sys.argv[1])
with place.locked(None):
    make_all(place)
"""
_CHANGES = ("PUT", "DELETE", "POST")


class Deadly:
    """The application between; at its `number`th change it kills the process, before it or after it."""

    def __init__(self, application: Any, number: int, after: bool) -> None:
        self._application, self._left, self._after = application, number, after
        self.victim: subprocess.Popen[bytes] | None = None
        self.struck = False

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if self.victim is None or environ["REQUEST_METHOD"] not in _CHANGES:
            return self._application(environ, start_response)
        self._left -= 1
        if self._left != 0:
            return self._application(environ, start_response)
        self.struck = True
        answer = self._application(environ, start_response) if self._after else []
        self.victim.send_signal(signal.SIGKILL)
        wait_for(lambda: self.victim is not None and not is_alive(self.victim.pid), 10)
        if not self._after:
            start_response("503 Service Unavailable", [])
        return answer


def make_all_there(out: str, deadly: Deadly | None = None) -> int:
    here = Path(__file__).resolve().parents[1]
    paths = json.dumps([str(here), str(here / "faults")])
    process = subprocess.Popen([sys.executable, "-c", _MAKE_ALL, out, paths], stdout=subprocess.DEVNULL)
    if deadly:
        deadly.victim = process
    return process.wait(60)


def content(out: str) -> dict[str, bytes]:
    store = ObjectStore(out)
    return {name: store.read(name, 1 << 30) or b"" for name in store.sizes() if name.endswith(".h5")}


@pytest.mark.slow
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_change_to_the_bucket_the_run_goes_on_to_the_same_bytes(s3: Server, after: bool) -> None:
    assert make_all_there(f"s3://{BUCKET}/reference") == 0
    reference = content(f"s3://{BUCKET}/reference")
    assert len(reference) == 3
    application, number = s3._application, 1
    while True:
        out = f"s3://{BUCKET}/killed-{number}"
        deadly = Deadly(application, number, after)
        s3._application = deadly
        code = make_all_there(out, deadly)
        s3._application = application
        assert code == (-signal.SIGKILL if deadly.struck else 0)
        found = content(out)
        assert all(reference[name] == data for name, data in found.items()), "a name stands for a whole shard"
        if "manifest.json" in ObjectStore(out).sizes():
            assert read_manifest(Path(out)).samples == 12
        assert make_all_there(out) == 0
        assert content(out) == reference
        assert set(ObjectStore(out).sizes()) == {"manifest.json", "ledger.jsonl", *reference}
        if not deadly.struck:
            break
        number += 1
    assert number > 10, "so many calls change the bucket"
