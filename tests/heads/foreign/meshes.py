"""Mesh files written by hand, byte by byte, so that the tests share no code with the readers."""

from __future__ import annotations

import io
import json
import struct
from dataclasses import dataclass

import numpy as np
import trimesh
from PIL import Image


@dataclass(frozen=True)
class Shape:
    """vertices (N, 3) float64 m, triangles (M, 3), uv (N, 2), (0, 0) at the picture's bottom left."""

    vertices: np.ndarray
    triangles: np.ndarray
    uv: np.ndarray


def head(height_m: float = 0.23) -> Shape:
    """An egg with a nose at +Z and one ear at +X: 230 mm high, 170 wide, 220 deep. y up, closed, wound outward."""
    ball = trimesh.creation.icosphere(subdivisions=3)
    vertices = np.array(ball.vertices)
    triangles = np.array(ball.faces, dtype=np.int64)
    nose, ear = vertices[:, 2].argmax(), vertices[:, 0].argmax()
    vertices[nose] *= 1.2
    vertices[ear] *= 1.1
    low, high = vertices.min(0), vertices.max(0)
    vertices = (vertices - low) / (high - low) - 0.5
    uv = np.stack([vertices[:, 0] + 0.5, vertices[:, 1] + 0.5], 1)
    return Shape(vertices * [0.17, 0.23, 0.22] * (height_m / 0.23), triangles, uv)


def changed(shape: Shape, **arrays: np.ndarray) -> Shape:
    """The shape with some of its arrays replaced."""
    return Shape(**({"vertices": shape.vertices, "triangles": shape.triangles, "uv": shape.uv} | arrays))


def picture(width: int = 16, height: int = 16, kind: str = "PNG", mode: str = "RGB") -> bytes:
    """A picture: red in its upper half, blue in its lower one."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[: height // 2, :, 0] = 255
    pixels[height // 2 :, :, 2] = 255
    buffer = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(buffer, kind)
    return buffer.getvalue()


def huge_png(width: int = 30_000, height: int = 30_000) -> bytes:
    """A PNG whose header says 30,000 × 30,000 pixels; there is next to nothing in it."""

    def chunk(name: bytes, data: bytes) -> bytes:
        import zlib

        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"\0" * 64) + chunk(b"IEND", b"")


def obj(shape: Shape, *, uv: bool = False, library: str | None = None, material: str | None = None) -> bytes:
    """OBJ text, with texture coordinates and a material if asked."""
    lines = [f"mtllib {library}"] if library else []
    lines += [f"v {x:.9g} {y:.9g} {z:.9g}" for x, y, z in shape.vertices]
    lines += [f"vt {u:.9g} {v:.9g}" for u, v in shape.uv] if uv else []
    lines += [f"usemtl {material}"] if material else []
    for face in shape.triangles + 1:
        lines.append("f " + " ".join(f"{i}/{i}" if uv else str(i) for i in face))
    return "\n".join([*lines, ""]).encode()


def mtl(texture: str | None = None, extra: str = "", name: str = "skin") -> bytes:
    """One material; `extra` lines go into it."""
    return f"newmtl {name}\nKd 0.8 0.5 0.4\n{f'map_Kd {texture}' if texture else ''}\n{extra}\n".encode()


def ply(
    shape: Shape,
    *,
    text: bool = False,
    colours: np.ndarray | None = None,
    vertex_count: int | None = None,
    face_count: int | None = None,
    comment: str = "",
) -> bytes:
    """PLY, binary or text. The counts in its header can be made to lie."""
    properties = "".join(f"property float {axis}\n" for axis in "xyz")
    if colours is not None:
        properties += "".join(f"property uchar {name}\n" for name in ("red", "green", "blue"))
    header = (
        f"ply\nformat {'ascii' if text else 'binary_little_endian'} 1.0\n{comment}"
        f"element vertex {len(shape.vertices) if vertex_count is None else vertex_count}\n{properties}"
        f"element face {len(shape.triangles) if face_count is None else face_count}\n"
        "property list uchar int vertex_indices\nend_header\n"
    ).encode()
    rows = []
    for index, vertex in enumerate(shape.vertices):
        colour = [] if colours is None else [int(c) for c in colours[index]]
        if text:
            rows.append(" ".join([*(f"{c:.9g}" for c in vertex), *map(str, colour)]).encode() + b"\n")
        else:
            rows.append(struct.pack("<3f", *vertex) + bytes(colour))
    for face in shape.triangles:
        rows.append(b"3 %d %d %d\n" % tuple(face) if text else struct.pack("<B3i", 3, *face))
    return header + b"".join(rows)


def stl(shape: Shape, *, count: int | None = None) -> bytes:
    """Binary STL. The count in its header can be made to lie."""
    body = b"".join(
        struct.pack("<12fH", 0, 0, 0, *shape.vertices[face].astype("<f4").ravel(), 0) for face in shape.triangles
    )
    return b"\0" * 80 + struct.pack("<I", len(shape.triangles) if count is None else count) + body


def stl_text(shape: Shape) -> bytes:
    """Text STL."""
    lines = ["solid head"]
    for face in shape.triangles:
        corners = [f"vertex {x:.9g} {y:.9g} {z:.9g}" for x, y, z in shape.vertices[face]]
        lines += ["facet normal 0 0 0", "outer loop", *corners, "endloop", "endfacet"]
    return "\n".join([*lines, "endsolid head", ""]).encode()


def gltf_tree(shape: Shape, *, uv: bool = True, image: dict[str, object] | None = None) -> tuple[dict, bytes]:
    """A glTF document of the shape and the bytes of its one buffer (whose `uri` is left to the caller)."""
    positions = shape.vertices.astype("<f4").tobytes()
    coordinates = np.stack([shape.uv[:, 0], 1 - shape.uv[:, 1]], 1).astype("<f4").tobytes()
    indices = shape.triangles.astype("<u4").tobytes()
    chunks = [positions, coordinates, indices]
    starts = np.cumsum([0, *map(len, chunks)]).tolist()
    tree = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 2, "material": 0}]}],
        "materials": [{"name": "skin", "pbrMetallicRoughness": {"baseColorFactor": [0.8, 0.5, 0.4, 1.0]}}],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": len(shape.vertices), "type": "VEC3"},
            {"bufferView": 1, "componentType": 5126, "count": len(shape.vertices), "type": "VEC2"},
            {"bufferView": 2, "componentType": 5125, "count": shape.triangles.size, "type": "SCALAR"},
        ],
        "bufferViews": [
            {"buffer": 0, "byteOffset": start, "byteLength": len(chunk)}
            for start, chunk in zip(starts, chunks, strict=False)
        ],
        "buffers": [{"byteLength": starts[-1]}],
    }
    if uv:
        tree["meshes"][0]["primitives"][0]["attributes"]["TEXCOORD_0"] = 1
    if image is not None:
        tree["images"], tree["textures"] = [image], [{"source": 0}]
        tree["materials"][0]["pbrMetallicRoughness"] = {"baseColorTexture": {"index": 0}}
    return tree, b"".join(chunks)


def glb(tree: dict, binary: bytes) -> bytes:
    """A GLB container."""
    document = json.dumps(tree).encode()
    document += b" " * (-len(document) % 4)
    binary += b"\0" * (-len(binary) % 4)
    chunks = struct.pack("<II", len(document), 0x4E4F534A) + document
    chunks += struct.pack("<II", len(binary), 0x004E4942) + binary
    return struct.pack("<III", 0x46546C67, 2, 12 + len(chunks)) + chunks


def glb_with_picture(shape: Shape, data: bytes, mime: str = "image/png") -> bytes:
    """A GLB with the shape's texture inside."""
    tree, binary = gltf_tree(shape, image={"bufferView": 3, "mimeType": mime})
    binary += b"\0" * (-len(binary) % 4)
    tree["bufferViews"].append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(data)})
    tree["buffers"][0]["byteLength"] = len(binary) + len(data)
    return glb(tree, binary + data)
