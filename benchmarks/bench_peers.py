"""BlenderProc against synth: the same posed head, camera, frame and light; samples per CPU second, and noise of each.

BlenderProc 2.8.0 runs in an environment of its own, made by pip in the folder --peers (some 500 MB) the first time. The
head, posed, is handed over as a GLB, camera and lamps as numbers. Each is measured against its own reference of 8,192
paths a pixel with another seed and no denoiser, over the person within the head box; how far the two references are
apart is printed, since they should show the same. BlenderProc's frame includes its distance map and HDF5 file, ours the
raycast range map and both encodings. One thread each.

Run: python -m benchmarks.bench_peers [--pack DIR] [--peers FOLDER] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import bpy
import numpy as np

from benchmarks.bench_render import HeadRegion, Measured, _ours, _repeat
from benchmarks.table import print_table
from synth.heads.pack import bundled_packs, load_pack
from synth.plan.plan import plan_shot
from synth.recipe.load import load_recipe
from synth.recipe.schema import QUALITIES, Render
from synth.render.engine import configure
from synth.render.renderer import Renderer

PACKAGES = (
    *("blenderproc==2.8.0", "bpy>=4.2,<4.3", "numpy<2", "pyyaml", "imageio", "gitpython", "scikit-image", "pypng"),
    *("scipy", "matplotlib", "pytz", "h5py", "pillow", "opencv-contrib-python<4.12", "scikit-learn", "rich", "trimesh"),
    "requests",
)
PEER_REPEATS = 2
# How many times its samples per CPU second, at how many times its noise at the most.
AIMS: dict[str, tuple[float, float | None]] = {"defaults": (50, 1.5), "16 + denoiser": (20, 1), "16": (4, None)}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--pack", type=Path, default=bundled_packs()["demo8"], help="the heads; the most elaborate is used"
    )
    parser.add_argument("--peers", type=Path, default=Path(".peers"), help="where BlenderProc is installed")
    parser.add_argument(
        "--keep", type=Path, help="keep references and peers' frames here, and use those that are there"
    )
    asked = parser.parse_args()
    python = _environment(asked.peers / "blenderproc")
    pack = load_pack(asked.pack)
    slot = max(range(len(pack.heads)), key=lambda s: pack.heads[s].triangles)
    head = pack.heads[slot]
    recipe = load_recipe("demo", [f"heads.count={len(pack.heads)}", "scene.environments=[]", "scene.plain=1"])
    renderer = Renderer(recipe, pack)
    shot = dataclasses.replace(plan_shot(recipe, 2), head_slot=slot, euler_deg=(5.0, 20.0, 3.0))
    with ExitStack() as until_the_end:
        folder = asked.keep or Path(until_the_end.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        region = HeadRegion(renderer, shot, folder / "ours.npz")
        if not (folder / "times.json").exists():
            _hand_over(renderer, shot, region, folder)
            environment = os.environ | {"OMP_NUM_THREADS": "1"}
            script = Path(__file__).parent / "peers" / "blenderproc_frame.py"
            subprocess.run(
                [str(python), str(script), str(folder)], check=True, env=environment, stdout=subprocess.DEVNULL
            )
        theirs, apart = _theirs(folder, region)
    ours = {}
    for quality in QUALITIES:
        configure(bpy.context.scene, Render.model_validate({"quality": quality}), threads=1)
        ours[quality] = _repeat(_ours(renderer, shot, True), region, crop=False)
    _print(f"Peers on {head.id} ({head.hair_style}, {head.triangles // 1000}k triangles), 640×480", theirs, ours)
    print(f"The two references differ by {apart[0]:+.1f} levels on average, {apart[1]:.1f} RMS.")


def _print(title: str, theirs: dict[str, Measured], ours: dict[str, Measured]) -> None:
    """Both tables: what each takes and leaves, and how many of our samples one of theirs takes, step by step."""
    measured = {f"BlenderProc, {way}": m for way, m in theirs.items()} | {
        f"synth, {step}": m for step, m in ours.items()
    }
    print_table(
        title, ("what", "CPU s a frame", "noise (levels)"), [(n, m.cpu_s, m.noise) for n, m in measured.items()]
    )
    rows = []
    for way, (times, noisier) in AIMS.items():
        peer = theirs[way]
        for step, m in ours.items():
            ratio, noise = peer.cpu_s / m.cpu_s, m.noise / peer.noise
            reached = ratio >= times and (noisier is None or noise <= noisier)
            aim = f"{times:g}×" + (f" at {noisier:g} × the noise" if noisier else "")
            rows.append((way, step, ratio, noise, aim, "reached" if reached else "not reached"))
    titles = ("BlenderProc", "synth", "samples per CPU second, times theirs", "noise, times theirs", "aim", "")
    print_table("The aims", titles, rows)


def _environment(folder: Path) -> Path:
    """The Python of BlenderProc's environment, made if it isn't there."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
    return python


def _hand_over(renderer: Renderer, shot: Any, region: HeadRegion, folder: Path) -> None:
    """Write the posed head as head.glb, and scene.json."""
    renderer.render(shot)
    scene = bpy.context.scene
    lamps = [obj for obj in scene.objects if obj.type == "LIGHT" and obj.data.energy > 0]
    background = scene.world.node_tree.nodes
    ambient = next(n for n in background if n.bl_idname == "ShaderNodeVectorMath" and n.operation == "ADD")
    box = region.crop
    described = {
        "K": shot.camera.K.tolist(),
        "width": shot.camera.width_px,
        "height": shot.camera.height_px,
        "region": [box.x0, box.y0, box.x1, box.y1],
        "ambient": list(ambient.inputs[1].default_value),
        "lamps": [
            {
                "matrix": [list(row) for row in lamp.matrix_world],
                "energy": lamp.data.energy,
                "color": list(lamp.data.color),
                "size_m": lamp.data.size,
            }
            for lamp in lamps
        ],
        "reference_samples": 8192,
        "repeats": PEER_REPEATS,
    }
    (folder / "scene.json").write_text(json.dumps(described))
    depsgraph = bpy.context.evaluated_depsgraph_get()
    bpy.ops.object.select_all(action="DESELECT")
    for obj in [o for o in scene.objects if o.type == "MESH" and not o.hide_render]:
        posed = bpy.data.objects.new(f"{obj.name}.posed", bpy.data.meshes.new_from_object(obj.evaluated_get(depsgraph)))
        posed.matrix_world = obj.matrix_world
        scene.collection.objects.link(posed)
        posed.select_set(True)
    bpy.ops.export_scene.gltf(filepath=str(folder / "head.glb"), use_selection=True)


def _theirs(folder: Path, region: HeadRegion) -> tuple[dict[str, Measured], tuple[float, float]]:
    box = region.crop
    cut = np.s_[box.y0 : box.y1, box.x0 : box.x1]
    reference = np.load(folder / "reference.npy")[cut].astype(float)
    apart = (reference - region._exact)[region._mask]
    found = {}
    for name, seconds in json.loads((folder / "times.json").read_text()).items():
        pictures = [np.load(folder / f"{name}-{n}.npy")[cut].astype(float) for n in range(len(seconds))]
        noise = [np.sqrt(np.mean((picture - reference)[region._mask] ** 2)) for picture in pictures]
        found[name] = Measured(float(np.median(seconds)), float(np.mean(noise)))
    return found, (float(apart.mean()), float(np.sqrt((apart**2).mean())))


if __name__ == "__main__":
    main()
