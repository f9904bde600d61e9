"""Runs in processes of their own, and what tests ask of them."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import IO, Any

import numpy as np
from hearing import hear_signals

from synth.shard.read_manifest import read_manifest

START = Path(__file__).resolve().parent / "start_run.py"


def start(
    out: Path, samples: int = 300, shard_samples: int = 16, errors: IO[str] | int = subprocess.PIPE, **wish: Any
) -> subprocess.Popen[str]:
    """A run with the fake renderer; `wish` as `start_run.py` reads it. With a file for its `errors` it may say as much
    as it likes: nothing has to be read while it runs."""
    wish = {"out": str(out), "samples": samples, "shard_samples": shard_samples, **wish}
    command = [sys.executable, str(START), json.dumps(wish)]
    stdout = subprocess.PIPE if errors == subprocess.PIPE else subprocess.DEVNULL
    return subprocess.Popen(command, stdout=stdout, stderr=errors, text=True, process_group=0, preexec_fn=hear_signals)


@contextmanager
def running(out: Path, **wish: Any) -> Iterator[subprocess.Popen[str]]:
    """A run that is ended with the block at the latest."""
    process = start(out, **wish)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def finish(process: subprocess.Popen[str], timeout_s: float = 120.0) -> tuple[int, str]:
    """Exit code and what it wrote to standard error."""
    _, errors = process.communicate(timeout=timeout_s)
    return process.returncode, errors


def children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_for(what: Callable[[], bool], timeout_s: float = 60.0) -> float:
    """Seconds until it is so; fails the test if it isn't in time."""
    began = monotonic()
    while not what():
        if monotonic() - began > timeout_s:
            raise AssertionError(f"not so after {timeout_s} s")
        sleep(0.01)
    return monotonic() - began


def signal_to(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def shard_sums(out: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(out.glob("shard-*.h5"))}


def assert_whole(out: Path, samples: int, without: tuple[int, ...] = ()) -> None:
    """The manifest lists every sample once, every file is what it says, and nothing else lies around."""
    manifest = read_manifest(out)
    ids = [int(i) for entry in manifest.shards for i in entry.ids]
    assert ids == [i for i in range(samples) if i not in without]
    assert shard_sums(out) == {entry.name: entry.sha256 for entry in manifest.shards}
    names = {path.name for path in out.iterdir()}
    assert names == {"manifest.json", "ledger.jsonl", *(entry.name for entry in manifest.shards)}


def peak_memory_mb(pid: int) -> float:
    """The most that the process ever held, MB (VmHWM); 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM:")), 0.0)


def shards_redone(tally: Path, samples: int, shard_samples: int) -> int:
    """How often a shard was begun again, from what the fake renderer wrote to `tally`."""
    begun = np.bincount(np.fromfile(tally, dtype="<i8"), minlength=samples)
    assert begun.size == samples
    assert begun.min() >= 1
    by_shard = np.maximum.reduceat(begun, np.arange(0, samples, shard_samples))
    return int((by_shard - 1).sum())
