"""How long `synth --help` takes. Target: 0.3 s."""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks.table import print_table


def main() -> None:
    seconds = []
    for _ in range(7):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "synth", "--help"], check=True, capture_output=True)
        seconds.append(time.perf_counter() - begun)
    print_table("synth --help, wall seconds", ("median", "lowest"), [(sorted(seconds)[3], min(seconds))])


if __name__ == "__main__":
    main()
