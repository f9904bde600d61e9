"""Blender as a function from a scene to an array: Cycles with its pixels read straight from the engine.

The subclass below is why no file is written and no compositor runs: it copies the render passes in the moment when the
engine has finished them (measured: 0.15 ms against 1–5 ms for a file in memory).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import bpy
import numpy as np
from cycles import CyclesRender
from numpy.typing import NDArray

from synth.errors import RenderError
from synth.geometry.camera import Box, Camera
from synth.recipe.schema import Render
from synth.render.eevee import render_through_file

Pixels = NDArray[np.float32]


@dataclass
class _Readback:
    """What the engine left behind: pass name → (H, W, channels) float32, top row first."""

    passes: dict[str, Pixels]


_readback = _Readback({})
_CHANNELS = {"Combined": 4, "Depth": 1}
_FEWEST_SAMPLES = 4  # the least that Cycles takes; it looks at every sixteenth path only


class ReadbackCycles(CyclesRender):
    """Cycles, plus a copy of its passes in `_readback`."""

    bl_idname = "SYNTH_CYCLES"
    bl_label = "Cycles with read-back"

    def render(self, depsgraph: Any) -> None:
        super().render(depsgraph)
        result = self.get_result()
        width, height = result.resolution_x, result.resolution_y
        for render_pass in result.layers[0].passes:
            channels = _CHANNELS.get(render_pass.name)
            if channels:
                flat = np.empty(width * height * channels, np.float32)
                render_pass.rect.foreach_get(flat)
                _readback.passes[render_pass.name] = flat.reshape(height, width, channels)[::-1]


def _is_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def start_blender() -> Any:
    """An empty scene with nothing of the user's settings in it; returns it."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.preferences.filepaths.use_scripts_auto_execute = False
    logging.getLogger("glTFImporter").addFilter(_is_warning)  # sets its own level to INFO with each import
    if not ReadbackCycles.is_registered:
        bpy.utils.register_class(ReadbackCycles)
    return bpy.context.scene


def configure(scene: Any, settings: Render, *, threads: int) -> None:
    """Everything about the engine that stays the same from shot to shot. docs/rendering.md gives the measurements."""
    render, cycles = scene.render, scene.cycles
    render.engine = "SYNTH_CYCLES" if settings.engine == "cycles" else "BLENDER_EEVEE"
    render.use_persistent_data = True
    render.threads_mode, render.threads = "FIXED", threads
    render.film_transparent = False
    render.use_crop_to_border = True
    render.resolution_percentage = 100
    render.dither_intensity = 0.0
    scene.view_settings.view_transform = "Standard"
    scene.view_settings.look = "None"
    cycles.samples = settings.samples
    cycles.use_adaptive_sampling = settings.noise_threshold > 0
    if cycles.use_adaptive_sampling:  # hair takes many paths, a cheek few
        cycles.adaptive_threshold, cycles.adaptive_min_samples = settings.noise_threshold, _FEWEST_SAMPLES
    cycles.use_light_tree = False
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 4, 2, 2
    cycles.transmission_bounces, cycles.transparent_max_bounces, cycles.volume_bounces = 2, 4, 0
    cycles.caustics_reflective = cycles.caustics_refractive = False
    scene.eevee.taa_render_samples = settings.samples
    cycles.use_denoising = settings.denoise != "none"
    if cycles.use_denoising:
        cycles.denoiser = "OPENIMAGEDENOISE"
        cycles.denoising_quality = settings.denoise.upper()
        # Hair makes the guides noisy, and cleaning them costs next to nothing: benchmarks/bench_render.py prints both.
        cycles.denoising_prefilter = "FAST"
        cycles.denoising_input_passes = "RGB_ALBEDO_NORMAL"


def forget_scene(scene: Any) -> None:
    """Make Cycles drop what it keeps between renders; to be called when a head is exchanged.

    Otherwise a new image that Blender puts where a removed one was is taken for that one, and the head is rendered with
    its predecessor's skin. Turning the setting off is what frees the kept data.
    """
    scene.render.use_persistent_data = False
    scene.render.use_persistent_data = True


def set_depth_pass(scene: Any, wanted: bool) -> None:
    """Cycles' own planar depth, the cross-check of the raycast."""
    scene.view_layers[0].use_pass_z = wanted


def set_camera(scene: Any, camera: Camera) -> None:
    """Exact intrinsics. The camera stands at the world's origin and looks along -z, so world axes are its own."""
    data = scene.camera.data
    data.type, data.sensor_fit, data.sensor_width = "PERSP", "HORIZONTAL", 36.0
    data.lens = camera.fx_px * 36.0 / camera.width_px
    data.shift_x = (camera.width_px / 2 - camera.cx_px) / camera.width_px
    # Blender counts both shifts in widths, and y in the stretched pixels that make fy differ from fx.
    stretch = camera.fx_px / camera.fy_px
    data.shift_y = (camera.cy_px - camera.height_px / 2) * stretch / camera.width_px
    data.clip_start, data.clip_end = 0.01, 50.0
    render = scene.render
    render.resolution_x, render.resolution_y = camera.width_px, camera.height_px
    render.pixel_aspect_x, render.pixel_aspect_y = (1.0, stretch) if stretch >= 1 else (1 / stretch, 1.0)


def render_region(scene: Any, camera: Camera, region: Box, seed: int) -> dict[str, Pixels]:
    """Render one box of the frame.

    Returns the passes by name: "Combined" (h, w, 4) float32 linear RGBA, and "Depth" (h, w, 1) planar, m, if it is on.
    Raises RenderError if Blender returns nothing or another size.
    """
    render = scene.render
    render.use_border = True
    # A quarter of a pixel inside, so that Blender's truncation of its 32-bit floats can't lose a row.
    render.border_min_x = (region.x0 + 0.25) / camera.width_px
    render.border_max_x = (region.x1 + 0.25) / camera.width_px
    render.border_min_y = (camera.height_px - region.y1 + 0.25) / camera.height_px
    render.border_max_y = (camera.height_px - region.y0 + 0.25) / camera.height_px
    scene.cycles.seed = seed
    scene.update_tag()  # with persistent data Cycles ignores a changed seed otherwise
    _readback.passes.clear()
    if render.engine == ReadbackCycles.bl_idname:
        bpy.ops.render.render()
        passes = dict(_readback.passes)
    else:
        passes = {"Combined": render_through_file(scene)}
    found = passes["Combined"].shape[:2] if "Combined" in passes else None
    if found != (region.height, region.width):
        raise RenderError(
            f"Blender returned {found or 'nothing'} for a region of {(region.height, region.width)} pixels.",
            where="render",
            mend="Please report this with the recipe and the sample's id.",
        )
    return passes
