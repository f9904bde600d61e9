"""A head file in Blender: load it, pose it, read its posed surface, forget it again."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix as BlenderMatrix
from numpy.typing import NDArray

from synth.errors import HeadError
from synth.plan.shot import Shot
from synth.render.articulate import PARENT, HeadFrame, Rig, head_transform, pose_joints
from synth.render.raycast import Surface

Matrix = NDArray[np.float64]

# Blender's importer turns glTF's y-up into z-up: (x, y, z) → (x, -z, y).
_BLENDER_FROM_GLTF = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0], [0, 0, 0, 1]])
_GLTF_FROM_BLENDER = _BLENDER_FROM_GLTF.T
_RIG_JOINTS = frozenset(PARENT)
# What comes with an imported file besides its objects.
_KINDS = ("meshes", "armatures", "materials", "images", "actions")


@dataclass(frozen=True)
class RigidPart:
    """A mesh that moves as a whole with one joint: its surface in rest coordinates, mm, glTF frame."""

    name: str
    joint: str
    surface: Surface


class HeadInScene:
    """The objects of one head file in the current scene.

    path: a GLB as docs/heads.md describes it, or any GLB (then the head turns as a whole).
    frame: where the labels' head frame lies in it. Raises HeadError if Blender can't read it.
    """

    def __init__(self, path: Path, frame: HeadFrame) -> None:
        before = _datablocks()
        self._objects = _import_glb(path)
        self._blocks = [block for block in _datablocks() if block not in before]
        self._armature: Any = next((o for o in self._objects if o.type == "ARMATURE"), None)
        self.meshes = [o for o in self._objects if o.type == "MESH"]
        if not self.meshes:
            raise HeadError("No mesh in the file.", where=str(path), mend="Export the head with its meshes.")
        self._frame = frame
        self._rig = self._read_rig()
        self._root: Any = None if self._rig else self._gather_under_root()
        for mesh in self.meshes:
            if not mesh.data.has_custom_normals:  # a file without normals comes in faceted
                mesh.data.shade_smooth()
            mesh.data.update()
        bpy.context.view_layer.update()
        self.rigid = tuple(self._rigid_parts())
        rigid_names = {part.name for part in self.rigid}
        self._deforming = [o for o in self.meshes if o.name not in rigid_names]
        self.rest = {o.name: Surface(_positions(o.data), _triangles(o.data)) for o in self._deforming}
        """The surfaces of everything that isn't rigid, by object name, at rest: m, each in its own frame."""
        self.joint_transforms: Mapping[str, Matrix] = {}
        """(4, 4) rest coordinates → world for each joint ("head" at least), metres, as last posed."""

    @property
    def turns_eyes(self) -> bool:
        """Whether there are eyeballs and joints that turn them; without, no picture shows a shot's gaze."""
        joints = self._rig.joints if self._rig else {}
        balls = any(mesh.name.partition(".")[0] == "eye" for mesh in self.meshes)
        return balls and {"eye.L", "eye.R"} <= set(joints)

    def _read_rig(self) -> Rig | None:
        if self._armature is None:
            return None
        bones = self._armature.data.bones
        if not {"torso", "head"} <= set(bones.keys()):
            return None
        world = self._armature.matrix_world
        there = _RIG_JOINTS & set(bones.keys())
        return Rig({name: _to_gltf(world @ bones[name].head_local) for name in there}, self._frame)

    def _gather_under_root(self) -> Any:
        """One empty that carries everything which has no parent."""
        root = bpy.data.objects.new("head", None)
        root.rotation_mode = "QUATERNION"  # as the bones of a rig; angles between two of them are turned through evenly
        bpy.context.scene.collection.objects.link(root)
        for obj in self._objects:
            if obj.parent is None:
                obj.parent = root
        self._objects.append(root)
        return root

    def _rigid_parts(self) -> Iterable[RigidPart]:
        for obj in self.meshes:
            if obj.data.shape_keys or any(m.type == "ARMATURE" for m in obj.modifiers):
                continue
            joint = obj.parent_bone if obj.parent_type == "BONE" and obj.parent_bone in _RIG_JOINTS else "head"
            world = np.array(obj.matrix_world)
            vertices = (_positions(obj.data) @ world[:3, :3].T + world[:3, 3]) @ _GLTF_FROM_BLENDER[:3, :3].T
            yield RigidPart(obj.name, joint, Surface(1000 * vertices, _triangles(obj.data)))

    def pose(self, shot: Shot) -> None:
        """Pose, gaze and expression of `shot`. The head joint is exactly the shot's rotation and translation."""
        if self._rig is None:
            placed = {"head": head_transform(shot, self._frame)}
            self._root.matrix_world = BlenderMatrix(placed["head"] @ _GLTF_FROM_BLENDER)
        else:
            placed = pose_joints(shot, self._rig)
            self._pose_bones(placed)
        self.joint_transforms = placed
        weights = dict(shot.expression)
        for obj in self.meshes:
            if obj.data.shape_keys:
                for key in obj.data.shape_keys.key_blocks[1:]:
                    key.value = weights.get(key.name, 0.0)
        bpy.context.view_layer.update()

    def _pose_bones(self, placed: Mapping[str, Matrix]) -> None:
        """Solve each bone's `matrix_basis` so that it ends at rest coordinates → world = `placed`."""
        armature = self._armature
        armature.matrix_world = BlenderMatrix(_GLTF_FROM_BLENDER)
        posed: dict[str, Matrix] = {}
        for bone in armature.pose.bones:
            local = np.array(bone.bone.matrix_local)
            parent = bone.parent.name if bone.parent else None
            at_rest = local
            if parent is not None:
                at_rest = posed[parent] @ np.linalg.inv(np.array(bone.parent.bone.matrix_local)) @ local
            target = at_rest
            if bone.name in placed:
                target = _BLENDER_FROM_GLTF @ placed[bone.name] @ _GLTF_FROM_BLENDER @ local
                bone.matrix_basis = BlenderMatrix(np.linalg.inv(at_rest) @ target)
            posed[bone.name] = target

    def key_pose(self, frame: int) -> None:
        """Keep the pose as it is now at a frame of the scene; between frames everything moves evenly."""
        for target in self._posed():
            for value in ("location", "rotation_quaternion"):
                target.keyframe_insert(value, frame=frame)

    def forget_keys(self) -> None:
        """The head stands still again."""
        owner = self._root or self._armature
        action = owner.animation_data.action
        owner.animation_data_clear()
        bpy.data.actions.remove(action)

    def _posed(self) -> list[Any]:
        return [self._root] if self._rig is None else list(self._armature.pose.bones)

    def deformed(self) -> dict[str, Surface]:
        """The posed surfaces of everything that isn't rigid, by object name: mm, OpenCV camera frame."""
        depsgraph = bpy.context.evaluated_depsgraph_get()
        surfaces = {}
        for obj in self._deforming:
            world = np.array(obj.matrix_world)
            vertices = _positions(obj.evaluated_get(depsgraph).data) @ world[:3, :3].T + world[:3, 3]
            surfaces[obj.name] = self.rest[obj.name].moved(1000 * vertices * [1, -1, -1])
        return surfaces

    def head_vertices(self, obj_name: str) -> NDArray[np.bool_]:
        """Which vertices of a skinned mesh belong to the head (head, jaw and eye joints over one half): (N,) bool."""
        obj = bpy.data.objects[obj_name]
        count = len(obj.data.vertices)
        of_head = {g.index for g in obj.vertex_groups if g.name in {"head", "jaw", "eye.L", "eye.R"}}
        if not obj.vertex_groups:
            return np.ones(count, bool)
        share = np.zeros(count)
        for vertex in obj.data.vertices:
            share[vertex.index] = sum(g.weight for g in vertex.groups if g.group in of_head)
        return share > 0.5

    def remove(self) -> None:
        """Take the head and everything that came with it out of Blender, so that memory stays flat."""
        bpy.data.batch_remove([*self._objects, *self._blocks])


def _datablocks() -> list[Any]:
    return [block for kind in _KINDS for block in getattr(bpy.data, kind)]


def _import_glb(path: Path) -> list[Any]:
    before = set(bpy.data.objects)
    try:
        bpy.ops.import_scene.gltf(filepath=str(path), disable_bone_shape=True, loglevel=logging.WARNING)
    except RuntimeError as error:
        raise HeadError(
            f"Blender can't read this head: {error}.", where=str(path), mend="Run `synth heads import` on the original."
        ) from error
    return [o for o in bpy.data.objects if o not in before]


def _to_gltf(point: Any) -> Matrix:
    return np.asarray(_GLTF_FROM_BLENDER[:3, :3] @ np.array(point))


def _positions(mesh: Any) -> NDArray[np.float64]:
    flat = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.attributes["position"].data.foreach_get("vector", flat)
    return flat.reshape(-1, 3).astype(np.float64)


def _triangles(mesh: Any) -> NDArray[np.int32]:
    mesh.calc_loop_triangles()
    flat = np.empty(3 * len(mesh.loop_triangles), np.int32)
    mesh.loop_triangles.foreach_get("vertices", flat)
    return flat.reshape(-1, 3)
