"""Verification: every fault is found, named with its kind, and nothing makes it crash."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synth.errors import SynthError
from synth.geometry.pose import rotation_from_euler
from synth.shard.dataset import open_dataset
from synth.shard.encode import checksum
from synth.shard.header import ShardHeader
from synth.shard.manifest import MANIFEST_NAME, Manifest, ShardEntry, shard_entry, write_manifest
from synth.shard.read_manifest import read_manifest
from synth.shard.verify import verify_dataset
from synth.shard.write import build_shard_bytes
from tests.tiny_dataset import TINY_ID, make_record, make_tiny_dataset

FIRST, SECOND, THIRD = (f"shard-{n:05d}.h5" for n in range(3))


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("original")
    make_tiny_dataset(path, samples=6, shard_samples=2, side_px=16)
    return path


@pytest.fixture
def folder(original: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(original, tmp_path / "dataset"))


def kinds(folder: Path, deep: bool = False) -> list[str]:
    return [fault.kind for fault in verify_dataset(folder, deep)]


def relist(folder: Path, **changes: Any) -> Manifest:
    """Write the manifest anew with other shards' checksums as they are on the disk, and `changes`."""
    manifest = read_manifest(folder)
    entries = tuple(shard_entry(e.index, e.name, (folder / e.name).read_bytes(), e.ids) for e in manifest.shards)
    values = {
        "dataset_id": manifest.dataset_id,
        "name": "tiny",
        "seed": 7,
        "recipe": manifest.recipe,
        "shards": entries,
    }
    again = Manifest(**(values | changes))
    write_manifest(folder, again)
    return again


def test_a_whole_dataset_has_no_faults(folder: Path) -> None:
    assert verify_dataset(folder) == []
    assert verify_dataset(str(folder), deep=True) == []


def test_files_that_are_no_shards_do_not_matter(folder: Path) -> None:
    (folder / "contact_sheet.png").write_bytes(b"x")
    (folder / "log.jsonl").touch()
    assert verify_dataset(folder) == []


def missing(folder: Path) -> None:
    (folder / SECOND).unlink()


def extra(folder: Path) -> None:
    (folder / "shard-00007.h5").write_bytes(b"x")


def extra_with_a_bad_name(folder: Path) -> None:
    (folder / "shard-1.h5").write_bytes(b"x")


def renamed(folder: Path) -> None:
    (folder / SECOND).rename(folder / "shard-00009.h5")


def swapped(folder: Path) -> None:
    (folder / FIRST).rename(folder / "x")
    (folder / SECOND).rename(folder / FIRST)
    (folder / "x").rename(folder / SECOND)


def copied(folder: Path) -> None:
    shutil.copy(folder / FIRST, folder / SECOND)


def truncated(folder: Path) -> None:
    (folder / SECOND).write_bytes((folder / SECOND).read_bytes()[:-1])


def emptied(folder: Path) -> None:
    (folder / SECOND).write_bytes(b"")


def longer(folder: Path) -> None:
    (folder / SECOND).write_bytes((folder / SECOND).read_bytes() + b"\0")


def changed(folder: Path) -> None:
    data = bytearray((folder / SECOND).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / SECOND).write_bytes(data)


def a_folder_in_its_place(folder: Path) -> None:
    (folder / SECOND).unlink()
    (folder / SECOND).mkdir()


def without_manifest(folder: Path) -> None:
    (folder / MANIFEST_NAME).unlink()


@pytest.mark.parametrize(
    ("damage", "expected", "message"),
    [
        (missing, ["missing"], "The shard is missing"),
        (extra, ["extra"], "doesn't list this shard"),
        (extra_with_a_bad_name, ["extra"], "doesn't list this shard"),
        (renamed, ["renamed"], "named shard-00009.h5"),
        (swapped, ["swapped", "swapped"], f"holds what {SECOND} should hold"),
        (copied, ["swapped"], f"holds what {FIRST} should hold"),
        (truncated, ["truncated"], "of .* bytes"),
        (emptied, ["truncated"], "0 of"),
        (longer, ["too long"], "instead of"),
        (changed, ["changed"], "SHA-256"),
        (a_folder_in_its_place, ["unreadable"], "not a file"),
        (without_manifest, ["manifest"], "unfinished"),
    ],
)
def test_each_damage_is_one_fault_of_its_own_kind(
    damage: Callable[[Path], None], expected: list[str], message: str, folder: Path
) -> None:
    damage(folder)
    faults = verify_dataset(folder, deep=True)
    assert [fault.kind for fault in faults] == expected
    assert any(re.search(message, fault.what) for fault in faults)
    assert all(fault.where.startswith(str(folder)) for fault in faults)
    assert all("\n" not in str(fault) for fault in faults)


def test_all_damages_are_reported_at_once(folder: Path) -> None:
    changed(folder)
    (folder / FIRST).unlink()
    extra(folder)
    assert sorted(kinds(folder)) == ["changed", "extra", "missing"]


def test_a_shard_of_another_run_is_told_by_its_head(folder: Path) -> None:
    other = ShardHeader(1, "other-1", 8, {"name": "other", "seed": 8})
    (folder / SECOND).write_bytes(build_shard_bytes([make_record(n) for n in (2, 3)], other))
    relist(folder)
    faults = verify_dataset(folder)
    assert [fault.kind for fault in faults] == ["identity"] * 3
    assert [word for fault in faults for word in fault.what.split()[:1]] == ["dataset_id", "seed", "recipe_sha256"]


def test_ids_that_the_manifest_does_not_list_are_named(folder: Path) -> None:
    recipe = read_manifest(folder).recipe
    (folder / SECOND).write_bytes(
        build_shard_bytes([make_record(n) for n in (2, 77)], ShardHeader(1, TINY_ID, 7, recipe))
    )
    relist(folder)
    faults = verify_dataset(folder)
    assert [fault.kind for fault in faults] == ["ids"]
    assert "(3, 77)" in faults[0].what


def test_a_shard_with_fewer_samples_than_listed_is_a_fault(folder: Path) -> None:
    recipe = read_manifest(folder).recipe
    (folder / SECOND).write_bytes(build_shard_bytes([make_record(2)], ShardHeader(1, TINY_ID, 7, recipe)))
    relist(folder)
    assert "1 samples for 2" in verify_dataset(folder)[0].what


def test_a_hostile_shard_with_the_right_checksum_is_a_fault_and_no_crash(folder: Path) -> None:
    with h5py.File(folder / SECOND, "r+") as file:
        del file["labels/t_mm"]
        file["labels/t_mm"] = h5py.ExternalLink("/etc/passwd", "/x")
    relist(folder)
    assert kinds(folder, deep=True) == ["structure"]


def spoil(folder: Path, name: str, position: int, value: Any) -> None:
    with h5py.File(folder / SECOND, "r+") as file:
        file[f"labels/{name}"][position] = value
    relist(folder)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("R_camera_from_head", np.diag([1.0, 1.0, 1.001]), "is not a rotation"),
        ("R_camera_from_head", np.diag([1.0, 1.0, -1.0]), "is not a rotation"),
        ("R_camera_from_head", np.full((3, 3), np.nan), "not finite"),
        ("euler_deg", [10.0, 20.0, 30.0], "convention 300wlp"),
        ("t_mm", [0.0, 0.0, 5.0], "length of t_mm"),
        ("distance_mm", np.inf, "not finite"),
        ("K", np.zeros((3, 3)), "not an intrinsic matrix"),
        ("K", [[525, 0, 200], [0, 525, 200], [0, 0, 1]], "outside head_box_px"),
        ("crop_box_px", [0, 0, -5, 10], "empty or inverted"),
        ("crop_box_px", [292, 212, 308, 229], "16x16 pixels, crop_box_px 16x17"),
        ("head_box_px", [310, 230, 290, 240], "head_box_px is empty"),
        ("noise_sigma", -1.0, "noise_sigma is not from 0 to 128"),
        ("noise_sigma", 1e9, "noise_sigma is not from 0 to 128"),
        ("noise_seed", -1, "noise_seed is negative"),
    ],
)
def test_labels_that_contradict_each_other_are_found_by_the_deep_check(
    name: str, value: Any, message: str, folder: Path
) -> None:
    spoil(folder, name, 1, value)
    assert verify_dataset(folder) == []
    faults = verify_dataset(folder, deep=True)
    assert [fault.kind for fault in faults] == ["labels"]
    assert "sample 3" in faults[0].where
    assert message in faults[0].what


def test_poses_at_gimbal_lock_and_upside_down_are_no_faults(tmp_path: Path) -> None:
    angles = [(0.0, 90.0, 0.0), (30.0, -90.0, 12.0), (90.0, 0.0, 0.0), (10.0, 20.0, 180.0)]
    manifest = make_tiny_dataset(tmp_path, samples=1)
    for euler_deg in angles:
        record = make_record(0, euler_deg=euler_deg, R_camera_from_head=rotation_from_euler(euler_deg))
        header = ShardHeader(0, TINY_ID, 7, manifest.recipe)
        (tmp_path / FIRST).write_bytes(build_shard_bytes([record], header))
        relist(tmp_path)
        assert verify_dataset(tmp_path, deep=True) == []


def test_a_picture_that_does_not_decode_is_found_by_the_deep_check(folder: Path) -> None:
    with h5py.File(folder / SECOND, "r+") as file:
        first, end = file["depth/offsets"][:2]
        data = file["depth/data"][first:end]
        data[len(data) // 2 :] = 0
        file["depth/data"][first:end] = data
        file["depth/crc32"][0] = checksum(data.tobytes())
    relist(folder)
    faults = verify_dataset(folder, deep=True)
    assert [fault.kind for fault in faults] == ["sample"]
    assert "sample 2, range map" in faults[0].where


def test_a_checksum_that_does_not_match_is_found_by_the_deep_check(folder: Path) -> None:
    with h5py.File(folder / SECOND, "r+") as file:
        file["rgb/crc32"][1] ^= 1
    relist(folder)
    faults = verify_dataset(folder, deep=True)
    assert [fault.kind for fault in faults] == ["sample"]
    assert "sample 3, picture" in faults[0].where


def damaged_once(folder: Path, name: str, place: float, bit: int | None) -> None:
    """Flip one bit, or cut the file off (`bit` None), at a share `place` of its length."""
    data = bytearray((folder / name).read_bytes())
    position = min(int(place * len(data)), len(data) - 1)
    if bit is None:
        del data[position:]
    else:
        data[position] ^= 1 << bit
    (folder / name).write_bytes(data)


def assert_caught(original: Path, name: str, place: float, bit: int | None) -> None:
    data = (original / name).read_bytes()
    try:
        damaged_once(original, name, place, bit)
        assert verify_dataset(original)
        with suppress(SynthError):  # a byte that no sample needs may be read past; nothing else may be raised
            _ = [item.labels for item in open_dataset(original)]
    finally:
        (original / name).write_bytes(data)


NAMES = st.sampled_from([FIRST, SECOND, THIRD, MANIFEST_NAME])
PLACES = st.floats(0, 1, exclude_max=True)
SHARED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=100, deadline=None, derandomize=True, suppress_health_check=SHARED)
@given(name=NAMES, place=PLACES, bit=st.one_of(st.integers(0, 7), st.none()))
def test_any_flipped_bit_and_any_truncation_is_caught(
    original: Path, name: str, place: float, bit: int | None, record_property: Callable[[str, object], None]
) -> None:
    assert_caught(original, name, place, bit)
    record_property("injected", 1)


@pytest.mark.slow
@settings(max_examples=1000, deadline=None, suppress_health_check=SHARED)
@given(name=NAMES, place=PLACES, bit=st.integers(0, 7))
def test_a_thousand_flipped_bits_are_caught(
    original: Path, name: str, place: float, bit: int, record_property: Callable[[str, object], None]
) -> None:
    assert_caught(original, name, place, bit)
    record_property("injected", 1)


def test_a_truncation_at_each_hundredth_is_caught(
    original: Path, record_property: Callable[[str, object], None]
) -> None:
    for name in (SECOND, MANIFEST_NAME):
        for share in range(100):
            assert_caught(original, name, share / 100, None)
            record_property("injected", 1)


def test_nothing_that_a_manifest_can_list_makes_it_crash(folder: Path) -> None:
    entry = read_manifest(folder).shards[0]
    relist(folder, shards=(ShardEntry(0, FIRST, 1, 131_072, entry.sha256, ((0, 131_071),)),))
    assert kinds(folder) == ["too long", "extra", "extra"]
