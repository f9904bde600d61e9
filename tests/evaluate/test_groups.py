"""Who and what is taken together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tiny_dataset import make_tiny_dataset

from synth.data.shards import ShardSource
from synth.data.source import Subset
from synth.errors import UsageError
from synth.evaluate.groups import attributes_of, border_rows, chosen_attributes, groups_of, pose_grid, round_edges
from synth.shard.accounts import SubjectEntry
from synth.shard.manifest import write_manifest


def listed(groups):
    return {name: rows.tolist() for name, rows in groups.items()}


def test_rows_near_a_border_and_elsewhere():
    euler = [[4, 30, 0], [-5, -2, 0], [30, 30, 0], [5.1, -5.1, 0], [np.nan, 1, 0]]
    assert listed(border_rows(euler, 5)) == {
        "within 5° of pitch 0": [0, 1],
        "within 5° of yaw 0": [1],
        "within 5° of either": [0, 1],
        "elsewhere": [2, 3],
    }


@pytest.mark.parametrize("width", [0, -5, float("nan")])
def test_a_border_needs_a_width(width):
    with pytest.raises(UsageError):
        border_rows([[0, 0, 0]], width)


def test_ages_are_taken_together_by_brackets():
    ages = np.array([17.9, 18, 29.9, 44, 60, 95, np.nan], np.float32)
    assert listed(groups_of("age_years", ages)) == {
        "under 18": [0], "18–29": [1, 2], "30–44": [3], "60 and over": [4, 5], "unknown": [6],
    }  # fmt: skip


def test_skin_tones_are_taken_together_by_thirds():
    assert listed(groups_of("skin_tone", np.array([0, 0.3, 0.5, 1.0, np.nan]))) == {
        "light third": [0, 1], "middle third": [2], "dark third": [3], "unknown": [4],
    }  # fmt: skip


def test_texts_are_groups_as_they_are_and_the_unknown_comes_last():
    assert listed(groups_of("sex", np.array(["male", "", "female", "male"]))) == {
        "female": [2], "male": [0, 3], "unknown": [1],
    }  # fmt: skip


def test_photographs_are_one_group_and_so_are_plain_grounds():
    labels = np.array(["photo:a", "plain:forest", "photo:b", "plain", "forest", "hdri:x", "procedural:shelf"])
    groups = groups_of("environment", labels)
    assert {name: rows.tolist() for name, rows in groups.items()} == {
        "forest": [4], "hdri": [5], "photo": [0, 2], "plain": [1, 3], "procedural:shelf": [6]
    }  # fmt: skip


def test_means_over_a_grid_of_poses():
    euler = [[-10, 5, 0], [-1, 14, 0], [0, 5, 0], [29, -1, 0], [30, 0, 0], [1, np.nan, 0], [2, 2, 0]]
    values = [1.0, 3, 10, 20, 40, 1000, np.nan]
    grid = pose_grid(euler, values, 15)
    assert grid.pitch_edges_deg.tolist() == [-15, 0, 15, 30, 45]
    assert grid.yaw_edges_deg.tolist() == [-15, 0, 15]
    assert grid.count.tolist() == [[0, 2], [0, 1], [1, 0], [0, 1]]
    assert np.nan_to_num(grid.mean, nan=-1).tolist() == [[-1, 2], [-1, 10], [20, -1], [-1, 40]]


def test_samples_outside_given_edges_are_left_out():
    edges = (np.array([0.0, 10]), np.array([0.0, 10]))
    grid = pose_grid([[5, 5, 0], [15, 5, 0], [5, -5, 0]], [1.0, 2, 3], 10, edges)
    assert grid.count.tolist() == [[1]]
    assert grid.mean.tolist() == [[1.0]]


def test_edges_hold_every_value():
    edges = round_edges([-30.0, 0, 30, np.nan], 15)
    assert edges.tolist() == [-30, -15, 0, 15, 30, 45]
    assert round_edges([], 15).tolist() == [0, 15]


def test_a_rendered_set_tells_who_is_shown_and_a_part_of_it_too(tmp_path):
    make_tiny_dataset(tmp_path, samples=8)
    source = ShardSource(tmp_path)
    assert attributes_of(source)["sex"].tolist() == ["male", "female"] * 4
    assert attributes_of(Subset(Subset(source, [1, 2, 5]), [0, 2]))["sex"].tolist() == ["female", "female"]


def with_people(folder, *people):
    manifest = make_tiny_dataset(folder, samples=8)
    write_manifest(folder, replace(manifest, subjects=people))
    return ShardSource(folder)


def test_what_the_manifest_knows_of_the_people_is_told_for_each_sample(tmp_path):
    known = {"hat": "cap", "african": 0.2, "asian": 0.7, "european": 0.1, "sex": "told otherwise", "beard": 0.8}
    source = with_people(tmp_path, SubjectEntry("m0000", known))
    found = attributes_of(source)
    shown = source.dataset.labels["subject"] == "m0000"
    assert 0 < shown.sum() < 8
    assert found["hat"].tolist() == np.where(shown, "cap", "").tolist()
    assert found["origin"].tolist() == np.where(shown, "asian", "").tolist()
    assert set(found["sex"].tolist()) == {"male", "female"}  # a label goes before
    assert listed(groups_of("hat", found["hat"])).keys() == {"cap", "unknown"}
    assert listed(groups_of("beard", found["beard"])).keys() == {"full", "unknown"}
    assert attributes_of(Subset(source, np.flatnonzero(shown)))["hat"].tolist() == ["cap"] * int(shown.sum())


def test_a_number_without_brackets_of_its_own_is_shown_in_thirds():
    found = groups_of("head_height_mm", np.array([200.0, 210, 220, 230, 240, 250, np.nan]))
    assert listed(found) == {"under 217": [0, 1], "from 217": [2, 3], "from 233": [4, 5], "unknown": [6]}
    assert listed(groups_of("moles", np.array([3, 3, 3]))) == {"from 3": [0, 1, 2]}
    assert listed(groups_of("x", np.array([np.nan]))) == {"unknown": [0]}


def test_beards_are_none_light_or_full():
    assert listed(groups_of("beard", np.array([0.0, 0.2, 0.9]))) == {"none": [0], "light": [1], "full": [2]}


def test_what_is_broken_down_by_may_be_chosen_by_short_names():
    known = ["sex", "age_years", "hair_style", "environment", "clothing"]
    assert chosen_attributes([], known) == ["sex", "age_years", "hair_style", "environment"]
    assert chosen_attributes(["hair", "clothing", "age", "hair_style"], known) == [
        "hair_style",
        "clothing",
        "age_years",
    ]
    with pytest.raises(UsageError, match="don't tell 'hat'"):
        chosen_attributes(["hat"], known)
    with pytest.raises(UsageError, match="don't tell 'age_years'"):
        chosen_attributes(["age"], [])
