"""One frame by BlenderProc (GPL-3.0, run as it is, in an environment of its own): CPU time and pictures.

    PYTHON blenderproc_frame.py SCENE_FOLDER

`scene.json` and `head.glb` in the folder were written by benchmarks/bench_peers.py. For each way of rendering it writes
NAME-SEED.npy, (H, W, 3) uint8, and at the end times.json: CPU seconds a frame, the writing of its HDF5 file included.
BlenderProc would install the packages that it needs into a Blender of its own; here both come by pip, so that step is
skipped.
"""

import json
import os
import sys
import time
import types
from pathlib import Path

# BlenderProc asks for this, and takes the folder that it lies in off the path (once).
os.environ["INSIDE_OF_THE_INTERNAL_BLENDER_PYTHON_ENVIRONMENT"] = "1"
_SITE = next(path for path in sys.path if (Path(path) / "blenderproc").is_dir())
sys.path.append(_SITE)
_package = sys.modules["blenderproc"] = types.ModuleType("blenderproc")
_package.__path__ = [str(Path(_SITE) / "blenderproc")]
from blenderproc.python.utility.SetupUtility import SetupUtility  # noqa: E402

SetupUtility.setup_pip = staticmethod(lambda *_: _SITE)
del sys.modules["blenderproc"]
import blenderproc as bproc  # noqa: E402
import bpy  # noqa: E402
import numpy as np  # noqa: E402

WAYS = {"defaults": (1024, "INTEL"), "16 + denoiser": (16, "INTEL"), "16": (16, None)}


def _init() -> None:
    """What `bproc.init()` does, but for the language: Blender as a wheel has none to choose from."""
    whole = sys.modules["blenderproc.python.utility.Initializer"]
    whole.clean_up(clean_up_camera=True)
    bpy.context.scene.render.engine = "CYCLES"
    whole.RendererUtility.set_render_devices()
    whole._Initializer.set_default_parameters()
    whole.GlobalStorage.add("bproc_init_complete", True)


def _set_up(folder: Path) -> dict:
    scene = json.loads((folder / "scene.json").read_text())
    _init()
    bproc.loader.load_obj(str(folder / "head.glb"))
    for lamp in scene["lamps"]:
        light = bproc.types.Light("AREA")
        light.set_local2world_mat(np.array(lamp["matrix"]))
        light.set_energy(lamp["energy"])
        light.set_color(lamp["color"])
        data = light.blender_obj.data
        data.shape, data.size = "DISK", lamp["size_m"]
        light.blender_obj.visible_camera = False
    bproc.renderer.set_world_background(scene["ambient"], 1)
    bproc.camera.set_intrinsics_from_K_matrix(np.array(scene["K"]), scene["width"], scene["height"])
    bproc.camera.add_camera_pose(np.eye(4))
    bproc.renderer.set_output_format(view_transform="Standard")  # Filmic would show the same paths otherwise
    bproc.renderer.set_cpu_threads(1)
    return scene


def _frame(folder: Path, seed: int) -> np.ndarray:
    bpy.context.scene.cycles.seed = seed
    data = bproc.renderer.render(output_dir=str(folder / "frames"), verbose=False)
    bproc.writer.write_hdf5(str(folder / "hdf5"), data)
    return np.asarray(data["colors"][0])[..., :3]


def main(folder: Path) -> None:
    scene = _set_up(folder)
    blender = bpy.context.scene
    # The reference: many paths, no denoiser, another seed, the head's region alone.
    bproc.renderer.set_denoiser(None)
    bproc.renderer.set_noise_threshold(0)
    bproc.renderer.set_max_amount_of_samples(scene["reference_samples"])
    x0, y0, x1, y1 = scene["region"]
    blender.render.use_border, blender.render.use_crop_to_border = True, False
    blender.render.border_min_x, blender.render.border_max_x = x0 / scene["width"], x1 / scene["width"]
    blender.render.border_min_y = 1 - y1 / scene["height"]
    blender.render.border_max_y = 1 - y0 / scene["height"]
    bproc.renderer.set_cpu_threads(0)
    np.save(folder / "reference.npy", _frame(folder, 4242))
    blender.render.use_border = False
    bproc.renderer.set_cpu_threads(1)
    bproc.renderer.set_noise_threshold(0.01)  # BlenderProc's default
    bproc.renderer.enable_distance_output(activate_antialiasing=False)
    times: dict[str, list[float]] = {}
    for name, (samples, denoiser) in WAYS.items():
        bproc.renderer.set_denoiser(denoiser)
        bproc.renderer.set_max_amount_of_samples(samples)
        for seed in range(-1, scene["repeats"]):
            begun = time.process_time()
            picture = _frame(folder, seed + 7)
            if seed >= 0:  # the first warms up
                times.setdefault(name, []).append(time.process_time() - begun)
                np.save(folder / f"{name}-{seed}.npy", picture)
    (folder / "times.json").write_text(json.dumps(times))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
