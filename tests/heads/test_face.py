"""The landmarks' places on the template: whole, symmetric, and on the skin of every bundled head."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pygltflib as gl
import pytest

from synth.errors import HeadError
from synth.heads.base import load_base
from synth.heads.face import face_template, read_face_template
from synth.heads.mesh import split_by_uv
from synth.heads.pack import bundled_packs, load_pack

MIRRORED = [
    *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, *range(35, 30, -1),
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
    *range(54, 47, -1), *range(59, 54, -1), *range(64, 59, -1), 67, 66, 65,
]  # fmt: skip


@pytest.fixture(scope="module")
def template_mm() -> np.ndarray:
    """(68, 3) the landmarks on the template, mm, from between the eyes."""
    base = load_base()
    rows, _, _ = split_by_uv(base.quads["head"], base.uv_quads["head"])
    return 1000 * (face_template().landmarks(base.vertices[rows]) - [0, base.eye_height, 0])


def test_the_skin_of_the_template_and_of_every_bundled_head_is_the_one_that_landmarks_are_known_of() -> None:
    base = load_base()
    rows, _, triangles = split_by_uv(base.quads["head"], base.uv_quads["head"])
    assert face_template().fits(len(rows), triangles)
    pack = load_pack(bundled_packs()["demo8"])
    for head in pack.heads:
        document = gl.GLTF2().load(str(pack.path(head)))
        skin = next(mesh for mesh in document.meshes if mesh.name == "skin").primitives[0]
        accessor = document.accessors[skin.indices]
        start = document.bufferViews[accessor.bufferView].byteOffset
        found = np.frombuffer(document.binary_blob(), "<u2", accessor.count, start).reshape(-1, 3)
        assert face_template().fits(document.accessors[skin.attributes.POSITION].count, found)


def test_another_mesh_is_not_taken_for_that_skin() -> None:
    rows, _, triangles = split_by_uv(load_base().quads["head"], load_base().uv_quads["head"])
    assert not face_template().fits(len(rows), triangles[::-1])
    assert not face_template().fits(len(rows) + 1, triangles)


def test_landmarks_are_symmetric(template_mm: np.ndarray) -> None:
    assert sorted(MIRRORED) == list(range(68))
    assert np.abs(template_mm[MIRRORED] * [-1, 1, 1] - template_mm).max() < 0.2


def test_landmarks_are_in_ibug_order_with_the_subjects_right_first(template_mm: np.ndarray) -> None:
    x, y, z = template_mm.T  # x: the subject's left, y: up, z: forward
    assert (np.diff(x[:17]) > 0).all()  # the jaw, from the subject's right, which is the image's left
    assert y[8] == y[:17].min()
    assert (np.diff(x[17:27]) > 0).all()
    assert (y[17:27] > y[36:48].max()).all()
    assert np.abs(x[27:31]).max() < 0.1
    assert (np.diff(y[27:31]) < 0).all()
    assert np.argmax(z) == 30
    assert (np.diff(x[31:36]) > 0).all()
    for first, sign in ((36, 1), (42, 1)):  # each eye: image-left corner, two above, image-right corner, two below
        corner_a, above_a, above_b, corner_b, below_b, below_a = range(first, first + 6)
        assert x[corner_a] < x[above_a] < x[above_b] < x[corner_b]
        assert x[below_a] < x[below_b]
        assert sign * min(y[above_a], y[above_b]) > max(y[below_a], y[below_b])
    assert (np.diff(x[48:55]) > 0).all()
    assert (np.diff(x[55:60]) < 0).all()
    assert y[60:68].max() < y[50]
    assert y[60:68].min() > y[57]
    assert (y[[61, 62, 63]] > y[[67, 66, 65]]).all()


def test_eye_landmarks_lie_on_the_lids_around_the_eyeball(template_mm: np.ndarray) -> None:
    base = load_base()
    for side, rows in (("eye_r", slice(36, 42)), ("eye_l", slice(42, 48))):
        ball = 1000 * (base.vertices[np.unique(base.quads[side])] - [0, base.eye_height, 0])
        centre = (ball.min(0) + ball.max(0)) / 2
        radius = np.linalg.norm(ball - centre, axis=1).mean()
        away = np.linalg.norm(template_mm[rows] - centre, axis=1)
        assert (away > 0.97 * radius).all()
        assert (away < 1.45 * radius).all()


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    content = {"format": "synth-face", "version": 1, "vertices": 3, "triangles": 1, "triangles_sha256": "", "lips": []}
    for landmarks in ([], [[[0, 1.0]]] * 67 + [[[7, 1.0]]], [[[0, 0.5]]] * 68, "x"):
        (tmp_path / "face.json").write_text(json.dumps(content | {"landmarks": landmarks}))
        with pytest.raises(HeadError, match="can't be read"):
            read_face_template(tmp_path / "face.json")
    with pytest.raises(HeadError, match="missing"):
        read_face_template(tmp_path / "nothing.json")
