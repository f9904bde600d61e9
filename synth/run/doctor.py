"""Is everything here that rendering needs? Each answer with what was found and the command that mends it."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement

from synth.device import CPU, Device, pick
from synth.heads.ensure import default_cache_dir
from synth.run.disk import free_bytes
from synth.run.limits import GIB
from synth.run.machine import WORKER_BYTES, available_memory_bytes, usable_cores
from synth.run.trial import Trial, try_import, try_render

State = Literal["ok", "warn", "bad"]

# What bpy's wheel needs on a bare Debian or Ubuntu, and opencv-python after it. README lists the same.
BPY_PACKAGES = "libx11-6 libxrender1 libxfixes3 libxi6 libxkbcommon0 libsm6 libice6 libgl1 libxext6"
CV2_PACKAGES = "libgl1 libglib2.0-0"
_DISTRIBUTION = "synth-heads"
_SHM_BYTES = 64 << 20


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `mend` is a command or a sentence; "" where nothing is to be done."""

    name: str
    state: State
    found: str
    mend: str = ""


def diagnose(folder: Path | None = None) -> list[Check]:
    """Look at everything; `folder` is where datasets are to go (default: the working directory).

    Takes about ten seconds, most of them for a first render in a process of its own.
    """
    return list(checks(folder or Path.cwd()))


def checks(folder: Path) -> Iterator[Check]:
    """The same, one by one as they come."""
    yield judge_python(platform.python_version())
    yield from judge_packages()
    bpy = judge_import("bpy", try_import("bpy"), BPY_PACKAGES)
    yield bpy
    yield judge_import("cv2", try_import("cv2"), CV2_PACKAGES)
    cores = usable_cores()
    yield judge_cores(cores, os.cpu_count() or cores)
    yield judge_memory(available_memory_bytes(), cores)
    yield judge_disk(folder)
    yield judge_writable("cache", default_cache_dir())
    yield judge_shm(Path("/dev/shm"))  # noqa: S108 - looked at, not written to
    if bpy.state == "bad":
        yield Check("render", "bad", "not tried, since bpy can't be imported", "Mend bpy first.")
    else:
        yield from judge_devices()


def judge_python(version: str) -> Check:
    if version.startswith("3.11."):
        return Check("python", "ok", version)
    mend = "Install Python 3.11 (bpy's wheel is for 3.11 alone), then: python3.11 -m venv .venv"
    return Check("python", "bad", version, mend)


def judge_packages() -> Iterator[Check]:
    """Every package that this one requires, against its pin."""
    try:
        wanted = [Requirement(line) for line in metadata.requires(_DISTRIBUTION) or []]
    except metadata.PackageNotFoundError:
        yield Check("packages", "warn", "synth runs from its sources without being installed", "pip install .")
        return
    for requirement in wanted:
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield judge_package(requirement)


def judge_package(requirement: Requirement) -> Check:
    mend = shlex.join([sys.executable, "-m", "pip", "install", f"{requirement.name}{requirement.specifier}"])
    try:
        version = metadata.version(requirement.name)
    except metadata.PackageNotFoundError:
        return Check(requirement.name, "bad", "not installed", mend)
    if requirement.specifier.contains(version, prereleases=True):
        return Check(requirement.name, "ok", version)
    return Check(requirement.name, "bad", f"{version}, not {requirement.specifier}", mend)


def judge_import(name: str, trial: Trial, debian_packages: str) -> Check:
    """A native package that may lack system libraries."""
    what = f"import {name}"
    if trial.ended_well:
        return Check(what, "ok", trial.last_line or "works")
    if library := trial.missing_library:
        mend = f"sudo apt-get install -y {debian_packages}"
        if not shutil.which("apt-get"):
            mend = f"Install {library} with your system's packages (on Debian and Ubuntu: {debian_packages})."
        return Check(what, "bad", f"the system library {library} is missing", mend)
    if f"No module named '{name}'" in trial.errors:
        return Check(what, "bad", "not installed", shlex.join([sys.executable, "-m", "pip", "install", _DISTRIBUTION]))
    mend = f"Run `{sys.executable} -X faulthandler -c 'import {name}'` and look at what it says."
    return Check(what, "bad", trial.how_it_ended, mend)


def judge_cores(usable: int, there: int) -> Check:
    found = f"{usable} usable" + (f" of {there}" if there != usable else "")
    return Check("cores", "ok", f"{found}; synth render takes one worker a core")


def judge_memory(available: int | None, cores: int) -> Check:
    if available is None:
        return Check("memory", "warn", "this system doesn't say how much is free", "Watch it in the first minutes.")
    found, fitting = f"{available / 1e9:.1f} GB free", available // WORKER_BYTES
    if fitting >= cores:
        return Check("memory", "ok", found)
    if fitting < 1:
        return Check("memory", "bad", f"{found}; a worker needs about 0.7 GB", "Close other programs.")
    mend = f"synth render --workers {fitting}"
    return Check("memory", "warn", f"{found}, about 0.7 GB a worker: not enough for {cores} workers", mend)


def judge_disk(folder: Path) -> Check:
    """Room where datasets go, and whether it can be written."""
    there = _nearest_existing(folder)
    if not os.access(there, os.W_OK):
        return Check("disk", "bad", f"{there} can't be written", "synth render --out DIR, with a folder of yours")
    free = free_bytes(there)
    found = f"{free / 1e9:.1f} GB free in {there}"
    if free < 2 * GIB:
        return Check("disk", "bad", found, "Make room, or synth render --out DIR on a larger disk")
    return Check("disk", "warn" if free < 10 * GIB else "ok", found, "Enough for small sets." * (free < 10 * GIB))


def judge_writable(name: str, folder: Path) -> Check:
    """Whether files can be made in a folder, or the folder itself."""
    there = _nearest_existing(folder)
    try:
        with tempfile.TemporaryFile(dir=there):
            return Check(name, "ok", str(folder))
    except OSError as error:
        mend = f'mkdir -p "{folder}" && sudo chown -R "$USER" "{folder}", or set SYNTH_CACHE to a folder of yours'
        return Check(name, "bad", f"{there} can't be written ({error.strerror})", mend)


def judge_shm(folder: Path) -> Check:
    """Shared memory: training passes batches between processes through it; containers often give 64 MB."""
    if not folder.is_dir():
        return Check("shared memory", "warn", f"there is no {folder}", "Train with --workers 0.")
    free = free_bytes(folder)
    if free > _SHM_BYTES:
        return Check("shared memory", "ok", f"{free / 1e9:.1f} GB free in {folder}")
    return Check("shared memory", "warn", f"{free / 1e6:.0f} MB free in {folder}", "docker run --shm-size=2g …")


def judge_devices() -> Iterator[Check]:
    """A timed first render on the CPU and on every GPU backend that Cycles finds."""
    cpu = try_render("cpu")
    yield judge_device("cpu", cpu)
    for kind in cpu.other_devices:
        yield judge_device(kind, try_render(kind))
    if cpu.devices:
        yield judge_auto(cpu.devices)


def judge_auto(there: Sequence[Device]) -> Check:
    """What `--device auto` would take of the devices that Blender finds."""
    chosen = pick("auto", there)
    if chosen == CPU:
        return Check("--device auto", "ok", "would render on the CPU: Blender finds no GPU")
    workers = "one worker" if len(chosen.names) == 1 else f"{len(chosen.names)} workers, one a GPU"
    return Check("--device auto", "ok", f"would take {chosen} with {workers}; the default is --device cpu")


def judge_device(kind: str, trial: Trial) -> Check:
    name = f"render on {kind}"
    if trial.ended_well and trial.times_s is not None:
        warmup_s, frame_s = trial.times_s
        return Check(name, "ok", f"{trial.device_names}: first frame {warmup_s:.2f} s, then {frame_s:.3f} s a frame")
    mend = trial.mend or ("Update the GPU's driver, or use --device cpu." if kind != "cpu" else "Reinstall bpy.")
    return Check(name, "bad", trial.how_it_ended, mend)


def _nearest_existing(folder: Path) -> Path:
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return folder
