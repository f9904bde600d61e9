"""glTF and GLB: the document is checked here, and trimesh gets a plain copy of what a head needs.

The copy has positions, texture coordinates, colours and indices, nodes and one numbered material each; no pictures,
extensions, skins, cameras or references to files.
"""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from synth.errors import HeadError
from synth.heads.foreign.counts import empty
from synth.heads.foreign.folder import Folder, shown
from synth.heads.foreign.gltf_check import (
    KEPT_ATTRIBUTES,
    STRIP,
    TRIANGLES,
    attributes,
    check_extensions,
    check_meshes,
    check_nodes,
    primitives,
    used_accessors,
)
from synth.heads.foreign.gltf_file import Container, malformed, open_container, row, whole
from synth.heads.foreign.limits import MAX_TEXTURES, Limits
from synth.heads.foreign.load import geometry, load_scene, top_left
from synth.heads.foreign.mesh import Floats, Paint, Piece, Source
from synth.heads.foreign.picture import Texture, read_texture

_FLOAT = 5126
_NORMALISED = {5121: "<u1", 5123: "<u2"}
_NO_DATA: dict[str, Any] = {"componentType": 5126, "type": "SCALAR", "count": 0}
_ACCESSOR = ("bufferView", "byteOffset", "componentType", "count", "type", "normalized")
_TRANSFORM = ("matrix", "translation", "rotation", "scale", "children", "mesh")


def read_gltf(folder: Folder, name: PurePosixPath, limits: Limits) -> Source:
    """Read a .glb or .gltf file; its unit is the metre, as the format says. Raises HeadError."""
    container = open_container(folder, name)
    where = container.where
    check_extensions(container)
    check_nodes(container)
    vertex_count = check_meshes(container, limits)
    paints = _paints(container)
    document, buffers = _plain_copy(container)
    scene = load_scene(document, "gltf", buffers, where=where)
    pieces = _pieces(scene, [*paints, Paint()], where)
    if not pieces:
        raise empty(where)
    return Source(pieces, 1.0, vertex_count, (), tuple(_warnings(container)))


def _plain_copy(container: Container) -> tuple[bytes, dict[str, bytes]]:
    """The document that trimesh gets, and its buffers by name."""
    tree = {
        "asset": {"version": "2.0"},
        "scene": container.tree.get("scene", 0),
        "scenes": [{"nodes": scene.get("nodes", [])} for scene in container.rows("scenes")],
        "nodes": [{k: node[k] for k in _TRANSFORM if k in node} for node in container.rows("nodes")],
        "meshes": [_plain_mesh(container, index) for index in range(len(container.rows("meshes")))],
        "materials": [{"name": str(i)} for i in range(len(container.rows("materials")) + 1)],
        "bufferViews": list(container.rows("bufferViews")),
    }
    buffers = {str(index): container.buffer(index) for index in range(len(container.rows("buffers")))}
    accessors = [_NO_DATA] * len(container.rows("accessors"))
    for index in used_accessors(container):
        accessor = container.rows("accessors")[index]
        accessors[index] = {key: accessor[key] for key in _ACCESSOR if key in accessor}
    for index in _whole_number_coordinates(container):
        name, view = str(len(buffers)), len(tree["bufferViews"])
        buffers[name] = _as_floats(container, index)
        tree["bufferViews"].append({"buffer": int(name), "byteLength": len(buffers[name])})
        accessors[index] = accessors[index] | {"componentType": _FLOAT, "bufferView": view, "byteOffset": 0}
    tree["accessors"] = accessors
    tree["buffers"] = [{"uri": name, "byteLength": len(data)} for name, data in buffers.items()]
    return json.dumps(tree).encode(), buffers


def _plain_mesh(container: Container, index: int) -> dict[str, Any]:
    no_material = len(container.rows("materials"))
    kept = []
    for primitive in primitives(container.rows("meshes")[index], container.where):
        if primitive.get("mode", TRIANGLES) in (TRIANGLES, STRIP):
            plain: dict[str, Any] = {key: primitive[key] for key in ("indices", "mode") if key in primitive}
            named = attributes(primitive, container.where)
            plain["attributes"] = {key: named[key] for key in KEPT_ATTRIBUTES if key in named}
            plain["material"] = primitive.get("material", no_material)
            kept.append(plain)
    return {"name": f"mesh{index:05d}", "primitives": kept}


def _whole_number_coordinates(container: Container) -> list[int]:
    """Accessors of texture coordinates that are whole numbers standing for 0..1; trimesh takes them as they are."""
    found = set()
    for mesh in container.rows("meshes"):
        for primitive in primitives(mesh, container.where):
            index = attributes(primitive, container.where).get("TEXCOORD_0")
            if index is not None and container.rows("accessors")[index]["componentType"] != _FLOAT:
                found.add(index)
    return sorted(found)


def _as_floats(container: Container, index: int) -> bytes:
    """The (N, 2) float32 numbers of an accessor of normalised 8- or 16-bit ones. Raises HeadError for any other."""
    accessor = container.rows("accessors")[index]
    dtype = _NORMALISED.get(accessor["componentType"])
    if dtype is None or accessor["type"] != "VEC2" or accessor.get("normalized") is not True:
        raise malformed("texture coordinates are of no known kind", container.where)
    view = container.rows("bufferViews")[accessor["bufferView"]]
    data = container.view(accessor["bufferView"])
    size, count = 2 * np.dtype(dtype).itemsize, accessor["count"]
    start, stride = accessor.get("byteOffset", 0), view.get("byteStride", size)
    rows = np.lib.stride_tricks.as_strided(
        np.frombuffer(data, np.uint8, offset=start), (count, size), (stride, 1), writeable=False
    )
    whole_numbers = np.ascontiguousarray(rows).view(dtype)
    return (whole_numbers / np.iinfo(dtype).max).astype("<f4").tobytes()


def _pieces(scene: Any, paints: list[Paint], where: str) -> tuple[Piece, ...]:
    """The scene's meshes in world coordinates, in an order that doesn't depend on trimesh's random node names."""
    found = []
    for node in scene.graph.nodes_geometry:
        R, mesh_name = scene.graph[node]
        found.append((mesh_name, R.tobytes(), R))
    return tuple(
        _piece(scene.geometry[mesh_name], R, paints, where) for mesh_name, _, R in sorted(found, key=lambda f: f[:2])
    )


def _piece(mesh: Any, R: Floats, paints: list[Paint], where: str) -> Piece:
    vertices, triangles = geometry(mesh, where=where, R=R)
    paint = row_of(paints, mesh.visual.material.name, where)
    colours = mesh.visual.vertex_attributes.get("color") if hasattr(mesh.visual, "vertex_attributes") else None
    linear_rgb = None
    if colours is not None and paint.texture is None:
        full = 1.0 if np.issubdtype(colours.dtype, np.floating) else float(np.iinfo(colours.dtype).max)
        linear_rgb = np.clip(np.asarray(colours, np.float64)[:, :3] / full, 0, 1)
    return Piece(vertices, triangles, top_left(mesh.visual.uv, len(vertices)), linear_rgb, paint)


def row_of(paints: list[Paint], name: str, where: str) -> Paint:
    """The paint that a numbered material of the plain copy stands for."""
    if not name.isdigit() or int(name) >= len(paints):
        raise malformed(f"there is no material {shown(name, 20)}", where)
    return paints[int(name)]


def _paints(container: Container) -> list[Paint]:
    textures: dict[int, Texture] = {}
    return [_paint(container, material, textures) for material in container.rows("materials")]


def _paint(container: Container, material: dict[str, Any], textures: dict[int, Texture]) -> Paint:
    surface = _surface(material)
    factor = surface.get("baseColorFactor", [1.0, 1.0, 1.0, 1.0]) if isinstance(surface, dict) else None
    if not isinstance(factor, list) or len(factor) < 3 or not all(isinstance(c, int | float) for c in factor):
        raise malformed("a material's colour isn't numbers", container.where)
    red, green, blue = (min(1.0, max(0.0, float(c))) for c in factor[:3])
    texture = None
    reference = surface.get("baseColorTexture")
    if isinstance(reference, dict):
        entry = row(container.rows("textures"), reference.get("index"), "texture", container.where)
        texture = _texture(container, _image_index(entry), textures)
    return Paint(str(material.get("name", "")), (red, green, blue), texture)


def _surface(material: dict[str, Any]) -> Any:
    """What gives a material its colour; older exports say it in an extension with names of its own."""
    extensions = material.get("extensions", {})
    glossy = extensions.get("KHR_materials_pbrSpecularGlossiness") if isinstance(extensions, dict) else None
    if isinstance(glossy, dict):
        names = {"baseColorFactor": "diffuseFactor", "baseColorTexture": "diffuseTexture"}
        return {ours: glossy[theirs] for ours, theirs in names.items() if theirs in glossy}
    return material.get("pbrMetallicRoughness", {})


def _image_index(entry: dict[str, Any]) -> Any:
    """The picture of a texture; WebP stands in an extension."""
    extensions = entry.get("extensions", {})
    webp = extensions.get("EXT_texture_webp", {}) if isinstance(extensions, dict) else {}
    return webp.get("source", entry.get("source"))


def _texture(container: Container, index: Any, textures: dict[int, Texture]) -> Texture:
    where = container.where
    image = row(container.rows("images"), index, "picture", where)
    if index not in textures:
        if len(textures) >= MAX_TEXTURES:
            raise HeadError(f"It uses more than {MAX_TEXTURES} textures.", where=where, mend="Bake them into one.")
        uri = image.get("uri")
        is_file = isinstance(uri, str) and not uri.startswith("data:")
        name = uri if is_file else str(image.get("name") or f"picture {index}")
        data = container.resource(uri) if uri is not None else container.view(whole(image, "bufferView", where))
        textures[index] = read_texture(data, shown(str(name), 60), where=where)
    return textures[index]


def _warnings(container: Container) -> list[str]:
    found = []
    if container.rows("skins"):
        found.append("it has a rig: the mesh is taken as it stands at rest, and turns as a whole")
    if container.rows("animations"):
        found.append(f"{len(container.rows('animations'))} animations left out")
    every = [p for m in container.rows("meshes") for p in primitives(m, container.where)]
    if any(p.get("targets") for p in every):
        found.append("morph targets left out")
    other = sum(p.get("mode", TRIANGLES) not in (TRIANGLES, STRIP) for p in every)
    if other:
        found.append(f"{other} primitives of points or lines left out")
    colour_maps = [_surface(material).get("baseColorTexture", {}) for material in container.rows("materials")]
    if any(reference.get("texCoord") for reference in colour_maps):
        found.append("a texture uses other coordinates than the first set: it may lie wrong")
    used = container.tree.get("extensionsUsed", [])
    if isinstance(used, list) and "KHR_texture_transform" in used:
        found.append("KHR_texture_transform isn't followed: the texture may lie wrong")
    return found
