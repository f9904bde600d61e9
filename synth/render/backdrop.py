"""What the camera sees behind the head, and the even light from all sides: Blender's world.

The background is part of the rendered picture, not laid under it afterwards: the denoiser smooths colour but not alpha,
and a picture put together from the two has speckled edges. Only camera rays see it, so it gives no light and no noise.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
import numpy as np
from mathutils import Matrix as BlenderMatrix
from numpy.typing import NDArray

from synth.geometry.camera import Box, Camera
from synth.plan.shot import Rgb

Floats = NDArray[np.floating]
_PICTURE_SIDE_PX = 256  # of the background's image in Blender, whatever the region: it is out of focus anyway


class Backdrop:
    """The world of one scene."""

    def __init__(self, scene: Any) -> None:
        self._world = scene.world = bpy.data.worlds.new("world")
        tree = self._tree = self._world.node_tree
        node, link = tree.nodes.new, tree.links.new
        seen = node("ShaderNodeTexCoord").outputs["Camera"]
        split, flat = node("ShaderNodeSeparateXYZ"), node("ShaderNodeCombineXYZ")
        link(seen, split.inputs[0])
        for axis in (0, 1):  # the pinhole's x/z and y/z
            ratio = node("ShaderNodeMath")
            ratio.operation = "DIVIDE"
            link(split.outputs[axis], ratio.inputs[0])
            link(split.outputs[2], ratio.inputs[1])
            link(ratio.outputs[0], flat.inputs[axis])
        self._placement, self._picture = node("ShaderNodeMapping"), node("ShaderNodeTexImage")
        self._picture.interpolation, self._picture.extension = "Cubic", "EXTEND"
        link(flat.outputs[0], self._placement.inputs["Vector"])
        link(self._placement.outputs[0], self._picture.inputs["Vector"])
        self._mix = node("ShaderNodeMix")
        self._mix.data_type = "RGBA"
        self._light, picture_in = self._mix.inputs[6], self._mix.inputs[7]
        link(node("ShaderNodeLightPath").outputs["Is Camera Ray"], self._mix.inputs[0])
        link(self._picture.outputs["Color"], picture_in)
        link(self._mix.outputs[2], tree.nodes["Background"].inputs["Color"])
        self._gradient, self._ambient, self._soft = self._gradient_nodes()
        # Two images in turn: Cycles keeps a changed image as it first was, but drops one that no shader uses any more.
        self._images = [self._new_image(name) for name in ("backdrop-a", "backdrop-b")]
        self._panorama: Any = None

    @staticmethod
    def _new_image(name: str) -> Any:
        side = _PICTURE_SIDE_PX
        return bpy.data.images.new(name, side, side, alpha=False, float_buffer=True, is_data=True)

    def show(self, picture: Floats, camera: Camera, region: Box) -> None:
        """Put `picture` ((256, 256, 3) linear, stretched over `region` of the frame) behind the head."""
        image = self._images[0]
        self._images.reverse()
        rgba = np.ones((_PICTURE_SIDE_PX, _PICTURE_SIDE_PX, 4), np.float32)
        rgba[..., :3] = picture[::-1]
        image.pixels.foreach_set(rgba.ravel())
        image.update()
        self._picture.image = image
        self._placement.inputs["Scale"].default_value = (camera.fx_px / region.width, camera.fy_px / region.height, 1)
        left, top = (camera.cx_px - region.x0) / region.width, (camera.cy_px - region.y0) / region.height
        self._placement.inputs["Location"].default_value = (left, 1 - top, 0)

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

    def shine_panorama(self, path: Path, gain: Rgb, rotation_deg: float) -> None:
        """The light of the panorama itself, turned about the vertical and multiplied by `gain` (linear RGB)."""
        if self._panorama is None:
            self._panorama = self._panorama_nodes()
        mapping, texture, tint = self._panorama
        texture.image = bpy.data.images.load(str(path), check_existing=True)
        tint.inputs[1].default_value = gain
        angle = np.radians(rotation_deg)
        turn_back = np.array([[np.cos(angle), 0, -np.sin(angle)], [0, 1, 0], [np.sin(angle), 0, np.cos(angle)]])
        # Blender's panoramas have z up and +x in the middle; ours y up and -z.
        z_up = np.array([[0, 0, -1], [-1, 0, 0], [0, 1, 0]])
        mapping.inputs["Rotation"].default_value = BlenderMatrix(z_up @ turn_back).to_euler()
        self._tree.links.new(tint.outputs["Vector"], self._light)
        self._world.cycles.sampling_method, self._world.cycles.sample_map_resolution = "MANUAL", 256

    def _panorama_nodes(self) -> tuple[Any, Any, Any]:
        node, link = self._tree.nodes.new, self._tree.links.new
        mapping, texture, tint = (node(f"ShaderNode{kind}") for kind in ("Mapping", "TexEnvironment", "VectorMath"))
        mapping.vector_type, tint.operation = "VECTOR", "MULTIPLY"
        link(node("ShaderNodeTexCoord").outputs["Generated"], mapping.inputs["Vector"])
        link(mapping.outputs["Vector"], texture.inputs["Vector"])
        link(texture.outputs["Color"], tint.inputs[0])
        return mapping, texture, tint


def backdrop_intrinsics(K_region: Floats, region: Box) -> tuple[Floats, int, int]:
    """K, width and height in pixels of the picture that `Backdrop.show` wants for a region with intrinsics K_region."""
    scale = np.diag([_PICTURE_SIDE_PX / region.width, _PICTURE_SIDE_PX / region.height, 1.0])
    return scale @ K_region, _PICTURE_SIDE_PX, _PICTURE_SIDE_PX
