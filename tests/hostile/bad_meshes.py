"""Bad meshes, one fault each, and what must be said about each: promise 18 of docs/promises.md."""

from __future__ import annotations

import base64
import gzip
import io
import json
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from tests.heads.foreign import meshes
from tests.heads.foreign.meshes import Shape, changed

HEAD = meshes.head()
NAN_AT, N = 7, len(HEAD.vertices)


@dataclass(frozen=True)
class Bad:
    """Files of a folder, the kind of fault, and either the refusal or the warning that must come (a regex)."""

    kind: str
    files: dict[str, bytes]
    refusal: str = ""
    warning: str = ""
    options: dict[str, object] = field(default_factory=dict)


def vertices_with(value: float) -> Shape:
    vertices = HEAD.vertices.copy()
    vertices[NAN_AT, 1] = value
    return changed(HEAD, vertices=vertices)


def triangles_with(index: int) -> Shape:
    triangles = HEAD.triangles.copy()
    triangles[3, 2] = index
    return changed(HEAD, triangles=triangles)


def more_triangles(*rows: list[int]) -> Shape:
    return changed(HEAD, triangles=np.concatenate([HEAD.triangles, rows]))


def tree_with(shape: Shape = HEAD, uv: bool = True, **parts: object) -> bytes:
    """A GLB with top-level parts of its document replaced."""
    tree, binary = meshes.gltf_tree(shape, uv=uv)
    return meshes.glb(tree | parts, binary)


def accessor_with(index: int, **fields: object) -> bytes:
    tree, binary = meshes.gltf_tree(HEAD)
    tree["accessors"][index] |= fields
    return meshes.glb(tree, binary)


def empty() -> Iterator[tuple[str, Bad]]:
    none = Shape(np.zeros((0, 3)), np.zeros((0, 3), np.int64), np.zeros((0, 2)))
    points = changed(HEAD, triangles=np.zeros((0, 3), np.int64))
    said = "There is no triangle in it"
    yield "an obj of no bytes", Bad("empty", {"h.obj": b""}, said)
    yield "an obj of comments", Bad("empty", {"h.obj": b"# nothing\n\n"}, said)
    yield "an obj of points", Bad("empty", {"h.obj": meshes.obj(points)}, said)
    yield "an obj of lines", Bad("empty", {"h.obj": meshes.obj(points) + b"l 1 2 3\n"}, said)
    yield "a ply without rows", Bad("empty", {"h.ply": meshes.ply(none)}, said)
    yield "a ply of points", Bad("empty", {"h.ply": meshes.ply(points)}, said)
    yield "a ply of no bytes", Bad("empty", {"h.ply": b""}, "no PLY header")
    yield "a binary stl without triangles", Bad("empty", {"h.stl": meshes.stl(none)}, said)
    yield "a text stl without triangles", Bad("empty", {"h.stl": b"solid x\nendsolid x\n"}, said)
    yield "an stl of no bytes", Bad("empty", {"h.stl": b""}, said)
    yield "a glb without meshes", Bad("empty", {"h.glb": tree_with(meshes=[], nodes=[{}])}, said)
    yield "a glb whose scene shows no mesh", Bad("empty", {"h.glb": tree_with(nodes=[{}])}, said)
    yield "a glb of no bytes", Bad("empty", {"h.glb": b""}, "isn't valid glTF")


def not_numbers() -> Iterator[tuple[str, Bad]]:
    said = "1 of 642 vertices are NaN or infinite"
    for word, value in (("nan", np.nan), ("inf", np.inf), ("-inf", -np.inf)):
        shape = vertices_with(value)
        yield f"an obj with {word}", Bad("NaN", {"h.obj": meshes.obj(shape)}, r"Line 8 holds NaN or an infinite")
        yield f"a text ply with {word}", Bad("NaN", {"h.ply": meshes.ply(shape, text=True)}, said)
        yield f"a binary ply with {word}", Bad("NaN", {"h.ply": meshes.ply(shape)}, said)
        yield f"a glb with {word}", Bad("NaN", {"h.glb": tree_with(shape)}, said)
        yield f"a binary stl with {word}", Bad("NaN", {"h.stl": meshes.stl(shape)}, r"vertices are NaN or infinite")
    yield "a text stl with nan", Bad("NaN", {"h.stl": meshes.stl_text(vertices_with(np.nan))}, "NaN or infinite")
    lonely = changed(HEAD, vertices=np.concatenate([HEAD.vertices, [[np.nan, 0, 0]]]))
    yield "nan in a vertex that no face uses", Bad("NaN", {"h.ply": meshes.ply(lonely)}, "1 of 643 vertices are NaN")
    huge = meshes.obj(HEAD).replace(b"v ", b"v 1e999 0 0\nv ", 1)
    yield "an obj with a number beyond all range", Bad("NaN", {"h.obj": huge}, "NaN or infinite|index|triangles")
    broken = meshes.obj(HEAD).replace(b"v ", b"v 0.1 x 0.2\nv ", 1)
    yield "an obj with a word for a number", Bad("NaN", {"h.obj": broken}, "can't be read")
    uv = HEAD.uv.copy()
    uv[5] = np.nan
    yield "a glb with nan in its texture coordinates", Bad("NaN", {"h.glb": tree_with(changed(HEAD, uv=uv))}, "NaN")


def bad_indices() -> Iterator[tuple[str, Bad]]:
    said = "names a vertex or texture coordinate that isn't in the file"
    beyond = triangles_with(N)
    yield "an obj that names a vertex too many", Bad("bad index", {"h.obj": meshes.obj(beyond)}, said)
    yield "a binary ply that names a vertex too many", Bad("bad index", {"h.ply": meshes.ply(beyond)}, said)
    yield "a text ply that names a vertex too many", Bad("bad index", {"h.ply": meshes.ply(beyond, text=True)}, said)
    yield "a glb that names a vertex too many", Bad("bad index", {"h.glb": tree_with(beyond)}, said)
    below = triangles_with(-5)
    yield "a ply with a negative index", Bad("bad index", {"h.ply": meshes.ply(below)}, said)
    zero = meshes.obj(HEAD) + b"f 0 1 2\n"
    yield "an obj that counts from 0", Bad("bad index", {"h.obj": zero}, said)
    yield "an obj that counts back too far", Bad("bad index", {"h.obj": meshes.obj(HEAD) + b"f -643 1 2\n"}, said)
    yield "an obj with a word for an index", Bad("bad index", {"h.obj": meshes.obj(HEAD) + b"f 1 2 x\n"}, said)
    no_uv = meshes.obj(HEAD, uv=True) + b"f 1/643 2/2 3/3\n"
    yield "an obj that names a texture coordinate too many", Bad("bad index", {"h.obj": no_uv}, said)
    two = meshes.obj(HEAD) + b"f 1 2\n"
    yield "an obj with a face of two corners", Bad("bad index", {"h.obj": two}, "fewer than three corners")
    yield "a glb whose accessor isn't there", Bad("bad index", {"h.glb": tree_with(accessors=[])}, "no accessor")
    yield "a glb whose mesh isn't there", Bad("bad index", {"h.glb": tree_with(nodes=[{"mesh": 4}])}, "no mesh")
    ring = tree_with(nodes=[{"mesh": 0, "children": [1]}, {"children": [0]}])
    yield "a glb whose nodes form a ring", Bad("bad index", {"h.glb": ring}, "parent")


def doubtful_surfaces() -> Iterator[tuple[str, Bad]]:
    a, b, c = (int(i) for i in HEAD.triangles[0])
    fin = more_triangles([a, b, int(HEAD.triangles[700, 0])])
    flipped_all = changed(HEAD, triangles=HEAD.triangles[:, ::-1])
    some = HEAD.triangles.copy()
    some[10] = some[10, ::-1]
    flipped_one = changed(HEAD, triangles=some)
    point, line = (
        more_triangles([a, a, b]),
        changed(HEAD, vertices=np.r_[HEAD.vertices, [HEAD.vertices[[a, b]].mean(0)]]),
    )
    line = changed(line, triangles=np.concatenate([HEAD.triangles, [[a, b, N]]]))
    doubled = more_triangles([a, b, c], [b, c, a])
    for name, write in (("h.obj", meshes.obj), ("h.ply", meshes.ply), ("h.stl", meshes.stl), ("h.glb", tree_with)):
        kind = name[2:]
        yield f"a fin on a {kind}", Bad("non-manifold", {name: write(fin)}, warning="1 edges are non-manifold")
        yield f"a {kind} inside out", Bad("flipped", {name: write(flipped_all)}, warning="wound inside out")
        one = Bad("flipped", {name: write(flipped_one)}, warning="3 edges have triangles wound against each other")
        yield f"a {kind} with one flipped triangle", one
        dot = Bad("degenerate", {name: write(point)}, warning="1 degenerate triangles")
        yield f"a {kind} with a triangle that is a line", dot
        without = write(HEAD) if name != "h.glb" else tree_with(uv=False)
        yield f"a {kind} without texture coordinates", Bad("no UV", {name: without}, warning="1,280 of 1,280.*no UV")
    yield "a triangle of three points in a row", Bad("degenerate", {"h.ply": meshes.ply(line)}, warning="1 degenerate")
    said = "2 triangles lie on another one's corners"
    yield "triangles that stand there thrice", Bad("non-manifold", {"h.ply": meshes.ply(doubled)}, warning=said)
    bare = {"h.obj": meshes.obj(HEAD, library="h.mtl", material="skin"), "h.mtl": meshes.mtl("t.png")}
    bare["t.png"] = meshes.picture()
    yield "a texture without coordinates", Bad("no UV", bare, warning="can't be shown without texture coordinates")
    partly = meshes.obj(HEAD, uv=True) + b"f 1 2 3\n"
    yield "an obj with one face without coordinates", Bad("no UV", {"h.obj": partly}, warning="3 of 3,843 face corners")
    undefined = {"h.obj": meshes.obj(HEAD, uv=True, material="marble")}
    yield "a material that nothing defines", Bad("no UV", undefined, warning="no .mtl defines the material marble")


def lying_headers() -> Iterator[tuple[str, Bad]]:
    said = "The header doesn't agree with the file"
    for text in (False, True):
        kind = "text" if text else "binary"
        more = {"h.ply": meshes.ply(HEAD, text=text, face_count=1_999_999)}
        yield f"a {kind} ply with too many faces announced", Bad("lying header", more, said)
        more = {"h.ply": meshes.ply(HEAD, text=text, vertex_count=1_000_000)}
        yield f"a {kind} ply with too many vertices announced", Bad("lying header", more, said)
        some = {"h.ply": meshes.ply(HEAD, text=text, face_count=1281)}
        yield f"a {kind} ply with one face too many announced", Bad("lying header", some, said)
        cut = {"h.ply": meshes.ply(HEAD, text=text)[:-4000]}
        yield f"a {kind} ply that is cut off", Bad("lying header", cut, said)
    fewer = Bad("lying header", {"h.ply": meshes.ply(HEAD, face_count=1279)}, "can't be read: PLY is unexpected length")
    yield "a binary ply with more in it than announced", fewer
    yield "a ply with a negative count", Bad("lying header", {"h.ply": meshes.ply(HEAD, face_count=-1)}, said)
    yield "an stl with too many announced", Bad("lying header", {"h.stl": meshes.stl(HEAD, count=1_999_999)}, said)
    yield "an stl with too few announced", Bad("lying header", {"h.stl": meshes.stl(HEAD, count=3)}, said)
    yield "an stl that is cut off", Bad("lying header", {"h.stl": meshes.stl(HEAD)[:-1]}, said)
    yield "a text stl that is cut off", Bad("lying header", {"h.stl": meshes.stl_text(HEAD)[:-300]}, said)
    yield "a glb that is cut off", Bad("lying header", {"h.glb": tree_with()[:-100]}, said)
    yield "a glb with bytes behind it", Bad("lying header", {"h.glb": tree_with() + b"\0" * 8}, said)
    yield "a glb with too many vertices", Bad("lying header", {"h.glb": accessor_with(0, count=9999)}, said)
    yield "a glb with too many indices", Bad("lying header", {"h.glb": accessor_with(2, count=99999)}, said)
    yield "a glb with a count that is no number", Bad("lying header", {"h.glb": accessor_with(2, count="9")}, "`count`")
    sparse = {"count": 1, "indices": {"bufferView": 2, "componentType": 5125}, "values": {"bufferView": 0}}
    yield "a glb with sparse positions", Bad("lying header", {"h.glb": accessor_with(0, sparse=sparse)}, "sparsely")
    short = json.dumps(meshes.gltf_tree(HEAD)[0] | {"buffers": [{"byteLength": 30000, "uri": "data:;base64,AAAA"}]})
    yield "a gltf whose buffer is too short", Bad("lying header", {"h.gltf": short.encode()}, said)
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("h.obj", meshes.obj(HEAD))
    yield "an archive called obj", Bad("lying header", {"h.obj": zipped.getvalue()}, "isn't a text file")
    yield "a json that nests without end", Bad("lying header", {"h.gltf": b"[" * 100_000}, "isn't valid glTF")
    compressed = tree_with(extensionsRequired=["KHR_draco_mesh_compression"])
    yield "a glb that needs draco", Bad("lying header", {"h.glb": compressed}, "needs KHR_draco_mesh_compression")


def too_much() -> Iterator[tuple[str, Bad]]:
    cap = r"It has [\d,]+ triangles; up to 2,000,000 are read.*--max-triangles 10000000"
    ten_million = {"h.ply": meshes.ply(HEAD, face_count=10_000_000)}
    yield "a ply of ten million faces", Bad("too much", ten_million, cap)
    yield "an stl of ten million faces", Bad("too much", {"h.stl": meshes.stl(HEAD, count=10_000_000)}, cap)
    yield "a glb of ten million faces", Bad("too much", {"h.glb": accessor_with(2, count=30_000_000)}, cap)
    points = {"h.ply": meshes.ply(HEAD, vertex_count=10_000_000)}
    yield "a ply of ten million vertices", Bad("too much", points, r"10,000,000 vertices.*--max-triangles 3333334")
    tree, binary = meshes.gltf_tree(HEAD)
    pair = {"attributes": {"POSITION": 0}, "indices": 3}
    tree["accessors"].append(tree["accessors"][2] | {"count": 3})
    tree["meshes"][0]["primitives"] = [pair] * 20_000
    shared = {"h.glb": meshes.glb(tree, binary)}
    yield "a glb of many small parts that each name all vertices", Bad("too much", shared, "12,840,000 vertices")
    low = r"has 1,280 triangles; up to 1,000"
    for name in ("h.ply", "h.stl", "h.glb", "h.obj"):
        write = {"h.ply": meshes.ply, "h.stl": meshes.stl, "h.glb": tree_with, "h.obj": meshes.obj}[name]
        yield (
            f"a {name[2:]} above a lower cap",
            Bad("too much", {name: write(HEAD)}, low, options={"max_triangles": 1000}),
        )
    again = tree_with(nodes=[{"mesh": 0}] * 2000, scenes=[{"nodes": list(range(2000))}])
    yield "a glb that shows one mesh 2,000 times", Bad("too much", {"h.glb": again}, "2,560,000 triangles")
    tree, binary = meshes.gltf_tree(HEAD)
    tree["meshes"][0]["primitives"] *= 10_000
    yield (
        "a glb that lists one mesh 10,000 times",
        Bad("too much", {"h.glb": meshes.glb(tree, binary)}, "triangles; up to"),
    )
    big = meshes.gltf_tree(HEAD)[0] | {"buffers": [{"byteLength": 10**13, "uri": "data:;base64,AAAA"}]}
    yield (
        "a gltf that declares 10 TB",
        Bad("too much", {"h.gltf": json.dumps(big).encode()}, "declared as 10,000,000 MB"),
    )
    textured = {"h.glb": meshes.glb_with_picture(HEAD, meshes.huge_png())}
    yield "a glb with a picture of 900 megapixels", Bad("too much", textured, "megapixels")
    beside = {"h.obj": meshes.obj(HEAD, uv=True, library="h.mtl", material="skin"), "h.mtl": meshes.mtl("t.png")}
    yield "a picture of 900 megapixels", Bad("too much", beside | {"t.png": meshes.huge_png()}, "megapixels")
    yield (
        "a picture of 100 megapixels",
        Bad("too much", beside | {"t.png": meshes.huge_png(10**4, 10**4)}, "67 megapixels"),
    )
    tree, binary = meshes.gltf_tree(HEAD, image={"uri": "data:image/png;base64," + _text(meshes.huge_png())})
    yield "a huge picture in a data URI", Bad("too much", {"h.glb": meshes.glb(tree, binary)}, "megapixels")
    two = {"h.ply": meshes.ply(HEAD, comment="comment TextureFile t.png\ncomment TextureFile u.png\n")}
    yield "a ply with two textures", Bad("too much", two, "more than one texture")
    yield "a texture that is missing", Bad("too much", beside, r"'t\.png' is missing")
    yield "a texture that is no picture", Bad("too much", beside | {"t.png": b"GIF89a"}, "is none that is read")
    damaged = meshes.picture(64, 64)[:-40]
    yield "a texture that is cut off", Bad("too much", beside | {"t.png": damaged}, "is damaged")
    yield (
        "a postscript texture",
        Bad("too much", beside | {"t.png": b"%!PS-Adobe-3.0 EPSF-3.0\n"}, "is none that is read"),
    )
    bomb = zlib.compress(b"\0" * 10**7)
    yield "a gzipped obj", Bad("too much", {"h.obj.gz": gzip.compress(meshes.obj(HEAD))}, r"\.gz aren't opened")
    yield "an archive", Bad("too much", {"h.zip": b"PK" + bomb}, r"\.zip aren't opened")
    yield (
        "a blender file",
        Bad("too much", {"h.blend": b"BLENDER-v300"}, r"\.blend aren't opened. Blender files can run"),
    )
    yield "a pickle", Bad("too much", {"h.pt": b"\x80\x04."}, r"\.pt aren't opened. Such files can run code")
    yield (
        "an fbx bomb",
        Bad("too much", {"h.fbx": fbx(_array(10**9, zlib.compress(b"\0" * 10**6)))}, "Unpacked it has more"),
    )
    lie = fbx(_array(1000, zlib.compress(b"\0" * 10**6)))
    yield "an fbx array that unpacks to more than it says", Bad("lying header", {"h.fbx": lie}, "holds another count")
    yield (
        "an fbx that is cut off",
        Bad("lying header", {"h.fbx": fbx(_array(3, b"", 0))[:-50]}, "a record is malformed"),
    )
    yield "a text fbx", Bad("lying header", {"h.fbx": b"; FBX 7.3.0 project file\n"}, "isn't a binary FBX")
    yield (
        "an fbx of ten million faces",
        Bad("too much", {"h.fbx": fbx(_array(30_000_000, b""))}, "10,000,000 triangles"),
    )
    yield "an fbx without a mesh", Bad("empty", {"h.fbx": fbx(b"")}, "no triangle")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _array(count: int, stored: bytes, encoding: int = 1) -> bytes:
    """The property of an FBX record: `count` whole numbers."""
    return b"i" + struct.pack("<III", count, encoding, len(stored)) + stored


def fbx(indices: bytes) -> bytes:
    """A binary FBX 7.4 with one record of polygon indices."""
    start = b"Kaydara FBX Binary  \x00\x1a\x00" + struct.pack("<I", 7400)
    name = b"PolygonVertexIndex"
    body = name + indices
    end = len(start) + 13 + len(body)
    record = struct.pack("<IIIB", end, 1, len(indices), len(name)) + body if indices else b""
    return start + record + b"\0" * 13 + b"\0" * 160


BAD = dict(
    entry
    for group in (empty, not_numbers, bad_indices, doubtful_surfaces, lying_headers, too_much)
    for entry in group()
)
