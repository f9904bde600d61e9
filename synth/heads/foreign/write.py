"""Write a placed head as GLB, with pygltflib. Equal input gives equal bytes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pygltflib as gl

from synth.heads.foreign.mesh import Floats, Paint, Piece
from synth.heads.foreign.picture import Texture, as_jpeg
from synth.heads.foreign.weld import same_place
from synth.heads.mesh import vertex_normals

_ROUGHNESS = 0.6
"""Skin is neither chalk nor wet; scans say nothing about it."""


@dataclass
class _Document:
    """The document being written, its binary buffer, and where each texture went."""

    gltf: gl.GLTF2
    where: str
    blob: bytearray = field(default_factory=bytearray)
    textures: dict[int, int] = field(default_factory=dict)

    def view(self, data: bytes, target: int | None = None) -> int:
        """Append bytes, four-byte aligned; the index of their buffer view."""
        view = gl.BufferView(buffer=0, byteOffset=len(self.blob), byteLength=len(data), target=target)
        self.gltf.bufferViews.append(view)
        self.blob += data + b"\0" * (-len(data) % 4)
        return len(self.gltf.bufferViews) - 1

    def accessor(self, values: np.ndarray, kind: str, component: int, target: int, **more: object) -> int:
        """Append an array as an accessor; its index."""
        view = self.view(np.ascontiguousarray(values).tobytes(), target)
        self.gltf.accessors.append(
            gl.Accessor(bufferView=view, componentType=component, count=len(values), type=kind, **more)
        )
        return len(self.gltf.accessors) - 1


def write_head(pieces: tuple[Piece, ...], *, where: str) -> bytes:
    """The GLB of pieces in metres, glTF frame: opaque materials, JPEG textures, smooth normals.

    The normals are those of the surface with coinciding vertices taken as one, so that no texture seam shows.
    Raises HeadError if a texture is damaged.
    """
    gltf = gl.GLTF2(asset=gl.Asset(version="2.0", generator="synth heads import"), scene=0)
    document = _Document(gltf, where)
    for index, (piece, normals) in enumerate(zip(pieces, _smooth_normals(pieces), strict=True)):
        name = "skin" if index == 0 else f"skin.{index:03d}"
        gltf.meshes.append(gl.Mesh(name=name, primitives=[_primitive(document, piece, normals)]))
        gltf.nodes.append(gl.Node(name=name, mesh=index))
    gltf.scenes.append(gl.Scene(nodes=list(range(len(pieces)))))
    gltf.buffers.append(gl.Buffer(byteLength=len(document.blob)))
    gltf.set_binary_blob(bytes(document.blob))
    return b"".join(gltf.save_to_bytes())


def _smooth_normals(pieces: tuple[Piece, ...]) -> list[Floats]:
    starts = np.cumsum([0, *(len(piece.vertices) for piece in pieces)])
    vertices = np.concatenate([piece.vertices for piece in pieces])
    triangles = np.concatenate([p.triangles + start for p, start in zip(pieces, starts[:-1], strict=True)])
    first, place = same_place(vertices)
    normals = vertex_normals(vertices[first], place[triangles])[place]
    # glTF wants unit normals; a vertex of degenerate triangles alone has none, so it gets any.
    lengths = np.linalg.norm(normals, axis=1, keepdims=True)
    normals = np.where(lengths > 0.5, normals / np.maximum(lengths, 1e-30), [0.0, 1.0, 0.0])
    return np.split(normals, starts[1:-1])


def _primitive(document: _Document, piece: Piece, normals: Floats) -> gl.Primitive:
    vertices = piece.vertices.astype("<f4")
    low, high = vertices.min(0).tolist(), vertices.max(0).tolist()
    attributes = gl.Attributes(
        POSITION=document.accessor(vertices, "VEC3", gl.FLOAT, gl.ARRAY_BUFFER, min=low, max=high),
        NORMAL=document.accessor(normals.astype("<f4"), "VEC3", gl.FLOAT, gl.ARRAY_BUFFER),
    )
    if piece.uv is not None:
        attributes.TEXCOORD_0 = document.accessor(piece.uv.astype("<f4"), "VEC2", gl.FLOAT, gl.ARRAY_BUFFER)
    if piece.colours is not None:
        # Three 16-bit channels would break the four-byte alignment that glTF asks for.
        rgba = np.column_stack([piece.colours, np.ones(len(piece.colours))])
        steps = np.rint(np.clip(rgba, 0, 1) * 65535).astype("<u2")
        attributes.COLOR_0 = document.accessor(steps, "VEC4", gl.UNSIGNED_SHORT, gl.ARRAY_BUFFER, normalized=True)
    small = len(vertices) < 65535
    kind = gl.UNSIGNED_SHORT if small else gl.UNSIGNED_INT
    indices = piece.triangles.astype("<u2" if small else "<u4").ravel()
    return gl.Primitive(
        attributes=attributes,
        indices=document.accessor(indices, "SCALAR", kind, gl.ELEMENT_ARRAY_BUFFER),
        material=_material(document, piece.paint, has_colours=piece.colours is not None),
    )


def _material(document: _Document, paint: Paint, *, has_colours: bool) -> int:
    colour = (1.0, 1.0, 1.0) if has_colours else paint.colour
    surface = gl.PbrMetallicRoughness(metallicFactor=0.0, roughnessFactor=_ROUGHNESS, baseColorFactor=[*colour, 1.0])
    if paint.texture is not None:
        surface.baseColorTexture = gl.TextureInfo(index=_texture(document, paint.texture))
    material = gl.Material(name=f"skin{len(document.gltf.materials)}", pbrMetallicRoughness=surface, doubleSided=True)
    material.alphaMode, material.alphaCutoff = gl.OPAQUE, None
    document.gltf.materials.append(material)
    return len(document.gltf.materials) - 1


def _texture(document: _Document, texture: Texture) -> int:
    key = id(texture)
    if key not in document.textures:
        data, _ = as_jpeg(texture, where=document.where)
        image = gl.Image(bufferView=document.view(data), mimeType="image/jpeg", name="colour")
        document.gltf.images.append(image)
        document.gltf.textures.append(gl.Texture(source=len(document.gltf.images) - 1))
        document.textures[key] = len(document.gltf.textures) - 1
    return document.textures[key]
