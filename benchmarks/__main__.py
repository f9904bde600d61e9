"""`python -m benchmarks [NAME …]`: each benchmark in a process of its own, the machine first.

With one name, options behind it are that benchmark's: `python -m benchmarks scale --largest 1e7`.
"""

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
    words = sys.argv[1:]
    first = next((place for place, word in enumerate(words) if word.startswith("-")), len(words))
    names, options = words[:first] or ALL, words[first:]
    unknown = [name for name in names if name not in ALL]
    if unknown:
        print(f"No benchmark is called {', '.join(unknown)}; there are {', '.join(ALL)}.", file=sys.stderr)
        return 2
    if options and len(names) != 1:
        print(f"Name the one benchmark that {' '.join(options)} is for; there are {', '.join(ALL)}.", file=sys.stderr)
        return 2
    print(f"Machine: {machine()}", flush=True)
    return max(
        subprocess.run([sys.executable, "-m", f"benchmarks.bench_{name}", *options], check=False).returncode
        for name in names
    )


if __name__ == "__main__":
    sys.exit(main())
