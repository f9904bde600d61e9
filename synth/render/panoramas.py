"""Panoramas: the eight CC0 ones that come with Blender (datafiles/studiolights/world/license.txt), and the user's."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from pathlib import Path

import bpy
import cv2
import numpy as np
from numpy.typing import NDArray

from synth.errors import RenderError
from synth.render.environment import EnvironmentMap
from synth.scenes.folder import ListedFile, read_plain_file
from synth.scenes.hdri import judge_hdri

_FOLDER = "datafiles/studiolights/world"
_KEPT = 4  # of the user's, some 25 MB each
_WIDEST_PX = 2048
_BRIGHTEST = 65504.0  # the most that half floats hold


class Panoramas:
    """Blender's environments by name, each read once, when first asked for, and the user's, of which a few are kept."""

    def __init__(self, fill_lights: int) -> None:
        self._fill_lights = fill_lights
        self._folder = Path(bpy.utils.resource_path("LOCAL")) / _FOLDER
        self._read: dict[str, EnvironmentMap] = {}
        self._of_user: OrderedDict[str, EnvironmentMap] = OrderedDict()

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

    def of_user(self, folder: Path, file: ListedFile) -> EnvironmentMap:
        """A panorama of the user's folder, at most 2048 pixels wide.

        Raises RenderError if it isn't the file of that checksum or shines nowhere, UsageError if it can't be read.
        """
        if file.sha256 in self._of_user:
            self._of_user.move_to_end(file.sha256)
            return self._of_user[file.sha256]
        data, path = read_plain_file(folder, file.name), folder / file.name
        if hashlib.sha256(data).hexdigest() != file.sha256:
            what = "The HDRI has changed since the run began."
            raise RenderError(what, where=str(path), mend="Put the old file back, or begin a new dataset.")
        judge_hdri(data, str(path))
        radiance = _downscaled(_load(path))
        if not radiance.max() > 0:
            raise RenderError("The HDRI is black.", where=str(path), mend="Take it out of the folder.")
        self._of_user[file.sha256] = EnvironmentMap(radiance, self._fill_lights)
        if len(self._of_user) > _KEPT:
            self._of_user.popitem(last=False)
        return self._of_user[file.sha256]


def _load(path: Path) -> NDArray[np.float32]:
    """(H, W, 3) linear RGB. Raises RenderError if Blender can't read it."""
    try:
        image = bpy.data.images.load(str(path))
        width, height = image.size
        flat = np.empty(width * height * 4, np.float32)
        image.pixels.foreach_get(flat)
        bpy.data.images.remove(image)
    except RuntimeError as error:
        width = height = 0
        raise RenderError("Blender can't read it.", where=str(path), mend="Save it again.") from error
    if width * height == 0:
        raise RenderError("The file is damaged.", where=str(path), mend="Save it again, or take it out of the folder.")
    return np.ascontiguousarray(flat.reshape(height, width, 4)[::-1, :, :3])


def _downscaled(radiance: NDArray[np.float32]) -> NDArray[np.float32]:
    """At most _WIDEST_PX wide, finite and not negative."""
    sound = np.clip(np.nan_to_num(radiance, nan=0.0, posinf=_BRIGHTEST, neginf=0.0), 0, _BRIGHTEST)
    height, width = sound.shape[:2]
    if width <= _WIDEST_PX:
        return sound
    size = (_WIDEST_PX, max(1, round(height * _WIDEST_PX / width)))
    return np.asarray(cv2.resize(sound, size, interpolation=cv2.INTER_AREA))
