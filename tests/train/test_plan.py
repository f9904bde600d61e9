"""Who is trained on what, where a training has more than one set."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from synth.data.shards import ShardSource
from synth.data.source import PoseImage, PoseTable
from synth.errors import UsageError
from synth.train.plan import plan_training, split_sources
from synth.train.presets import load_settings
from tests.tiny_dataset import TINY_RECIPE, make_tiny_dataset


def rendered(folder: Path, name: str, ids: list[int]) -> ShardSource:
    recipe = TINY_RECIPE | {"name": name}
    make_tiny_dataset(folder / name, samples=len(ids), ids=ids, shard_samples=40, side_px=16, recipe=recipe)
    return ShardSource(folder / name)


@pytest.fixture
def two_sets(tmp_path: Path) -> list[ShardSource]:
    """The same 30 people in both, in the second one with other numbers of pictures, so that it is split otherwise."""
    fewer = [n for n in range(120) if n % 4 < 1 + (n // 4) % 3]
    return [rendered(tmp_path, "first", list(range(120))), rendered(tmp_path, "second", fewer)]


def test_someone_who_is_in_two_sets_is_in_the_same_part_of_both(two_sets):
    plan = plan_training(load_settings(), two_sets)
    people = [one["subjects"] for one in plan.info["split"]["sets"]]
    trained = set(people[0]["training"]) | set(people[1]["training"])

    assert set(plan.training.table.subjects) == trained
    for part in ("validation", "test"):
        assert not trained & (set(people[0][part]) | set(people[1][part]))


def test_further_sets_leave_the_split_of_the_first_as_it_is(two_sets):
    settings = load_settings()
    alone, beside = split_sources(two_sets[:1], settings)[0], split_sources(two_sets, settings)[0]
    assert [part.rows.tolist() for part in alone] == [part.rows.tolist() for part in beside]


def test_every_picture_of_a_shared_set_is_in_exactly_one_part(two_sets):
    _, parts = split_sources(two_sets, load_settings())
    assert sorted(row for part in parts for row in part.rows.tolist()) == list(range(len(two_sets[1])))


def test_a_set_that_only_shows_test_people_is_left_out_of_the_training(tmp_path):
    everybody = rendered(tmp_path, "everybody", list(range(120)))
    unseen = sorted(set(split_sources([everybody], load_settings())[0][2].table.subjects))
    again = rendered(tmp_path, "again", [4 * int(name[1:]) + n for name in unseen for n in range(4)])
    plan = plan_training(load_settings(), [everybody, again], weights=[1.0, 5.0])
    assert not set(plan.training.table.subjects) & set(unseen)


class Nominal:
    """Pitch and yaw only, as Pointing'04 has them."""

    has_rgb, has_depth, about, name = True, False, "made for a test", "nominal"

    def __init__(self, euler_deg: list[list[float]]) -> None:
        count = len(euler_deg)
        R = np.full((count, 3, 3), np.nan)
        people = np.array([f"p{n}" for n in range(count)])
        self.table = PoseTable(np.arange(count), people, R, np.array(euler_deg), np.full(count, "base"))

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, index: int, /) -> PoseImage:
        raise AssertionError("no picture is needed")


def test_a_network_of_rotations_refuses_labels_without_any():
    source = Nominal([[10, 20, np.nan]] * 9)
    with pytest.raises(UsageError, match="direct6d learns from nothing less"):
        plan_training(load_settings("direct6d"), [source])
    assert len(plan_training(load_settings("c2f"), [source]).training)


def test_angles_that_the_network_cannot_say_are_counted(caplog):
    source = Nominal([[0, 80, np.nan]] * 20)
    with caplog.at_level("WARNING", "synth"):
        plan = plan_training(load_settings("paper"), [source])
    assert f"{len(plan.training)} of {len(plan.training)} pictures have angles outside" in caplog.text
    assert "yaw" in caplog.text
    assert "out_of_range=clamp" in caplog.text
    caplog.clear()
    plan_training(load_settings("c2f"), [source])
    assert caplog.text == ""
