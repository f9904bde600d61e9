"""Shots to samples: the one object that a worker process holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.effects.light import to_srgb8
from synth.effects.variants import vary_picture
from synth.errors import HeadError, RenderError
from synth.geometry.camera import Box, Camera, bounding_box, crop_intrinsics, project, square_crop
from synth.heads.pack import HeadPack, HeadRecord, file_sha256
from synth.plan.shot import Shot, Surroundings
from synth.recipe.schema import Recipe
from synth.render.articulate import HeadFrame
from synth.render.device import use_device
from synth.render.engine import configure, forget_scene, render_region, set_camera, start_blender
from synth.render.head import HeadInScene
from synth.render.lighting import Lighting, background, light_shot
from synth.render.parts import part_of
from synth.render.probe import probe_eevee
from synth.render.raycast import Surface
from synth.render.scenery import RecipeScenery
from synth.render.stage import FILL_LIGHTS, Stage
from synth.render.truth import NOTHING, HeadTargets, asks_for_truth
from synth.render.turning import turning
from synth.shard.record import Record

Floats = NDArray[np.floating]

# Parts of a posed person that make up the head box: skull, face and ears.
_SKULL = "skin"
_ANY_CAMERA = Camera(64, 64, 50.0, 50.0, 32.0, 32.0)
_TO_CAMERA = np.array([1.0, -1.0, -1.0])  # world axes → camera axes


@dataclass(frozen=True)
class _LoadedHead:
    """A head in the scene and what is computed once for it."""

    record: HeadRecord
    scene: HeadInScene
    skull: dict[str, NDArray[np.bool_]]  # which vertices of a deforming mesh are the head's
    targets: HeadTargets
    rigid_skull: tuple[Floats, ...]  # rest vertices (mm) that make the head box of a head without a rig


class Renderer:
    """Renders the shots of one recipe with one head pack, in this process.

    Blender has one scene: a new renderer takes it from the last.

    device: "auto", "cpu", "cuda", "optix", "hip", "metal" or "oneapi"; raises DeviceError if it isn't there. gpu: which
    of several of that kind, in Cycles' order; None = all.
    threads: of the path tracer; several processes with one thread each are faster than one with several.
    folders: where the recipe's folders of pictures lie ("photos", "hdris"), if not where it says. Raises UsageError for
    one that can't be used.
    """

    def __init__(
        self,
        recipe: Recipe,
        pack: HeadPack,
        *,
        device: str = "cpu",
        gpu: int | None = None,
        threads: int = 1,
        folders: Mapping[str, str] | None = None,
    ) -> None:
        self._recipe, self._pack = recipe, pack
        if recipe.render.engine == "eevee":
            probe_eevee()
        scene = start_blender()
        configure(scene, recipe.render, threads=threads)
        self.device = use_device(scene, device, gpu)
        self._scene = scene
        self._scenery = RecipeScenery(recipe, FILL_LIGHTS, folders)
        self._stage = Stage(scene, recipe.render, self._scenery)
        self._head: _LoadedHead | None = None

    @property
    def device_text(self) -> str:
        """What renders, for people: "cpu", or "optix: NVIDIA ..."."""
        kind, names = self.device.kind, ", ".join(self.device.names)
        return kind if kind == "cpu" else f"{kind}: {names}"

    def warm_up(self) -> None:
        """Render a few pixels of the empty stage, so that a GPU's kernels are there when the first sample is made."""
        set_camera(self._scene, _ANY_CAMERA)
        render_region(self._scene, _ANY_CAMERA, Box(0, 0, 16, 16), 0)
        forget_scene(self._scene)  # or what is kept of the unlit stage changes every picture that comes after it

    def render(self, shot: Shot) -> Record:
        """The sample that `shot` describes: picture and range map as the recipe asks, and every label.

        Raises HeadError for a head that can't be used and RenderError if Blender fails.
        """
        head = self._load(shot.head_slot)
        head.scene.pose(shot)
        deformed = head.scene.deformed()
        head_box = self._head_box(shot, head, deformed)
        crop = square_crop(head_box, self._recipe.render.margin, shot.camera.frame)
        stored = crop if self._recipe.render.frame == "head" else shot.camera.frame
        K = crop_intrinsics(shot.camera.K, stored)
        with turning(self._scene, head.scene, shot):
            rgb = self._picture(shot, crop, stored) if self._recipe.outputs.rgb else None
        truth = NOTHING
        if asks_for_truth(self._recipe.outputs):
            truth = head.targets.posed(deformed, head.scene.joint_transforms, stored, K).truth(self._recipe.outputs)
        varied = vary_picture(shot, rgb, head_box, stored.as_tuple(), shot.camera.frame)
        labels = _labels(self._recipe, shot, head, head_box, stored, K) | truth.labels
        labels["environment"] = self._scenery.label(shot.surroundings)
        return Record(varied.rgb, truth.range_mm, labels | varied.labels, truth.normals, truth.parts, truth.alpha)

    def _load(self, slot: int) -> _LoadedHead:
        record = self._pack.heads[slot]
        if self._head is not None:
            if self._head.record is record:
                return self._head
            self._head.scene.remove()
            forget_scene(self._scene)
        path = self._pack.path(record)
        if file_sha256(path) != record.sha256:  # labels belong to the head that they were written for
            what = f"The head {record.id} isn't the one that pack.json describes."
            raise HeadError(what, where=str(path), mend="Build or copy the pack again.")
        frame = HeadFrame(np.asarray(record.head_center_m), record.frontal_pitch_deg)
        scene = HeadInScene(path, frame)
        rigid = {part.name: part for part in scene.rigid}
        soft = [obj.name for obj in scene.meshes if obj.name not in rigid]
        skull = {name: scene.head_vertices(name) for name in soft if part_of(name) == _SKULL}
        without_rig = () if skull else tuple(p.surface.vertices_mm for p in rigid.values() if part_of(p.name) != "hair")
        targets = HeadTargets(scene, record)
        self._head = _LoadedHead(record, scene, skull, targets, without_rig)
        return self._head

    def _head_box(self, shot: Shot, head: _LoadedHead, deformed: dict[str, Surface]) -> Floats:
        """(4,) float64, x0 y0 x1 y1, pixels of the full frame."""
        points = [deformed[name].vertices_mm[mask] for name, mask in head.skull.items()]
        for vertices in head.rigid_skull:
            matrix = head.scene.joint_transforms["head"]
            points.append((vertices @ matrix[:3, :3].T + 1000 * matrix[:3, 3]) * _TO_CAMERA)
        if not points:
            raise RenderError("No part of the file is a head.", where=head.record.id, mend="Import it again.")
        return bounding_box(project(shot.camera.K, np.concatenate(points)))

    def _picture(self, shot: Shot, crop: Box, stored: Box) -> NDArray[np.uint8]:
        lighting = light_shot(shot, self._scenery)
        self._stage.light(shot, lighting)
        set_camera(self._scene, shot.camera)
        head, balance = self._region(shot, lighting, crop), np.asarray(lighting.white_balance, np.float32)
        if stored == crop:
            return to_srgb8(balance * head)
        # The rest of the person in a second pass; the region is laid over it, so its pixels are the same in both.
        whole = self._region(shot, lighting, stored)
        whole[crop.y0 : crop.y1, crop.x0 : crop.x1] = head
        return to_srgb8(balance * whole)

    def _region(self, shot: Shot, lighting: Lighting, region: Box) -> Floats:
        """(h, w, 3) float32 linear: one box of the frame, with its background."""
        K = crop_intrinsics(shot.camera.K, region)
        behind = background(shot, lighting, self._scenery, K, region.width, region.height)
        self._stage.backdrop.show(behind, shot.camera, region)
        return render_region(self._scene, shot.camera, region, shot.render_seed)["Combined"][..., :3].copy()


def _of_the_camera(around: Surroundings) -> dict[str, Any]:
    """How it was set. A studio's exposure is fixed, there is no metered one to be over; and there white is white."""
    return {"exposure_ev": around.exposure_ev, "white_balance_mired": around.white_balance_mired}


def _labels(recipe: Recipe, shot: Shot, head: _LoadedHead, head_box: Floats, stored: Box, K: Floats) -> dict[str, Any]:
    record, unknown = head.record, float("nan")
    return {
        "id": shot.index,
        "subject": record.id,
        "R_camera_from_head": shot.R_camera_from_head,
        "euler_deg": np.array(shot.euler_deg),
        "t_mm": np.array(shot.t_mm),
        "K": K,
        "distance_mm": shot.distance_mm,
        "head_box_px": head_box.astype(np.float32),
        "crop_box_px": np.array(stored.as_tuple(), np.int32),
        "condition": shot.condition,
        "noise_sigma": shot.noise_sigma,
        "noise_seed": recipe.seed,
        "age_years": unknown if record.age_years is None else record.age_years,
        "sex": record.sex or "",
        "skin_tone": unknown if record.skin_tone is None else record.skin_tone,
        "gaze_deg": np.array(shot.gaze_deg if head.scene.turns_eyes else (unknown, unknown), np.float32),
        **(_of_the_camera(shot.surroundings) if shot.studio is None else {}),
        "hair_style": record.hair_style or "",
        "glasses": record.glasses or "",
    }
