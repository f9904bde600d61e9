"""EEVEE, Blender's rasteriser, for machines with a GPU: there is no engine to subclass, so its picture takes a file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from numpy.typing import NDArray


def render_through_file(scene: Any) -> NDArray[np.float32]:
    """Render the scene as it is set; (H, W, 4) float32 linear premultiplied RGBA, top row first."""
    in_memory = Path("/dev/shm")  # noqa: S108  (a folder of its own is made inside)
    parent = in_memory if in_memory.is_dir() and os.access(in_memory, os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=parent, prefix="synth-") as folder:
        path = Path(folder) / "picture.exr"
        render = scene.render
        render.image_settings.file_format = "OPEN_EXR"
        render.image_settings.color_mode, render.image_settings.color_depth = "RGBA", "32"
        render.filepath = str(path)
        bpy.ops.render.render(write_still=True)
        image = bpy.data.images.load(str(path))
        width, height = image.size
        flat = np.empty(width * height * 4, np.float32)
        image.pixels.foreach_get(flat)
        bpy.data.images.remove(image)
    return np.ascontiguousarray(flat.reshape(height, width, 4)[::-1])
