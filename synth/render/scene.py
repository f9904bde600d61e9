"""The stage: camera, world and lights, set anew for each shot. World frame: y up, the camera at the origin looks along -z."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix as BlenderMatrix
from mathutils import Vector
from numpy.typing import NDArray

from synth.errors import RenderError
from synth.plan.shot import KeyLight, Shot
from synth.recipe.schema import Render
from synth.render.articulate import WORLD_FROM_CAMERA
from synth.render.environment import LUMINANCE, DistantLight, EnvironmentMap, LightField

Floats = NDArray[np.floating]

# Radiance of a white diffuser that faces the camera, at exposure 0: bright skin stays below white.
_METERED_RADIANCE = 0.85
# How far the white balance follows the surroundings' mean colour: cameras don't take a sunset's warmth away altogether.
_WHITE_BALANCE = 0.65
_LIGHT_DISTANCE_M = 2.5
_KEY_SIZE_M, _FILL_SIZE_M = 0.7, 1.6
_FILL_LIGHTS = 3
# The metering looks at a frontal face and at its two cheeks, forehead and chin.
_METER_NORMALS = np.array([[0, 0, 1], [0.6, 0, 0.8], [-0.6, 0, 0.8], [0, 0.6, 0.8], [0, -0.6, 0.8]])
# Blender's wheel ships these eight panoramas as CC0 (datafiles/studiolights/world/license.txt).
_PANORAMAS = "datafiles/studiolights/world"


@dataclass(frozen=True)
class Lighting:
    """What a shot's light comes to: what is set in Blender, and how bright its panorama shows behind the head."""

    fill: LightField
    key: DistantLight
    panorama_gain: tuple[float, float, float]


class Panoramas:
    """The environments by name, read once each."""

    def __init__(self) -> None:
        self._folder = Path(bpy.utils.resource_path("LOCAL")) / _PANORAMAS
        self._read: dict[str, EnvironmentMap] = {}

    def path(self, name: str) -> Path:
        return self._folder / f"{name}.exr"

    def __getitem__(self, name: str) -> EnvironmentMap:
        if name not in self._read:
            self._read[name] = EnvironmentMap(self._load(name), _FILL_LIGHTS)
        return self._read[name]

    def _load(self, name: str) -> NDArray[np.float32]:
        path = self.path(name)
        if not path.is_file():
            raise RenderError(
                f"The environment {name!r} isn't in this installation of bpy.",
                where=str(path),
                mend="Reinstall bpy at the version that pyproject.toml pins.",
            )
        image = bpy.data.images.load(str(path))
        width, height = image.size
        flat = np.empty(width * height * 4, np.float32)
        image.pixels.foreach_get(flat)
        bpy.data.images.remove(image)
        return np.ascontiguousarray(flat.reshape(height, width, 4)[::-1, :, :3])


def light_shot(shot: Shot, panoramas: Panoramas) -> Lighting:
    """Balance surroundings and key light so that the metered exposure and the key's share are the shot's."""
    around = shot.surroundings
    field = LightField((1.0, 1.0, 1.0), ())
    if around.environment is not None:
        field = panoramas[around.environment].light_field(around.rotation_deg)
    metered = np.mean([field.irradiance(n) for n in _METER_NORMALS], axis=0)
    balance = (metered / (metered @ LUMINANCE)) ** -_WHITE_BALANCE
    target = np.pi * _METERED_RADIANCE * 2.0**around.exposure_ev
    gain = balance * (1 - shot.key_light.share) * target / (metered * balance @ LUMINANCE)
    fill = LightField(
        tuple(gain * field.ambient),
        tuple(DistantLight(light.toward, tuple(gain * light.irradiance)) for light in field.lights),
    )
    return Lighting(fill, _key_light(shot.key_light, target), tuple(gain))


def _key_light(key: KeyLight, target: float) -> DistantLight:
    azimuth, elevation = np.radians([key.azimuth_deg, key.elevation_deg])
    toward = np.array([np.sin(azimuth) * np.cos(elevation), np.sin(elevation), np.cos(azimuth) * np.cos(elevation)])
    metered = np.mean(np.clip(_METER_NORMALS @ toward, 0.1, None))
    return DistantLight(tuple(toward), tuple(key.share * target / metered * np.array(key.color)))


class Stage:
    """Blender's camera, world and lights."""

    def __init__(self, scene: Any, settings: Render, panoramas: Panoramas) -> None:
        self._scene, self._settings, self._panoramas = scene, settings, panoramas
        scene.camera = _add(scene, "camera", bpy.data.cameras.new("camera"))
        self._key = _area_light(scene, "key", _KEY_SIZE_M)
        self._fill = [_area_light(scene, f"fill{k}", _FILL_SIZE_M) for k in range(_FILL_LIGHTS)]
        self._world = bpy.data.worlds.new("world")
        scene.world = self._world
        # AUTO rebuilds a large importance map each time the world changes: +1.6 s and +345 MB.
        self._world.cycles.sampling_method = "MANUAL"
        self._world.cycles.sample_map_resolution = 256
        if settings.light == "hdri":
            self._add_panorama_nodes()

    def _add_panorama_nodes(self) -> None:
        tree = self._world.node_tree
        coordinates, mapping = tree.nodes.new("ShaderNodeTexCoord"), tree.nodes.new("ShaderNodeMapping")
        texture, tint = tree.nodes.new("ShaderNodeTexEnvironment"), tree.nodes.new("ShaderNodeVectorMath")
        mapping.vector_type, tint.operation = "VECTOR", "MULTIPLY"
        tree.links.new(coordinates.outputs["Generated"], mapping.inputs["Vector"])
        tree.links.new(mapping.outputs["Vector"], texture.inputs["Vector"])
        tree.links.new(texture.outputs["Color"], tint.inputs[0])
        tree.links.new(tint.outputs["Vector"], tree.nodes["Background"].inputs["Color"])
        self._mapping, self._texture, self._tint = mapping, texture, tint

    def light(self, shot: Shot, lighting: Lighting) -> None:
        head = WORLD_FROM_CAMERA @ np.asarray(shot.t_mm) / 1000
        _shine(self._key, lighting.key, head, _KEY_SIZE_M)
        if self._settings.light == "hdri" and shot.surroundings.environment is not None:
            self._show_panorama(shot, lighting)
            return
        dark = DistantLight((0.0, 1.0, 0.0), (0.0, 0.0, 0.0))
        lights = [*lighting.fill.lights, *[dark] * _FILL_LIGHTS][:_FILL_LIGHTS]
        for lamp, light in zip(self._fill, lights, strict=True):
            _shine(lamp, light, head, _FILL_SIZE_M)
        self._even_light(lighting.fill.ambient)

    def _even_light(self, radiance: tuple[float, float, float]) -> None:
        background = self._world.node_tree.nodes["Background"]
        if self._settings.light == "hdri":
            for link in list(background.inputs["Color"].links):
                self._world.node_tree.links.remove(link)
        background.inputs["Color"].default_value = (*radiance, 1.0)

    def _show_panorama(self, shot: Shot, lighting: Lighting) -> None:
        environment = shot.surroundings.environment
        assert environment is not None  # noqa: S101  (checked by the caller, for the type checker)
        for lamp in self._fill:
            lamp.data.energy = 0.0
        tree = self._world.node_tree
        tree.links.new(self._tint.outputs["Vector"], tree.nodes["Background"].inputs["Color"])
        self._texture.image = bpy.data.images.load(str(self._panoramas.path(environment)), check_existing=True)
        self._tint.inputs[1].default_value = lighting.panorama_gain
        angle = np.radians(shot.surroundings.rotation_deg)
        turn_back = np.array([[np.cos(angle), 0, -np.sin(angle)], [0, 1, 0], [np.sin(angle), 0, np.cos(angle)]])
        # Blender's panoramas have z up and +x in the middle; ours y up and -z.
        z_up = np.array([[0, 0, -1], [-1, 0, 0], [0, 1, 0]])
        self._mapping.inputs["Rotation"].default_value = BlenderMatrix(z_up @ turn_back).to_euler()


def _add(scene: Any, name: str, data: Any) -> Any:
    obj = bpy.data.objects.new(name, data)
    scene.collection.objects.link(obj)
    return obj


def _area_light(scene: Any, name: str, size_m: float) -> Any:
    data = bpy.data.lights.new(name, "AREA")
    data.shape, data.size = "DISK", size_m
    return _add(scene, name, data)


def _shine(lamp: Any, light: DistantLight, head_m: Floats, size_m: float) -> None:
    """Place an area light so that it gives `light.irradiance` at the head.

    A disk of power P and radius r far away on its axis: radiance P / (π · π r²), solid angle π r² / d², so the irradiance
    is P / (π d²), a little less nearby: × d² / (d² + r²).
    """
    toward, irradiance = np.array(light.toward), np.array(light.irradiance)
    lamp.location = Vector(head_m + _LIGHT_DISTANCE_M * toward)
    lamp.rotation_euler = Vector(-toward).to_track_quat("-Z", "Y").to_euler()
    strength = float(irradiance.max())
    lamp.data.color = irradiance / strength if strength > 0 else (1, 1, 1)
    lamp.data.energy = strength * np.pi * (_LIGHT_DISTANCE_M**2 + (size_m / 2) ** 2)
