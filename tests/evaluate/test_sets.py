"""Who is judged on what: never on people that it was trained on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from known_errors import FakeSource, fake_candidate
from tiny_dataset import TINY_RECIPE, make_tiny_dataset

from synth.data.readers.boston import Boston, rebased
from synth.data.shards import ShardSource
from synth.data.source import Subset
from synth.errors import UsageError
from synth.evaluate.first_frame import estimates_against_first_frame, films_of
from synth.evaluate.judge import judge
from synth.evaluate.sets import part_to_judge
from synth.evaluate.trial import Estimates
from synth.geometry.pose import euler_from_rotation, rotation_from_euler
from synth.train.parts import describe_split, split_source
from synth.train.presets import load_settings


@pytest.fixture
def source(tmp_path):
    make_tiny_dataset(tmp_path / "tiny", samples=48, shard_samples=16)
    return ShardSource(tmp_path / "tiny")


def trained_on(source, *overrides):
    settings = load_settings("c2f", list(overrides))
    parts = split_source(source, settings)
    return fake_candidate(np.zeros((48, 3)), info=describe_split([source], [parts], settings)), parts


@pytest.mark.parametrize("split", ["test", "validation"])
def test_on_its_own_data_a_network_is_judged_on_the_people_kept_apart(source, split):
    candidate, (training, validation, test) = trained_on(source)
    on = part_to_judge(source, candidate, split)
    expected = {"test": test, "validation": validation}[split]
    assert on.table.ids.tolist() == expected.table.ids.tolist()
    assert not set(on.table.subjects) & set(training.table.subjects)
    assert f"its {split} people: {len(expected)} of 48 pictures" in on.split
    assert on.rendered


def test_a_split_by_image_is_found_again_and_named(source):
    candidate, (_, _, test) = trained_on(source, "data.split=image", "seed=3")
    on = part_to_judge(source, candidate, "test")
    assert on.table.ids.tolist() == test.table.ids.tolist()
    assert "the same people were trained on" in on.split


def test_other_renders_of_the_people_it_knows_are_left_out(source, tmp_path):
    candidate, (training, validation, _) = trained_on(source)
    make_tiny_dataset(tmp_path / "dark", samples=48, shard_samples=16, recipe=TINY_RECIPE | {"name": "dark"})
    on = part_to_judge(ShardSource(tmp_path / "dark"), candidate, "test")
    assert len(on.table)
    assert not set(on.table.subjects) & (set(training.table.subjects) | set(validation.table.subjects))
    assert "the people whose names it wasn't trained on" in on.split


def test_a_set_of_strangers_is_used_whole(source):
    candidate, _ = trained_on(source)
    people = [f"biwi-{n:02d}" for n in range(5)]
    on = part_to_judge(FakeSource(np.zeros((5, 3)), people, name="biwi"), candidate, "test")
    assert len(on.table) == 5
    assert "it wasn't trained on this set" in on.split
    assert not on.rendered


def test_everything_can_be_asked_for_and_says_what_that_means(source):
    candidate, _ = trained_on(source)
    on = part_to_judge(source, candidate, "all")
    assert len(on.table) == 48
    assert "also people whom it was trained on" in on.split


def test_other_renders_of_people_it_knows_are_called_so_if_everything_is_asked_for(source, tmp_path):
    candidate, _ = trained_on(source)
    make_tiny_dataset(tmp_path / "dark", samples=48, shard_samples=16, recipe=TINY_RECIPE | {"name": "dark"})
    on = part_to_judge(ShardSource(tmp_path / "dark"), candidate, "all")
    assert "also people whom it was trained on" in on.split


def test_of_a_real_set_it_was_trained_on_a_part_of_only_the_other_people_are_taken():
    part, whole = FakeSource(np.zeros((6, 3)), name="biwi"), FakeSource(np.zeros((12, 3)), name="biwi")
    settings = load_settings("c2f")
    parts = split_source(part, settings)
    candidate = fake_candidate(np.zeros((12, 3)), info=describe_split([part], [parts], settings))
    on = part_to_judge(whole, candidate, "test")
    known = set(parts[0].table.subjects) | set(parts[1].table.subjects)
    assert known
    assert not known & set(on.table.subjects)
    assert "the people whose names it wasn't trained on" in on.split


def test_nothing_is_claimed_of_a_model_whose_training_is_not_known():
    on = part_to_judge(FakeSource(np.zeros((3, 3))), fake_candidate(np.zeros((3, 3))), "test")
    assert "what it was trained on isn't known" in on.split


def test_a_set_of_nobody_new_is_refused_with_the_way_out(source, tmp_path):
    candidate, _ = trained_on(source)
    make_tiny_dataset(tmp_path / "few", samples=4, recipe=TINY_RECIPE | {"name": "few"})
    everybody = {"training": ["m0000"], "validation": [], "test": []}
    info = {"split": {"by": "identity", "sets": [{"name": "x", "samples": 9, "subjects": everybody}]}}
    with pytest.raises(UsageError, match="--split all"):
        part_to_judge(ShardSource(tmp_path / "few"), dataclasses.replace(candidate, info=info), "test")


def test_pointing04_is_narrowed_to_its_protocol():
    true = [[0, 0, np.nan], [60, 0, np.nan], [-30, 45, np.nan], [15, 60, np.nan]]
    on = part_to_judge(FakeSource(true, name="pointing04"), fake_candidate(np.zeros((4, 3))), "test")
    assert on.table.ids.tolist() == [0, 2]
    assert on.protocol == "pointing04"
    assert "|pan| ≤ 45°, |tilt| ≤ 30°: 2 of 4 pictures" in on.split


def test_those_who_are_judged_on_the_same_pictures_share_the_set():
    source = FakeSource(np.zeros((3, 3)))
    trials = judge([fake_candidate(np.zeros((3, 3)), name) for name in "ab"], [source], time_batches=())
    assert trials[0].on is trials[1].on


def test_a_candidate_is_timed_once():
    sources = [FakeSource(np.zeros((3, 3)), name=name) for name in ("one", "two")]
    trials = judge([fake_candidate(np.zeros((3, 3)))], sources, time_batches=(2,))
    assert [len(trial.estimates.runtimes) for trial in trials] == [1, 0]


def test_what_cannot_be_judged_is_found_before_the_first_picture_is_read():
    def read(pictures):
        raise AssertionError("a picture was read")

    from synth.data.network_input import NetworkInput

    colour = dataclasses.replace(fake_candidate(np.zeros((3, 3)), "a"), read=read)
    depth = dataclasses.replace(colour, name="b", input=NetworkInput(32, "depth"))
    with pytest.raises(UsageError, match="no depth maps"):
        judge([colour, depth], [FakeSource(np.zeros((3, 3)))])


def test_heads_known_by_a_face_box_are_looked_at_twice():
    class WithFaceBoxes(FakeSource):
        def __getitem__(self, index, /):
            image = super().__getitem__(index)
            labels = {**image.labels, "face_box_px": np.array([10.0, 10, 22, 22]), "face_box_kind": "pointing04"}
            return dataclasses.replace(image, labels=labels)

    ours, on = fake_candidate(np.full((3, 3), 20.0), "ours"), WithFaceBoxes(np.zeros((3, 3)))
    trials = judge([ours], [on], time_batches=(2,))
    assert [trial.candidate.name for trial in trials] == ["ours", "ours, looking twice"]
    assert [[time.looks for time in trial.estimates.runtimes] for trial in trials] == [[1], [2]]
    assert trials[0].on is trials[1].on


class Films(Boston):
    """Two films of three and two frames, without pictures."""

    def __init__(self):
        self._starts = np.array([0, 3, 5])
        self._films = [None, None]


def test_boston_is_judged_against_each_films_first_frame():
    films = films_of(Subset(Films(), [0, 1, 2, 4]))
    assert films is not None
    assert films.tolist() == [0, 0, 0, 1]
    R = rotation_from_euler([[10, 20, 5], [10, 30, 5], [0, 0, 0], [40, 0, 0]])
    turned = rotation_from_euler([0, 50, 0]) @ R  # a constant offset of the sensor cancels
    found = estimates_against_first_frame(Estimates(turned, euler_from_rotation(turned), np.zeros(4, int)), films)
    assert found.R_camera_from_head == pytest.approx(rebased(R, films))
    assert found.euler_deg[[0, 3]] == pytest.approx(0, abs=1e-6)
    assert found.category is None


def test_those_whom_the_weights_learnt_from_before_are_left_out(source):
    settings = load_settings("c2f")
    _, parts = trained_on(source)
    before = describe_split([source], [parts], settings)["split"]
    strangers = FakeSource(np.zeros((6, 3)), [f"s{n}" for n in range(6)], name="strangers")
    own = describe_split([strangers], [split_source(strangers, settings)], settings)
    on = part_to_judge(source, fake_candidate(np.zeros((48, 3)), info=own | {"begun_from_splits": [before]}), "test")
    assert on.table.ids.tolist() == parts[2].table.ids.tolist()
    assert "the people whose names it wasn't trained on" in on.split
