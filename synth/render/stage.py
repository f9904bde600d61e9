"""The stage: camera and lamps, set anew for each shot. World frame: y up, the camera at the origin looks along -z."""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from synth.plan.shot import Shot
from synth.recipe.schema import Render
from synth.render.articulate import WORLD_FROM_CAMERA
from synth.render.backdrop import Backdrop
from synth.render.environment import DistantLight
from synth.render.lighting import Lighting
from synth.render.scenery import RecipeScenery

Floats = NDArray[np.floating]

FILL_LIGHTS = 1
_LIGHT_DISTANCE_M = 2.5
_KEY_SIZE_M, _FILL_SIZE_M = 0.7, 1.6
_DARK = DistantLight((0.0, 1.0, 0.0), (0.0, 0.0, 0.0))


class Stage:
    """Blender's camera, lamps and backdrop. `scenery` has the panoramas that light a head by themselves."""

    def __init__(self, scene: Any, settings: Render, scenery: RecipeScenery | None = None) -> None:
        self._settings, self._scenery = settings, scenery
        scene.camera = _add(scene, "camera", bpy.data.cameras.new("camera"))
        self._key = _area_light(scene, "key", _KEY_SIZE_M)
        self._fill = [_area_light(scene, f"fill{k}", _FILL_SIZE_M) for k in range(FILL_LIGHTS)]
        self.backdrop = Backdrop(scene)

    def light(self, shot: Shot, lighting: Lighting) -> None:
        """Set the lamps and the world's light as `lighting` says."""
        head_m = WORLD_FROM_CAMERA @ np.asarray(shot.t_mm) / 1000
        _shine(self._key, lighting.key, head_m, _KEY_SIZE_M)
        scenery = self._scenery if self._settings.light == "hdri" and shot.studio is None else None
        panorama = scenery.panorama(shot.surroundings) if scenery else None
        lights = () if panorama else lighting.fill.lights
        for lamp, light in zip(self._fill, [*lights, *[_DARK] * FILL_LIGHTS][:FILL_LIGHTS], strict=True):
            _shine(lamp, light, head_m, _FILL_SIZE_M)
        if scenery and panorama:
            name, turn_deg = scenery.panorama_name(shot.surroundings), shot.surroundings.rotation_deg
            self.backdrop.shine_panorama(name, panorama.radiance, lighting.behind_gain, turn_deg)
        else:
            self.backdrop.shine_softly(lighting.fill.ambient, lighting.fill.gradient)


def _add(scene: Any, name: str, data: Any) -> Any:
    obj = bpy.data.objects.new(name, data)
    scene.collection.objects.link(obj)
    return obj


def _area_light(scene: Any, name: str, size_m: float) -> Any:
    data = bpy.data.lights.new(name, "AREA")
    data.shape, data.size = "DISK", size_m
    lamp = _add(scene, name, data)
    lamp.visible_camera = False
    return lamp


def _shine(lamp: Any, light: DistantLight, head_m: Floats, size_m: float) -> None:
    """Place an area light so that it gives `light.irradiance` at the head.

    A disk of power P and radius r, far away on its axis: radiance P / (π · π r²), solid angle π r² / d², so the
    irradiance is P / (π d²), a little less nearby: × d² / (d² + r²).
    """
    toward, irradiance = np.array(light.toward), np.array(light.irradiance)
    lamp.location = Vector(head_m + _LIGHT_DISTANCE_M * toward)
    lamp.rotation_euler = Vector(-toward).to_track_quat("-Z", "Y").to_euler()
    strength = float(irradiance.max())
    lamp.data.color = irradiance / strength if strength > 0 else (1, 1, 1)
    lamp.data.energy = strength * np.pi * (_LIGHT_DISTANCE_M**2 + (size_m / 2) ** 2)
