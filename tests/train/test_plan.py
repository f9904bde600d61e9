"""Who is trained on what, where a training has more than one set."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from synth.data.shards import ShardSource
from synth.data.source import PoseImage, PoseSource, PoseTable
from synth.errors import DatasetError, UsageError
from synth.train.parts import PARTS, describe_split, read_splits, split_sources
from synth.train.plan import plan_training
from synth.train.presets import load_settings
from synth.train.settings import TrainSettings
from synth.train.starting import Start
from tests import tiny_dataset
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


class Moments:
    """Four people with ten moments each: `shots` names the moment of each picture."""

    has_rgb, has_depth, about = True, False, "made for a test"

    def __init__(self, name: str, shots: list[int], conditions: str = "base") -> None:
        count, self.name = len(shots), name
        people = np.array([f"p{shot % 4}" for shot in shots])
        self.table = PoseTable(
            np.arange(count), people, np.tile(np.eye(3), (count, 1, 1)), np.zeros((count, 3)),
            np.full(count, conditions), np.array(shots),
        )  # fmt: skip

    def __len__(self) -> int:
        return len(self.table)


BY_IMAGE = load_settings("c2f", ["data.split=image"])


def test_by_image_no_moment_of_anybody_is_in_two_parts_of_several_sets():
    sets = [Moments("base", list(range(40))), Moments("dark", [s for s in range(40) for _ in range(1 + s % 3)], "dark")]
    parts = split_sources(sets, BY_IMAGE)
    moments = [
        {(s, m) for one in parts for s, m in zip(one[n].table.subjects, one[n].table.moments, strict=True)}
        for n in range(3)
    ]
    assert not moments[0] & moments[1] | moments[0] & moments[2] | moments[1] & moments[2]
    assert sorted(row for part in parts[1] for row in part.rows) == list(range(len(sets[1])))


def test_a_split_by_image_that_follows_another_set_is_found_again_from_the_checkpoint():
    sets = [Moments("base", list(range(40))), Moments("dark", [s for s in range(40) for _ in range(1 + s % 3)], "dark")]
    parts = split_sources(sets, BY_IMAGE)
    (record,) = read_splits(json.loads(json.dumps(describe_split(sets, parts, BY_IMAGE))))
    for number, source in enumerate(sets):
        assert record.sets[number].is_of(source)
        for name, part in zip(PARTS, parts[number], strict=True):
            assert record.rows_of(number, source, name).tolist() == part.rows.tolist()
    assert record.sets[0].rows is None  # split as it would be alone
    assert len(record.sets[1].rows) < len(sets[1])


@pytest.mark.parametrize(
    "split",
    [7, {"by": "face"}, {"sets": {}}, {"seed": "x"}, {"sets": [{"name": 1, "samples": "many"}]}, {"shares": [1]},
     {"sets": [{"name": "a", "samples": 3, "subjects": {"training": 5}}]},
     {"sets": [{"name": "a", "samples": 3, "rows": "AAAA"}]}, {"sets": [{"name": "a", "samples": 3, "rows": "é"}]}],
)  # fmt: skip
def test_a_split_that_says_something_else_is_refused_by_name(split):
    with pytest.raises(DatasetError, match=r"run\.safetensors: What it says of who was trained on"):
        read_splits({"split": split}, "run.safetensors")


def begun(settings: TrainSettings, source: PoseSource, **more: object) -> Start:
    """A checkpoint's weights, trained with these settings on this set."""
    info = describe_split([source], split_sources([source], settings), settings)
    return Start("first", lambda network: network, info | more)


def test_weights_that_have_learnt_from_who_would_be_judged_on_are_refused_with_the_mend(tmp_path):
    source = rendered(tmp_path, "first", list(range(120)))
    start = begun(load_settings("c2f", ["seed=3"]), source)
    with pytest.raises(UsageError, match=r"people would be judged on") as caught:
        plan_training(load_settings("c2f", ["seed=4"]), [source], start=start)
    assert "--set seed=3 --set data.split=identity --set 'data.shares=[0.8, 0.1, 0.1]'" in caught.value.mend
    plan = plan_training(load_settings("c2f", ["seed=3"]), [source], start=start)
    assert plan.info["begun_from_splits"] == [start.info["split"]]


def test_weights_of_a_split_by_image_are_refused_by_another_one():
    source = Moments("base", list(range(40)))
    start = begun(BY_IMAGE, source)
    assert plan_training(BY_IMAGE, [source], start=start)
    for other in (["seed=1", "data.split=image"], ["seed=0"]):
        with pytest.raises(UsageError, match="would be judged on"):
            plan_training(load_settings("c2f", other), [Moments("base", list(range(40)))], start=start)


def test_what_the_first_of_three_trainings_saw_is_still_known_in_the_third(tmp_path):
    source, strangers = rendered(tmp_path, "first", list(range(120))), Moments("strangers", list(range(40)))
    start = begun(load_settings("c2f", ["seed=3"]), source)
    second = plan_training(BY_IMAGE, [strangers], start=start)
    with pytest.raises(UsageError, match="first with another split"):
        plan_training(load_settings("c2f", ["seed=4"]), [source], start=Start("second", lambda n: n, second.info))


def test_people_of_other_data_with_the_same_names_are_warned_of(tmp_path, caplog):
    one, other = (rendered(tmp_path, name, list(range(120))) for name in ("one", "other"))
    start = begun(load_settings("c2f", ["seed=3"]), one)
    with caplog.at_level("WARNING", "synth"):
        plan_training(load_settings("c2f", ["seed=4"]), [other], start=start)
    assert "people with the names of some that are judged on here" in caplog.text


def test_data_of_another_id_is_another_training(tmp_path, monkeypatch):
    settings = load_settings()
    first = plan_training(settings, [rendered(tmp_path / "a", "same", list(range(40)))]).identity
    monkeypatch.setattr(tiny_dataset, "TINY_ID", "tiny-2")
    second = plan_training(settings, [rendered(tmp_path / "b", "same", list(range(40)))]).identity
    assert first["data"][0].pop("dataset_id") == "tiny-1"
    assert second["data"][0].pop("dataset_id") == "tiny-2"
    assert first == second
