"""The steps of `render.quality`: noise and CPU time of each, on a plain and on an elaborate head.

Noise is the RMSE in 8-bit sRGB levels over the person within the head box, against 8,192 paths a pixel with another
seed and no denoiser, under the same light. The sensor noise that recipes add is 2 levels: what lies below drowns in it.
Rounds go through all steps, so that a machine that slows down slows all of them; the quickest round counts.

Run: python -m benchmarks.bench_quality [--pack DIR] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from pathlib import Path

import bpy
import numpy as np

from benchmarks.bench_render import HeadRegion
from benchmarks.table import print_table
from synth.heads.pack import bundled_packs, load_pack
from synth.plan.plan import plan_shot
from synth.plan.shot import Shot
from synth.recipe.load import load_recipe
from synth.recipe.schema import QUALITIES, Render
from synth.render.engine import configure
from synth.render.renderer import Renderer

ROUNDS = 3


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--pack", type=Path, default=bundled_packs()["demo8"], help="of its heads the plainest and the most elaborate"
    )
    parser.add_argument("--keep", type=Path, help="keep the references here, and use those that are there")
    asked = parser.parse_args()
    pack = load_pack(asked.pack)
    recipe = load_recipe("demo", [f"heads.count={len(pack.heads)}"])
    renderer = Renderer(recipe, pack)
    by_triangles = sorted(range(len(pack.heads)), key=lambda slot: pack.heads[slot].triangles)
    rows = []
    for slot in (by_triangles[0], by_triangles[-1]):
        head = pack.heads[slot]
        shot = dataclasses.replace(plan_shot(recipe, 2), head_slot=slot, euler_deg=(5.0, 20.0, 3.0))
        kept = None
        if asked.keep:
            asked.keep.mkdir(parents=True, exist_ok=True)
            kept = asked.keep / f"{head.id}-{head.sha256[:16]}.npz"
        name = f"{head.id} {head.hair_style}, {head.triangles // 1000}k triangles"
        rows += [(name, *measured) for measured in _measure(renderer, shot, HeadRegion(renderer, shot, kept))]
    print_table("render.quality (reference: 8,192 paths, another seed)", ("head", "quality", "CPU s", "noise"), rows)


def _measure(renderer: Renderer, shot: Shot, region: HeadRegion) -> list[tuple[str, float, float]]:
    """For each quality its name, CPU seconds a frame, and noise."""
    seconds: dict[str, list[float]] = {quality: [] for quality in QUALITIES}
    noise: dict[str, list[float]] = {quality: [] for quality in QUALITIES}
    renderer.render(shot)  # warms up
    for number in range(ROUNDS):
        for quality in QUALITIES:
            configure(bpy.context.scene, Render.model_validate({"quality": quality}), threads=1)
            begun = time.process_time()
            record = renderer.render(dataclasses.replace(shot, render_seed=number + 7))
            seconds[quality].append(time.process_time() - begun)
            noise[quality].append(region.noise(record.rgb))
    return [(quality, min(seconds[quality]), float(np.mean(noise[quality]))) for quality in QUALITIES]


if __name__ == "__main__":
    main()
