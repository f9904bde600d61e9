"""Batches are the same whatever makes them, and whoever stops and goes on loses nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from synth.data.augment import Augmentation
from synth.data.batches import Batch, Batches
from synth.data.default_augmentation import DEFAULT_AUGMENTATION
from synth.data.mix import Mixture
from synth.data.network_input import NetworkInput
from synth.data.shards import ShardSource
from synth.errors import ShardError, UsageError
from tests.tiny_dataset import make_tiny_dataset

INPUT = NetworkInput(32)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> ShardSource:
    folder = tmp_path_factory.mktemp("data") / "tiny"
    make_tiny_dataset(folder, samples=24, shard_samples=8, side_px=40)
    return ShardSource(folder)


def all_of(batches: Batches, epoch: int = 1, start: int = 0) -> list[Batch]:
    made = list(batches.epoch(epoch, start))
    batches.close()
    return made


def assert_same(one: list[Batch], other: list[Batch]) -> None:
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        assert all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def test_worker_processes_and_memory_change_no_bit(source):
    plain = all_of(Batches(source, INPUT, 6, 3, augmentation=DEFAULT_AUGMENTATION))
    assert_same(plain, all_of(Batches(source, INPUT, 6, 3, augmentation=DEFAULT_AUGMENTATION, workers=2)))

    kept = Batches(source, INPUT, 6, 3, augmentation=DEFAULT_AUGMENTATION, cache=True, cache_gb=0.01)
    list(kept.epoch(0))  # fills the memory
    assert "24 of 24 decoded pictures in memory" in kept.cache_note
    assert_same(plain, all_of(kept))


def test_an_epoch_can_be_gone_on_with_from_any_batch(source):
    whole = all_of(Batches(source, INPUT, 5, 3, augmentation=DEFAULT_AUGMENTATION))
    assert_same(whole[2:], all_of(Batches(source, INPUT, 5, 3, augmentation=DEFAULT_AUGMENTATION), start=2))


def test_an_epoch_shows_every_picture_once_in_an_order_of_its_own(source):
    batches = Batches(source, INPUT, 6, 3)
    first, second = (torch.cat([batch.index for batch in batches.epoch(n)]) for n in (0, 1))
    assert sorted(first.tolist()) == sorted(second.tolist()) == list(range(24))
    assert first.tolist() != second.tolist()


def test_what_does_not_fill_a_batch_is_left_out_in_training_and_kept_in_judging(source):
    assert [len(b.index) for b in Batches(source, INPUT, 7, 0).epoch(0)] == [7, 7, 7]
    assert [len(b.index) for b in Batches(source, INPUT, 7, 0, shuffle=False).epoch(0)] == [7, 7, 7, 3]


def test_ranks_share_each_batch_out_among_them(source):
    alone = Batches(source, INPUT, 8, 3).rows(2)
    parts = [Batches(source, INPUT, 4, 3, rank=rank, world=2).rows(2) for rank in (0, 1)]
    assert [np.concatenate(pair).tolist() for pair in zip(*parts, strict=True)] == [rows.tolist() for rows in alone]


def test_labels_are_those_of_the_rows(source):
    (batch,) = Batches(source, INPUT, 24, 0, shuffle=False).epoch(0)
    assert np.allclose(batch.euler_deg, source.table.euler_deg, atol=1e-4)
    assert np.allclose(batch.R, source.table.R_camera_from_head, atol=1e-6)
    pitch, yaw = source.table.euler_deg[:, 0] >= 0, source.table.euler_deg[:, 1] >= 0
    assert batch.category.tolist() == [[2, 3, 1, 0][2 * y + p] for p, y in zip(pitch, yaw, strict=True)]


def test_a_mirrored_picture_has_mirrored_labels(source):
    (plain,) = Batches(source, INPUT, 24, 0, shuffle=False).epoch(0)
    (mirrored,) = Batches(source, INPUT, 24, 0, Augmentation(mirror=1.0), shuffle=False).epoch(0)
    assert torch.equal(mirrored.pictures, plain.pictures.flip(3))
    assert torch.allclose(mirrored.euler_deg, plain.euler_deg * torch.tensor([1.0, -1.0, -1.0]), atol=1e-4)


def test_fresh_noise_differs_from_epoch_to_epoch_and_the_labelled_one_does_not(source):
    labelled, fresh = source, ShardSource(source.folder, noise="fresh")
    for chosen, same in ((labelled, True), (fresh, False)):
        batches = Batches(chosen, INPUT, 24, 0, shuffle=False)
        (one,), (other,) = list(batches.epoch(0)), list(batches.epoch(1))
        assert torch.equal(one.pictures, other.pictures) is same


def test_a_mixture_takes_from_each_by_weight(source):
    mixture = Mixture([source, source], [3, 1])
    rows = np.concatenate(Batches(mixture, INPUT, 48, 0).rows(0))
    assert ((rows < 24).sum(), (rows >= 24).sum()) == (36, 12)
    assert len(set(rows[rows < 24])) == 24  # none again before all were taken


def test_a_damaged_shard_stops_with_its_name(tmp_path: Path):
    make_tiny_dataset(tmp_path / "bad", samples=8, side_px=40)
    shard = next((tmp_path / "bad").glob("*.h5"))
    data = bytearray(shard.read_bytes())
    data[len(data) // 2 :: 97] = bytes(255 - byte for byte in data[len(data) // 2 :: 97])
    shard.write_bytes(data)
    with pytest.raises(ShardError, match=shard.name):
        all_of(Batches(ShardSource(tmp_path / "bad"), INPUT, 8, 0))


@pytest.mark.parametrize("settings", [{"batch_size": 0}, {"workers": -1}, {"rank": 2, "world": 2}, {"batch_size": 25}])
def test_settings_that_cannot_be_are_refused(source, settings):
    with pytest.raises(UsageError):
        Batches(source, INPUT, **({"batch_size": 4, "seed": 0} | settings))
