"""FBX to GLB by Blender, for `synth heads import`: run as `python -m synth.render.convert IN.fbx OUT.glb`.

A process of its own, so that a stranger's file can neither crash nor fill the one that imports. It expects IN to have
been checked by `synth.heads.foreign.fbx_file`, in a folder that holds nothing but IN and its pictures.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import Any

from synth.errors import HeadError

MEMORY_BYTES = 12 * 2**30
"""Address space. Blender itself maps about 2 GiB before it reads anything."""

CPU_S = 280


class _Pictures:
    """Stands in for Blender's search of textures: only files beside the FBX file are loaded, by their bare names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._placeholders: list[Any] = []

    def load_image(self, imagepath: str, *_: Any, **__: Any) -> Any:
        """The picture named by the last part of `imagepath`, or a placeholder for data that the FBX file embeds."""
        import bpy

        name = imagepath.replace("\\", "/").rpartition("/")[2]
        if name and (self._folder / name).is_file():
            return bpy.data.images.load(str(self._folder / name))
        image = bpy.data.images.new(name or "unnamed", 4, 4)
        image.source = "FILE"
        self._placeholders.append((name, image))
        return image

    def missing(self) -> list[str]:
        """Names of the pictures that are neither beside the file nor embedded in it."""
        return sorted({name for name, image in self._placeholders if image.packed_file is None})


def fbx_to_glb(path: Path) -> bytes:
    """The GLB (metres, y up) of an FBX file: its meshes at rest with their materials and pictures.

    Raises HeadError if Blender can't read it, or a picture that it names isn't there.
    """
    import bpy
    from bpy_extras import image_utils

    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.preferences.filepaths.use_scripts_auto_execute = False
    pictures = _Pictures(path.parent)
    # The only way to keep the importer from opening the absolute paths that every FBX file holds.
    image_utils.load_image = pictures.load_image
    try:
        bpy.ops.import_scene.fbx(filepath=str(path), use_anim=False, use_custom_props=False, use_image_search=False)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1]
        raise HeadError(f"Blender can't read it: {reason}", where=path.name, mend="Export it as GLB.") from error
    missing = pictures.missing()
    if missing:
        raise HeadError(f"The file {', '.join(missing)!r} is missing.", where=path.name, mend="Put it beside it.")
    out = path.with_suffix(".converted.glb")
    bpy.ops.export_scene.gltf(
        filepath=str(out),
        export_format="GLB",
        export_yup=True,
        export_animations=False,
        export_skins=False,
        export_morph=False,
        export_cameras=False,
        export_lights=False,
    )
    return out.read_bytes()


def main(arguments: list[str]) -> int:
    """Convert one file; a refusal is written to OUT.fault and makes the exit code 2."""
    source, target = (Path(argument) for argument in arguments)
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    try:
        data = fbx_to_glb(source)
    except HeadError as error:
        target.with_name(target.name + ".fault").write_text(error.what)
        return 2
    target.write_bytes(data)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
