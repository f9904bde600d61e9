"""Splits share no person, or no moment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from synth.data.opening import newest_dataset, open_source
from synth.data.shards import ShardSource
from synth.data.source import PoseTable, Subset
from synth.data.split import split_by_identity, split_by_image
from synth.errors import DatasetError, UsageError
from tests.tiny_dataset import make_tiny_dataset


@pytest.fixture
def source(tmp_path: Path) -> ShardSource:
    make_tiny_dataset(tmp_path / "tiny", samples=40, shard_samples=20)
    return ShardSource(tmp_path / "tiny")


class Moments:
    """Four people with ten moments each, three pictures a moment."""

    name, about, has_rgb, has_depth = "moments", "", True, False

    def __init__(self) -> None:
        moments = np.repeat(np.arange(40), 3)
        self.table = PoseTable(
            np.arange(120), np.array([f"p{m // 10}" for m in moments]), np.zeros((120, 3, 3)), np.zeros((120, 3)),
            np.full(120, "base"), moments,
        )  # fmt: skip

    def __len__(self) -> int:
        return 120


def test_no_person_is_in_two_parts_and_none_is_lost(source):
    parts = split_by_identity(source, (0.6, 0.2, 0.2), seed=4)
    people = [set(part.table.subjects) for part in parts]
    assert sum(map(len, people)) == len(set.union(*people)) == 10
    assert [len(part) for part in parts] == [24, 8, 8]
    assert sorted(np.concatenate([part.table.ids for part in parts])) == list(range(40))


def test_a_split_follows_from_its_seed(source):
    rows = [split_by_identity(source, seed=seed)[1].rows.tolist() for seed in (1, 1, 2, 3)]
    assert rows[0] == rows[1]
    assert len({tuple(r) for r in rows}) > 1


def test_pictures_of_one_moment_stay_together_when_split_by_image():
    first, second = split_by_image(Moments(), (0.75, 0.25), seed=0)
    assert not set(first.table.moments) & set(second.table.moments)
    assert (len(first), len(second)) == (90, 30)
    assert set(first.table.subjects) & set(second.table.subjects)  # people are not


def test_too_few_people_are_said_with_the_mend(tmp_path):
    make_tiny_dataset(tmp_path / "two", samples=8)
    with pytest.raises(UsageError, match="2 identities can't be split into 3 parts"):
        split_by_identity(ShardSource(tmp_path / "two"), (0.8, 0.1, 0.1))


@pytest.mark.parametrize("shares", [(), (0.5, 0.6), (1.2, -0.2), (float("nan"), 1.0)])
def test_shares_that_are_none_are_refused(source, shares):
    with pytest.raises(UsageError):
        split_by_identity(source, shares)


@pytest.mark.parametrize("rows", [[0, 0], [40], [-1], [[1]], ["a"]])
def test_rows_that_are_none_are_refused(source, rows):
    with pytest.raises(UsageError):
        Subset(source, rows)


def test_the_newest_finished_dataset_is_found(tmp_path):
    import os

    for age, name in ((50, "b"), (0, "a"), (99, "c")):
        make_tiny_dataset(tmp_path / name, samples=4)
        os.utime(tmp_path / name / "manifest.json", (10**9 - age, 10**9 - age))
    (tmp_path / "unfinished").mkdir()
    assert newest_dataset(tmp_path).name == "a"


def test_a_folder_that_is_no_dataset_is_refused(tmp_path):
    with pytest.raises(DatasetError):
        open_source(str(tmp_path))
    with pytest.raises(UsageError, match="Did you mean biwi"):
        open_source(f"biwy={tmp_path}")
