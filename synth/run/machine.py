"""What this machine, or the container on it, gives us: cores and memory."""

from __future__ import annotations

import os
from pathlib import Path

WORKER_BYTES = 700_000_000  # a worker with a textured, haired head


def fitting_workers() -> int:
    """One worker a core, but no more than there is memory for; at least 1."""
    cores, memory = usable_cores(), available_memory_bytes()
    return cores if memory is None else max(1, min(cores, memory // WORKER_BYTES))


def usable_cores() -> int:
    """Cores that this process may use, by affinity and by its container's quota."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        return max(1, min(cores, int(quota) // int(period)))
    except (OSError, ValueError):  # no cgroup, or no quota ("max")
        return cores


def available_memory_bytes() -> int | None:
    """Memory that can be had now, by the system and by its container's limit; None where nothing says."""
    known = [value for value in (_system_memory_bytes(), _container_memory_bytes()) if value is not None]
    return min(known) if known else None


def _system_memory_bytes() -> int | None:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        return None
    return None


def _container_memory_bytes() -> int | None:
    group = Path("/sys/fs/cgroup")
    try:
        return int((group / "memory.max").read_text()) - int((group / "memory.current").read_text())
    except (OSError, ValueError):
        return None
