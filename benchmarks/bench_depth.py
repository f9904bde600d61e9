"""Depth alone: maps a CPU second on a bald head and on haired ones, what each further output adds, and how near the ray
casting comes to Embree's own rate.

A map is everything that `synth render` does for a sample of depth_60k: posing the head, Embree's trees of what deforms,
the rays, the labels, the PNG. Embree's own rate is one call for the same rays at the same posed meshes in one tree.

Run: python -m benchmarks.bench_depth
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from benchmarks.table import machine, print_table
from synth.geometry.camera import Box, pixel_rays
from synth.heads.pack import HeadPack, bundled_packs, load_pack
from synth.plan.plan import plan_shot
from synth.plan.shot import Shot
from synth.recipe.load import load_recipe
from synth.render.raycast import RayTarget, Surface, range_map
from synth.render.renderer import Renderer
from synth.render.truth import PosedHead
from synth.shard.encode import encode_range

SHOTS, REPEATS = 8, 2
MAPS_TARGET, RATE_TARGET = 40, 0.6
OUTPUTS = {
    "depth": "",
    "and normals": ", normals: true",
    "and parts": ", parts: true",
    "and alpha": ", alpha: true",
    "and landmarks": ", landmarks: true",
    "and all of them": ", normals: true, parts: true, alpha: true, landmarks: true",
}


def renderer_of(pack: HeadPack, further: str) -> tuple[Renderer, list[Shot]]:
    """A renderer of depth_60k on the bundled heads, and the poses of its first shots."""
    changes = ["heads.pack=demo8", f"heads.count={len(pack.heads)}", "heads.build=null"]
    recipe = load_recipe("depth_60k", [*changes, f"outputs={{rgb: false, depth: true{further}}}"])
    return Renderer(recipe, pack), [plan_shot(recipe, index) for index in range(SHOTS)]


def cpu_ms(work: Callable[[Shot], object], shots: Sequence[Shot]) -> float:
    """Mean over the shots of the best of some repeats, each shot's first being left out."""
    least = np.full((len(shots), REPEATS + 1), np.inf)
    for k in range(REPEATS + 1):
        for n, shot in enumerate(shots):
            begun = time.process_time()
            work(shot)
            least[n, k] = 1000 * (time.process_time() - begun)
    return float(least[:, 1:].min(axis=1).mean())


def posed(renderer: Renderer, shot: Shot) -> PosedHead:
    labels, head = renderer.render(shot).labels, renderer._head
    deformed = head.scene.deformed()
    stored = Box(*(int(v) for v in labels["crop_box_px"]))
    return head.targets.posed(deformed, head.scene.joint_transforms, stored, labels["K"])


def cast_rates(renderer: Renderer, shots: Sequence[Shot]) -> tuple[float, float]:
    """Million rays a CPU second: by `range_map`, and by Embree itself."""
    ours, embree, rays_cast = 0.0, 0.0, 0
    for shot in shots:
        scene = posed(renderer, shot)
        size = scene.stored.width, scene.stored.height
        whole = RayTarget(
            [
                Surface(surface.vertices_mm @ pose[:3, :3].T + pose[:3, 3], surface.triangles)
                for target, pose in scene.targets
                for surface in target.surfaces
            ]
        )
        rays = np.ascontiguousarray(pixel_rays(scene.K, *size).reshape(-1, 3), np.float32)
        origins = np.zeros_like(rays)
        ours += cpu_ms(lambda _, scene=scene, size=size: range_map(scene.targets, scene.K, *size), [shot])
        run, held = whole._scene.run, (origins, rays)
        embree += cpu_ms(lambda _, run=run, held=held: run(*held, query="DISTANCE"), [shot])
        rays_cast += len(rays)
    return rays_cast / ours / 1000, rays_cast / embree / 1000


def main() -> None:
    pack = load_pack(bundled_packs()["demo8"])
    slots = sorted(range(len(pack.heads)), key=lambda slot: pack.heads[slot].triangles)
    bald = next(slot for slot, head in enumerate(pack.heads) if head.hair_style == "bald")
    chosen = dict.fromkeys((bald, slots[len(slots) // 2], slots[-1]))
    print(f"Machine: {machine()}")
    maps, rates = [], []
    for name, further in OUTPUTS.items():
        renderer, shots = renderer_of(pack, further)
        row = []
        for slot in chosen:
            own = [dataclasses.replace(shot, head_slot=slot) for shot in shots]
            row.append(cpu_ms(partial(_map, renderer), own))
            if not further:
                rates.append((_named(pack, slot), *cast_rates(renderer, own)))
        maps.append((name, *(text for ms in row for text in (ms, 1000 / ms))))
    heads = [title for slot in chosen for title in (f"{_named(pack, slot)}, CPU ms", "a second")]
    print_table(f"Depth maps on one core (target: {MAPS_TARGET} a second, bald)", ("outputs", *heads), maps)
    print_table(
        f"Ray casting, million rays a CPU second (target: {RATE_TARGET:.0%} of Embree's own)",
        ("head", "synth", "Embree", "share"),
        [(name, ours, embree, ours / embree) for name, ours, embree in rates],
    )


def _map(renderer: Renderer, shot: Shot) -> bytes:
    return encode_range(renderer.render(shot).range_mm)


def _named(pack: HeadPack, slot: int) -> str:
    head = pack.heads[slot]
    beard = ", beard" if (head.beard or 0) > 0 else ""
    return f"{head.id} {head.hair_style}{beard} ({head.triangles // 1000}k triangles)"


if __name__ == "__main__":
    main()
