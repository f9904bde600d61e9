"""Things tried in a process of their own, since they may crash or hang: an import, a first render."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import synth
from synth.device import Device

_IMPORT_S = 60.0
_RENDER_S = 600.0  # a GPU's first render may compile its kernels
_LIST_S = 120.0
_LIBRARY = re.compile(r"(lib[\w.+-]+?\.so[\w.]*): cannot open shared object file")


@dataclass(frozen=True)
class Trial:
    """How it went: exit code (None = timed out after `seconds`), and what it printed."""

    exit_code: int | None
    output: str
    errors: str
    seconds: float

    @property
    def ended_well(self) -> bool:
        return self.exit_code == 0

    @property
    def last_line(self) -> str:
        lines = self.output.strip().splitlines()
        return lines[-1].strip() if lines else ""

    @property
    def missing_library(self) -> str | None:
        """The shared library that the loader didn't find, if that was it."""
        found = _LIBRARY.search(self.errors)
        return found[1] if found else None

    @property
    def said(self) -> dict[str, Any]:
        """The JSON object on the last line of the output, if there is one."""
        try:
            said = json.loads(self.last_line)
        except ValueError:
            return {}
        return said if isinstance(said, dict) else {}

    @property
    def how_it_ended(self) -> str:
        """One line on what went wrong."""
        if self.exit_code is None:
            return f"didn't end within {self.seconds:.0f} s"
        if reason := self.said.get("error"):
            return str(reason)
        lines = [line.strip() for line in self.errors.splitlines() if line.strip()]
        last = f": {lines[-1][:300]}" if lines else ""
        if self.exit_code < 0:
            return f"crashed ({signal.Signals(-self.exit_code).name}){last}"
        return f"ended with exit code {self.exit_code}{last}"

    @property
    def mend(self) -> str:
        return str(self.said.get("mend", ""))

    @property
    def times_s(self) -> tuple[float, float] | None:
        """Seconds of the first render and of a later one."""
        try:
            return float(self.said["seconds_warmup"]), float(self.said["seconds_per_frame"])
        except (KeyError, TypeError, ValueError):
            return None

    @property
    def device_names(self) -> str:
        return _names(self.said.get("device"))

    @property
    def devices(self) -> tuple[Device, ...]:
        """Every device that the render process found, with the CPU; empty if it didn't say."""
        found = self.said.get("devices")
        told = [device for device in found if isinstance(device, dict)] if isinstance(found, list) else []
        return tuple(Device(str(d.get("kind")), _name_list(d)) for d in told if d.get("kind"))

    @property
    def other_devices(self) -> list[str]:
        """Kinds of devices besides the CPU that the render process found."""
        return [device.kind for device in self.devices if device.kind != "cpu"]


def try_import(module: str, timeout_s: float = _IMPORT_S) -> Trial:
    return _tried(["-c", f"import {module}; print(getattr({module}, '__version__', ''))"], timeout_s)


def try_list(timeout_s: float = _LIST_S) -> Trial:
    """Which devices Blender finds; nothing is rendered."""
    return _tried(["-m", "synth.render.probe", "--list"], timeout_s)


def try_render(device: str, timeout_s: float = _RENDER_S) -> Trial:
    """A few small renders on one kind of device."""
    return _tried(["-m", "synth.render.probe", "--device", device], timeout_s)


def _tried(arguments: list[str], timeout_s: float) -> Trial:
    try:
        done = subprocess.run(
            [sys.executable, *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
            env=_environment(),
        )
    except subprocess.TimeoutExpired:
        return Trial(None, "", "", timeout_s)
    return Trial(done.returncode, done.stdout, done.stderr, timeout_s)


def _environment() -> dict[str, str]:
    """This process's, with the package where this process found it."""
    root = str(Path(synth.__file__).resolve().parent.parent)
    path = os.pathsep.join(entry for entry in (root, os.environ.get("PYTHONPATH", "")) if entry)
    return {**os.environ, "PYTHONPATH": path}


def _names(device: Any) -> str:
    return ", ".join(_name_list(device)) or "device"


def _name_list(device: Any) -> tuple[str, ...]:
    names = device.get("names") if isinstance(device, dict) else None
    return tuple(str(name) for name in names) if isinstance(names, list) else ()
