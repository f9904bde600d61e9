"""Hostile shards are refused from their metadata, quickly, in little memory, with a reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synth.errors import ShardError
from synth.shard.check import check_shard
from synth.shard.read import Shard
from tests.shard.hostile import (
    HOSTILE,
    SAMPLES,
    Change,
    attribute,
    external_link,
    external_storage,
    replaced,
    virtual,
    write_shard,
)

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_shard_is_refused_with_its_reason_within_a_second(name: str, tmp_path: Path) -> None:
    change, message = HOSTILE[name]
    path = write_shard(tmp_path / "shard-00000.h5", change)
    start = time.process_time()
    with pytest.raises(ShardError, match=message) as caught:
        check_shard(path)
    assert time.process_time() - start < 1.0
    assert caught.value.where.startswith(str(path))
    assert "\n" not in str(caught.value)


def test_refusing_all_of_them_takes_less_than_200_megabytes(tmp_path: Path) -> None:
    for n, (change, _) in enumerate(HOSTILE.values()):
        write_shard(tmp_path / f"{n}.h5", change)
    script = (
        "import json, resource, sys; from pathlib import Path\n"
        "from synth.errors import ShardError; from synth.shard.read import Shard\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024\n"
        "before, refused = peak(), 0\n"
        "for path in Path(sys.argv[1]).glob('*.h5'):\n"
        "    try: Shard(path).labels\n"
        "    except ShardError: refused += 1\n"
        "print(json.dumps([refused, peak() - before]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    refused, megabytes = json.loads(done.stdout)
    assert refused == len(HOSTILE)
    assert megabytes < 200


@pytest.mark.parametrize("point_to", [external_storage, virtual, external_link])
def test_a_file_that_a_shard_points_to_is_never_opened(point_to: Callable[[str], Change], tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)  # whoever opens it waits forever
    path = write_shard(tmp_path / "shard-00000.h5", point_to(str(pipe)))
    command = f"from synth.shard.check import check_shard; check_shard({str(path)!r})"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert "ShardError" in done.stderr


def test_a_good_shard_passes_and_says_what_it_is(tmp_path: Path) -> None:
    contents = check_shard(write_shard(tmp_path / "shard-00000.h5"))
    assert (contents.samples, contents.shard_index, contents.dataset_id) == (SAMPLES, 0, "tiny-1")


def test_a_shard_of_a_later_minor_version_with_a_further_column_passes(tmp_path: Path) -> None:
    def later(file: h5py.File) -> None:
        attribute("/", "schema_version", np.bytes_("1.9"))(file)
        file["labels"].create_dataset("mood", data=np.arange(SAMPLES, dtype="<f4"))
        file["labels/mood"].attrs["unit"] = np.bytes_("1")

    shard = Shard(write_shard(tmp_path / "shard-00000.h5", later))
    assert shard.labels["mood"].tolist() == [0, 1, 2, 3]
    assert shard.contents.columns[-1].unit == "1"


def test_a_wider_text_column_is_read_all_the_same(tmp_path: Path) -> None:
    names = np.array([b"x" * 100] * SAMPLES)
    shard = Shard(write_shard(tmp_path / "shard-00000.h5", replaced("labels/subject", data=names)))
    assert shard.labels["subject"][0] == b"x" * 100


@pytest.mark.parametrize(
    ("cut", "message"),
    [(0, "not an HDF5"), (50, "truncated"), (2000, "truncated: 2,000 of"), (-1, "truncated")],
)
def test_a_truncated_shard_is_refused(cut: int, message: str, tmp_path: Path) -> None:
    path = write_shard(tmp_path / "shard-00000.h5")
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(ShardError, match=message):
        check_shard(path)


def test_bytes_behind_the_end_are_refused(tmp_path: Path) -> None:
    path = write_shard(tmp_path / "shard-00000.h5")
    path.write_bytes(path.read_bytes() + b"#!/bin/sh")
    with pytest.raises(ShardError, match="9 bytes after its end"):
        check_shard(path)


@pytest.mark.parametrize("options", [{"libver": "latest"}, {"userblock_size": 512}])
def test_another_kind_of_hdf5_file_is_refused(options: dict[str, object], tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.h5", "w", **options):
        pass
    with pytest.raises(ShardError, match=r"not an HDF5 file|isn't written for HDF5 1.8"):
        check_shard(tmp_path / "x.h5")


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ShardError, match="no such file"):
        check_shard(tmp_path / "none.h5")
    with pytest.raises(ShardError, match="not a file"):
        check_shard(tmp_path)


def test_a_recipe_that_was_exchanged_is_noticed(tmp_path: Path) -> None:
    shard = Shard(write_shard(tmp_path / "s.h5", replaced("meta/recipe_json", data=np.frombuffer(b"{}", "u1"))))
    with pytest.raises(ShardError, match="doesn't match recipe_sha256"):
        _ = shard.recipe


def test_a_damaged_picture_is_noticed_when_it_is_read_and_the_others_are_not(tmp_path: Path) -> None:
    def flip(file: h5py.File) -> None:
        place = int(file["rgb/offsets"][2]) + 300
        file["rgb/data"][place] ^= 4

    shard = Shard(write_shard(tmp_path / "shard-00000.h5", flip))
    assert shard.rgb(1) is not None
    with pytest.raises(ShardError, match="sample 2, picture: The stored bytes don't match"):
        shard.rgb(2)


@pytest.mark.parametrize("ids", [[0, 1, 1, 2], [3, 2, 1, 0], [-1, 0, 1, 2]])
def test_ids_that_repeat_or_fall_are_refused(ids: list[int], tmp_path: Path) -> None:
    shard = Shard(write_shard(tmp_path / "s.h5", replaced("labels/id", data=np.array(ids))))
    with pytest.raises(ShardError, match="repeat"):
        _ = shard.labels


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_shard(tmp_path_factory.mktemp("good") / "shard-00000.h5")


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(damage=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=4))
def test_bytes_changed_anywhere_give_a_refusal_or_a_sample_and_nothing_else(
    good: Path, damage: list[tuple[float, int]]
) -> None:
    data = bytearray(good.read_bytes())
    for place, value in damage:
        data[int(place * len(data))] = value
    path = good.with_name("damaged.h5")
    path.write_bytes(data)
    shard = Shard(path)
    with suppress(ShardError):
        _ = shard.labels, shard.recipe
        for position in range(len(shard)):
            with suppress(ShardError):
                _ = shard.rgb(position), shard.range_mm(position)
