"""Promises 18, 19, 22 and 24: a bad mesh is refused or warned about, as documented, and never silently mended."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pytest

from synth.errors import HeadError
from synth.heads.foreign import import_heads
from tests.heads.foreign import meshes
from tests.heads.foreign.test_import import positions
from tests.hostile.bad_meshes import BAD, HEAD, Bad

LIMIT_S = 2.0


def folder_of(bad: Bad, tmp_path: Path) -> Path:
    folder = tmp_path / "scans"
    folder.mkdir()
    for name, data in bad.files.items():
        (folder / name).write_bytes(data)
    return folder


def test_there_are_sixty_and_more_of_every_kind():
    kinds = {bad.kind for bad in BAD.values()}
    assert len(BAD) >= 60
    assert kinds == {
        "empty", "NaN", "bad index", "non-manifold", "flipped", "degenerate", "no UV", "lying header", "too much",
    }  # fmt: skip
    assert all(bool(bad.refusal) != bool(bad.warning) for bad in BAD.values())


@pytest.mark.parametrize("name", [name for name, bad in BAD.items() if bad.refusal])
def test_a_bad_mesh_is_refused_soon_with_its_file_and_its_mend(tmp_path, name):
    bad = BAD[name]
    folder, out = folder_of(bad, tmp_path), tmp_path / "out" / "pack"
    started = time.monotonic()
    with pytest.raises(HeadError) as caught:
        import_heads(folder, out, **{"unit": "m"} | bad.options)
    assert time.monotonic() - started < LIMIT_S
    text = str(caught.value)
    assert re.search(bad.refusal, text), text
    assert any(mesh in text for mesh in bad.files), "it names the file"
    assert "One fault" in text
    assert not list(out.parent.iterdir()), "nothing is left behind"


@pytest.mark.parametrize("name", [name for name, bad in BAD.items() if bad.warning])
def test_a_doubtful_mesh_is_warned_about_and_taken_as_it_is(tmp_path, name):
    bad = BAD[name]
    done = import_heads(folder_of(bad, tmp_path), tmp_path / "pack", **{"unit": "m"} | bad.options)
    (inspection,) = done.heads
    assert any(re.search(bad.warning, line) for line in inspection.warnings), inspection.warnings
    assert inspection.triangles >= len(HEAD.triangles), "no triangle was taken away"
    found = positions(done.pack / "heads/h.glb")
    np.testing.assert_allclose(found.max(0) - found.min(0), [0.17, 0.23, 0.22], atol=1e-6)


def test_a_sound_mesh_with_coordinates_has_no_warning(tmp_path):
    folder = folder_of(Bad("sound", {"h.glb": meshes.glb(*meshes.gltf_tree(HEAD))}), tmp_path)
    assert import_heads(folder, tmp_path / "pack").warnings == ()


def test_a_higher_cap_lets_a_larger_mesh_in(tmp_path):
    folder = folder_of(Bad("", {"h.stl": meshes.stl(HEAD)}), tmp_path)
    with pytest.raises(HeadError, match="max-triangles 1280"):
        import_heads(folder, tmp_path / "pack", unit="m", max_triangles=1279)
    import_heads(folder, tmp_path / "pack", unit="m", max_triangles=1280)


@pytest.mark.parametrize("name", ["h.ply", "h.stl", "h.obj", "h.glb"])
def test_a_file_of_gigabytes_is_refused_by_its_size_alone(tmp_path, name):
    folder = folder_of(Bad("", {name: b"ply\n"}), tmp_path)
    with (folder / name).open("r+b") as file:
        file.truncate(10 * 2**30)  # sparse: it takes no room
    started = time.monotonic()
    with pytest.raises(HeadError, match=r"files up to 512 MiB are read"):
        import_heads(folder, tmp_path / "pack", unit="m")
    assert time.monotonic() - started < LIMIT_S


def test_names_from_a_file_can_not_write_to_the_terminal(tmp_path):
    red = "\x1b[31m"
    folder = folder_of(Bad("", {"h.obj": meshes.obj(HEAD, library=f"{red}.mtl", material="skin")}), tmp_path)
    with pytest.raises(HeadError) as caught:
        import_heads(folder, tmp_path / "pack", unit="m")
    assert "\x1b" not in str(caught.value)
    assert "\\x1b[31m.mtl" in str(caught.value)


@pytest.mark.parametrize("seed", range(40))
def test_damaged_files_end_in_an_error_of_ours_or_a_whole_pack(tmp_path, seed):
    rng = np.random.default_rng(seed)
    sound = {
        "h.obj": meshes.obj(HEAD, uv=True),
        "h.ply": meshes.ply(HEAD),
        "t.ply": meshes.ply(HEAD, text=True),
        "h.stl": meshes.stl(HEAD),
        "t.stl": meshes.stl_text(HEAD),
        "h.glb": meshes.glb_with_picture(HEAD, meshes.picture(32, 32)),
    }
    for name, data in sound.items():
        damaged = bytearray(data)
        for _ in range(1 + seed % 4):
            at = int(rng.integers(0, min(len(damaged), 2000)))
            damaged[at] = int(rng.integers(0, 256))
        folder = tmp_path / name
        folder.mkdir()
        (folder / name).write_bytes(bytes(damaged))
        try:
            done = import_heads(folder, tmp_path / f"{name}.pack", unit="m")
        except HeadError:
            continue
        assert np.isfinite(positions(next((done.pack / "heads").glob("*.glb")))).all()
