"""The only code that imports Blender, and the raycast that measures depth.

`make_renderer` is what a worker process is told to call; Blender is imported only then.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.recipe.schema import Recipe

if TYPE_CHECKING:
    from synth.render.renderer import Renderer


def make_renderer(recipe: Recipe, options: Mapping[str, Any]) -> Renderer:
    """A renderer of `recipe` in this process.

    options: "pack" (folder of the head pack), "device" (default "cpu"), "gpu" (which of several, default all),
    "threads" (default 1), "photos" and "hdris" (folders of pictures). A GPU's kernels are loaded or compiled before it
    returns. Raises HeadError, DeviceError, UsageError as `Renderer` does.
    """
    from synth.heads.pack import load_pack
    from synth.render.renderer import Renderer
    from synth.scenes.prepare import SECTIONS

    pack = load_pack(Path(options["pack"]))
    device, threads = options.get("device", "cpu"), int(options.get("threads", 1))
    folders = {name: str(options[name]) for name in SECTIONS if name in options}
    renderer = Renderer(recipe, pack, device=device, gpu=options.get("gpu"), threads=threads, folders=folders)
    if renderer.device.kind != "cpu":
        renderer.warm_up()
    return renderer
