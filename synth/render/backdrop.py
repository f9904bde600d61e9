"""What the camera sees behind the head, and the even light from all sides: Blender's world.

The background is part of the rendered picture, not laid under it afterwards: the denoiser smooths colour but not alpha,
and a picture put together from the two has speckled edges. Only camera rays see it, so it gives no light and no noise.
"""

from __future__ import annotations

from typing import Any

import bpy
import numpy as np
from mathutils import Matrix as BlenderMatrix
from numpy.typing import NDArray

from synth.geometry.camera import Box, Camera
from synth.plan.shot import Rgb
from synth.render.engine import forget_scene

Floats = NDArray[np.floating]
_PANORAMAS_KEPT = 9  # of some 30 MB each: Blender's eight, and one
_SIZE_STEP_PX = 64  # images come in multiples of this side, so that a few serve all regions


class Backdrop:
    """The world of one scene."""

    def __init__(self, scene: Any) -> None:
        self._scene = scene
        self._world = scene.world = bpy.data.worlds.new("world")
        tree = self._tree = self._world.node_tree
        node, link = tree.nodes.new, tree.links.new
        seen_at, split = node("ShaderNodeTexCoord").outputs["Camera"], node("ShaderNodeSeparateXYZ")
        pinhole, in_region = node("ShaderNodeVectorMath"), node("ShaderNodeVectorMath")
        # (x, y, z) / z, then where that lies in the region.
        pinhole.operation, in_region.operation = "DIVIDE", "MULTIPLY_ADD"
        self._scale, self._shift = in_region.inputs[1], in_region.inputs[2]
        self._picture = node("ShaderNodeTexImage")
        self._picture.interpolation, self._picture.extension = "Linear", "EXTEND"
        link(seen_at, split.inputs[0])
        link(seen_at, pinhole.inputs[0])
        link(split.outputs[2], pinhole.inputs[1])
        link(pinhole.outputs[0], in_region.inputs[0])
        link(in_region.outputs[0], self._picture.inputs["Vector"])
        # Two closures, since Cycles skips the nodes of one that counts nothing; of two mixed colours it reckons both.
        seen, shine, either = node("ShaderNodeBackground"), tree.nodes["Background"], node("ShaderNodeMixShader")
        link(self._picture.outputs["Color"], seen.inputs["Color"])
        link(node("ShaderNodeLightPath").outputs["Is Camera Ray"], either.inputs[0])
        link(shine.outputs[0], either.inputs[1])
        link(seen.outputs[0], either.inputs[2])
        link(either.outputs[0], tree.nodes["World Output"].inputs["Surface"])
        self._light = shine.inputs["Color"]
        self._gradient, self._ambient, self._soft = self._gradient_nodes()
        self._images: dict[int, list[Any]] = {}
        self._panorama: Any = None
        self._panorama_images: dict[str, Any] = {}

    def show(self, picture: Floats, camera: Camera, region: Box) -> None:
        """Put `picture`, (region.height, region.width, 3) linear, behind the head, pixel on pixel."""
        side = -(-max(region.width, region.height) // _SIZE_STEP_PX) * _SIZE_STEP_PX
        image = self._next_image(side)
        rgba = np.ones((side, side, 4), np.float32)
        rgba[: region.height, : region.width, :3] = picture
        rgba[region.height :, : region.width] = rgba[region.height - 1, : region.width]
        rgba[:, region.width :] = rgba[:, region.width - 1 : region.width]
        image.pixels.foreach_set(rgba[::-1].ravel())
        image.update()
        self._picture.image = image
        self._scale.default_value = (camera.fx_px / side, camera.fy_px / side, 0)
        left, top = (camera.cx_px - region.x0) / side, (camera.cy_px - region.y0) / side
        self._shift.default_value = (left, 1 - top, 0)

    def _next_image(self, side: int) -> Any:
        """Two images in turn: Cycles keeps a changed image as it first was, but drops one that no shader uses now."""
        if side not in self._images:
            new, options = bpy.data.images.new, {"alpha": False, "float_buffer": True, "is_data": True}
            self._images[side] = [new(f"backdrop-{side}-{name}", side, side, **options) for name in "ab"]
        self._images[side].reverse()
        return self._images[side][0]

    def _gradient_nodes(self) -> tuple[list[Any], Any, Any]:
        """Nodes of max(0, ambient + gradient · direction): the three dot products, the sum, and the output."""
        node, link = self._tree.nodes.new, self._tree.links.new
        direction, gather = node("ShaderNodeTexCoord").outputs["Generated"], node("ShaderNodeCombineXYZ")
        products = []
        for color in range(3):
            product = node("ShaderNodeVectorMath")
            product.operation = "DOT_PRODUCT"
            link(direction, product.inputs[0])
            link(product.outputs["Value"], gather.inputs[color])
            products.append(product)
        total, positive = node("ShaderNodeVectorMath"), node("ShaderNodeVectorMath")
        total.operation, positive.operation = "ADD", "MAXIMUM"
        link(gather.outputs[0], total.inputs[0])
        link(total.outputs[0], positive.inputs[0])
        positive.inputs[1].default_value = (0, 0, 0)
        return products, total, positive.outputs[0]

    def shine_softly(self, ambient: Rgb, gradient: tuple[Rgb, Rgb, Rgb]) -> None:
        """From direction d the linear RGB radiance max(0, ambient + gradient @ d)."""
        for product, row in zip(self._gradient, gradient, strict=True):
            product.inputs[1].default_value = row
        self._ambient.inputs[1].default_value = ambient
        self._tree.links.new(self._soft, self._light)
        # AUTO rebuilds a large importance map each time the world changes; a soft world needs none.
        self._world.cycles.sampling_method = "NONE"

    def shine_panorama(self, name: str, radiance: Floats, gain: Rgb, rotation_deg: float) -> None:
        """The light of a panorama itself, turned about the vertical and multiplied by `gain` (linear RGB).

        radiance: (H, W, 3) linear RGB, finite; `name` tells it from every other panorama.
        """
        if self._panorama is None:
            self._panorama = self._panorama_nodes()
        mapping, texture, tint = self._panorama
        texture.image = self._panorama_image(name, radiance)
        tint.inputs[1].default_value = gain
        angle = np.radians(rotation_deg)
        turn_back = np.array([[np.cos(angle), 0, -np.sin(angle)], [0, 1, 0], [np.sin(angle), 0, np.cos(angle)]])
        # Blender's panoramas have z up and +x in the middle; ours y up and -z.
        z_up = np.array([[0, 0, -1], [-1, 0, 0], [0, 1, 0]])
        mapping.inputs["Rotation"].default_value = BlenderMatrix(z_up @ turn_back).to_euler()
        self._tree.links.new(tint.outputs["Vector"], self._light)
        self._world.cycles.sampling_method, self._world.cycles.sample_map_resolution = "MANUAL", 256

    def _panorama_image(self, name: str, radiance: Floats) -> Any:
        if name not in self._panorama_images:
            if len(self._panorama_images) == _PANORAMAS_KEPT:
                for image in self._panorama_images.values():
                    bpy.data.images.remove(image)
                self._panorama_images.clear()
                forget_scene(self._scene)  # or Cycles takes a new image for a removed one
            height, width = radiance.shape[:2]
            image = bpy.data.images.new(name[:32], width, height, alpha=False, float_buffer=True, is_data=True)
            rgba = np.ones((height, width, 4), np.float32)
            rgba[..., :3] = radiance
            image.pixels.foreach_set(rgba[::-1].ravel())
            image.update()
            self._panorama_images[name] = image
        return self._panorama_images[name]

    def _panorama_nodes(self) -> tuple[Any, Any, Any]:
        node, link = self._tree.nodes.new, self._tree.links.new
        mapping, texture, tint = (node(f"ShaderNode{kind}") for kind in ("Mapping", "TexEnvironment", "VectorMath"))
        mapping.vector_type, tint.operation = "VECTOR", "MULTIPLY"
        link(node("ShaderNodeTexCoord").outputs["Generated"], mapping.inputs["Vector"])
        link(mapping.outputs["Vector"], texture.inputs["Vector"])
        link(texture.outputs["Color"], tint.inputs[0])
        return mapping, texture, tint
