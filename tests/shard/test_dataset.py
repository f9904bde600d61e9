"""A dataset is a sequence of samples with documented shapes, units and noise."""

from __future__ import annotations

import multiprocessing
import os
import pickle
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from synth.effects.sensor_noise import add_sensor_noise
from synth.errors import DatasetError, ShardError
from synth.geometry.depth import range_to_planar
from synth.shard.dataset import Dataset, Item, open_dataset
from synth.shard.encode import decode_rgb, encode_rgb
from synth.shard.manifest import MANIFEST_NAME, ShardEntry, write_manifest
from synth.shard.read import Shard
from synth.shard.verify import verify_dataset
from tests.tiny_dataset import make_record, make_tiny_dataset


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tiny")
    make_tiny_dataset(path, samples=10, shard_samples=4)
    return path


def test_a_sample_is_what_was_rendered(folder: Path) -> None:
    item, record = open_dataset(folder, noise=False)[6], make_record(6)
    assert item.rgb is not None
    assert item.range_mm is not None
    assert item.rgb.dtype == np.uint8
    assert item.range_mm.dtype == np.float32
    assert item.rgb.shape == (48, 48, 3)
    assert np.abs(item.rgb.astype(int) - record.rgb).mean() < 2  # type: ignore[operator]
    assert np.abs(item.range_mm - record.range_mm).max() < 0.0505  # type: ignore[operator]
    assert (item.id, item.subject, item.condition, item.index) == (6, "m0001", "base", 6)
    for name in ("R_camera_from_head", "euler_deg", "t_mm", "K"):
        assert np.array_equal(getattr(item, name), record.labels[name])
    assert item.distance_mm == pytest.approx(np.linalg.norm(item.t_mm))
    assert item.crop_box_px.tolist() == record.labels["crop_box_px"].tolist()
    assert item.head_box_px.tolist() == record.labels["head_box_px"].tolist()


@pytest.mark.parametrize("how", [{}, {"locking": True}, {"locking": False}, {"locking": "best-effort"}])
def test_a_shard_can_be_read_while_the_same_process_has_it_open_with_h5py(folder: Path, how: dict[str, Any]) -> None:
    with h5py.File(folder / "shard-00001.h5", "r", **how) as file:
        dataset = open_dataset(folder)
        assert dataset[5].id == file["labels/id"][1] == 5
        assert verify_dataset(folder) == []
        assert dataset[4].subject == file["labels/subject"][0].decode()


def test_the_noise_is_exactly_that_of_the_labels(folder: Path) -> None:
    clean, noisy = open_dataset(folder, noise=False)[7], open_dataset(folder)[7]
    assert clean.rgb is not None
    assert noisy.rgb is not None
    assert np.array_equal(noisy.rgb, add_sensor_noise(clean.rgb, 2.0, 7, 7))
    assert not np.array_equal(noisy.rgb, clean.rgb)


def test_noise_that_is_baked_in_is_stored_and_not_added_again(tmp_path: Path) -> None:
    make_tiny_dataset(tmp_path, samples=2, noise_baked=True, noise_sigma=8.0)
    item, record = open_dataset(tmp_path)[1], make_record(1)
    assert item.rgb is not None
    assert record.rgb is not None
    assert np.array_equal(item.rgb, decode_rgb(encode_rgb(add_sensor_noise(record.rgb, 8.0, 7, 1))))
    assert item.labels["noise_sigma"] == 8.0
    assert np.array_equal(item.rgb, open_dataset(tmp_path, noise=False)[1].rgb)  # type: ignore[arg-type]


def test_noise_that_cannot_be_is_the_shards_fault_and_named_with_its_sample(tmp_path: Path) -> None:
    make_tiny_dataset(tmp_path, samples=2, noise_sigma=1000.0)
    with pytest.raises(ShardError, match=r"shard-00000.h5: sample 1, sigma_levels: 1000.0 is not"):
        open_dataset(tmp_path)[1]
    assert open_dataset(tmp_path, noise=False)[1].rgb is not None


def test_planar_depth_is_range_along_the_optical_axis(folder: Path) -> None:
    item = open_dataset(folder)[0]
    assert item.range_mm is not None
    assert item.planar_mm is not None
    assert np.array_equal(item.planar_mm, range_to_planar(item.range_mm, item.K))
    hit = item.range_mm > 0
    assert (item.planar_mm[hit] < item.range_mm[hit]).all()
    assert (item.planar_mm[~hit] == 0).all()


def test_what_the_recipe_left_out_is_none(tmp_path: Path) -> None:
    make_tiny_dataset(tmp_path / "rgb", samples=1, depth=False)
    make_tiny_dataset(tmp_path / "depth", samples=1, rgb=False)
    rgb, depth = open_dataset(tmp_path / "rgb")[0], open_dataset(tmp_path / "depth")[0]
    assert rgb.rgb is not None
    assert rgb.range_mm is None
    assert rgb.planar_mm is None
    assert depth.rgb is None
    assert depth.range_mm is not None


def test_a_picture_that_is_not_wanted_is_not_decoded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Shard, "range_mm", lambda *_: pytest.fail("the range map was decoded"))
    item = open_dataset(folder, depth=False)[0]
    assert item.rgb is not None
    assert item.range_mm is None
    monkeypatch.setattr(Shard, "rgb", lambda *_: pytest.fail("the picture was decoded"))
    assert open_dataset(folder, rgb=False, depth=False)[0].labels["id"] == 0


def test_it_behaves_like_a_sequence(folder: Path) -> None:
    dataset = open_dataset(folder)
    assert len(dataset) == 10
    assert [item.id for item in dataset] == list(range(10))
    assert dataset[-1].id == 9
    assert dataset[np.int64(4)].id == 4  # type: ignore[call-overload]  # an index that NumPy drew
    for outside in (10, -11):
        with pytest.raises(IndexError, match="dataset with 10"):
            dataset[outside]
    with pytest.raises(TypeError):
        dataset["3"]  # type: ignore[call-overload]


def test_labels_come_as_whole_columns(folder: Path) -> None:
    dataset = open_dataset(folder)
    assert dataset.labels["euler_deg"].shape == (10, 3)
    assert dataset.labels["subject"].tolist() == [f"m{n // 4:04d}" for n in range(10)]
    for n, item in enumerate(dataset):
        assert np.array_equal(dataset.labels["t_mm"][n], item.t_mm)
    units = {column.name: column.unit for column in dataset.columns}
    assert units["t_mm"] == "mm"
    with pytest.raises(ValueError, match="read-only"):
        dataset.labels["t_mm"][0] = 0.0


def test_samples_keep_their_ids_where_some_are_missing(tmp_path: Path) -> None:
    make_tiny_dataset(tmp_path, ids=[2, 3, 5, 8, 13, 21], shard_samples=4)
    dataset = open_dataset(tmp_path)
    assert dataset.ids.tolist() == [2, 3, 5, 8, 13, 21]
    assert dataset.by_id(13).index == 4
    assert dataset.by_id(13).id == 13
    with pytest.raises(DatasetError, match="no sample 4"):
        dataset.by_id(4)


def test_further_columns_only_some_shards_have_stay_with_their_samples(tmp_path: Path) -> None:
    make_tiny_dataset(tmp_path, samples=2, exposure_ev=0.5)
    dataset = open_dataset(tmp_path)
    assert dataset[0].labels["exposure_ev"] == 0.5
    assert "exposure_ev" in dataset.labels


def read_in_worker(work: tuple[Dataset, int]) -> Item:
    return work[0][work[1]]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_it_can_be_read_in_worker_processes(method: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    dataset = open_dataset(folder)
    here = [dataset[n] for n in range(10)]
    with multiprocessing.get_context(method).Pool(2) as pool:
        there = pool.map(read_in_worker, [(dataset, n) for n in range(10)])
    for one, other in zip(here, there, strict=True):
        assert np.array_equal(one.rgb, other.rgb)  # type: ignore[arg-type]
        assert one.subject == other.subject


def test_a_pickled_dataset_is_small_and_holds_no_file_open(folder: Path) -> None:
    dataset = open_dataset(folder)
    before = len(list(Path("/proc/self/fd").iterdir()))
    _ = [item.rgb for item in dataset], dataset.labels
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert len(pickle.dumps(dataset)) < 5000


def test_reading_leaves_the_files_as_they_were(tmp_path: Path) -> None:
    manifest = make_tiny_dataset(tmp_path, samples=4)
    (tmp_path / manifest.shards[0].name).chmod(0o444)
    before = sorted((path.name, os.stat(path).st_mtime_ns) for path in tmp_path.iterdir())  # noqa: PTH116
    _ = list(open_dataset(tmp_path))
    assert sorted((path.name, os.stat(path).st_mtime_ns) for path in tmp_path.iterdir()) == before  # noqa: PTH116


def test_a_folder_that_is_no_whole_dataset_is_refused_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="no such folder"):
        open_dataset(tmp_path / "nowhere")
    manifest = make_tiny_dataset(tmp_path, samples=8, shard_samples=4)
    second = tmp_path / manifest.shards[1].name
    data = second.read_bytes()
    second.write_bytes(data[:-1])
    with pytest.raises(DatasetError, match=f"{len(data) - 1:,} bytes, not {len(data):,}.*synth verify"):
        open_dataset(tmp_path)
    second.unlink()
    with pytest.raises(DatasetError, match="shard is missing"):
        open_dataset(str(tmp_path))
    (tmp_path / MANIFEST_NAME).unlink()
    with pytest.raises(DatasetError, match="unfinished"):
        open_dataset(tmp_path)


def test_a_damaged_sample_is_an_error_and_the_rest_can_be_read(tmp_path: Path) -> None:
    manifest = make_tiny_dataset(tmp_path, samples=8, shard_samples=4)
    path = tmp_path / manifest.shards[1].name
    data = bytearray(path.read_bytes())
    place = data.rindex(b"\x89PNG") + 100  # in the last sample's range map
    data[place] ^= 1
    path.write_bytes(data)
    dataset = open_dataset(tmp_path)
    assert dataset[6].range_mm is not None
    with pytest.raises(ShardError, match="sample 7, range map: The stored bytes don't match"):
        dataset[7]


def test_a_shard_with_other_samples_than_listed_is_noticed_at_its_first_use(tmp_path: Path) -> None:
    manifest = make_tiny_dataset(tmp_path, samples=8, shard_samples=4)
    lying = [
        ShardEntry(e.index, e.name, e.bytes, e.samples, e.sha256, ((e.first_id + 100, e.last_id + 100),))
        for e in manifest.shards
    ]
    write_manifest(tmp_path, type(manifest)(manifest.dataset_id, manifest.name, 7, manifest.recipe, tuple(lying)))
    with pytest.raises(DatasetError, match="isn't the shard that the manifest lists"):
        open_dataset(tmp_path)[0]
