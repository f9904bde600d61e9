"""Millions of samples: memory grows with the shards and with what is asked for, not with the samples."""

from __future__ import annotations

import copy
import hashlib
import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth.errors import DatasetError
from synth.shard import dataset as dataset_module
from synth.shard.dataset import open_dataset
from synth.shard.header import canonical_json
from synth.shard.id_runs import IdRuns
from synth.shard.info import describe_dataset
from synth.shard.manifest import (
    MANIFEST_NAME,
    Manifest,
    ShardEntry,
    content_sha256,
    manifest_bytes,
    manifest_to_json,
    runs_of_ids,
)
from synth.shard.read_manifest import operations_of, parse_manifest, read_manifest
from synth.share.provenance import new_step, origin_of, read_steps, write_manifest_with_steps
from tests.tiny_dataset import make_tiny_dataset

MB = 1e6
SHARD_SAMPLES = 10_000


def peak_mb(work: Callable[[], object]) -> float:
    """The most memory that was held at once for the work, MB."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / MB
    finally:
        tracemalloc.stop()


def scattered(samples: int, recipe: dict[str, Any] | None = None) -> Manifest:
    """A dataset with four of five ids, as a split by person leaves it: a gap behind every fourth sample."""
    ids = np.flatnonzero(np.arange(samples) % 5 != 4)
    entries = []
    for index, first in enumerate(range(0, len(ids), SHARD_SAMPLES)):
        held = ids[first : first + SHARD_SAMPLES]
        name = f"shard-{index:05d}.h5"
        entries.append(ShardEntry(index, name, 10**7, len(held), f"{index:064x}", runs_of_ids(held)))
    return Manifest(dataset_id="many-1", name="many", seed=1, recipe=recipe or {"name": "many"}, shards=tuple(entries))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1,200 samples in 12 shards, with landmarks."""
    path = tmp_path_factory.mktemp("landmarks")
    points: dict[str, Any] = {
        "landmarks_px": np.ones((68, 2)),
        "landmarks_mm": np.ones((68, 3)),
        "landmarks_visible": np.ones(68),
    }
    make_tiny_dataset(path, samples=1200, shard_samples=100, side_px=8, depth=False, **points)
    return path


def test_a_manifest_with_forty_thousand_gaps_is_written_and_read_in_few_bytes_a_gap() -> None:
    manifest = scattered(200_000)
    gaps = sum(len(entry.runs) for entry in manifest.shards)
    assert gaps == 40_000
    data = manifest_bytes(manifest)
    assert len(data) < 20 * gaps
    # Lists of pairs, and the canonical JSON of all of them at once, took 300 bytes a gap and more.
    assert peak_mb(lambda: manifest_bytes(manifest)) < 80 * gaps / MB
    assert peak_mb(lambda: parse_manifest(data)) < 120 * gaps / MB
    assert parse_manifest(data) == manifest


def test_what_it_was_made_of_is_read_in_few_bytes_a_gap_too(tmp_path: Path) -> None:
    manifest = scattered(200_000)
    gaps = sum(len(entry.runs) for entry in manifest.shards)
    step = new_step("subset", {"where": "yaw > 0"}, (origin_of(scattered(100)),), "many")
    write_manifest_with_steps(tmp_path, manifest, (step,))
    assert operations_of(tmp_path) == (("subset", {"where": "yaw > 0"}),)
    assert read_steps(tmp_path) == (step,)
    # With the runs as lists it was 167 bytes a gap, the file among them; 512 MiB were set aside for any file.
    assert peak_mb(lambda: read_manifest(tmp_path)) < 120 * gaps / MB
    assert peak_mb(lambda: operations_of(tmp_path)) < 120 * gaps / MB
    assert peak_mb(lambda: read_steps(tmp_path)) < 120 * gaps / MB


def test_a_manifest_of_whole_shards_takes_memory_for_the_shards_alone() -> None:
    def whole(samples: int) -> bytes:
        entries = [
            ShardEntry(n, f"shard-{n:05d}.h5", 10**7, size, f"{n:064x}", ((n * size, (n + 1) * size - 1),))
            for size in (samples // 100,)
            for n in range(100)
        ]
        recipe = {"name": "many"}
        return manifest_bytes(Manifest(dataset_id="m-1", name="m", seed=1, recipe=recipe, shards=tuple(entries)))

    few, many = whole(10**4), whole(10**7)
    parse_manifest(few)
    assert peak_mb(lambda: parse_manifest(many)) < 1.2 * peak_mb(lambda: parse_manifest(few)) + 0.05


def test_the_checksum_is_that_of_the_canonical_json_as_it_always_was() -> None:
    for manifest in (scattered(2000), scattered(2000, {"name": "many", "ids": [[1, 2]], "x": {"ids": []}})):
        content = manifest_to_json(manifest)
        rest = {key: value for key, value in content.items() if key != "manifest_sha256"}
        assert content["manifest_sha256"] == hashlib.sha256(canonical_json(rest)).hexdigest() == content_sha256(content)
        assert json.loads(manifest_bytes(manifest)) == content
    assert content_sha256({}) == hashlib.sha256(b"{}").hexdigest()
    assert content_sha256({"shards": []}) == hashlib.sha256(b'{"shards":[]}').hexdigest()


def test_a_manifest_of_an_earlier_version_with_a_line_an_id_is_read_alike() -> None:
    manifest = scattered(2000)
    earlier = json.dumps(manifest_to_json(manifest), indent=1, ensure_ascii=False).encode()
    assert parse_manifest(earlier) == manifest == parse_manifest(manifest_bytes(manifest))


def test_what_only_looks_like_a_shard_stays_plain_data() -> None:
    looks = {"index": 0, "name": "n", "bytes": 1, "samples": 2, "sha256": "", "ids": [[1, 2]]}
    recipe = {"name": "many", "scene": {"list": [looks]}}
    found = parse_manifest(manifest_bytes(scattered(100, recipe)))
    assert found.recipe == recipe
    assert type(found.recipe["scene"]["list"][0]["ids"]) is list


@pytest.mark.parametrize("ids", [[[0, 2**70]], [[2**70, 2**70]], [[0]], [0], {}, [[0, True]], [[0, 1.0]], "ids", []])
def test_ids_that_are_none_are_refused(ids: Any) -> None:
    content = manifest_to_json(scattered(100))
    content["shards"][0]["ids"] = ids
    data = json.dumps(content | {"manifest_sha256": content_sha256(content)}).encode()
    with pytest.raises(DatasetError, match=r"is not \[first, last\]|not a list|don't match ids"):
        parse_manifest(data)


def test_runs_of_ids_are_a_sequence_of_pairs() -> None:
    runs = runs_of_ids([3, 4, 5, 9])
    assert (len(runs), runs[-1], list(runs), runs[:1]) == (2, (9, 9), [(3, 5), (9, 9)], ((3, 5),))
    assert (runs.samples, runs.ids.tolist(), repr(runs)) == (4, [3, 4, 5, 9], "((3, 5), (9, 9))")
    assert runs == ((3, 5), (9, 9)) == IdRuns(runs)
    assert runs != ((3, 5),)
    assert hash(runs) == hash(copy.deepcopy(runs))
    with pytest.raises(ValueError, match="read-only"):
        runs.pairs[0] = 0


def test_describing_a_dataset_takes_no_more_memory_for_six_times_the_samples(tmp_path: Path, folder: Path) -> None:
    points: dict[str, Any] = {
        "landmarks_px": np.ones((68, 2)),
        "landmarks_mm": np.ones((68, 3)),
        "landmarks_visible": np.ones(68),
    }
    make_tiny_dataset(tmp_path, samples=200, shard_samples=100, side_px=8, depth=False, **points)
    describe_dataset(tmp_path)
    few, many = peak_mb(lambda: describe_dataset(tmp_path)), peak_mb(lambda: describe_dataset(folder))
    more_shards, kept_of_a_shard_mb = 10, 0.006  # with the labels that it asks for kept, 0.0115
    assert many < few + more_shards * kept_of_a_shard_mb
    assert describe_dataset(folder).samples == 1200


def test_a_column_of_all_samples_is_read_without_the_others(folder: Path) -> None:
    dataset = open_dataset(folder)
    heads_mb = peak_mb(lambda: dataset.shards)
    with_labels_mb = 1200 * 68 * 5 * 4 / MB
    assert peak_mb(lambda: dataset.labels["subject"]) + heads_mb < with_labels_mb / 2
    assert "mood" not in dataset.labels
    assert dataset.labels.get("mood") is None


def test_samples_are_the_same_whether_labels_are_kept_in_memory_or_not(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = open_dataset(folder)
    monkeypatch.setattr(dataset_module, "KEPT_LABEL_BYTES", 0)
    lean = open_dataset(folder)
    for index in (0, 99, 100, 1199):
        one, other = kept[index], lean[index]
        assert one.labels.keys() == other.labels.keys()
        for name, value in one.labels.items():
            assert type(value) is type(other.labels[name])
            assert np.array_equal(value, other.labels[name])
        assert np.array_equal(one.rgb, other.rgb)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="read-only"):
        lean[0].landmarks_px[0] = 0.0  # type: ignore[index]


def test_a_process_that_reads_from_everywhere_keeps_no_more_labels_than_it_may(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held_mb(most: int) -> float:
        monkeypatch.setattr(dataset_module, "KEPT_LABEL_BYTES", most)
        dataset = open_dataset(folder)
        tracemalloc.start()
        for index in range(0, 1200, 100):
            dataset[index]
        held = tracemalloc.get_traced_memory()[0] / MB
        tracemalloc.stop()
        return held

    all_labels_mb = held_mb(1 << 30)
    assert all_labels_mb > 1200 * 68 * 5 * 4 / MB
    assert held_mb(0) < 0.35 * all_labels_mb


def test_a_damaged_file_is_noticed_when_one_sample_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset_module, "KEPT_LABEL_BYTES", 0)
    assert (folder / MANIFEST_NAME).stat().st_size < 10_000
    dataset = open_dataset(folder)
    dataset[250]
    path = folder / "shard-00002.h5"
    whole = path.read_bytes()
    try:
        path.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(Exception, match="truncated"):
            dataset[251]
    finally:
        path.write_bytes(whole)
    assert read_manifest(folder).samples == 1200
