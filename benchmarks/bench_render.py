"""A sample of ours against a frame rendered as peers do: same head, camera and light, noise against one reference.

Peers render the whole 640×480 frame with 16 samples and Blender's default denoiser (OIDN, quality HIGH, prefilter
ACCURATE), Blender's other defaults, nothing kept between frames, and write it to disk. Ours is what `synth render` does
for a sample of the demo recipe: the region around the head, its depth map, both encoded as a shard stores them.
Noise is the RMSE in 8-bit sRGB levels over the person within the head box, against many samples with another seed.
"""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray

from benchmarks.table import print_table
from synth.geometry.camera import Box
from synth.heads.pack import bundled_packs, load_pack
from synth.plan.plan import plan_shot
from synth.plan.shot import Shot
from synth.recipe.load import load_recipe
from synth.recipe.schema import Recipe
from synth.render.engine import configure
from synth.render.renderer import Renderer
from synth.shard.encode import encode_range, encode_rgb

REFERENCE_SAMPLES = 8192
REPEATS = 5
ENOUGH = 2  # heads


@dataclass(frozen=True)
class Measured:
    """Median CPU seconds a frame and mean noise in 8-bit levels."""

    cpu_s: float
    noise: float


class HeadRegion:
    """Where noise is measured, and against what. kept: a file for the reference, read if it is there."""

    def __init__(self, renderer: Renderer, shot: Shot, kept: Path | None = None) -> None:
        if kept is None or not kept.exists():
            found = _reference(renderer, shot)
            if kept is not None:
                np.savez(kept, *found)
        else:
            with np.load(kept) as arrays:
                found = arrays["arr_0"], arrays["arr_1"], arrays["arr_2"]
        self._exact, self._mask = found[0].astype(np.float64), found[1]
        self.crop = Box(*(int(v) for v in found[2]))

    def noise(self, rgb: NDArray[np.uint8]) -> float:
        return float(np.sqrt(np.mean((rgb - self._exact)[self._mask] ** 2)))


def _reference(renderer: Renderer, shot: Shot) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """The picture with many paths, where in it the person within the head box is, and its box in the frame."""
    scene = bpy.context.scene
    scene.cycles.samples, scene.cycles.use_denoising = REFERENCE_SAMPLES, False
    scene.cycles.use_adaptive_sampling = False  # or the reference stops where a picture would, and is as noisy
    scene.render.threads = 2
    record = renderer.render(dataclasses.replace(shot, render_seed=shot.render_seed + 12345))
    crop = np.asarray(record.labels["crop_box_px"])
    x0, y0, x1, y1 = (round(float(v)) for v in record.labels["head_box_px"] - np.tile(crop[:2], 2))
    inside = np.zeros(record.rgb.shape[:2], bool)
    inside[max(y0, 0) : y1, max(x0, 0) : x1] = True
    return record.rgb, inside & (record.range_mm > 0), crop


def _as_peers(scene) -> None:
    """Blender's defaults where they cost or gain: bounces, light tree, denoiser, no kept data."""
    cycles = scene.cycles
    for name in (
        "max_bounces",
        "diffuse_bounces",
        "glossy_bounces",
        "transmission_bounces",
        "transparent_max_bounces",
        "use_light_tree",
        "caustics_reflective",
        "caustics_refractive",
        "use_adaptive_sampling",
        "adaptive_threshold",
        "denoising_quality",
        "denoising_prefilter",
        "denoising_input_passes",
    ):
        cycles.property_unset(name)
    cycles.samples, cycles.use_denoising = 16, True
    scene.render.use_persistent_data = False
    scene.render.use_border = False
    scene.render.image_settings.file_format = "PNG"


def _peer_frame(scene, seed: int, folder: Path) -> NDArray[np.uint8]:
    import cv2

    scene.cycles.seed = seed
    scene.render.filepath = str(folder / "frame.png")
    bpy.ops.render.render(write_still=True)
    return cv2.imread(scene.render.filepath)[..., ::-1]


def _repeat(frame: Callable[[int], NDArray[np.uint8]], region: HeadRegion, crop: bool) -> Measured:
    seconds, noise = [], []
    for seed in range(-1, REPEATS):
        begun = time.process_time()
        rgb = frame(seed + 7)
        if seed >= 0:  # the first warms up
            seconds.append(time.process_time() - begun)
            box = region.crop
            noise.append(region.noise(rgb[box.y0 : box.y1, box.x0 : box.x1] if crop else rgb))
    return Measured(float(np.median(seconds)), float(np.mean(noise)))


def _ours(renderer: Renderer, shot: Shot, depth: bool) -> Callable[[int], NDArray[np.uint8]]:
    def frame(seed: int) -> NDArray[np.uint8]:
        record = renderer.render(dataclasses.replace(shot, render_seed=seed))
        encode_rgb(record.rgb)
        if depth:
            encode_range(record.range_mm)
        return record.rgb

    return frame


def _measure(recipe: Recipe, renderer: Renderer, depth_off: Recipe, shot: Shot) -> tuple[Measured, ...]:
    """A peer's frame; ours: the picture, the picture by noisy guides, the picture and its depth."""
    scene = bpy.context.scene
    region = HeadRegion(renderer, shot)
    configure(scene, recipe.render, threads=1)
    both = _repeat(_ours(renderer, shot, True), region, crop=False)
    renderer._recipe = depth_off
    picture = _repeat(_ours(renderer, shot, False), region, crop=False)
    scene.cycles.denoising_prefilter = "NONE"
    noisy_guides = _repeat(_ours(renderer, shot, False), region, crop=False)
    configure(scene, recipe.render, threads=1)
    renderer._recipe = recipe
    renderer.render(shot)
    _as_peers(scene)
    with tempfile.TemporaryDirectory() as folder:
        peers = _repeat(lambda seed: _peer_frame(scene, seed, Path(folder)), region, crop=True)
    configure(scene, recipe.render, threads=1)
    return peers, picture, noisy_guides, both


def main() -> None:
    pack = load_pack(bundled_packs()["demo8"])
    recipe = load_recipe("demo", [f"heads.count={len(pack.heads)}"])
    without = recipe.model_copy(update={"outputs": recipe.outputs.model_copy(update={"depth": False})})
    renderer = Renderer(recipe, pack)
    largest = sorted(range(len(pack.heads)), key=lambda slot: pack.heads[slot].triangles)
    rows = []
    for slot in (largest[-1], largest[len(largest) // 2]):
        shot = dataclasses.replace(plan_shot(recipe, 2), head_slot=slot, euler_deg=(5.0, 20.0, 3.0))
        peers, picture, noisy_guides, both = _measure(recipe, renderer, without, shot)
        head = pack.heads[slot]
        name = f"{head.id} {head.hair_style}, {head.triangles // 1000}k triangles"
        rows += [
            (name, "whole frame, 16 samples, default denoiser, PNG", peers.cpu_s, peers.noise, 1.0),
            (name, "synth, picture", picture.cpu_s, picture.noise, peers.cpu_s / picture.cpu_s),
            (
                name,
                "… without the denoiser's prefilter",
                noisy_guides.cpu_s,
                noisy_guides.noise,
                peers.cpu_s / noisy_guides.cpu_s,
            ),
            (name, "synth, picture and depth", both.cpu_s, both.noise, peers.cpu_s / both.cpu_s),
        ]
    titles = ("head", "what", "CPU s a frame", "noise (levels)", "times faster")
    print_table(f"Samples per CPU second (reference: {REFERENCE_SAMPLES} samples, another seed)", titles, rows)


if __name__ == "__main__":
    main()
