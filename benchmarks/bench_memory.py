"""A worker's memory over 1,000 samples. Target: flat within ± 10 % after the first 100."""

from __future__ import annotations

import argparse
import resource
from pathlib import Path

from benchmarks.table import print_table
from synth.heads.pack import bundled_packs, load_pack
from synth.plan.plan import plan_shot
from synth.recipe.load import load_recipe
from synth.render.renderer import Renderer

STEPS = 10


def resident_mib() -> float:
    """Memory that this process holds now, MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=1000)
    count = parser.parse_args([]).samples
    pack = load_pack(bundled_packs()["demo8"])
    recipe = load_recipe(
        "demo", [f"samples={count}", "heads.block=10", f"heads.count={len(pack.heads)}", "render.samples=4"]
    )
    renderer = Renderer(recipe, pack)
    rows, base = [], 0.0
    for index in range(count):
        renderer.render(plan_shot(recipe, index))
        if (index + 1) % (count // STEPS) == 0:
            now = resident_mib()
            base = base or now
            rows.append((index + 1, now, now / base))
    print_table("A worker's memory, heads exchanged every 10 samples", ("samples", "MiB", "against the first"), rows)


if __name__ == "__main__":
    main()
