"""The environments that come with Blender: eight CC0 panoramas (datafiles/studiolights/world/license.txt)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

from synth.errors import RenderError
from synth.recipe.schema import ENVIRONMENTS
from synth.render.environment import EnvironmentMap

_FOLDER = "datafiles/studiolights/world"


class Panoramas(Mapping[str, EnvironmentMap]):
    """Environments by name, each read once, when first asked for."""

    def __init__(self, fill_lights: int) -> None:
        self._fill_lights = fill_lights
        self._folder = Path(bpy.utils.resource_path("LOCAL")) / _FOLDER
        self._read: dict[str, EnvironmentMap] = {}

    def path(self, name: str) -> Path:
        """The file of an environment; raises RenderError if this bpy doesn't have it."""
        path = self._folder / f"{name}.exr"
        if not path.is_file():
            raise RenderError(
                f"The environment {name!r} isn't in this installation of bpy.",
                where=str(path),
                mend="Reinstall bpy at the version that pyproject.toml pins.",
            )
        return path

    def __getitem__(self, name: str) -> EnvironmentMap:
        if name not in self._read:
            self._read[name] = EnvironmentMap(_load(self.path(name)), self._fill_lights)
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(ENVIRONMENTS)

    def __len__(self) -> int:
        return len(ENVIRONMENTS)


def _load(path: Path) -> NDArray[np.float32]:
    image = bpy.data.images.load(str(path))
    width, height = image.size
    flat = np.empty(width * height * 4, np.float32)
    image.pixels.foreach_get(flat)
    bpy.data.images.remove(image)
    return np.ascontiguousarray(flat.reshape(height, width, 4)[::-1, :, :3])
