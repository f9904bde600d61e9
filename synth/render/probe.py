"""`python -m synth.render.probe`: what can render here, tried in a process of its own.

A missing GL library aborts the process that asks EEVEE to render, and a GPU's first render may compile kernels for
minutes, so both are tried where they can do no harm. `--list` renders nothing and only tells what is there. Prints one
JSON line on the last line of its output.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from dataclasses import asdict
from typing import Any

from synth.errors import DeviceError, SynthError


def probe_eevee(timeout_s: float = 180) -> None:
    """Raise DeviceError unless EEVEE renders here; tried in another process, since it aborts without a GL driver."""
    command = [sys.executable, "-m", "synth.render.probe", "--engine", "eevee"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        done = None
    if done is None or done.returncode != 0:
        raise DeviceError(
            "EEVEE can't render here" + (f" (exit {done.returncode})." if done else f" within {timeout_s:g} s."),
            where="render.engine: eevee",
            mend="It needs a GPU or a software GL (Debian: libegl1 libgl1-mesa-dri). Use render.engine: cycles.",
        )


def _time_renders(engine: str, device: str) -> dict[str, Any]:
    """Render a small ball once to warm up and three times more."""
    import bpy

    from synth.geometry.camera import Box, Camera
    from synth.recipe.schema import Render
    from synth.render.device import available_devices, use_device
    from synth.render.engine import configure, render_region, set_camera, start_blender
    from synth.render.stage import Stage

    scene = start_blender()
    settings = Render.model_validate({"engine": engine})
    configure(scene, settings, threads=1)
    used = use_device(scene, device)
    Stage(scene, settings)
    bpy.ops.mesh.primitive_uv_sphere_add(radius=0.1, location=(0, 0, -1))
    camera = Camera(640, 480, 525, 525, 320, 240)
    set_camera(scene, camera)
    seconds = []
    for seed in range(4):
        begun = time.perf_counter()
        rgba = render_region(scene, camera, Box(230, 150, 410, 330), seed)["Combined"]
        seconds.append(time.perf_counter() - begun)
    if not rgba[..., 3].max() > 0.5:
        raise DeviceError("The test picture is empty.", where=f"--device {device}", mend="Update the GPU's driver.")
    return {
        "engine": engine,
        "device": asdict(used),
        "devices": [asdict(d) for d in available_devices()],
        "seconds_warmup": round(seconds[0], 4),
        "seconds_per_frame": round(sorted(seconds[1:])[1], 4),
        "bpy": bpy.app.version_string,
    }


def _list_devices() -> dict[str, Any]:
    from synth.render.device import available_devices
    from synth.render.engine import start_blender

    start_blender()
    return {"devices": [asdict(device) for device in available_devices()]}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m synth.render.probe", description=__doc__)
    parser.add_argument("--engine", choices=("cycles", "eevee"), default="cycles")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--list", action="store_true", help="the devices alone")
    given = parser.parse_args()
    try:
        said = _list_devices() if given.list else _time_renders(given.engine, given.device)
        print(json.dumps(said), flush=True)
    except SynthError as error:
        print(json.dumps({"error": error.what, "where": error.where, "mend": error.mend}), flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
