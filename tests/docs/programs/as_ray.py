"""`ray start …`, on a port of its own and with one slot, kept by a process that the test ends, as it ends no other's.

PAGES_RAY is `PORT FOLDER`: the port of the head, and the folder for Ray's files and for the numbers of the processes.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

PORT, FOLDER = os.environ["PAGES_RAY"].split()
PATIENCE_S = 300
FURTHER = ["--num-cpus", "1", "--object-store-memory", str(80 << 20), "--disable-usage-stats", "--block"]


def alive_nodes() -> int:
    import ray

    ray.init(address=f"127.0.0.1:{PORT}", log_to_driver=False, logging_level="error", ignore_reinit_error=True)
    return sum(node["Alive"] for node in ray.nodes())


def listening() -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", int(PORT))) == 0


def main() -> None:
    words = sys.argv[1:]
    if words[0] != "start":
        sys.exit(f"These tests don't know what to do with ray {' '.join(words)}")
    head = "--head" in words
    further = [*FURTHER, "--include-dashboard", "false", "--temp-dir", FOLDER] if head else FURTHER
    node = subprocess.Popen(
        [str(Path(sys.executable).with_name("ray")), *words, *further],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    with (Path(FOLDER) / "pids").open("a") as file:
        file.write(f"{node.pid}\n")
    until = time.monotonic() + PATIENCE_S
    while node.poll() is None and time.monotonic() < until:
        if listening() and alive_nodes() == (1 if head else 2):
            return
        time.sleep(0.5)
    sys.exit(f"ray {' '.join(words)} isn't there after {PATIENCE_S} seconds, or ended with {node.poll()}")


if __name__ == "__main__":
    main()
