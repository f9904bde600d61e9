"""Where a network runs: CUDA, Apple's MPS or the CPU, whichever is there."""

from __future__ import annotations

import platform
from pathlib import Path

import cv2
import torch
from threadpoolctl import threadpool_info

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


def numpy_device_text() -> str:
    """As `device_text` for what runs on NumPy, scikit-learn and OpenCV, which have threads of their own:
    "cpu: Intel(R) Xeon(R) …, BLAS 2 threads, OpenMP 2 threads, OpenCV 2 threads"."""
    pools = {"BLAS": 0, "OpenMP": 0}
    for library in threadpool_info():
        kind = "OpenMP" if library["user_api"] == "openmp" else "BLAS"
        pools[kind] = max(pools[kind], library["num_threads"])
    pools["OpenCV"] = cv2.getNumThreads()
    return f"cpu: {_processor()}, " + ", ".join(f"{kind} {count} threads" for kind, count in pools.items() if count)


def network_arithmetic(device: torch.device) -> str:
    """What a network is judged in on this device: float32, whose convolutions CUDA does in TF32 where it may."""
    is_tf32 = (
        device.type == "cuda" and torch.backends.cudnn.allow_tf32 and torch.cuda.get_device_capability(device) >= (8, 0)
    )
    return "float32, convolutions in TF32" if is_tf32 else "float32"


def _processor() -> str:
    table = Path("/proc/cpuinfo")
    if table.is_file():
        for line in table.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
