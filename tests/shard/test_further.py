"""Normals, parts, alpha and landmarks in shards: written, read back, checked, and absent where nobody asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest

from synth.errors import ShardError
from synth.shard import layout
from synth.shard.check import check_shard
from synth.shard.commit import commit_bytes
from synth.shard.consistency import inconsistent_labels, inconsistent_pictures
from synth.shard.dataset import open_dataset
from synth.shard.encode import decode_grey, decode_normals, encode_grey, encode_normals
from synth.shard.header import ShardHeader
from synth.shard.info import describe_dataset
from synth.shard.manifest import Manifest, shard_entry, write_manifest
from synth.shard.read import Shard
from synth.shard.record import Record
from synth.shard.verify import verify_dataset
from synth.shard.write import ShardWriter, build_shard_bytes
from tests.tiny_dataset import TINY_ID, TINY_RECIPE, make_record

SAMPLES = 4


def landmarks(sample_id: int, **changes: np.ndarray) -> dict[str, np.ndarray]:
    """68 points about the head centre of `make_record`, as consistent as a render's."""
    record = make_record(sample_id, side_px=32)
    K, t_mm, crop = (np.asarray(record.labels[name]) for name in ("K", "t_mm", "crop_box_px"))
    mm = (t_mm + np.random.default_rng(sample_id).uniform(-15, 15, (68, 3))).astype(np.float32)
    projected = mm @ K.T
    px = (projected[:, :2] / projected[:, 2:] + crop[:2]).astype(np.float32)
    visible = ((px >= crop[:2]) & (px <= crop[2:])).all(1).astype(np.uint8)
    values = {"landmarks_mm": mm, "landmarks_px": px, "landmarks_visible": visible}
    return values | {"face_box_px": np.concatenate([px.min(0), px.max(0)])} | changes


def full_record(sample_id: int, **changes: np.ndarray) -> Record:
    """A record with every further picture and label."""
    record = make_record(sample_id, side_px=32)
    assert record.range_mm is not None
    hit = record.range_mm > 0
    normals = np.random.default_rng(sample_id).normal(size=(*hit.shape, 3)).astype(np.float32)
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    normals[~hit] = 0
    parts = np.where(hit, 1 + np.arange(hit.size).reshape(hit.shape) % 7, 0).astype(np.uint8)
    alpha = np.where(hit, 255, 17).astype(np.uint8)
    return replace(
        record, normals=normals, parts=parts, alpha=alpha, labels={**record.labels, **landmarks(sample_id, **changes)}
    )


def header() -> ShardHeader:
    return ShardHeader(0, TINY_ID, TINY_RECIPE["seed"], TINY_RECIPE | {"samples": SAMPLES})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = build_shard_bytes([full_record(n) for n in range(SAMPLES)], header())
    commit_bytes(tmp_path / "shard-00000.h5", data)
    recipe = TINY_RECIPE | {"samples": SAMPLES}
    entry = shard_entry(0, "shard-00000.h5", data, range(SAMPLES))
    write_manifest(tmp_path, Manifest(TINY_ID, recipe["name"], recipe["seed"], recipe, (entry,)))
    return tmp_path


def changed(folder: Path, change) -> Path:  # type: ignore[no-untyped-def]
    path = folder / "shard-00000.h5"
    with h5py.File(path, "r+") as file:
        change(file)
    return path


def test_what_is_written_is_read(folder: Path) -> None:
    item, record = open_dataset(folder)[2], full_record(2)
    assert np.array_equal(item.parts, record.parts)
    assert np.array_equal(item.alpha, record.alpha)
    assert np.array_equal(item.landmarks_px, record.labels["landmarks_px"])
    assert np.array_equal(item.landmarks_mm, record.labels["landmarks_mm"])
    assert np.array_equal(item.landmarks_visible, record.labels["landmarks_visible"] == 1)
    assert np.array_equal(item.face_box_px, record.labels["face_box_px"])
    assert item.normals is not None
    assert item.normals.dtype == np.float32
    assert np.array_equal(item.normals.any(-1), record.normals.any(-1))
    assert verify_dataset(folder, deep=True) == []


def test_they_can_be_left_undecoded(folder: Path) -> None:
    item = open_dataset(folder, further=False)[0]
    assert (item.normals, item.parts, item.alpha) == (None, None, None)
    assert item.landmarks_px is not None


def test_a_shard_without_them_is_what_it_was_in_schema_1_0(tmp_path: Path) -> None:
    path = tmp_path / "shard-00000.h5"
    path.write_bytes(build_shard_bytes([make_record(n, side_px=16) for n in range(2)], header()))
    with h5py.File(path) as file:
        assert set(file) == {"meta", "rgb", "depth", "labels"}
        assert file.attrs["schema_version"] == b"1.0"
    shard = Shard(path)
    assert (shard.normals(0), shard.parts(0), shard.alpha(0)) == (None, None, None)
    assert shard.encoded(0).further == {}


def test_a_shard_with_them_says_so_and_how_they_are_coded(folder: Path) -> None:
    with h5py.File(folder / "shard-00000.h5") as file:
        assert file.attrs["schema_version"] == b"1.1"
        assert file["parts"].attrs["names"] == b"background, skin, hair, eyes, mouth, glasses, clothes, lips, mask"
        assert file["normals"].attrs["order"] == b"x, y, z in red, green, blue"
        start, end = file["normals/offsets"][:2]
        stored = cv2.imdecode(file["normals/data"][start:end], cv2.IMREAD_UNCHANGED)[..., ::-1].astype(float)
        zero, levels = file["normals"].attrs["zero"], file["normals"].attrs["levels"]
    expected = full_record(0).normals
    hit = expected.any(-1)
    assert np.abs((stored[hit] - zero) / levels - expected[hit]).max() < 0.5 / levels + 1e-6
    assert not stored[~hit].any()


def test_normals_keep_their_direction_to_half_a_degree() -> None:
    normals = np.random.default_rng(0).normal(size=(200, 200, 3))
    normals /= np.linalg.norm(normals, axis=-1, keepdims=True)
    normals[0, :6] = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]]
    back = decode_normals(encode_normals(normals))
    angle = np.degrees(2 * np.arcsin(np.linalg.norm(back - normals, axis=-1) / 2))
    assert angle.max() < 0.5
    assert angle.mean() < 0.25
    assert np.allclose(back[0, :6], normals[0, :6])
    assert np.allclose(np.linalg.norm(back, axis=-1), 1, atol=1e-6)


@pytest.mark.parametrize("bad", [np.full((4, 4, 3), 0.5), np.full((4, 4, 3), np.nan), np.full((4, 4, 3), 9.0)])
def test_vectors_that_are_no_normals_are_not_stored(bad: np.ndarray) -> None:
    with pytest.raises(ShardError, match="length 1"):
        encode_normals(bad)


def test_pictures_of_another_kind_are_not_decoded() -> None:
    grey, normal = encode_grey(np.zeros((4, 4), np.uint8)), encode_normals(np.tile([0.0, 0, 1], (4, 4, 1)))
    deep = bytes(cv2.imencode(".png", np.zeros((4, 4), np.uint16))[1])
    for data, decode in ((grey, decode_normals), (normal, decode_grey), (deep, decode_grey), (b"x", decode_normals)):
        with pytest.raises(ShardError):
            decode(data)
    with pytest.raises(ShardError, match="no unit vector"):
        decode_normals(bytes(cv2.imencode(".png", np.full((4, 4, 3), 255, np.uint8))[1]))
    huge = bytearray(grey)
    huge[16:24] = (1 << 20).to_bytes(4, "big") * 2
    with pytest.raises(ShardError, match="at most"):
        decode_grey(bytes(huge))


@pytest.mark.parametrize(
    "changes",
    [
        {"normals": np.zeros((32, 32), np.float32)},
        {"normals": np.zeros((32, 32, 3), np.uint8)},
        {"normals": np.zeros((31, 32, 3), np.float32)},
        {"parts": np.zeros((32, 32), np.int32)},
        {"parts": np.full((32, 32), 9, np.uint8)},
        {"alpha": np.zeros((32, 32, 1), np.uint8)},
        {"alpha": np.zeros((32, 31), np.uint8)},
    ],
)
def test_a_record_of_wrong_shape_or_type_is_refused(changes: dict[str, np.ndarray]) -> None:
    with pytest.raises(ShardError):
        replace(make_record(0, side_px=32), **changes)


def test_a_sample_may_hold_nothing_but_alpha() -> None:
    record = replace(full_record(0), rgb=None, range_mm=None, normals=None, parts=None)
    assert build_shard_bytes([record], header())
    with pytest.raises(ShardError, match="neither a picture nor"):
        replace(record, alpha=None)


def test_copied_samples_are_the_same_bytes(folder: Path) -> None:
    shard, writer = Shard(folder / "shard-00000.h5"), ShardWriter(header())
    for position in range(SAMPLES):
        writer.add_encoded(shard.encoded(position))
    assert writer.to_bytes() == (folder / "shard-00000.h5").read_bytes()


def test_shards_from_before_there_were_masks_are_still_read(folder: Path) -> None:
    names = np.bytes_("background, skin, hair, eyes, mouth, glasses, clothes, lips")
    check_shard(changed(folder, lambda file: file["parts"].attrs.__setitem__("names", names)))


@pytest.mark.parametrize(
    "change",
    [
        lambda file: file["normals"].attrs.__setitem__("zero", 100),
        lambda file: file["parts"].attrs.__setitem__("names", np.bytes_("hair, skin")),
        lambda file: file["alpha"].attrs.__delitem__("codec"),
        lambda file: file["parts"].__delitem__("crc32"),
        lambda file: file["alpha/offsets"].__setitem__(2, -5),
        lambda file: file["normals/offsets"].__setitem__(SAMPLES, 1 << 40),
        lambda file: file["parts"].create_dataset("more", data=np.zeros(3)),
        lambda file: file.create_group("flow"),
        lambda file: file.__setitem__("alpha/link", h5py.ExternalLink("/etc/passwd", "/x")),
    ],
)
def test_a_foreign_shard_with_strange_groups_is_refused(folder: Path, change) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ShardError):
        check_shard(changed(folder, change))


def test_a_flipped_byte_of_a_map_is_noticed(folder: Path) -> None:
    def flip(file: h5py.File) -> None:
        file["parts/data"][20] ^= 1

    shard = Shard(changed(folder, flip))
    with pytest.raises(ShardError, match="checksum"):
        shard.parts(0)
    assert shard.alpha(0) is not None


def test_maps_that_disagree_on_what_is_hit_are_a_fault() -> None:
    record = full_record(0)
    pictures = {"range_mm": record.range_mm, "normals": record.normals, "parts": record.parts, "alpha": record.alpha}
    assert list(inconsistent_pictures(pictures)) == []
    pictures["parts"] = np.zeros_like(record.parts)
    assert list(inconsistent_pictures(pictures)) == ["parts and range_mm differ in where something is hit"]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"landmarks_px": landmarks(0)["landmarks_px"] + 1}, "projected by K"),
        ({"landmarks_mm": landmarks(0)["landmarks_mm"] * -1}, "behind the camera"),
        ({"landmarks_mm": np.full((68, 3), np.nan, np.float32)}, "known in part"),
        ({"landmarks_visible": np.full(68, 2, np.uint8)}, "not 0 or 1"),
        ({"face_box_px": np.array([0, 0, 1, 1], np.float32)}, "face_box_px"),
        ({"face_box_px": np.full(4, np.nan, np.float32)}, "face_box_px"),
    ],
)
def test_landmarks_that_contradict_themselves_are_a_fault(changes: dict[str, np.ndarray], what: str) -> None:
    record = full_record(0)
    labels = {name: np.asarray(value)[None] for name, value in record.labels.items()}
    assert list(inconsistent_labels(labels)) == []
    faults = [text for _, text in inconsistent_labels(labels | {n: v[None] for n, v in changes.items()})]
    assert len(faults) == 1
    assert what in faults[0]


def test_a_landmark_called_visible_must_lie_in_the_stored_picture() -> None:
    labels = {name: np.asarray(value)[None] for name, value in full_record(0).labels.items()}
    crop = labels["crop_box_px"].copy()
    shift = np.array([[40, 0, 40, 0]])  # the picture moves aside, and K with it
    K = labels["K"].copy()
    K[:, 0, 2] -= 40
    moved = labels | {"crop_box_px": crop + shift, "K": K, "landmarks_visible": np.ones((1, 68), np.uint8)}
    assert [text for _, text in inconsistent_labels(moved)] == ["a landmark outside crop_box_px is called visible"]


def test_unknown_landmarks_are_nan_and_no_fault(tmp_path: Path) -> None:
    nowhere = {"landmarks_px": None, "landmarks_mm": None, "face_box_px": None}
    labels = full_record(0).labels | nowhere | {"landmarks_visible": np.zeros(68, np.uint8)}
    path = tmp_path / "shard-00000.h5"
    path.write_bytes(build_shard_bytes([replace(full_record(0), labels=labels)], header()))
    columns = Shard(path).labels
    assert np.isnan(columns["landmarks_px"]).all()
    assert np.isnan(columns["face_box_px"]).all()
    assert list(inconsistent_labels(columns)) == []


def test_info_counts_them(folder: Path) -> None:
    info = describe_dataset(folder)
    assert set(info.further) == set(layout.FURTHER)
    assert {kind.samples for kind in info.further.values()} == {SAMPLES}
    assert info.further["parts"].codec == "png8"
