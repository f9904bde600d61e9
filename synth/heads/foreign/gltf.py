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
from synth.heads.foreign.counts import check_triangle_count, empty, lying_header
from synth.heads.foreign.folder import Folder, shown
from synth.heads.foreign.gltf_file import (
    COMPONENT_BYTES,
    COMPONENTS,
    Container,
    malformed,
    open_container,
    row,
    whole,
)
from synth.heads.foreign.limits import MAX_FILE_BYTES, MAX_TEXTURES, Limits
from synth.heads.foreign.load import geometry, load_scene, top_left
from synth.heads.foreign.mesh import Floats, Paint, Piece, Source
from synth.heads.foreign.picture import Texture, read_texture

_TRIANGLES, _STRIP = 4, 5
_KEPT = ("POSITION", "TEXCOORD_0", "COLOR_0")
_NO_DATA = {"componentType": 5126, "type": "SCALAR", "count": 0}
_TRANSFORM = ("matrix", "translation", "rotation", "scale", "children", "mesh")
_MAX_NODES = 10_000


def read_gltf(folder: Folder, name: PurePosixPath, limits: Limits) -> Source:
    """Read a .glb or .gltf file; its unit is the metre, as the format says. Raises HeadError."""
    container = open_container(folder, name)
    where = container.where
    _check_extensions(container)
    _check_nodes(container)
    vertex_count = _check_meshes(container, limits)
    paints = _paints(container)
    scene = load_scene(_plain_copy(container), "gltf", _buffers(container), where=where)
    pieces = _pieces(scene, [*paints, Paint()], where)
    if not pieces:
        raise empty(where)
    return Source(pieces, 1.0, vertex_count, (), tuple(_warnings(container)))


def _check_extensions(container: Container) -> None:
    required = container.tree.get("extensionsRequired", [])
    if not isinstance(required, list):
        raise malformed("`extensionsRequired` is no list", container.where)
    strange = [str(extension) for extension in required if not str(extension).startswith("KHR_materials_")]
    if strange:
        raise HeadError(
            f"It needs {shown(', '.join(strange))}, which isn't read.",
            where=container.where,
            mend="Export it without compression or quantisation.",
        )


def _check_nodes(container: Container) -> None:
    """A node has one parent at most, and the hierarchy no ring: trimesh would walk it for ever."""
    nodes, where = container.rows("nodes"), container.where
    if len(nodes) > _MAX_NODES:
        raise HeadError(f"It has {len(nodes):,} nodes.", where=where, mend="Join its objects into one mesh.")
    seen: set[int] = set()
    for node in nodes:
        for child in node.get("children", []):
            row(nodes, child, "node", where)
            if child in seen:
                raise malformed(f"node {child} has two parents", where)
            seen.add(child)
    scenes = container.rows("scenes")
    if not scenes:
        raise malformed("it has no scene", where)
    # With one parent at most, a ring can't be reached from a root.
    for root in row(scenes, container.tree.get("scene", 0), "scene", where).get("nodes", []):
        row(nodes, root, "node", where)
        if root in seen:
            raise malformed(f"the root node {root} has a parent", where)
    for node in nodes:
        if "mesh" in node:
            row(container.rows("meshes"), node["mesh"], "mesh", where)


def _check_meshes(container: Container, limits: Limits) -> int:
    """Check sizes, kinds and counts of all that will be read; the number of vertices. Raises HeadError."""
    triangles = vertices = 0
    uses = _mesh_uses(container)
    for index, mesh in enumerate(container.rows("meshes")):
        for primitive in _primitives(mesh, container.where):
            if primitive.get("mode", _TRIANGLES) not in (_TRIANGLES, _STRIP):
                continue
            attributes = _attributes(primitive, container.where)
            count = _count(container, attributes.get("POSITION"))
            corners = _count(container, primitive["indices"]) if "indices" in primitive else count
            is_strip = primitive.get("mode") == _STRIP
            vertices += count * max(1, uses.get(index, 0))
            triangles += (max(0, corners - 2) if is_strip else corners // 3) * max(1, uses.get(index, 0))
    check_triangle_count(triangles, limits.max_triangles, where=container.where)
    # Few triangles may still name one huge list of vertices again and again.
    check_triangle_count(vertices // 3, limits.max_triangles, where=container.where)
    if not triangles:
        raise empty(container.where)
    size = sum(_check_accessor(container, index) for index in _used_accessors(container))
    if size > MAX_FILE_BYTES:
        raise lying_header(f"its numbers would be {size:,} bytes", where=container.where)
    return vertices


def _mesh_uses(container: Container) -> dict[int, int]:
    uses: dict[int, int] = {}
    for node in container.rows("nodes"):
        if "mesh" in node:
            uses[node["mesh"]] = uses.get(node["mesh"], 0) + 1
    return uses


def _primitives(mesh: dict[str, Any], where: str) -> list[dict[str, Any]]:
    rows = mesh.get("primitives")
    if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        raise malformed("a mesh has no primitives", where)
    return rows


def _attributes(primitive: dict[str, Any], where: str) -> dict[str, Any]:
    attributes = primitive.get("attributes")
    if not isinstance(attributes, dict) or "POSITION" not in attributes:
        raise malformed("a primitive has no positions", where)
    return attributes


def _count(container: Container, accessor: Any) -> int:
    return whole(row(container.rows("accessors"), accessor, "accessor", container.where), "count", container.where)


def _used_accessors(container: Container) -> list[int]:
    used = set()
    for mesh in container.rows("meshes"):
        for primitive in _primitives(mesh, container.where):
            attributes = _attributes(primitive, container.where)
            used |= {attributes[key] for key in _KEPT if key in attributes}
            used |= {primitive["indices"]} if "indices" in primitive else set()
    return sorted(used)


def _check_accessor(container: Container, index: int) -> int:
    """The bytes that an accessor's numbers take. Raises HeadError where its view doesn't hold them."""
    where = container.where
    accessor = row(container.rows("accessors"), index, "accessor", where)
    if "sparse" in accessor or "bufferView" not in accessor:
        raise HeadError("It stores its mesh sparsely, which isn't read.", where=where, mend="Export it without that.")
    kind, component = accessor.get("type"), accessor.get("componentType")
    if kind not in COMPONENTS or component not in COMPONENT_BYTES:
        raise malformed(f"accessor {index} has no known type", where)
    item = COMPONENTS[kind] * COMPONENT_BYTES[component]
    view = row(container.rows("bufferViews"), accessor["bufferView"], "buffer view", where)
    stride, count = whole(view, "byteStride", where, item), whole(accessor, "count", where)
    needed = whole(accessor, "byteOffset", where, 0) + (stride * (count - 1) + item if count else 0)
    if stride < item or needed > whole(view, "byteLength", where):
        raise lying_header(f"accessor {index} reaches beyond its data", where=where)
    buffer = row(container.rows("buffers"), view.get("buffer"), "buffer", where)
    if whole(view, "byteOffset", where, 0) + view["byteLength"] > whole(buffer, "byteLength", where):
        raise lying_header("a buffer view reaches beyond its buffer", where=where)
    return item * count


def _plain_copy(container: Container) -> bytes:
    used = set(_used_accessors(container))
    no_material = len(container.rows("materials"))
    meshes: list[dict[str, Any]] = []
    for mesh in container.rows("meshes"):
        primitives = []
        for primitive in _primitives(mesh, container.where):
            attributes = {k: v for k, v in primitive["attributes"].items() if k in _KEPT}
            kept: dict[str, Any] = {k: primitive[k] for k in ("indices", "mode") if k in primitive}
            if kept.get("mode", _TRIANGLES) in (_TRIANGLES, _STRIP):
                kept["material"] = primitive.get("material", no_material)
                primitives.append({"attributes": attributes, **kept})
        meshes.append({"name": f"mesh{len(meshes):05d}", "primitives": primitives})
    accessors = [a if i in used else _NO_DATA for i, a in enumerate(container.rows("accessors"))]
    tree = {
        "asset": {"version": "2.0"},
        "scene": container.tree.get("scene", 0),
        "scenes": [{"nodes": scene.get("nodes", [])} for scene in container.rows("scenes")],
        "nodes": [{k: node[k] for k in _TRANSFORM if k in node} for node in container.rows("nodes")],
        "meshes": meshes,
        "materials": [{"name": str(i)} for i in range(no_material + 1)],
        "accessors": [{k: a[k] for k in a if k not in {"sparse", "extensions", "extras"}} for a in accessors],
        "bufferViews": container.rows("bufferViews"),
        "buffers": [
            {"uri": str(i), "byteLength": buffer["byteLength"]} for i, buffer in enumerate(container.rows("buffers"))
        ],
    }
    return json.dumps(tree).encode()


def _buffers(container: Container) -> dict[str, bytes]:
    return {str(index): container.buffer(index) for index in range(len(container.rows("buffers")))}


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
    uv = mesh.visual.uv
    if uv is not None and not np.issubdtype(uv.dtype, np.floating):
        raise HeadError("Its texture coordinates are whole numbers.", where=where, mend="Export them as floats.")
    colours = mesh.visual.vertex_attributes.get("color") if hasattr(mesh.visual, "vertex_attributes") else None
    linear_rgb = None
    if colours is not None and paint.texture is None:
        full = 1.0 if np.issubdtype(colours.dtype, np.floating) else float(np.iinfo(colours.dtype).max)
        linear_rgb = np.clip(np.asarray(colours, np.float64)[:, :3] / full, 0, 1)
    return Piece(vertices, triangles, top_left(uv, len(vertices)), linear_rgb, paint)


def row_of(paints: list[Paint], name: str, where: str) -> Paint:
    """The paint that a numbered material of the plain copy stands for."""
    if not name.isdigit() or int(name) >= len(paints):
        raise malformed(f"there is no material {shown(name, 20)}", where)
    return paints[int(name)]


def _paints(container: Container) -> list[Paint]:
    textures: dict[int, Texture] = {}
    return [_paint(container, material, textures) for material in container.rows("materials")]


def _paint(container: Container, material: dict[str, Any], textures: dict[int, Texture]) -> Paint:
    surface = material.get("pbrMetallicRoughness", {})
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
    primitives = [p for m in container.rows("meshes") for p in m["primitives"]]
    if any(p.get("targets") for p in primitives):
        found.append("morph targets left out")
    other = sum(p.get("mode", _TRIANGLES) not in (_TRIANGLES, _STRIP) for p in primitives)
    if other:
        found.append(f"{other} primitives of points or lines left out")
    used = container.tree.get("extensionsUsed", [])
    if isinstance(used, list) and "KHR_texture_transform" in used:
        found.append("KHR_texture_transform isn't followed: the texture may lie wrong")
    return found
