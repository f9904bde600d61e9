"""Is a glTF document what it says? Every index, count and size that a mesh depends on, before a buffer is read."""

from __future__ import annotations

from typing import Any

from synth.errors import HeadError
from synth.heads.foreign.counts import check_triangle_count, check_vertex_count, empty, lying_header
from synth.heads.foreign.folder import shown
from synth.heads.foreign.gltf_file import COMPONENT_BYTES, COMPONENTS, Container, malformed, row, whole
from synth.heads.foreign.limits import MAX_FILE_BYTES, Limits

TRIANGLES, STRIP = 4, 5
KEPT_ATTRIBUTES = ("POSITION", "TEXCOORD_0", "COLOR_0")
"""Of a primitive, what a head needs."""

_MAX_NODES = 10_000


def check_extensions(container: Container) -> None:
    """Raises HeadError where the file can't be read without an extension that isn't known here."""
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


def check_nodes(container: Container) -> None:
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


def check_meshes(container: Container, limits: Limits) -> int:
    """Check sizes, kinds and counts of all that will be read; gives the number of vertices. Raises HeadError."""
    triangles = vertices = 0
    uses = _mesh_uses(container)
    for index, mesh in enumerate(container.rows("meshes")):
        for primitive in primitives(mesh, container.where):
            if primitive.get("mode", TRIANGLES) not in (TRIANGLES, STRIP):
                continue
            count = _count(container, attributes(primitive, container.where)["POSITION"])
            corners = _count(container, primitive["indices"]) if "indices" in primitive else count
            is_strip = primitive.get("mode") == STRIP
            vertices += count * max(1, uses.get(index, 0))
            triangles += (max(0, corners - 2) if is_strip else corners // 3) * max(1, uses.get(index, 0))
    check_triangle_count(triangles, limits.max_triangles, where=container.where)
    # Few triangles may still name one huge list of vertices again and again.
    check_vertex_count(vertices, limits.max_triangles, where=container.where)
    if not triangles:
        raise empty(container.where)
    size = sum(_check_accessor(container, index) for index in used_accessors(container))
    if size > MAX_FILE_BYTES:
        raise lying_header(f"its numbers would be {size:,} bytes", where=container.where)
    return vertices


def _mesh_uses(container: Container) -> dict[int, int]:
    uses: dict[int, int] = {}
    for node in container.rows("nodes"):
        if "mesh" in node:
            uses[node["mesh"]] = uses.get(node["mesh"], 0) + 1
    return uses


def primitives(mesh: dict[str, Any], where: str) -> list[dict[str, Any]]:
    """A mesh's primitives. Raises HeadError where it has no list of them."""
    rows = mesh.get("primitives")
    if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
        raise malformed("a mesh has no primitives", where)
    return rows


def attributes(primitive: dict[str, Any], where: str) -> dict[str, Any]:
    """A primitive's attributes. Raises HeadError where there are no positions."""
    found = primitive.get("attributes")
    if not isinstance(found, dict) or "POSITION" not in found:
        raise malformed("a primitive has no positions", where)
    return found


def _count(container: Container, accessor: Any) -> int:
    return whole(row(container.rows("accessors"), accessor, "accessor", container.where), "count", container.where)


def used_accessors(container: Container) -> list[int]:
    """The accessors of all that is kept, sorted."""
    used = set()
    for mesh in container.rows("meshes"):
        for primitive in primitives(mesh, container.where):
            named = attributes(primitive, container.where)
            used |= {named[key] for key in KEPT_ATTRIBUTES if key in named}
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
