"""FBX files: read by Blender in a process of its own, after their records were walked."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from synth.errors import HeadError
from synth.heads.foreign import import_heads, inspect_head
from synth.heads.foreign.fbx_file import walk_fbx
from synth.heads.foreign.limits import Limits
from tests.heads.foreign import meshes
from tests.heads.foreign.test_import import jpeg, positions

pytestmark = pytest.mark.render

HEAD = meshes.head()

# Blender stands z-up and looks along -y: (x, y, z) of glTF is (x, -z, y) there.
MAKE = """
import sys
import bpy, numpy as np
arrays, out, picture = sys.argv[1:4]
with np.load(arrays) as stored:
    vertices, triangles, uv = stored["vertices"], stored["triangles"], stored["uv"]
bpy.ops.wm.read_factory_settings(use_empty=True)
mesh = bpy.data.meshes.new("head")
mesh.from_pydata(np.stack([vertices[:, 0], -vertices[:, 2], vertices[:, 1]], 1).tolist(), [], triangles.tolist())
layer = mesh.uv_layers.new(name="uv")
layer.data.foreach_set("uv", uv[triangles.ravel()].astype("f4").ravel())
thing = bpy.data.objects.new("head", mesh)
bpy.context.scene.collection.objects.link(thing)
material = bpy.data.materials.new("skin")
material.use_nodes = True
node = material.node_tree.nodes.new("ShaderNodeTexImage")
node.image = bpy.data.images.load(picture)
material.node_tree.links.new(node.outputs[0], material.node_tree.nodes["Principled BSDF"].inputs["Base Color"])
mesh.materials.append(material)
embed = sys.argv[4] == "embed"
bpy.ops.export_scene.fbx(filepath=out, path_mode="COPY" if embed else "ABSOLUTE", embed_textures=embed)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """An FBX that names its texture by the absolute path it has here, and one that holds it."""
    folder = tmp_path_factory.mktemp("artist")
    (folder / "face.png").write_bytes(meshes.picture(64, 32))
    np.savez(folder / "head.npz", vertices=HEAD.vertices, triangles=HEAD.triangles, uv=HEAD.uv)
    files = {}
    for how in ("absolute", "embed"):
        out = folder / f"{how}.fbx"
        command = [sys.executable, "-c", MAKE, str(folder / "head.npz"), str(out), str(folder / "face.png"), how]
        subprocess.run(command, check=True, capture_output=True)
        files[how] = out.read_bytes()
    assert str(folder).encode() in files["absolute"]
    assert (folder / "face.png").is_file(), "still there: the tests show that it isn't opened"
    return files


def test_an_fbx_comes_out_in_metres_upright_and_frontal_with_the_texture_beside_it(made, tmp_path):
    folder = tmp_path / "scans"
    folder.mkdir()
    (folder / "h.fbx").write_bytes(made["absolute"])
    (folder / "face.png").write_bytes(meshes.picture(16, 16))
    done = import_heads(folder, tmp_path / "pack")
    found = positions(done.pack / "heads/h.glb")
    np.testing.assert_allclose(found.max(0) - found.min(0), [0.17, 0.23, 0.22], atol=1e-5)
    assert abs(found[found[:, 2].argmax()][0]) < 0.01, "the nose looks along +Z"
    assert done.heads[0].triangles == len(HEAD.triangles)
    assert jpeg(done.pack / "heads/h.glb").size == (16, 16), "the one beside it, not the one its path names"
    again = import_heads(folder, tmp_path / "again" / "pack")
    assert (again.pack / "heads/h.glb").read_bytes() == (done.pack / "heads/h.glb").read_bytes()


def test_a_texture_elsewhere_on_this_machine_counts_as_missing(made, tmp_path):
    (tmp_path / "h.fbx").write_bytes(made["absolute"])
    with pytest.raises(HeadError, match=r"'face\.png' is missing"):
        inspect_head(tmp_path / "h.fbx")


def test_an_embedded_texture_is_used(made, tmp_path):
    (tmp_path / "h.fbx").write_bytes(made["embed"])
    (texture,) = inspect_head(tmp_path / "h.fbx").textures
    assert texture.endswith("64×32")


def test_a_unit_overrides_the_files_own(made, tmp_path):
    (tmp_path / "h.fbx").write_bytes(made["embed"])
    assert inspect_head(tmp_path / "h.fbx", unit="cm").height_mm == pytest.approx(230, abs=0.05)
    with pytest.raises(HeadError, match="looks like centimetres"):
        inspect_head(tmp_path / "h.fbx", unit="mm")


def test_the_walk_sees_what_blender_sees(made):
    content = walk_fbx(made["embed"], Limits(), where="h.fbx")
    assert content.triangles == len(HEAD.triangles)
    assert content.picture_names == {"face.png"}
    assert content.embedded == [meshes.picture(64, 32)]
    with pytest.raises(HeadError, match="max-triangles 1280"):
        walk_fbx(made["embed"], Limits(1279), where="h.fbx")


def test_an_embedded_picture_of_900_megapixels_is_refused_before_blender_starts(made, tmp_path, monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("Blender was started"))
    small = meshes.picture(64, 32)
    huge = meshes.huge_png()[:33] + small[33:]  # the header alone lies
    (tmp_path / "h.fbx").write_bytes(made["embed"].replace(small, huge))
    with pytest.raises(HeadError, match="megapixels"):
        inspect_head(tmp_path / "h.fbx")


@pytest.mark.parametrize("seed", range(30))
def test_a_damaged_fbx_ends_in_an_error_of_ours_or_is_walked(made, seed):
    rng = np.random.default_rng(seed)
    damaged = bytearray(made["embed"])
    for _ in range(1 + seed % 3):
        damaged[int(rng.integers(0, len(damaged)))] = int(rng.integers(0, 256))
    with suppress(HeadError):
        content = walk_fbx(bytes(damaged), Limits(), where="h.fbx")
        assert 0 <= content.triangles <= Limits().max_triangles


def test_blender_runs_no_script_and_sees_none_of_the_users_settings(made, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONSTARTUP", "/nowhere")
    monkeypatch.setenv("BLENDER_USER_SCRIPTS", str(tmp_path))
    seen: dict[str, object] = {}
    run = subprocess.run

    def spy(command: list[str], **options: object) -> object:
        seen.update(options)
        return run(command, **options)

    monkeypatch.setattr(subprocess, "run", spy)
    (tmp_path / "h.fbx").write_bytes(made["embed"])
    inspect_head(tmp_path / "h.fbx")
    environment = seen["env"]
    assert isinstance(environment, dict)
    assert not {"BLENDER_USER_SCRIPTS", "PYTHONSTARTUP"} & set(environment)
    assert Path(str(environment["HOME"])) != Path.home()
    assert seen["timeout"]


def test_a_module_in_the_current_folder_is_not_imported(made, tmp_path, monkeypatch):
    for name in ("bpy", "numpy", "json", "synth"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'imported')!r}, 'w').close()")
    (tmp_path / "h.fbx").write_bytes(made["embed"])
    monkeypatch.chdir(tmp_path)
    assert inspect_head("h.fbx").triangles == len(HEAD.triangles)
    assert not (tmp_path / "imported").exists()
