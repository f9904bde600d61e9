"""How long a real worker takes for a sample of the demo, and how much that scatters: CPU seconds, one thread."""

from __future__ import annotations

from time import process_time
from typing import Any

import numpy as np

from synth.heads.pack import bundled_packs, load_pack
from synth.plan.plan import plan_shot
from synth.recipe.load import load_recipe
from synth.render.renderer import Renderer


def sample_times(count: int) -> dict[str, Any]:
    """Mean and scatter (standard deviation over mean) of `count` samples, and what the renderer's start takes."""
    began = process_time()
    pack = load_pack(bundled_packs()["demo8"])
    recipe = load_recipe("demo", [f"samples={count}", f"heads.count={len(pack.heads)}"])
    renderer = Renderer(recipe, pack)
    renderer.render(plan_shot(recipe, 0))
    start_s = process_time() - began
    took = []
    for index in range(1, count):
        began = process_time()
        renderer.render(plan_shot(recipe, index))
        took.append(process_time() - began)
    return {"sample_s": float(np.mean(took)), "scatter": float(np.std(took) / np.mean(took)), "start_s": start_s}
