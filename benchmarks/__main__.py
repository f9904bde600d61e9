"""`python -m benchmarks [NAME …]`: each benchmark in a process of its own, the machine first."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.table import machine

ALL = (
    "start",
    "render",
    "head_cost",
    "quality",
    "peers",
    "share",
    "workers",
    "gpu",
    "memory",
    "noise",
    "shards",
    "scale",
    "effects",
    "depth",
    "variants",
    "network",
    "loader",
    "train",
)


def main() -> int:
    names = sys.argv[1:] or ALL
    unknown = [name for name in names if name not in ALL]
    if unknown:
        print(f"No benchmark is called {', '.join(unknown)}; there are {', '.join(ALL)}.", file=sys.stderr)
        return 2
    print(f"Machine: {machine()}", flush=True)
    return max(
        subprocess.run([sys.executable, "-m", f"benchmarks.bench_{name}"], check=False).returncode for name in names
    )


if __name__ == "__main__":
    sys.exit(main())
