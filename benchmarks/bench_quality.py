"""The steps of `render.quality`: noise and CPU time of each, on a plain and on an elaborate head.

Noise is the RMSE in 8-bit sRGB levels over the person within the head box, against 8,192 paths a pixel with another
seed and no denoiser, under the same light. The sensor noise that recipes add is 2 levels: what lies below drowns in it.

Run: python -m benchmarks quality
"""

from __future__ import annotations

import dataclasses
import time

import bpy
import numpy as np

from benchmarks.bench_render import HeadRegion
from benchmarks.table import print_table
from synth.heads.pack import bundled_packs, load_pack
from synth.plan.plan import plan_shot
from synth.recipe.load import load_recipe
from synth.recipe.schema import QUALITIES, Render
from synth.render.engine import configure
from synth.render.renderer import Renderer

REPEATS = 3


def main() -> None:
    """Print the table."""
    pack = load_pack(bundled_packs()["demo8"])
    recipe = load_recipe("demo", [f"heads.count={len(pack.heads)}"])
    renderer = Renderer(recipe, pack)
    by_triangles = sorted(range(len(pack.heads)), key=lambda slot: pack.heads[slot].triangles)
    rows = []
    for slot in (by_triangles[0], by_triangles[-1]):
        head = pack.heads[slot]
        shot = dataclasses.replace(plan_shot(recipe, 2), head_slot=slot, euler_deg=(5.0, 20.0, 3.0))
        region = HeadRegion(renderer, shot)
        for quality in QUALITIES:
            configure(bpy.context.scene, Render(quality=quality), threads=1)
            seconds, noise = [], []
            for seed in range(-1, REPEATS):
                begun = time.process_time()
                record = renderer.render(dataclasses.replace(shot, render_seed=seed + 7))
                if seed >= 0:  # the first warms up
                    seconds.append(time.process_time() - begun)
                    noise.append(region.noise(record.rgb))
            name = f"{head.id} {head.hair_style}, {head.triangles // 1000}k triangles"
            rows.append((name, quality, float(np.median(seconds)), float(np.mean(noise))))
    print_table("render.quality (reference: 8,192 paths, another seed)", ("head", "quality", "CPU s", "noise"), rows)


if __name__ == "__main__":
    main()
