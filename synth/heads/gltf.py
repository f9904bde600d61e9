"""Write a head's parts as one GLB file, with pygltflib.

Skinned parts are meshes of the scene with the skin; rigid parts hang on their joint's node. Joints have identity rest
rotations, so a joint's world rotation is the turn it makes. Equal input gives equal bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np
import pygltflib as gl

from synth.heads.part import JOINT_PARENTS, JOINTS, ByteArray, FloatArray, IntArray, Material, Part

DETAIL_QUALITY = 80
"""JPEG quality of roughness and normal pictures."""

GENERATOR = "synth heads"


@dataclass
class _File:
    """The document being written and its binary buffer."""

    document: gl.GLTF2
    blob: bytearray = field(default_factory=bytearray)
    materials: dict[int, int] = field(default_factory=dict)
    textures: dict[tuple[int, str], int] = field(default_factory=dict)

    def view(self, data: bytes, target: int | None = None) -> int:
        """Append bytes, four-byte aligned; the index of their buffer view."""
        self.document.bufferViews.append(
            gl.BufferView(buffer=0, byteOffset=len(self.blob), byteLength=len(data), target=target)
        )
        self.blob += data + b"\0" * (-len(data) % 4)
        return len(self.document.bufferViews) - 1

    def accessor(self, values: np.ndarray, kind: str, target: int | None = None, **more: object) -> int:
        """Append an array as an accessor; its index."""
        component = {"float32": gl.FLOAT, "uint32": gl.UNSIGNED_INT, "uint16": gl.UNSIGNED_SHORT}
        component["uint8"] = gl.UNSIGNED_BYTE
        self.document.accessors.append(
            gl.Accessor(
                bufferView=self.view(np.ascontiguousarray(values).tobytes(), target),
                componentType=component[values.dtype.name],
                count=len(values),
                type=kind,
                **more,
            )
        )
        return len(self.document.accessors) - 1

    def sparse_accessor(self, offsets: FloatArray) -> int:
        """Append offsets (N, 3) that are mostly zero; only the rows that aren't are stored."""
        values = offsets.astype(np.float32)
        rows = np.flatnonzero(values.any(1))
        rows = rows if len(rows) else np.array([0])
        index_kind, index_type = (np.uint16, gl.UNSIGNED_SHORT) if len(values) < 65536 else (np.uint32, gl.UNSIGNED_INT)
        sparse = gl.Sparse(
            count=len(rows),
            indices=gl.AccessorSparseIndices(
                bufferView=self.view(rows.astype(index_kind).tobytes()), componentType=index_type
            ),
            values=gl.AccessorSparseValues(bufferView=self.view(values[rows].tobytes())),
        )
        low, high = values.min(0).tolist(), values.max(0).tolist()
        self.document.accessors.append(
            gl.Accessor(componentType=gl.FLOAT, count=len(values), type="VEC3", sparse=sparse, min=low, max=high)
        )
        return len(self.document.accessors) - 1


def write_glb(
    parts: list[Part], joints: dict[str, FloatArray], morphs: dict[str, dict[str, FloatArray]] | None = None
) -> bytes:
    """The GLB file of `parts` (m, glTF frame). `joints`: places (3,) m. `morphs[part name][action]`: offsets (N, 3) m.

    Raises ValueError where two parts share a name.
    """
    names = [part.name for part in parts]
    if len(set(names)) != len(names):
        raise ValueError(f"two parts share a name: {sorted(names)}")
    document = gl.GLTF2(asset=gl.Asset(version="2.0", generator=GENERATOR), scene=0)
    document.samplers.append(gl.Sampler(magFilter=gl.LINEAR, minFilter=gl.LINEAR_MIPMAP_LINEAR))
    file = _File(document)
    places = np.array([joints[name] for name in JOINTS])
    roots = _write_rig(file, places)
    for part in parts:
        node = gl.Node(name=part.name, mesh=_write_mesh(file, part, places, (morphs or {}).get(part.name, {})))
        document.nodes.append(node)
        index = len(document.nodes) - 1
        if part.joint is None:
            node.skin = 0
            roots.append(index)
        else:
            document.nodes[JOINTS.index(part.joint)].children.append(index)
    document.scenes.append(gl.Scene(nodes=roots))
    document.buffers.append(gl.Buffer(byteLength=len(file.blob)))
    used = {name for material in document.materials for name in (material.extensions or {})}
    document.extensionsUsed = sorted(used)
    document.set_binary_blob(bytes(file.blob))
    return b"".join(document.save_to_bytes())


def _write_rig(file: _File, places: FloatArray) -> list[int]:
    """Joint nodes 0..7 and the skin; the scene's root nodes so far."""
    for index, name in enumerate(JOINTS):
        parent = JOINT_PARENTS[index]
        offset = places[index] - (places[parent] if parent >= 0 else 0)
        children = [child for child, its_parent in enumerate(JOINT_PARENTS) if its_parent == index]
        file.document.nodes.append(gl.Node(name=name, translation=[float(x) for x in offset], children=children))
    inverse = np.tile(np.eye(4, dtype=np.float32), (len(JOINTS), 1, 1))
    inverse[:, 3, :3] = -places  # column-major: the translation is the last row here
    bind = file.accessor(inverse.reshape(len(JOINTS), 16), "MAT4")
    file.document.skins.append(gl.Skin(joints=list(range(len(JOINTS))), inverseBindMatrices=bind, skeleton=0))
    return [0]


def _write_mesh(file: _File, part: Part, places: FloatArray, morphs: dict[str, FloatArray]) -> int:
    vertices = part.vertices if part.joint is None else part.vertices - places[JOINTS.index(part.joint)]
    vertices = vertices.astype(np.float32)
    low, high = vertices.min(0).tolist(), vertices.max(0).tolist()
    attributes = gl.Attributes(
        POSITION=file.accessor(vertices, "VEC3", gl.ARRAY_BUFFER, min=low, max=high), TEXCOORD_0=_write_uv(file, part)
    )
    if part.normals is not None:
        attributes.NORMAL = file.accessor(part.normals.astype(np.float32), "VEC3", gl.ARRAY_BUFFER)
    if part.weights is not None:
        picked, shares = strongest_weights(part.weights)
        attributes.JOINTS_0 = file.accessor(picked, "VEC4", gl.ARRAY_BUFFER)
        attributes.WEIGHTS_0 = file.accessor(shares, "VEC4", gl.ARRAY_BUFFER, normalized=True)
    small = len(vertices) < 65536
    indices = part.triangles.astype(np.uint16 if small else np.uint32).ravel()
    primitive = gl.Primitive(
        attributes=attributes,
        indices=file.accessor(indices, "SCALAR", gl.ELEMENT_ARRAY_BUFFER),
        material=_write_material(file, part.material),
    )
    mesh = gl.Mesh(name=part.name, primitives=[primitive])
    if morphs:
        primitive.targets = [gl.Attributes(POSITION=file.sparse_accessor(offsets)) for offsets in morphs.values()]
        mesh.weights = [0.0] * len(morphs)
        mesh.extras = {"targetNames": list(morphs)}
    file.document.meshes.append(mesh)
    return len(file.document.meshes) - 1


def _write_uv(file: _File, part: Part) -> int:
    """UV as 16-bit fractions where they lie in 0..1, else as floats."""
    if part.uv.min() >= 0 and part.uv.max() <= 1:
        steps = np.rint(part.uv * 65535).astype(np.uint16)
        return file.accessor(steps, "VEC2", gl.ARRAY_BUFFER, normalized=True)
    return file.accessor(part.uv.astype(np.float32), "VEC2", gl.ARRAY_BUFFER)


def strongest_weights(weights: FloatArray) -> tuple[IntArray, IntArray]:
    """The four strongest of (N, 8) weights: joints (N, 4) uint8 and shares (N, 4) uint8 that sum to 255 exactly."""
    picked = np.argsort(-weights, axis=1, kind="stable")[:, :4]
    strongest = np.take_along_axis(weights, picked, 1)
    shares = np.floor(strongest / strongest.sum(1, keepdims=True) * 255 + 0.5).astype(np.int64)
    shares[:, 0] += 255 - shares.sum(1)
    picked = np.where(shares > 0, picked, 0)
    return picked.astype(np.uint8), shares.astype(np.uint8)


def _write_material(file: _File, material: Material) -> int:
    if id(material) in file.materials:
        return file.materials[id(material)]
    surface = gl.PbrMetallicRoughness(metallicFactor=material.metallic, baseColorFactor=[*material.base_colour, 1.0])
    if material.base_colour_texture is not None:
        surface.baseColorFactor = [1.0, 1.0, 1.0, 1.0]
        index = _write_picture(file, material.base_colour_texture, "colour", material.jpeg_quality)
        surface.baseColorTexture = gl.TextureInfo(index=index)
    if isinstance(material.roughness, np.ndarray):
        empty = np.zeros_like(material.roughness)
        packed = np.stack([empty, material.roughness, empty], -1)  # glTF reads roughness from green, metal from blue
        surface.roughnessFactor, surface.metallicFactor = 1.0, 0.0
        surface.metallicRoughnessTexture = gl.TextureInfo(index=_write_picture(file, packed, "rough", DETAIL_QUALITY))
    else:
        surface.roughnessFactor = float(material.roughness)
    written = gl.Material(name=material.name, pbrMetallicRoughness=surface, doubleSided=True, alphaMode=gl.OPAQUE)
    written.alphaCutoff = None
    if material.normal_texture is not None:
        index = _write_picture(file, material.normal_texture, "normal", DETAIL_QUALITY)
        written.normalTexture = gl.NormalMaterialTexture(index=index)
    if material.clearcoat:
        coat = {"clearcoatFactor": material.clearcoat, "clearcoatRoughnessFactor": 0.03}
        written.extensions["KHR_materials_clearcoat"] = coat
    if material.specular != 0.5:
        # Blender's specular level 0.5 is glTF's specularFactor 1.
        written.extensions["KHR_materials_specular"] = {"specularFactor": min(1.0, 2 * material.specular)}
    file.document.materials.append(written)
    file.materials[id(material)] = len(file.document.materials) - 1
    return file.materials[id(material)]


def _write_picture(file: _File, picture: ByteArray, use: str, quality: int) -> int:
    """Append an RGB picture as JPEG; the index of its texture. A picture used twice is stored once."""
    key = (id(picture), use)
    if key not in file.textures or use == "rough":
        settings = [cv2.IMWRITE_JPEG_QUALITY, quality]
        _, data = cv2.imencode(".jpg", np.ascontiguousarray(picture[..., ::-1]), settings)
        image = gl.Image(bufferView=file.view(data.tobytes()), mimeType="image/jpeg", name=use)
        file.document.images.append(image)
        file.document.textures.append(gl.Texture(source=len(file.document.images) - 1, sampler=0))
        file.textures[key] = len(file.document.textures) - 1
    return file.textures[key]
