"""Which device renders: chosen by name, checked, and said aloud."""

from __future__ import annotations

import logging
from typing import Any

import bpy

from synth.device import BACKENDS, CPU, Device, pick
from synth.errors import DeviceError

_log = logging.getLogger(__name__)


def _preferences() -> Any:
    return bpy.context.preferences.addons["cycles"].preferences


def devices_of(backend: str) -> tuple[str, ...]:
    """Names of the devices that Cycles finds for a backend; empty if there are none or this wheel lacks the backend."""
    try:
        found = _preferences().get_devices_for_type(backend.upper())
    except (TypeError, ValueError):
        return ()
    return tuple(d.name for d in found if d.type == backend.upper())


def available_devices() -> tuple[Device, ...]:
    """The CPU and every GPU backend that has a device."""
    gpus = (Device(backend, devices_of(backend)) for backend in BACKENDS)
    return (CPU, *(gpu for gpu in gpus if gpu.names))


def use_device(scene: Any, wanted: str, index: int | None = None) -> Device:
    """Make Cycles render on `wanted` ("auto", "cpu" or a backend); returns what it will really use.

    index: which of the backend's GPUs in Cycles' order, None = all. Raises DeviceError if it isn't there; only "auto"
    may end on the CPU.
    """
    found = pick(wanted, () if wanted == "cpu" else available_devices())
    if found.kind == "cpu":
        if wanted == "auto":
            _log.warning("no GPU is found; rendering on the CPU")
        scene.cycles.device = "CPU"
        return found
    return _activate(scene, found, index)


def _activate(scene: Any, found: Device, index: int | None) -> Device:
    preferences, backend = _preferences(), found.kind
    preferences.compute_device_type = backend.upper()
    preferences.refresh_devices()
    gpus = [d for d in preferences.devices if d.type == backend.upper()]
    if index is not None and index >= len(gpus):
        raise DeviceError(
            f"This worker was to take GPU {index}, but there are only {len(gpus)} ({', '.join(found.names)}).",
            where=f"--device {backend}",
            mend="Has one failed? Run `synth doctor`, then start the same again.",
        )
    used = gpus if index is None else [gpus[index]]
    for device in preferences.devices:
        device.use = device in used
    scene.cycles.device = "GPU"
    scene.cycles.denoising_use_gpu = True  # else the worker's one thread denoises while the GPU waits
    if not preferences.has_active_device():  # Blender would render on silently, on the CPU
        raise DeviceError(
            f"Blender found {', '.join(found.names)} but didn't activate it.",
            where=f"--device {backend}",
            mend="Run `synth doctor`, or use --device cpu.",
        )
    return Device(backend, tuple(d.name for d in used))
