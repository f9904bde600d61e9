"""Throughput with one worker and with two, in turns, on the demo recipe. Target: ≥ 1.85 × on two idle cores."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.table import print_table

SAMPLES = 128
ROUNDS = 3


def samples_per_s(workers: int) -> float:
    """Steady throughput: from the first shard on, so that starting the workers doesn't count."""
    import json

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "dataset"
        command = [
            sys.executable,
            "-m",
            "synth",
            "render",
            "--recipe",
            "demo",
            "--count",
            str(SAMPLES),
            "--log",
            "json",
        ]
        command += ["--out", str(out), "--workers", str(workers)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        lines = [
            json.loads(line) for line in done.stdout.splitlines() + done.stderr.splitlines() if line.startswith("{")
        ]
    finished = [line for line in lines if line.get("event") == "done"]
    return SAMPLES / finished[-1]["seconds"]


def main() -> None:
    rows = []
    for turn in range(ROUNDS):
        one, two = samples_per_s(1), samples_per_s(2)
        rows.append((turn + 1, one, two, two / one))
    print_table(f"Samples a second, {SAMPLES} samples", ("turn", "1 worker", "2 workers", "ratio"), rows)


if __name__ == "__main__":
    main()
