"""How different heads are in shape: the same head is found however it is turned, and no two people are one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from synth.errors import HeadError
from synth.heads.build import BuildSpec, build_pack
from synth.heads.diversity import ALIKE_MM, diversity, shape_distances_mm, skin_mm
from synth.heads.pack import load_pack
from synth.heads.shape import shape_body

TURN = Rotation.from_euler("xyz", [30, -50, 110], degrees=True).as_matrix()


def cloud(seed: int, vertices: int = 500) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(vertices, 3)) * (70, 100, 85)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_pack(tmp_path_factory.mktemp("packs") / "three", BuildSpec(2, 1, seed=5, texture_px=256))


def test_a_head_that_was_turned_and_moved_is_the_same_head() -> None:
    shape = cloud(1)
    found = shape_distances_mm([shape, shape @ TURN.T + [300, -20, 5]])
    assert found == pytest.approx(np.zeros((2, 2)), abs=1e-4)


def test_a_larger_head_is_another_one() -> None:
    shape = cloud(1)
    spread = np.sqrt(((shape - shape.mean(0)) ** 2).sum(1).mean())
    assert shape_distances_mm([shape, 1.02 * shape @ TURN])[0, 1] == pytest.approx(0.02 * spread, rel=1e-6)


def test_a_mirror_image_is_not_the_same_head() -> None:
    """Nobody turns into their mirror image by turning, though a reflection would fit exactly."""
    shape = cloud(2)
    assert shape_distances_mm([shape, shape * (-1, 1, 1)])[0, 1] > 20


def test_the_distance_is_that_of_the_best_rotation() -> None:
    """Held against SciPy's own alignment, pair by pair."""
    shapes = np.stack([cloud(seed) + 40 * cloud(9) / 50 for seed in range(4)])
    found = shape_distances_mm(shapes)
    for i in range(4):
        for j in range(4):
            a, b = (shapes[n] - shapes[n].mean(0) for n in (i, j))
            _, rssd = Rotation.align_vectors(a, b)
            assert found[i, j] == pytest.approx(rssd / np.sqrt(len(a)), abs=1e-4)


@pytest.mark.parametrize("wrong", [np.zeros((2, 5)), np.zeros((2, 5, 2)), np.zeros((2, 2, 3))])
def test_shapes_of_another_form_are_refused(wrong: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"\(H, N, 3\)"):
        shape_distances_mm(wrong)


def test_a_packs_nearest_pairs_are_named(built: Path) -> None:
    found = diversity(load_pack(built), nearest=2)
    assert found.compared == 3
    assert found.left_out == ()
    assert len(found.pairs) == 2
    assert found.pairs[0].rms_mm <= found.pairs[1].rms_mm
    assert found.pairs[0].rms_mm == pytest.approx(min(found.nearest_mm))
    assert {found.pairs[0].first, found.pairs[0].second} <= {"m0001", "m0002", "f0001"}
    assert found.alike == ()


def test_the_files_skin_is_the_bodys(built: Path) -> None:
    """Read back in mm: at least as tall as the record says, since some of the neck is skin too."""
    pack = load_pack(built)
    skin = skin_mm(pack.path(pack.heads[0]), pack.heads[0])
    assert skin is not None
    low, high = 1000 * np.array(pack.heads[0].head_box_m)
    assert (np.ptp(skin, axis=0) >= high - low - 0.01).all()
    assert (np.ptp(skin, axis=0) <= 1.3 * (high - low)).all()


def test_a_head_that_is_there_twice_is_told(built: Path, tmp_path: Path) -> None:
    pack = Path(shutil.copytree(built, tmp_path / "twice"))
    content = json.loads((pack / "pack.json").read_text())
    shutil.copy(pack / content["heads"][0]["file"], pack / "heads" / "again.glb")
    content["heads"].append(content["heads"][0] | {"id": "again", "file": "heads/again.glb"})
    (pack / "pack.json").write_text(json.dumps(content))
    found = diversity(load_pack(pack))
    assert [(pair.first, pair.second) for pair in found.alike] == [(content["heads"][0]["id"], "again")]


def test_heads_without_the_builders_skin_are_left_out_and_named(built: Path, tmp_path: Path) -> None:
    pack = Path(shutil.copytree(built, tmp_path / "mixed"))
    content = json.loads((pack / "pack.json").read_text())
    content["heads"][1] |= {"rig": "none"}
    (pack / "pack.json").write_text(json.dumps(content))
    found = diversity(load_pack(pack))
    assert (found.compared, found.left_out) == (2, (content["heads"][1]["id"],))
    content["heads"][0] |= {"rig": "none"}
    (pack / "pack.json").write_text(json.dumps(content))
    with pytest.raises(HeadError, match="1 of its heads can be compared"):
        diversity(load_pack(pack))


@pytest.mark.parametrize("damage", [b"", b"not a GLB file at all, but long enough to hold a header of one", None])
def test_a_damaged_file_is_named(built: Path, tmp_path: Path, damage: bytes | None) -> None:
    pack = load_pack(Path(shutil.copytree(built, tmp_path / "damaged")))
    path = pack.path(pack.heads[0])
    path.write_bytes(path.read_bytes()[:5000] if damage is None else damage)
    with pytest.raises(HeadError, match="can't be read") as caught:
        skin_mm(path, pack.heads[0])
    assert caught.value.where == str(path)


def test_no_two_of_forty_people_have_one_shape() -> None:
    bodies = [shape_body(order.person) for order in BuildSpec(27, 13, seed=2019).orders()]
    rows = np.unique(bodies[0].base.quads["head"])
    distances = shape_distances_mm([1000 * body.vertices[rows] for body in bodies])
    assert distances[np.triu_indices(len(bodies), 1)].min() > 2 * ALIKE_MM
