"""On what a run renders: settled before its first worker starts, by asking a process of its own what is there."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from synth.device import CPU, Device, pick
from synth.errors import DeviceError
from synth.run.trial import try_list

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunDevice:
    """`kind` is "cpu" or a GPU backend. `gpus`: this machine's GPUs of that kind in Cycles' order, one for a worker;
    empty for the CPU, and where something else deals them out, as Ray does."""

    kind: str
    gpus: tuple[str, ...] = ()

    @property
    def on_gpu(self) -> bool:
        return self.kind != "cpu"


ON_CPU = RunDevice("cpu")


def found_devices() -> tuple[Device, ...]:
    """The CPU and every GPU backend with the GPUs that Blender finds for it. Raises DeviceError if it can't say.

    Blender is loaded in another process: this one mustn't, and a broken driver may take that process with it.
    """
    trial = try_list()
    if not trial.ended_well or not trial.devices:
        raise DeviceError(
            f"Blender can't say which devices are here: it {trial.how_it_ended.rstrip('.')}.",
            where="--device",
            mend="Run `synth doctor`, or use --device cpu.",
        )
    return trial.devices


def settled_device(wanted: str, look: Callable[[], tuple[Device, ...]] | None = None) -> RunDevice:
    """What a run on this machine that is asked for `wanted` ("auto", "cpu" or a backend) renders on.

    `look` tells what there is. Raises DeviceError that names it if a GPU was asked for that isn't there; only
    "auto" falls back to the CPU, which is logged in one line. Nobody looks for "cpu".
    """
    if wanted == "cpu":
        return ON_CPU
    try:
        device = pick(wanted, (look or found_devices)())
    except DeviceError as error:
        if wanted != "auto":
            raise
        _log.warning("--device auto: rendering on the CPU (%s)", error.what.rstrip("."))
        return ON_CPU
    if device == CPU:
        _log.warning("--device auto: there is no GPU that Blender could use; rendering on the CPU")
        return ON_CPU
    return RunDevice(device.kind, device.names)


def settled_on_ray(wanted: str) -> RunDevice:
    """The same for workers on the nodes of a Ray cluster, where Ray gives each its GPU.

    What kind the nodes' GPUs are isn't known here, so "auto" means the CPU, which is logged.
    """
    if wanted == "auto":
        _log.warning("--device auto: rendering on the CPU; to use a Ray cluster's GPUs, name their kind")
    return ON_CPU if wanted == "auto" else RunDevice(wanted)
