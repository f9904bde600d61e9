"""A worker process of few megabytes: it says what a real one says and renders nothing, so that hundreds fit anywhere.

python -I -S light_worker.py SAMPLE_S: the start line tells where shards go; each is a hole of the size that is told.
"""

import json
import os
import sys
import time
from pathlib import Path


def say(word: str, **fields: object) -> None:
    os.write(1, json.dumps({"say": word, **fields}, separators=(",", ":")).encode() + b"\n")


def make(task: dict[str, int], out_dir: str, sample_s: float) -> None:
    previous = None
    next_s = time.monotonic()
    for sample in range(task["first"], task["stop"]):
        say("begin", id=sample, previous_s=previous)
        previous, next_s = sample_s, next_s + sample_s
        time.sleep(max(0.0, next_s - time.monotonic()))
    say("write", previous_s=previous)
    name, count = f"shard-{task['shard']:05d}.h5", task["stop"] - task["first"]
    with (Path(out_dir) / name).open("wb") as file:
        os.truncate(file.fileno(), 20_000_000)
    runs = [[task["first"], task["stop"] - 1]]
    entry = {"index": task["shard"], "name": name, "bytes": 20_000_000, "samples": count, "sha256": "0" * 64}
    say("shard", entry=entry | {"id_runs": runs}, without=[])


def main() -> None:
    lines = sys.stdin.buffer
    start = json.loads(lines.readline())
    say("ready", device="cpu")
    for line in lines:
        make(json.loads(line), start["out_dir"], float(sys.argv[1]))


if __name__ == "__main__":
    main()
