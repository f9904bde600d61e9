"""Good meshes: what the user gets."""

from __future__ import annotations

import base64
import io
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synth.errors import HeadError
from synth.heads.foreign import import_heads, inspect_head
from synth.heads.pack import load_pack
from tests.heads.foreign import meshes


def read_glb(path: Path) -> tuple[dict, bytes]:
    data = path.read_bytes()
    length = struct.unpack_from("<I", data, 12)[0]
    return json.loads(data[20 : 20 + length]), data[28 + length :]


def array(tree: dict, blob: bytes, index: int) -> np.ndarray:
    accessor = tree["accessors"][index]
    view = tree["bufferViews"][accessor["bufferView"]]
    dtype = {5126: "<f4", 5123: "<u2", 5125: "<u4"}[accessor["componentType"]]
    width = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}[accessor["type"]]
    raw = np.frombuffer(blob, dtype, accessor["count"] * width, view["byteOffset"])
    return raw.reshape(-1, width).astype(np.float64)


def positions(path: Path) -> np.ndarray:
    tree, blob = read_glb(path)
    return np.concatenate(
        [array(tree, blob, p["attributes"]["POSITION"]) for mesh in tree["meshes"] for p in mesh["primitives"]]
    )


def jpeg(path: Path) -> Image.Image:
    tree, blob = read_glb(path)
    view = tree["bufferViews"][tree["images"][0]["bufferView"]]
    data = blob[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]
    picture = Image.open(io.BytesIO(data))
    assert picture.format == "JPEG"
    return picture


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "scans"
    path.mkdir()
    return path


HEAD = meshes.head()
TREE, BUFFER = meshes.gltf_tree(HEAD)
FORMATS = {
    "h.obj": meshes.obj(HEAD),
    "h.ply": meshes.ply(HEAD),
    "t.ply": meshes.ply(HEAD, text=True),
    "h.stl": meshes.stl(HEAD),
    "t.stl": meshes.stl_text(HEAD),
    "h.glb": meshes.glb(TREE, BUFFER),
    "h.gltf": json.dumps(
        TREE | {"buffers": [{"byteLength": len(BUFFER), "uri": "data:;base64," + base64.b64encode(BUFFER).decode()}]}
    ).encode(),
}


@pytest.mark.parametrize("name", FORMATS)
def test_a_head_of_each_format_comes_out_in_metres_upright_frontal_and_centred(folder, tmp_path, name):
    (folder / name).write_bytes(FORMATS[name])
    done = import_heads(folder, tmp_path / "pack", unit="m")
    record = load_pack(done.pack, verify=True).heads[0]
    found = positions(done.pack / record.file)
    np.testing.assert_allclose(found.max(0) - found.min(0), [0.17, 0.23, 0.22], atol=1e-6)
    np.testing.assert_allclose(found.max(0) + found.min(0), 0, atol=1e-6)
    assert found[found[:, 2].argmax()] == pytest.approx([0, found[found[:, 2].argmax(), 1], 0.11], abs=0.01)
    assert record.triangles == len(HEAD.triangles)
    assert record.rig == "none"
    assert record.head_height_mm == pytest.approx(230, abs=0.01)
    assert record.head_center_m == (0, 0, 0)
    assert record.license == "unknown (user's own)"
    assert (record.sex, record.age_years, record.skin_tone, record.interpupillary_mm) == (None, None, None, None)


@pytest.mark.parametrize(("unit", "per_metre"), [("m", 1), ("cm", 100), ("mm", 1000), ("in", 1 / 0.0254)])
def test_the_unit_that_is_given_makes_the_size(folder, unit, per_metre):
    (folder / "h.ply").write_bytes(meshes.ply(meshes.changed(HEAD, vertices=HEAD.vertices * per_metre)))
    assert inspect_head(folder / "h.ply", unit=unit).height_mm == pytest.approx(230, abs=0.01)


@pytest.mark.parametrize(
    ("up", "front"), [("+y", "+z"), ("+z", "-y"), ("+z", "+x"), ("-x", "+y"), ("-y", "-z"), ("+x", "-z")]
)
def test_any_two_axes_can_be_up_and_front(folder, tmp_path, up, front):
    axis = {s + n: (1 if s == "+" else -1) * np.eye(3)[i] for i, n in enumerate("xyz") for s in "+-"}
    left = np.cross(axis[up], axis[front])  # the subject's left is +X
    turned = HEAD.vertices @ np.stack([left, axis[up], axis[front]])
    (folder / "h.obj").write_bytes(meshes.obj(meshes.changed(HEAD, vertices=turned)))
    done = import_heads(folder, tmp_path / "pack", unit="m", up=up, front=front)
    np.testing.assert_allclose(positions(done.pack / "heads/h.glb"), HEAD.vertices, atol=1e-6)


def test_a_head_far_from_the_origin_is_centred_and_the_report_says_from_where(folder, tmp_path):
    moved = meshes.changed(HEAD, vertices=HEAD.vertices + np.array([0.1, 1.6, -0.3]))
    (folder / "h.stl").write_bytes(meshes.stl(moved))
    done = import_heads(folder, tmp_path / "pack", unit="m")
    found = positions(done.pack / "heads/h.glb")
    np.testing.assert_allclose(found.max(0) + found.min(0), 0, atol=1e-6)
    assert "centred: the middle of its box was at (100.0, 1600.0, -300.0) mm" in done.heads[0].steps


def test_an_obj_keeps_its_texture_the_right_way_up(folder, tmp_path):
    (folder / "h.obj").write_bytes(meshes.obj(HEAD, uv=True, library="h.mtl", material="skin"))
    (folder / "h.mtl").write_bytes(meshes.mtl("face red.jpg"))
    (folder / "face red.jpg").write_bytes(meshes.picture(64, 32, "JPEG"))
    done = import_heads(folder, tmp_path / "pack", unit="m")
    assert done.heads[0].textures == ("face red.jpg 64×32",)
    path = done.pack / "heads/h.glb"
    picture = jpeg(path)
    assert picture.size == (64, 32)
    tree, blob = read_glb(path)
    attributes = tree["meshes"][0]["primitives"][0]["attributes"]
    vertices, uv = (array(tree, blob, attributes[key]) for key in ("POSITION", "TEXCOORD_0"))
    u, v = uv[vertices[:, 1].argmax()]
    red, _, blue = picture.getpixel((min(63, int(u * 64)), min(31, int(v * 32))))
    assert red > 200 > 50 > blue, "the top of the head shows the top of the picture"
    assert tree["materials"][0]["alphaMode"] == "OPAQUE"


def test_a_glb_keeps_its_texture_and_its_nodes_transforms(folder, tmp_path):
    small = meshes.head(0.115)
    data = meshes.glb_with_picture(small, meshes.picture(32, 32))
    length = struct.unpack_from("<I", data, 12)[0]
    tree = json.loads(data[20 : 20 + length])
    tree["nodes"] = [{"scale": [2, 2, 2], "children": [1]}, {"mesh": 0, "rotation": [0, 0.7071068, 0, 0.7071068]}]
    (folder / "h.glb").write_bytes(meshes.glb(tree, data[28 + length :]))
    done = import_heads(folder, tmp_path / "pack", front="+x")
    np.testing.assert_allclose(positions(done.pack / "heads/h.glb"), HEAD.vertices, atol=1e-5)
    assert jpeg(done.pack / "heads/h.glb").size == (32, 32)


def test_a_texture_larger_than_4096_is_scaled_down_and_the_report_says_so(folder, tmp_path):
    (folder / "h.glb").write_bytes(meshes.glb_with_picture(HEAD, meshes.picture(5000, 2500)))
    done = import_heads(folder, tmp_path / "pack")
    assert jpeg(done.pack / "heads/h.glb").size == (4096, 2048)
    assert any("scaled down to 4096" in step for step in done.heads[0].steps)


def test_a_pictures_metadata_does_not_come_along(folder, tmp_path):
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "where it was taken"
    Image.new("RGB", (8, 8)).save(buffer, "JPEG", exif=exif)
    assert b"where it was taken" in buffer.getvalue()
    (folder / "h.glb").write_bytes(meshes.glb_with_picture(HEAD, buffer.getvalue(), "image/jpeg"))
    done = import_heads(folder, tmp_path / "pack")
    assert b"where it was taken" not in (done.pack / "heads/h.glb").read_bytes()


def test_the_colours_of_a_scans_vertices_are_kept_as_linear_light(folder, tmp_path):
    colours = np.tile([255, 188, 0], (len(HEAD.vertices), 1))
    (folder / "h.ply").write_bytes(meshes.ply(HEAD, colours=colours))
    done = import_heads(folder, tmp_path / "pack", unit="m")
    tree, blob = read_glb(done.pack / "heads/h.glb")
    found = array(tree, blob, tree["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"])[0] / 65535
    np.testing.assert_allclose(found, [1, 0.5029, 0, 1], atol=1e-3)


def test_normals_are_smooth_across_a_texture_seam(folder, tmp_path):
    split = len(HEAD.triangles) // 2
    doubled = meshes.Shape(
        np.concatenate([HEAD.vertices, HEAD.vertices]),
        np.concatenate([HEAD.triangles[:split], HEAD.triangles[split:] + len(HEAD.vertices)]),
        np.concatenate([HEAD.uv, HEAD.uv + 0.25]),
    )
    (folder / "h.glb").write_bytes(meshes.glb(*meshes.gltf_tree(doubled)))
    done = import_heads(folder, tmp_path / "pack")
    tree, blob = read_glb(done.pack / "heads/h.glb")
    attributes = tree["meshes"][0]["primitives"][0]["attributes"]
    vertices, normals = (array(tree, blob, attributes[key]) for key in ("POSITION", "NORMAL"))
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-5)
    by_place: dict[bytes, np.ndarray] = {}
    for vertex, normal in zip(vertices, normals, strict=True):
        np.testing.assert_allclose(by_place.setdefault(vertex.tobytes(), normal), normal, atol=1e-6)
    assert len(by_place) < len(vertices), "nothing was merged"


def test_the_report_says_every_step_once_a_file(folder, tmp_path):
    (folder / "a.stl").write_bytes(meshes.stl(HEAD))
    (folder / "notes.docx").write_text("?")
    lines: list[str] = []
    done = import_heads(folder, tmp_path / "pack", unit="m", report=lines.append)
    assert done.skipped == ("notes.docx",)
    assert "notes.docx: warning: skipped, no mesh that is read" in lines
    expected = (
        "found 1,280",
        "welded: ",
        "unit m",
        "axes: up +y, front +z",
        "height 230.0 mm",
        "centred",
        "no texture",
    )
    for said in expected:
        assert sum(line.startswith(f"a.stl: {said}") for line in lines) == 1, said
    assert lines.index("a.stl: no texture") < lines.index(f"a.stl: warning: {done.heads[0].warnings[0]}")
    assert done.warnings == ("a.stl: 1,280 of 1,280 triangles have no texture coordinates (no UV)",)


def test_the_same_meshes_give_the_same_bytes(folder, tmp_path):
    for name, data in FORMATS.items():
        (folder / f"{name.replace('.', '_')}.{name.split('.')[1]}").write_bytes(data)
    packs = [import_heads(folder, tmp_path / str(i) / "pack", unit="m").pack for i in range(2)]
    first, second = ({p.name: p.read_bytes() for p in pack.rglob("*") if p.is_file()} for pack in packs)
    assert first == second
    assert len(first) == len(FORMATS) + 1


def test_a_table_names_the_people_and_the_licence_is_written_as_given(folder, tmp_path):
    (folder / "sub").mkdir()
    (folder / "sub" / "scan one.stl").write_bytes(meshes.stl(HEAD))
    (folder / "b.obj").write_bytes(meshes.obj(HEAD))
    (folder / "heads.csv").write_text("file,id,sex,age_years\nsub/scan one.stl,anna,female,34\nb.obj,,,\n")
    done = import_heads(folder, tmp_path / "pack", unit="m", license="CC-BY-4.0")
    pack = load_pack(done.pack)
    assert done.ids == ("b", "anna")
    assert (pack.head("anna").sex, pack.head("anna").age_years) == ("female", 34)
    assert (pack.head("b").sex, pack.head("b").age_years) == (None, None)
    assert {pack.license, *(h.license for h in pack.heads), *(s.license for s in pack.sources)} == {"CC-BY-4.0"}


def test_every_fault_of_the_table_is_named_with_its_line(folder, tmp_path):
    (folder / "b.obj").write_bytes(meshes.obj(HEAD))
    (folder / "heads.csv").write_text("file,id,sex,age_years\nno.obj,,,\nb.obj,../x,woman,-3\nb.obj,,,\n")
    with pytest.raises(HeadError) as caught:
        import_heads(folder, tmp_path / "pack", unit="m")
    expected = ("heads.csv:2", "'no.obj'", "'../x' is no id", "'woman' is no sex", "'-3' is no age", "there twice")
    for said in expected:
        assert said in str(caught.value)


@pytest.mark.parametrize("table", ["file,size\nb.obj,3\n", "id\nx\n", "file,file\nb.obj,b.obj\n", "\xff"])
def test_a_table_with_other_columns_is_refused(folder, tmp_path, table):
    (folder / "b.obj").write_bytes(meshes.obj(HEAD))
    (folder / "heads.csv").write_bytes(table.encode("latin-1"))
    with pytest.raises(HeadError, match=r"heads\.csv"):
        import_heads(folder, tmp_path / "pack", unit="m")


def test_two_files_of_one_name_are_told_apart_by_the_user(folder, tmp_path):
    (folder / "a.obj").write_bytes(meshes.obj(HEAD))
    (folder / "A.stl").write_bytes(meshes.stl(HEAD))
    with pytest.raises(HeadError, match="same id"):
        import_heads(folder, tmp_path / "pack", unit="m")


def test_all_bad_files_are_named_at_once_and_nothing_is_left_behind(folder, tmp_path):
    (folder / "good.obj").write_bytes(meshes.obj(HEAD))
    (folder / "empty.obj").write_bytes(b"")
    (folder / "cut.stl").write_bytes(meshes.stl(HEAD)[:-10])
    out = tmp_path / "out" / "pack"
    with pytest.raises(HeadError) as caught:
        import_heads(folder, out, unit="m")
    assert "2 faults" in str(caught.value)
    assert "empty.obj: There is no triangle in it." in str(caught.value)
    assert "cut.stl: The header doesn't agree with the file" in str(caught.value)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_folder_that_holds_something_is_never_written_into(folder, tmp_path):
    (folder / "a.obj").write_bytes(meshes.obj(HEAD))
    out = tmp_path / "pack"
    out.mkdir()
    (out / "mine.txt").write_text("keep")
    with pytest.raises(HeadError, match="isn't empty"):
        import_heads(folder, out, unit="m")
    assert [p.name for p in out.iterdir()] == ["mine.txt"]
    with pytest.raises(HeadError, match="inside the folder"):
        import_heads(folder, folder / "pack", unit="m")


def test_no_folder_and_no_mesh_are_errors(folder, tmp_path):
    with pytest.raises(HeadError, match="no such folder"):
        import_heads(tmp_path / "nowhere", tmp_path / "pack")
    with pytest.raises(HeadError, match="no mesh"):
        import_heads(folder, tmp_path / "pack")
    with pytest.raises(HeadError, match="aren't read"):
        inspect_head(folder / "a.txt")
    with pytest.raises(HeadError, match="missing"):
        inspect_head(folder / "a.obj")


@pytest.mark.parametrize("options", [{"unit": "km"}, {"up": "y"}, {"up": "+y", "front": "-y"}, {"max_triangles": 0}])
def test_an_option_that_can_not_be_is_refused(folder, options):
    (folder / "a.obj").write_bytes(meshes.obj(HEAD))
    with pytest.raises(HeadError, match="--"):
        inspect_head(folder / "a.obj", **{"unit": "m"} | options)


@pytest.mark.parametrize(("unit", "per_metre"), [("m", 1), ("cm", 100), ("mm", 1000), ("in", 1 / 0.0254)])
@pytest.mark.parametrize("given", [None, "m", "cm", "mm", "in"])
def test_a_wrong_or_missing_unit_is_answered_with_the_right_one(folder, unit, per_metre, given):
    if given == unit:
        return
    (folder / "h.ply").write_bytes(meshes.ply(meshes.changed(HEAD, vertices=HEAD.vertices * per_metre)))
    with pytest.raises(HeadError) as caught:
        inspect_head(folder / "h.ply", unit=given)
    assert f"set `unit: {unit}` (`--unit {unit}`)" in caught.value.mend


def test_a_glb_in_millimetres_is_seen_and_can_be_read_with_a_unit(folder):
    (folder / "h.glb").write_bytes(meshes.glb(*meshes.gltf_tree(meshes.head(230.0))))
    with pytest.raises(HeadError, match="looks like millimetres"):
        inspect_head(folder / "h.glb")
    assert inspect_head(folder / "h.glb", unit="mm").height_mm == pytest.approx(230, abs=0.01)


def test_a_bust_may_include_the_torso(folder):
    (folder / "h.glb").write_bytes(meshes.glb(*meshes.gltf_tree(meshes.head(0.6))))
    with pytest.raises(HeadError, match="include the torso"):
        inspect_head(folder / "h.glb")


def test_polygons_negative_indices_and_continued_lines_of_an_obj_are_read(folder):
    quad = "v -.1 -.115 0\nv .1 -.115 0\nv .1 .115 0\nv -.1 .115 0.1\nf -4 -3 \\\n -2 -1\nf 1 2 3 4 1\n"
    (folder / "h.obj").write_bytes(quad.encode())
    found = inspect_head(folder / "h.obj", unit="m")
    assert found.triangles == 2 + 3
    assert found.size_mm == pytest.approx((200, 230, 100), abs=0.01)


def test_an_obj_with_several_materials_and_libraries_keeps_each(folder, tmp_path):
    lines = meshes.obj(HEAD, uv=True).decode().splitlines()
    faces = [i for i, line in enumerate(lines) if line.startswith("f ")]
    lines.insert(faces[len(faces) // 2], "usemtl my hair")
    lines.insert(faces[0], "usemtl skin")
    (folder / "h.obj").write_text("mtllib a.mtl b.mtl\n" + "\n".join(lines) + "\n")
    (folder / "a.mtl").write_bytes(meshes.mtl("-s 1 1 1 -bm 0.5 tex\\face.png", "map_Bump gone.png"))
    (folder / "b.mtl").write_bytes(meshes.mtl(name="my hair"))
    (folder / "tex").mkdir()
    (folder / "tex" / "face.png").write_bytes(meshes.picture())
    done = import_heads(folder, tmp_path / "pack", unit="m")
    tree, _ = read_glb(done.pack / "heads/h.glb")
    assert done.heads[0].pieces == 2
    assert sum("baseColorTexture" in m["pbrMetallicRoughness"] for m in tree["materials"]) == 1
    assert [0.8, 0.5, 0.4, 1.0] in [m["pbrMetallicRoughness"]["baseColorFactor"] for m in tree["materials"]]
    assert any("heads don't use: map_Bump" in step for step in done.heads[0].steps)


@pytest.mark.parametrize(("component", "dtype"), [(5121, "<u1"), (5123, "<u2")])
def test_texture_coordinates_in_whole_numbers_are_read(folder, tmp_path, component, dtype):
    tree, binary = meshes.gltf_tree(HEAD)
    full = np.iinfo(dtype).max
    uv = np.zeros((len(HEAD.uv), 8), np.uint8)
    steps = np.rint(np.stack([HEAD.uv[:, 0], 1 - HEAD.uv[:, 1]], 1) * full).astype(dtype)
    uv[:, 2 : 2 + 2 * steps.itemsize] = steps.view(np.uint8).reshape(len(steps), -1)
    tree["accessors"][1] |= {"bufferView": 3, "componentType": component, "normalized": True, "byteOffset": 2}
    tree["bufferViews"].append({"buffer": 0, "byteOffset": len(binary), "byteLength": uv.size, "byteStride": 8})
    tree["buffers"][0]["byteLength"] += uv.size
    (folder / "h.glb").write_bytes(meshes.glb(tree, binary + uv.tobytes()))
    done = import_heads(folder, tmp_path / "pack")
    written, blob = read_glb(done.pack / "heads/h.glb")
    found = array(written, blob, written["meshes"][0]["primitives"][0]["attributes"]["TEXCOORD_0"])
    np.testing.assert_allclose(found, np.stack([HEAD.uv[:, 0], 1 - HEAD.uv[:, 1]], 1), atol=1 / full)


def test_an_obj_may_give_its_vertices_colours(folder, tmp_path):
    lines = [line + (" 1 0.5 0" if line.startswith("v ") else "") for line in meshes.obj(HEAD).decode().splitlines()]
    (folder / "h.obj").write_text("\n".join(lines))
    done = import_heads(folder, tmp_path / "pack", unit="m")
    tree, blob = read_glb(done.pack / "heads/h.glb")
    found = array(tree, blob, tree["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"])[0] / 65535
    np.testing.assert_allclose(found, [1, 0.214, 0, 1], atol=4e-3)
    assert "colours per vertex" in done.heads[0].steps


def test_a_colour_that_an_older_glb_states_as_diffuse_is_used(folder, tmp_path):
    glossy = {"diffuseFactor": [0.25, 0.5, 0.75, 1.0]}
    tree, binary = meshes.gltf_tree(HEAD)
    tree["materials"] = [{"extensions": {"KHR_materials_pbrSpecularGlossiness": glossy}}]
    (folder / "h.glb").write_bytes(meshes.glb(tree, binary))
    done = import_heads(folder, tmp_path / "pack")
    written, _ = read_glb(done.pack / "heads/h.glb")
    assert written["materials"][0]["pbrMetallicRoughness"]["baseColorFactor"] == [0.25, 0.5, 0.75, 1.0]


def test_a_texture_named_in_a_plys_header_is_used(folder, tmp_path):
    body = meshes.ply(HEAD, text=True, comment="comment TextureFile my face.png\n").decode()
    header, _, rows = body.partition("end_header\n")
    header = header.replace("property float z\n", "property float z\nproperty float s\nproperty float t\n")
    lines = rows.splitlines()
    for index, (u, v) in enumerate(HEAD.uv):
        lines[index] += f" {u:.6f} {v:.6f}"
    (folder / "h.ply").write_text(header + "end_header\n" + "\n".join(lines) + "\n")
    (folder / "my face.png").write_bytes(meshes.picture(32, 64))
    done = import_heads(folder, tmp_path / "pack", unit="m")
    assert done.heads[0].textures == ("my face.png 32×64",)
    assert jpeg(done.pack / "heads/h.glb").size == (32, 64)
    tree, blob = read_glb(done.pack / "heads/h.glb")
    attributes = tree["meshes"][0]["primitives"][0]["attributes"]
    vertices, uv = (array(tree, blob, attributes[key]) for key in ("POSITION", "TEXCOORD_0"))
    assert uv[vertices[:, 1].argmax()][1] < 0.01, "the top of the head shows the top of the picture"


def test_what_a_head_can_not_keep_is_named(folder, tmp_path):
    tree, binary = meshes.gltf_tree(HEAD, image={"bufferView": 3})
    data = meshes.picture(8, 8, mode="RGBA")
    tree["bufferViews"].append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(data)})
    tree["buffers"][0]["byteLength"] += len(data)
    tree["meshes"][0]["primitives"][0]["targets"] = [{"POSITION": 0}]
    tree["meshes"][0]["primitives"].append({"attributes": {"POSITION": 0}, "mode": 0})
    tree["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]["texCoord"] = 1
    tree |= {"skins": [{"joints": [0]}], "animations": [{}], "extensionsUsed": ["KHR_texture_transform"]}
    (folder / "h.glb").write_bytes(meshes.glb(tree, binary + data))
    done = import_heads(folder, tmp_path / "pack")
    for said in ("a rig", "1 animations", "morph", "points or lines", "KHR_texture", "first set", "transparency"):
        assert sum(said in warning for warning in done.warnings) == 1, said
    assert load_pack(done.pack).heads[0].rig == "none"


def test_an_import_that_is_interrupted_leaves_nothing(folder, tmp_path):
    (folder / "a.stl").write_bytes(meshes.stl(HEAD))
    (folder / "b.stl").write_bytes(meshes.stl(HEAD))

    def stop(line: str) -> None:
        if line.startswith("b.stl"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_heads(folder, tmp_path / "out" / "pack", unit="m", report=stop)
    assert list((tmp_path / "out").iterdir()) == []
