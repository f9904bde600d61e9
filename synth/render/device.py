"""Which device renders: chosen by name, checked, and said aloud."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import bpy

from synth.errors import DeviceError

Backend = Literal["cuda", "optix", "hip", "metal", "oneapi"]
BACKENDS: tuple[str, ...] = get_args(Backend)
# The order in which `auto` looks for a GPU: fastest first.
_AUTO_ORDER = ("optix", "cuda", "hip", "metal", "oneapi")


@dataclass(frozen=True)
class Device:
    """What renders: `kind` is "cpu" or a GPU backend, `names` what its driver calls it."""

    kind: str
    names: tuple[str, ...]


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
    return (Device("cpu", ("CPU",)), *(gpu for gpu in gpus if gpu.names))


def use_device(scene: Any, wanted: str, index: int | None = None) -> Device:
    """Make Cycles render on `wanted` ("auto", "cpu" or a backend); returns what it will really use.

    index: which of the backend's GPUs, None = all. Raises DeviceError if it isn't there; only "auto"
    may end on the CPU.
    """
    if wanted == "auto":
        wanted = next((backend for backend in _AUTO_ORDER if devices_of(backend)), "cpu")
    if wanted == "cpu":
        scene.cycles.device = "CPU"
        return Device("cpu", ("CPU",))
    names = devices_of(wanted) if wanted in BACKENDS else ()
    if not names:
        there = ", ".join(f"{d.kind} ({', '.join(d.names)})" for d in available_devices())
        raise DeviceError(
            f"There is no {wanted} device here; Cycles finds: {there}.",
            where=f"--device {wanted}",
            mend="Use --device cpu or --device auto, or install the GPU's driver and run `synth doctor`.",
        )
    return _activate(scene, wanted, names, index)


def _activate(scene: Any, backend: str, names: tuple[str, ...], index: int | None) -> Device:
    preferences = _preferences()
    preferences.compute_device_type = backend.upper()
    preferences.refresh_devices()
    gpus = [d for d in preferences.devices if d.type == backend.upper()]
    for device in preferences.devices:
        device.use = device in gpus and (index is None or gpus.index(device) == index % len(gpus))
    scene.cycles.device = "GPU"
    if not preferences.has_active_device():  # Blender would render on silently, on the CPU
        raise DeviceError(
            f"Blender found {', '.join(names)} but didn't activate it.",
            where=f"--device {backend}",
            mend="Run `synth doctor`, or use --device cpu.",
        )
    return Device(backend, tuple(d.name for d in gpus if d.use))
