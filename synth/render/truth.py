"""What is known of a shot besides its picture, all from rays at the posed meshes: range, normals, parts, alpha, and
which landmarks can be seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.errors import HeadError
from synth.geometry.camera import Box, project
from synth.heads.face import FaceTemplate, face_template
from synth.heads.pack import HeadRecord
from synth.recipe.schema import Outputs
from synth.render.articulate import WORLD_FROM_CAMERA
from synth.render.coverage import alpha_map
from synth.render.head import HeadInScene
from synth.render.landmarks import landmark_labels
from synth.render.maps import MeshTruth, normal_map, part_map
from synth.render.parts import part_codes, part_of
from synth.render.raycast import Posed, RayTarget, Surface, first_hits, range_map

Floats = NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class Truth:
    """Maps as `Record` has them, those that were asked for, and the labels of landmarks if they were."""

    range_mm: NDArray[np.float32] | None = None
    normals: NDArray[np.float32] | None = None
    parts: NDArray[np.uint8] | None = None
    alpha: NDArray[np.uint8] | None = None
    labels: dict[str, Any] = field(default_factory=dict)


NOTHING = Truth()


def asks_for_truth(outputs: Outputs) -> bool:
    """Whether a recipe wants anything besides the picture."""
    return outputs.depth or outputs.normals or outputs.parts or outputs.alpha or outputs.landmarks


class HeadTargets:
    """A loaded head's meshes as rays meet them; what is rigid is put into Embree here, once."""

    def __init__(self, scene: HeadInScene, record: HeadRecord) -> None:
        self._record, self._scene = record, scene
        by_joint: dict[str, list[Any]] = {}
        for part in scene.rigid:
            by_joint.setdefault(part.joint, []).append(part)
        self._rigid = {joint: RayTarget([part.surface for part in parts]) for joint, parts in by_joint.items()}
        self._rigid_names = {joint: [part.name for part in parts] for joint, parts in by_joint.items()}
        self._skin = next((name for name in scene.rest if part_of(name) == "skin"), None)
        self._face = self._known_face()
        self._truths: dict[str, MeshTruth] = {}

    def posed(
        self, deformed: Mapping[str, Surface], joint_transforms: Mapping[str, Floats], stored: Box, K: Floats
    ) -> PosedHead:
        """Everything where a shot has it. deformed: as `HeadInScene.deformed` gives it; K: of the picture `stored`."""
        targets: list[Posed] = []
        names: list[list[str]] = []
        # The largest first, since what lies behind its hits isn't looked for; lashes apart: they hide no landmark.
        for lashes in (False, True):
            chosen = [name for name in deformed if (part_of(name) == "lashes") == lashes]
            seen = [_inside_view(deformed[name], K, stored) for name in chosen]
            if any(len(surface.triangles) for surface in seen):
                targets.append((RayTarget(seen), np.eye(4)))
                names.append(chosen)
        for joint, target in self._rigid.items():
            targets.append((target, _camera_from_rest(joint_transforms, joint)))
            names.append(self._rigid_names[joint])
        return PosedHead(self, targets, names, deformed, stored, K)

    def _known_face(self) -> FaceTemplate | None:
        """The template that the head's skin has the vertices of; None for a head that this package didn't build."""
        if self._record.rig == "none" or self._skin is None:
            return None
        skin = self._scene.rest[self._skin]
        return face_template() if face_template().fits(len(skin.vertices_mm), skin.triangles) else None

    def truth_of(self, name: str) -> MeshTruth:
        """What is known of one object's mesh, made when it is first asked for."""
        if name not in self._truths:
            rigid = {part.name: part.surface for part in self._scene.rigid}
            surface = rigid[name] if name in rigid else self._scene.rest[name]
            codes = part_codes(name, len(surface.triangles), self._face if name == self._skin else None)
            self._truths[name] = MeshTruth.of(surface, codes, rigid=name in rigid)
        return self._truths[name]

    def landmarks_mm(self, deformed: Mapping[str, Surface]) -> Floats | None:
        """(68, 3) in the camera frame, or None for an imported head.

        Raises HeadError for a head of ours whose skin isn't the template's.
        """
        if self._face is not None and self._skin is not None:
            return self._face.landmarks(deformed[self._skin].vertices_mm)
        if self._record.rig == "none":
            return None
        raise HeadError(
            "Its skin isn't the one that landmarks are known of.",
            where=self._record.id,
            mend="Build the pack again, or set outputs.landmarks to false.",
        )


@dataclass(frozen=True, eq=False)
class PosedHead:
    """One shot's rays' targets, the names of each one's surfaces, and the picture they are cast for."""

    head: HeadTargets
    targets: list[Posed]
    names: list[list[str]]
    deformed: Mapping[str, Surface]
    stored: Box
    K: Floats

    def truth(self, outputs: Outputs) -> Truth:
        """What the recipe asks for."""
        size = self.stored.width, self.stored.height
        range_mm = normals = parts = alpha = None
        if outputs.normals or outputs.parts:
            hits = first_hits(self.targets, self.K, *size)
            range_mm = hits.range_mm
            truths = [[self.head.truth_of(name) for name in names] for names in self.names]
            normals = normal_map(hits, self.targets, truths, self.K) if outputs.normals else None
            parts = part_map(hits, self.targets, truths) if outputs.parts else None
        elif outputs.depth or outputs.alpha:
            range_mm = range_map(self.targets, self.K, *size)
        if outputs.alpha and range_mm is not None:
            alpha = alpha_map(self.targets, self.K, range_mm > 0)
        labels: dict[str, Any] = {}
        if outputs.landmarks:
            pairs = zip(self.targets, self.names, strict=True)
            occluders = [posed for posed, names in pairs if not all(part_of(name) == "lashes" for name in names)]
            labels = landmark_labels(self.head.landmarks_mm(self.deformed), occluders, self.K, self.stored)
        return Truth(range_mm if outputs.depth else None, normals, parts, alpha, labels)


def _camera_from_rest(joint_transforms: Mapping[str, Floats], joint: str) -> Floats:
    """(4, 4) in mm, OpenCV camera frame, from the (4, 4) rest → world in metres."""
    matrix = np.array(joint_transforms.get(joint, joint_transforms["head"]))
    matrix[:3, 3] *= 1000
    matrix[:3] = WORLD_FROM_CAMERA @ matrix[:3]
    return matrix


def _inside_view(surface: Surface, K: Floats, stored: Box) -> Surface:
    """Without the triangles that no ray of the picture can meet, since building Embree's tree is what costs."""
    x, y = project(K, surface.vertices_mm).T
    beyond = (x < 0) * 1 + (x > stored.width) * 2 + (y < 0) * 4 + (y > stored.height) * 8
    first, second, third = beyond.astype(np.uint8)[surface.triangles].T
    return surface.kept((first & second & third) == 0)
