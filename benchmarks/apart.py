"""A piece of work in a process of its own, so that its memory can be told from everybody else's."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Cost:
    """Wall and CPU seconds; `peak_mib` is the most memory that it took beyond what the process had before."""

    seconds: float
    cpu_s: float
    peak_mib: float
    said: Mapping[str, Any]  # what the work returned


def run_apart(work: str, *arguments: Any) -> Cost:
    """Call "module:function" with these arguments (JSON values) in a new process; it may return a dictionary."""
    command = [sys.executable, "-m", "benchmarks.apart", work, json.dumps(arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def _resident_mib(field: str) -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.split(f"{field}:")[1].split()[0]) / 1024


def main() -> None:
    module, _, function = sys.argv[1].partition(":")
    work = getattr(importlib.import_module(module), function)
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before_mib, began_s, began_cpu_s = _resident_mib("VmRSS"), time.perf_counter(), time.process_time()
    said = work(*json.loads(sys.argv[2]))
    seconds, cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
    peak_mib = _resident_mib("VmHWM") - before_mib
    print(json.dumps({"seconds": seconds, "cpu_s": cpu_s, "peak_mib": peak_mib, "said": said or {}}))


if __name__ == "__main__":
    main()
