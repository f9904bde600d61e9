"""Where a network runs: CUDA, Apple's MPS or the CPU, whichever is there."""

from __future__ import annotations

import platform
from pathlib import Path

import torch

from synth.errors import DeviceError


def pick_device(name: str = "auto") -> torch.device:
    """The device of that name; "auto" is CUDA where there is one, else MPS, else the CPU.

    "cuda" is the process's current GPU, which under torchrun is that of its local rank (`distributed.joined`). Raises
    `DeviceError` if the one asked for isn't there.
    """
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    auto = next(k for k in ("cuda", "mps", "cpu") if there[k])
    kind, colon, number = (auto if name == "auto" else name).partition(":")
    counted = kind == "cuda" and number.isdecimal() and int(number) < torch.cuda.device_count()
    if not there.get(kind, False) or (colon and not counted):
        known = ", ".join(k for k, found in there.items() if found)
        raise DeviceError(
            f"There is no device {name!r}.", where="--device", mend=f"Here there is {known}; or say auto."
        )
    return torch.device(name if ":" in name else kind)


def device_text(device: torch.device) -> str:
    """For tables and logs: "cuda: NVIDIA H200", "cpu: Intel(R) Xeon(R) …, 2 threads"."""
    if device.type == "cuda":
        return f"cuda: {torch.cuda.get_device_name(device)}"
    return f"{device.type}: {_processor()}, {torch.get_num_threads()} threads"


def _processor() -> str:
    table = Path("/proc/cpuinfo")
    if table.is_file():
        for line in table.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
