"""A renderer for tests that draws a disc: thousands of shots a second, and any fault at any sample.

Options: `segfault`, `raise`, `hang`, `exit`, `memory` (lists of sample ids) · `all_raise`, `all_segfault` (true) ·
`sample_s` (sleep a sample) · `once_dir` (a fault happens only the first time a sample is tried) · `unfit` (the renderer
can't be made: "device", "python" or "segfault") · `startup_s` · `noise` (incompressible pictures, so many pixels wide)
· `device` (what it says that it renders on) · `gpu` (which one, said too) · `seen` (a variable of the environment that
it tells too) · `tally` (a file that gets eight bytes, the sample's id, for each shot that is begun) · `disk` (a folder
and its size in bytes) and `sync_fails` (from its so manyth sync on), both as in `bad_disk`.
"""

from __future__ import annotations

import ctypes
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from bad_disk import break_sync, shrink_disk

from synth.effects.variants import vary_picture
from synth.errors import DeviceError
from synth.geometry.camera import Box
from synth.plan.shot import Shot
from synth.recipe.schema import Recipe
from synth.shard.record import Record

SIDE_PX = 16


class FakeRenderer:
    def __init__(self, recipe: Recipe, options: Mapping[str, Any]) -> None:
        print('{"say": "shard"}  # like Blender, this prints where the protocol would be', flush=True)
        self._recipe, self._options = recipe, options
        if "device" in options:
            self.device_text = options["device"] + (f" GPU {options['gpu']}" if "gpu" in options else "")
            if seen := options.get("seen"):
                self.device_text += f" {seen}={os.environ.get(seen)}"
        rows, columns = np.mgrid[0:SIDE_PX, 0:SIDE_PX]
        self._disc = (rows - SIDE_PX / 2) ** 2 + (columns - SIDE_PX / 2) ** 2 < SIDE_PX**2 / 5

    def render(self, shot: Shot) -> Record:
        if "tally" in self._options:
            _tally(self._options["tally"], shot.index)
        if self._options.get("sample_s"):
            time.sleep(self._options["sample_s"])
        for fault, strike in _FAULTS.items():
            if shot.index in self._options.get(fault, ()) and self._first_time(shot.index):
                strike(shot.index)
        if self._options.get("all_raise"):
            raise RuntimeError("the lens cap is on")
        if self._options.get("all_segfault"):
            _segfault(shot.index)
        return self._draw(shot)

    def _first_time(self, index: int) -> bool:
        folder = self._options.get("once_dir")
        if folder is None:
            return True
        try:
            (Path(folder) / f"struck-{index}").touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def _draw(self, shot: Shot) -> Record:
        level = shot.index % 200 + 50
        rgb = (self._disc[..., None] * np.array([level, 120, 90])).astype(np.uint8)
        if side := self._options.get("noise"):
            rgb = np.random.default_rng(shot.index).integers(0, 256, (side, side, 3), dtype=np.uint8)
        has_depth = self._recipe.outputs.depth and rgb.shape[:2] == self._disc.shape
        range_mm = (self._disc * shot.distance_mm).astype(np.float32) if has_depth else None
        height, width = rgb.shape[:2]
        labels = {
            "id": shot.index,
            "subject": f"fake{shot.head_slot:04d}",
            "R_camera_from_head": shot.R_camera_from_head,
            "euler_deg": np.array(shot.euler_deg),
            "t_mm": np.array(shot.t_mm),
            "K": np.array([[500.0, 0, width / 2], [0, 500.0, height / 2], [0, 0, 1]]),
            "distance_mm": shot.distance_mm,
            "head_box_px": np.array([2.0, 2.0, width - 2.0, height - 2.0]),
            "crop_box_px": np.array([0, 0, width, height]),
            "condition": shot.condition,
            "noise_sigma": shot.noise_sigma,
            "noise_seed": self._recipe.seed,
            "age_years": 30.0,
            "sex": "female",
            "skin_tone": 0.5,
        }
        varied = vary_picture(shot, rgb, labels["head_box_px"], labels["crop_box_px"], Box(0, 0, 640, 480))
        return Record(varied.rgb, range_mm, labels | varied.labels)


def make_fake(recipe: Recipe, options: Mapping[str, Any]) -> FakeRenderer:
    time.sleep(options.get("startup_s", 0.0))
    if "disk" in options:
        shrink_disk(*options["disk"])
    if "sync_fails" in options:
        break_sync(options["sync_fails"])
    match options.get("unfit"):
        case "device":
            raise DeviceError("There is no such device.", where="device optix", mend="Use --device cpu.")
        case "python":
            raise OSError("libXrender.so.1: cannot open shared object file")
        case "segfault":
            _segfault(0)
    return FakeRenderer(recipe, options)


def _tally(file: str, index: int) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.write(descriptor, index.to_bytes(8, "little"))  # so few bytes at once are never torn or mixed
    os.close(descriptor)


def _segfault(index: int) -> None:
    ctypes.string_at(0)


def _raise(index: int) -> None:
    raise ValueError(f"sample {index} can't be drawn")


def _hang(index: int) -> None:
    while True:
        time.sleep(60)


def _exit(index: int) -> None:
    os._exit(7)


def _memory(index: int) -> None:
    held = []
    while True:
        held.append(np.ones(1 << 22, dtype=np.uint8))
        time.sleep(0.0005)


_FAULTS = {"segfault": _segfault, "raise": _raise, "hang": _hang, "exit": _exit, "memory": _memory}


def fake_recipe(samples: int, shard_samples: int, **more: Any) -> Recipe:
    """A recipe for the fake renderer."""
    fields = {"name": "fake", "heads": {"count": 4}, "outputs": {"depth": True}, **more}
    return Recipe.model_validate({**fields, "samples": samples, "shards": {"samples": shard_samples}})
