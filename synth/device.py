"""What can render, as plain values: told apart and chosen among without Blender."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from synth.errors import DeviceError

Backend = Literal["cuda", "optix", "hip", "metal", "oneapi"]
BACKENDS: tuple[str, ...] = get_args(Backend)
# The order in which `auto` looks for a GPU: fastest first.
_AUTO_ORDER = ("optix", "cuda", "hip", "metal", "oneapi")


@dataclass(frozen=True)
class Device:
    """What renders: `kind` is "cpu" or a GPU backend, `names` what its driver calls each of them."""

    kind: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return self.kind if self.kind == "cpu" else f"{self.kind} ({', '.join(self.names)})"


CPU = Device("cpu", ("CPU",))


def pick(wanted: str, there: Sequence[Device]) -> Device:
    """What `wanted` ("auto", "cpu" or a backend) means where there are these devices.

    Raises DeviceError that names them if it isn't there; only "auto" may end on the CPU.
    """
    by_kind = {device.kind: device for device in there if device.names}
    if wanted == "cpu":
        return CPU
    if wanted == "auto":
        return next((by_kind[kind] for kind in _AUTO_ORDER if kind in by_kind), CPU)
    if wanted in BACKENDS and wanted in by_kind:
        return by_kind[wanted]
    raise DeviceError(
        f"There is no {wanted} device here; Cycles finds: {_listed(there)}.",
        where=f"--device {wanted}",
        mend="Use --device cpu or --device auto, or install the GPU's driver and run `synth doctor`.",
    )


def _listed(there: Iterable[Device]) -> str:
    return ", ".join(str(device) for device in there) or str(CPU)
