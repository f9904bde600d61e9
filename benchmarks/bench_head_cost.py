"""What hair costs: CPU time a frame, of loading a head and of building it, style by style, against a bald head.

One person wears every style in turn, at 1 m, with the settings of `rgb_310k`; the last rows add a beard, glasses and a
hat. Rounds go through all heads, so that a machine that slows down slows all of them; medians are printed.
"""

from __future__ import annotations

import dataclasses
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.table import print_table
from synth.heads.build import Order, build_orders
from synth.heads.hair.looks import HAIR_STYLES
from synth.heads.pack import load_pack
from synth.heads.person import Person, sample_person
from synth.plan.plan import plan_shot
from synth.recipe.load import load_recipe
from synth.render.renderer import Renderer

ROUNDS, FRAMES = 3, 3
AGE_YEARS = 35.0
EULER_DEG = ((5.0, 20.0, 3.0), (-30.0, -35.0, 10.0), (40.0, 0.0, -10.0), (0.0, 45.0, 0.0), (-60.0, 10.0, 5.0))
AT_MM = (0.0, 0.0, 1000.0)


def _people() -> dict[str, Person]:
    """By name; bald first."""
    drawn = sample_person(np.random.default_rng(11), "male", AGE_YEARS)
    plain = drawn.with_(glasses="none", beard=0.0, hat="none", mask="none", recession=0.0)
    people = {style: plain.with_(hair_style=style) for style in HAIR_STYLES}
    people["long, curly"] = people["long"].with_(hair_wave=1.0)
    people["long, beard"] = people["long"].with_(beard=0.9)
    people["long, beard, glasses"] = people["long, beard"].with_(glasses="rectangle")
    people["long, beard, glasses, hat"] = people["long, beard, glasses"].with_(hat="brimmed")
    return people


def main() -> None:
    people = _people()
    recipe = load_recipe("rgb_310k")
    first = plan_shot(recipe, 0)
    loads, frames = {name: [] for name in people}, {name: [] for name in people}
    with tempfile.TemporaryDirectory() as folder:
        builds = {}
        for slot, (name, person) in enumerate(people.items()):
            start = time.process_time()
            build_orders(Path(folder) / str(slot), "cost", [Order(f"h{slot:03d}", person, 1, 1024)])
            builds[name] = time.process_time() - start
        packs = [load_pack(Path(folder) / str(slot)) for slot in range(len(people))]
        records = {name: pack.heads[0] for name, pack in zip(people, packs, strict=True)}
        for _ in range(ROUNDS):
            for name, pack in zip(people, packs, strict=True):
                renderer = Renderer(recipe, pack)
                start = time.process_time()
                renderer._load(0)
                loads[name].append(time.process_time() - start)
                shots = [
                    dataclasses.replace(first, head_slot=0, euler_deg=euler, t_mm=AT_MM, render_seed=k)
                    for k, euler in enumerate(EULER_DEG[:FRAMES])
                ]
                renderer.render(shots[0])
                for shot in shots:
                    start = time.process_time()
                    renderer.render(shot)
                    frames[name].append(time.process_time() - start)
    bald = float(np.median(frames["bald"]))
    rows = [
        (
            name,
            f"{record.triangles // 1000}k",
            record.bytes / 1e6,
            builds[name],
            1000 * float(np.median(loads[name])),
            1000 * float(np.median(frames[name])),
            float(np.median(frames[name])) / bald,
        )
        for name, record in records.items()
    ]
    titles = ("hair", "triangles", "MB", "built, CPU s", "loaded, CPU ms", "CPU ms a frame", "against bald")
    print_table("What hair costs (one person at 1 m, rgb_310k)", titles, rows)


if __name__ == "__main__":
    main()
