"""Built heads as files: the contract with the renderer."""

from __future__ import annotations

import hashlib
import io

import numpy as np
import pygltflib
import pytest
import trimesh

from synth.heads.build import build_head
from synth.heads.expressions import EXPRESSIONS
from synth.heads.gltf import strongest_weights, write_glb
from synth.heads.hair.thin import thin_strands
from synth.heads.pack import HeadRecord
from synth.heads.part import JOINT_PARENTS, JOINTS, Material, Part
from synth.heads.person import sample_person

PARTS = {
    "skin",
    "sockets",
    "mouth",
    "teeth",
    "tongue",
    "lashes",
    "eye",
    "torso",
    "garment",
    "hair",
    "beard",
    "glasses",
    "hat",
}


@pytest.fixture(scope="module")
def built() -> tuple[bytes, HeadRecord]:
    person = sample_person(np.random.default_rng(3), "male", 30).with_(hair_style="bald", beard=0.0, glasses="round")
    return build_head(person, 3, 256)


@pytest.fixture(scope="module")
def document(built: tuple[bytes, HeadRecord]) -> pygltflib.GLTF2:
    return pygltflib.GLTF2.load_from_bytes(built[0])


def test_the_same_person_and_seed_give_the_same_bytes(built: tuple[bytes, HeadRecord]) -> None:
    person = sample_person(np.random.default_rng(3), "male", 30).with_(hair_style="bald", beard=0.0, glasses="round")
    again, record = build_head(person, 3, 256)
    assert again == built[0]
    assert record == built[1]
    assert build_head(person, 4, 256)[0] != built[0]


def test_the_record_describes_the_file(built: tuple[bytes, HeadRecord]) -> None:
    data, record = built
    assert record.sha256 == hashlib.sha256(data).hexdigest()
    assert record.bytes == len(data)
    assert record.rig == "synth"
    assert record.expressions == EXPRESSIONS


def test_joints_are_named_placed_and_unrotated(document: pygltflib.GLTF2) -> None:
    nodes = document.nodes
    assert [nodes[i].name for i in document.skins[0].joints] == list(JOINTS)
    for index, name in enumerate(JOINTS):
        assert nodes[index].rotation is None or list(nodes[index].rotation) == [0, 0, 0, 1]
        assert nodes[index].scale is None or list(nodes[index].scale) == [1, 1, 1]
        parents = [n.name for n in nodes if index in (n.children or [])]
        assert parents == ([JOINTS[JOINT_PARENTS[index]]] if JOINT_PARENTS[index] >= 0 else []), name


def test_every_mesh_node_is_a_part_of_the_contract(document: pygltflib.GLTF2) -> None:
    names = [node.name for node in document.nodes if node.mesh is not None]
    assert {name.split(".")[0] for name in names} <= PARTS
    assert {"skin", "sockets", "mouth", "torso", "torso.arms", "lashes", "eye.L.mesh", "eye.R.mesh"} <= set(names)
    assert {"garment", "garment.trousers", "garment.shoes"} <= set(names)


def test_rigid_parts_hang_on_their_joints_and_soft_ones_on_the_skin(document: pygltflib.GLTF2) -> None:
    by_name = {node.name: node for node in document.nodes}
    index = {node.name: i for i, node in enumerate(document.nodes)}
    assert by_name["eye.L.mesh"].skin is None
    assert index["eye.L.mesh"] in by_name["eye.L"].children
    assert index["teeth.lower"] in by_name["jaw"].children
    assert by_name["skin"].skin == 0


def test_materials_are_opaque_and_pictures_are_jpeg(document: pygltflib.GLTF2) -> None:
    assert all(material.alphaMode == "OPAQUE" for material in document.materials)
    assert all(image.mimeType == "image/jpeg" for image in document.images)
    assert not document.cameras


def test_the_skin_has_every_facial_action_as_a_morph_target(document: pygltflib.GLTF2) -> None:
    skin = next(mesh for mesh in document.meshes if mesh.name == "skin")
    moves_no_skin = ("tongueOut",)
    assert skin.extras["targetNames"] == [action for action in EXPRESSIONS if action not in moves_no_skin]
    assert len(skin.primitives[0].targets) == len(EXPRESSIONS) - len(moves_no_skin)


def test_the_file_loads_in_trimesh_at_metric_size(built: tuple[bytes, HeadRecord]) -> None:
    scene = trimesh.load_scene(io.BytesIO(built[0]), file_type="glb")
    skin = next(mesh for name, mesh in scene.geometry.items() if name.startswith("skin"))
    low, high = built[1].head_box_m
    assert skin.bounds[1][1] == pytest.approx(high[1], abs=1e-4)
    assert skin.bounds[1][2] == pytest.approx(high[2], abs=1e-4)
    assert low[1] > skin.bounds[0][1] - 1e-5  # the box ends at the chin, which the neck's edge lies below or beside
    chin = skin.vertices[skin.vertices[:, 2] > high[2] - 0.06, 1].min()
    assert low[1] == pytest.approx(chin, abs=0.004)


def test_a_bald_head_stays_small(built: tuple[bytes, HeadRecord]) -> None:
    assert built[1].bytes < 1.0e6


def test_bytes_of_weights_sum_to_one_and_keep_the_strongest() -> None:
    weights = np.random.default_rng(0).dirichlet(np.full(8, 0.3), 200)
    joints, shares = strongest_weights(weights)
    assert (shares.astype(int).sum(1) == 255).all()
    assert (joints[:, 0] == weights.argmax(1)).all()


def test_two_parts_of_one_name_are_refused() -> None:
    triangle = np.eye(3), np.array([[0, 1, 2]]), np.zeros((3, 2)), Material("x")
    parts = [Part("hair", *triangle, joint="head"), Part("hair", *triangle, joint="head")]
    with pytest.raises(ValueError, match="share a name"):
        write_glb(parts, {name: np.zeros(3) for name in JOINTS})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"joint": None}, "either a joint or weights"),
        ({"joint": "nose"}, "no joint"),
        ({"triangles": np.array([[0, 1, 3]])}, "isn't there"),
        ({"uv": np.zeros((2, 2))}, "uv"),
        ({"joint": None, "weights": np.ones((3, 2))}, "weights"),
    ],
)
def test_a_part_that_contradicts_itself_is_refused(change: dict[str, object], message: str) -> None:
    good = {
        "name": "hair",
        "vertices": np.eye(3),
        "triangles": np.array([[0, 1, 2]]),
        "uv": np.zeros((3, 2)),
        "material": Material("x"),
        "joint": "head",
    }
    with pytest.raises(ValueError, match=message):
        Part(**(good | change))  # type: ignore[arg-type]


def test_thinning_keeps_shells_and_the_wanted_share_of_strands() -> None:
    def ribbon(x: float) -> np.ndarray:
        return np.array([[x, 0, 0], [x + 0.1, 0, 0], [x, 1, 0], [x + 0.1, 1, 0], [x + 0.05, 2, 0]])

    ribbons = [ribbon(float(i)) for i in range(10)]
    shell = np.random.default_rng(0).normal(size=(30, 3))
    fan = np.array([[0, i, i + 1] for i in range(1, 29)])
    one = np.array([[0, 2, 1], [1, 2, 3], [2, 4, 3]])
    triangles = np.concatenate([fan, *(one + 30 + 5 * i for i in range(10))])
    vertices = np.concatenate([shell, *ribbons])
    part = Part("hair", vertices, triangles, np.zeros((80, 2)), Material("hair"), joint="head")
    thin = thin_strands(part, 0.5)
    assert len(thin.vertices) == 30 + 5 * 5
    np.testing.assert_array_equal(thin.vertices[:30], shell)
    assert np.ptp(thin.vertices[30:32, 0]) > 0.15  # the strands that stay are wider
    np.testing.assert_array_equal(thin_strands(part, 1.0).vertices, vertices)
