"""Shards: the same samples give the same bytes, and any HDF5 reader can open them."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from synth.errors import ShardError
from synth.shard.columns import Column
from synth.shard.header import ShardHeader, recipe_sha256
from synth.shard.read import Shard
from synth.shard.record import EncodedSample
from synth.shard.write import ShardWriter, build_shard_bytes
from tests.tiny_dataset import TINY_RECIPE, make_record

ROOT = Path(__file__).parents[2]


def header(index: int = 0) -> ShardHeader:
    return ShardHeader(index, "tiny-1", 7, TINY_RECIPE)


def tiny_shard() -> bytes:
    return build_shard_bytes([make_record(n) for n in range(4)], header())


def test_another_process_with_another_hash_seed_gives_the_same_bytes() -> None:
    script = (
        "import hashlib; from tests.shard.test_write import tiny_shard; print(hashlib.sha256(tiny_shard()).hexdigest())"
    )
    environment = os.environ | {"PYTHONHASHSEED": "4242", "PYTHONPATH": str(ROOT)}
    other = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert other.stdout.strip() == hashlib.sha256(tiny_shard()).hexdigest()


def test_the_container_has_the_bytes_that_it_had_when_this_test_was_written() -> None:
    """No codec and no trigonometry in it: another HDF5 library must give the same file."""
    labels = make_record(0).labels | {
        "R_camera_from_head": np.eye(3), "euler_deg": [0.0, 0.0, 0.0], "t_mm": [0.0, 0.0, 1000.0],
        "K": np.diag([525.0, 525.0, 1.0]), "distance_mm": 1000.0,
    }  # fmt: skip
    writer = ShardWriter(header())
    for n in range(3):
        writer.add_encoded(EncodedSample(b"picture" * n, b"range map", labels | {"id": n}))
    digest = hashlib.sha256(writer.to_bytes()).hexdigest()
    assert digest == "b2c845b3488c9f9dc8f3d3e72c40fb55d7634974220eec7dceafa471606387d2"


def test_every_text_in_a_shard_is_ascii_since_that_is_what_hdf5_notes_of_it() -> None:
    labels = make_record(0).labels | {"gaze_deg": None, "exposure_ev": 0.0, "environment": "", "glasses": "none",
                                      "hair_style": "bob", "base_id": 0}  # fmt: skip
    writer = ShardWriter(header())
    writer.add_encoded(EncodedSample(b"picture", b"", labels))
    texts: list[bytes] = []
    with h5py.File(io.BytesIO(writer.to_bytes())) as file:
        file.visititems(lambda _, found: texts.extend(v for v in found.attrs.values() if isinstance(v, bytes)))
    assert len(texts) > 40
    assert all(text.isascii() for text in texts)


@pytest.mark.parametrize("field", ["unit", "frame", "order", "description"])
def test_a_column_explained_in_other_than_ascii_is_refused_before_any_sample(field: str) -> None:
    column = Column("mood", "<f4", **{field: "0 … 1"})
    with pytest.raises(ShardError, match="ASCII") as caught:
        ShardWriter(header(), [column])
    assert "mood" in caught.value.where


def test_the_order_of_labels_and_of_the_recipe_does_not_matter() -> None:
    record = make_record(0)
    backwards = type(record)(record.rgb, record.range_mm, dict(reversed(record.labels.items())))
    turned = ShardHeader(0, "tiny-1", 7, dict(reversed(TINY_RECIPE.items())))
    assert build_shard_bytes([record], header()) == build_shard_bytes([backwards], turned)


def test_plain_h5py_reads_every_label_with_its_meaning() -> None:
    with h5py.File(io.BytesIO(tiny_shard())) as file:
        assert file.attrs["format"] == b"synth-shard"
        assert file.attrs["schema_version"] == b"1.0"
        assert file.attrs["recipe_sha256"].decode() == recipe_sha256(TINY_RECIPE)
        assert json.loads(file["meta/recipe_json"][()].tobytes()) == TINY_RECIPE
        assert file["labels/t_mm"].shape == (4, 3)
        assert file["labels/t_mm"].attrs["unit"] == b"mm"
        assert file["labels/euler_deg"].attrs["order"] == b"pitch, yaw, roll"
        assert file["labels/R_camera_from_head"].attrs["frame"].startswith(b"OpenCV camera")
        assert file["labels/subject"][0] == b"m0000"
        assert dict(file["depth"].attrs) == {
            "codec": b"png16", "kind": b"range", "unit": b"mm", "scale_mm": 0.1, "invalid": 0,
        }  # fmt: skip
        assert file["rgb"].attrs["quality"] == 95


def test_nothing_in_the_file_is_filtered_chunked_or_of_variable_length() -> None:
    with h5py.File(io.BytesIO(tiny_shard())) as file:
        names: list[str] = []
        file.visit(names.append)
        datasets = [file[name] for name in names if isinstance(file[name], h5py.Dataset)]
        assert len(datasets) >= 20
        for dataset in datasets:
            assert dataset.chunks is None
            assert dataset.compression is None
            assert h5py.check_vlen_dtype(dataset.dtype) is None


def test_the_pictures_can_be_cut_out_by_their_offsets() -> None:
    with h5py.File(io.BytesIO(tiny_shard())) as file:
        offsets = file["rgb/offsets"][()]
        second = file["rgb/data"][offsets[1] : offsets[2]].tobytes()
    assert second.startswith(b"\xff\xd8")
    assert second.endswith(b"\xff\xd9")


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "shard-00000.h5"
    path.write_bytes(tiny_shard())
    shard, record = Shard(path), make_record(2)
    rgb, range_mm = shard.rgb(2), shard.range_mm(2)
    assert rgb is not None
    assert range_mm is not None
    assert record.rgb is not None
    assert record.range_mm is not None
    assert np.abs(rgb.astype(int) - record.rgb).mean() < 2
    assert np.abs(range_mm - record.range_mm).max() < 0.0505
    for name, value in record.labels.items():
        stored = shard.labels[name][2]
        if isinstance(value, str):
            assert stored.decode() == value
        else:
            assert np.array_equal(stored, np.asarray(value).astype(stored.dtype))
    assert shard.recipe == TINY_RECIPE


def test_absent_pictures_come_back_as_none(tmp_path: Path) -> None:
    path = tmp_path / "shard-00000.h5"
    path.write_bytes(build_shard_bytes([make_record(0, depth=False), make_record(1, rgb=False)], header()))
    shard = Shard(path)
    assert shard.rgb(0) is not None
    assert shard.range_mm(0) is None
    assert shard.rgb(1) is None
    assert shard.range_mm(1) is not None


def test_copying_encoded_samples_gives_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "shard-00000.h5"
    path.write_bytes(tiny_shard())
    shard, writer = Shard(path), ShardWriter(header())
    for position in range(len(shard)):
        writer.add_encoded(shard.encoded(position))
    assert writer.to_bytes() == tiny_shard()


def test_declared_further_columns_are_stored_and_read_without_being_known(tmp_path: Path) -> None:
    path = tmp_path / "shard-00000.h5"
    blink = Column("blink", "<f4", (2,), unit="1", order="left, right", description="how far the eyes are closed")
    path.write_bytes(build_shard_bytes([make_record(0, blink=[0.5, 0.25])], header(), [blink]))
    shard = Shard(path)
    assert shard.labels["blink"].tolist() == [[0.5, 0.25]]
    assert blink in shard.contents.columns


def test_samples_must_ascend_and_carry_the_same_labels() -> None:
    writer = ShardWriter(header())
    with pytest.raises(ShardError, match="at least one sample"):
        writer.to_bytes()
    writer.add(make_record(5))
    with pytest.raises(ShardError, match="Id 5 doesn't ascend"):
        writer.add(make_record(5))
    with pytest.raises(ShardError, match="Not in every sample: exposure_ev"):
        writer.add(make_record(6, exposure_ev=1.0))
    assert len(writer) == 1


@pytest.mark.parametrize("arguments", [(-1, "a", 0, {}), (0, "../x", 0, {}), (0, "a", -1, {}), (0, "a", 2**63, {})])
def test_a_head_with_impossible_values_is_refused(arguments: tuple[int, str, int, dict[str, int]]) -> None:
    with pytest.raises(ShardError):
        ShardHeader(*arguments)
