"""Merging: what fits together does, ids keep the noise, and the rest is refused with its reason."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stored import files_of, stored_samples
from tiny_dataset import TINY_RECIPE

from synth.errors import DatasetError, UsageError
from synth.shard.dataset import open_dataset
from synth.shard.read_manifest import read_manifest
from synth.shard.verify import verify_dataset
from synth.share.derive import repack, split, subset
from synth.share.merge import _licenses, merge
from synth.share.provenance import read_steps

OTHER = TINY_RECIPE | {"name": "other", "seed": 8}


@pytest.fixture
def later(make: Any, tmp_path: Path) -> Path:
    """12 samples of another recipe, whose ids are those of nobody."""
    make(tmp_path / "later", ids=range(100, 112), recipe=OTHER)
    return tmp_path / "later"


def test_parts_put_together_again_are_the_whole(full: Path, tmp_path: Path):
    parts = split(full, tmp_path / "parts", by="image", shares=(0.5, 0.5), names=("a", "b"))
    made = merge([part.folder for part in parts], tmp_path / "out")
    assert stored_samples(tmp_path / "out") == stored_samples(full)
    assert made.manifest.recipe == read_manifest(full).recipe
    assert made.manifest.license == "CC-BY-4.0"
    assert open_dataset(tmp_path / "out").ids.tolist() == list(range(12))
    assert verify_dataset(tmp_path / "out", deep=True) == []


def test_datasets_of_two_recipes_name_both(tiny: Path, later: Path, tmp_path: Path):
    made = merge([tiny, later], tmp_path / "out")
    assert made.manifest.samples == 36
    assert made.manifest.recipe["merged"] == [read_manifest(tiny).recipe, OTHER]
    assert stored_samples(tmp_path / "out") == stored_samples(tiny) | stored_samples(later)
    (step,) = read_steps(tmp_path / "out")
    assert [origin.name for origin in step.sources] == ["tiny", "other"]
    assert made.manifest.name == "tiny-and-other"
    assert made.manifest.hosts == ("node-1",)
    assert verify_dataset(tmp_path / "out", deep=True) == []


def test_merged_in_two_steps_all_recipes_and_steps_are_named_once(tiny: Path, later: Path, make: Any, tmp_path: Path):
    make(tmp_path / "third", ids=range(200, 204), recipe=TINY_RECIPE | {"name": "third"})
    merge([tiny, later], tmp_path / "two")
    made = merge([tmp_path / "two", tmp_path / "third"], tmp_path / "three")
    assert [recipe["name"] for recipe in made.manifest.recipe["merged"]] == ["tiny", "other", "third"]
    assert [step.operation for step in read_steps(tmp_path / "three")] == ["merge", "merge"]


def test_merging_is_deterministic(tiny: Path, later: Path, tmp_path: Path):
    merge([tiny, later], tmp_path / "one")
    merge([tiny, later], tmp_path / "two")
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")


def test_ids_that_collide_are_refused_with_where_and_how_many(tiny: Path, make: Any, tmp_path: Path):
    make(tmp_path / "same", ids=[7, 8, 30, 31])
    with pytest.raises(UsageError, match=r"2 ids are in .*tiny as well, the first 7.*--renumber"):
        merge([tiny, tmp_path / "same"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_samples_whose_noise_hangs_on_their_id_are_not_renumbered_unasked(tiny: Path, make: Any, tmp_path: Path):
    make(tmp_path / "other", recipe=OTHER)
    with pytest.raises(UsageError, match=r"other sensor noise.*--redraw-noise"):
        merge([tiny, tmp_path / "other"], tmp_path / "out", renumber=True)


def test_variants_are_not_renumbered_since_base_id_is_an_id_too(make: Any, tmp_path: Path):
    make(tmp_path / "one", samples=4, noise_sigma=0.0, base_id=2)
    make(tmp_path / "same", samples=4, noise_sigma=0.0, base_id=2, recipe=OTHER)
    make(tmp_path / "later", ids=range(4, 8), noise_sigma=0.0, base_id=2, recipe=OTHER)
    with pytest.raises(UsageError, match=r"It has variants.*base_id.*Merge without --renumber .*, or"):
        merge([tmp_path / "one", tmp_path / "same"], tmp_path / "out", renumber=True, redraw_noise=True)
    assert not (tmp_path / "out").exists()
    assert merge([tmp_path / "one", tmp_path / "later"], tmp_path / "out", renumber=True).manifest.samples == 8


@pytest.mark.parametrize("how", [{"noise_sigma": 0.0}, {"noise_baked": True}, {"rgb": False}])
def test_where_no_picture_changes_samples_are_renumbered(make: Any, tmp_path: Path, how: dict[str, Any]):
    make(tmp_path / "one", samples=6, **how)
    make(tmp_path / "other", ids=[2, 3, 9], recipe=OTHER, **how)
    merge([tmp_path / "one", tmp_path / "other"], tmp_path / "out", renumber=True)
    merged = open_dataset(tmp_path / "out")
    assert merged.ids.tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 13]
    for new, old in ((6, 2), (7, 3), (13, 9)):
        ours, theirs = merged.by_id(new), open_dataset(tmp_path / "other").by_id(old)
        np.testing.assert_array_equal(ours.rgb, theirs.rgb)
        np.testing.assert_array_equal(ours.range_mm, theirs.range_mm)
        np.testing.assert_array_equal(ours.euler_deg, theirs.euler_deg)
    assert verify_dataset(tmp_path / "out", deep=True) == []


def test_with_consent_noise_is_drawn_anew_and_the_stored_pictures_stay(tiny: Path, make: Any, tmp_path: Path):
    make(tmp_path / "other", samples=4, recipe=OTHER)
    merge([tiny, tmp_path / "other"], tmp_path / "out", renumber=True, redraw_noise=True)
    moved, before = open_dataset(tmp_path / "out"), open_dataset(tmp_path / "other")
    assert moved.ids.tolist() == list(range(28))
    assert not np.array_equal(moved.by_id(24).rgb, before.by_id(0).rgb)
    assert moved.by_id(24).labels["noise_sigma"] == before.by_id(0).labels["noise_sigma"]
    ours, theirs = stored_samples(tmp_path / "out")[24], stored_samples(tmp_path / "other")[0]
    assert ours[:4] == theirs[:4]
    assert {k for k in ours[4] if ours[4][k] != theirs[4][k]} == {"id"}
    np.testing.assert_array_equal(moved.by_id(3).rgb, open_dataset(tiny).by_id(3).rgb)


def test_ids_that_do_not_collide_stay_when_others_are_renumbered(make: Any, tmp_path: Path):
    make(tmp_path / "a", samples=3, noise_sigma=0.0)
    make(tmp_path / "b", ids=[50, 51], noise_sigma=0.0)
    make(tmp_path / "c", ids=[1, 51], noise_sigma=0.0)
    merge([tmp_path / n for n in "abc"], tmp_path / "out", renumber=True)
    assert open_dataset(tmp_path / "out").ids.tolist() == [0, 1, 2, 50, 51, 52, 102]


def test_failed_samples_are_listed_unless_another_dataset_has_them(full: Path, tmp_path: Path):
    """Of `full`, 12 failed."""
    split(full, tmp_path / "parts", by="image", shares=(0.5, 0.5), names=("a", "b"))
    subset(full, tmp_path / "two", "id in (3, 4)")
    merge([full, tmp_path / "two"], tmp_path / "out", renumber=True, redraw_noise=True)
    assert open_dataset(tmp_path / "out").ids.tolist() == [*range(12), 12, 13]
    assert read_manifest(tmp_path / "out").failed == ()
    subset(full, tmp_path / "apart", "id == 4")
    repack(full, tmp_path / "same")
    assert [sample.id for sample in read_manifest(tmp_path / "same").failed] == [12]


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"depth": False}, r"depth: only in .*tiny"),
        ({"noise_baked": True}, r"sensor noise: baked into the pictures of .*odd alone"),
        ({"base_id": 0}, r"label base_id: only in .*odd"),
    ],
)
def test_datasets_that_do_not_hold_the_same_are_refused_with_what_differs(
    tiny: Path, make: Any, tmp_path: Path, how: dict[str, Any], said: str
):
    make(tmp_path / "odd", ids=range(50, 54), **how)
    with pytest.raises(DatasetError, match=said):
        merge([tiny, tmp_path / "odd"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("later_first", [False, True])
def test_labels_that_an_older_dataset_lacks_stay_in_the_shards_that_have_them_and_a_warning_says_so(
    tiny: Path, make: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture, later_first: bool
):
    make(tmp_path / "later", ids=range(50, 54), white_balance_mired=3.0, exposure_ev=0.1)
    folders = [tmp_path / "later", tiny] if later_first else [tiny, tmp_path / "later"]
    with caplog.at_level(logging.WARNING):
        merge(folders, tmp_path / "out")
    assert "not all of the datasets have the labels exposure_ev, white_balance_mired" in caplog.text
    assert stored_samples(tmp_path / "out") == stored_samples(tiny) | stored_samples(tmp_path / "later")
    assert verify_dataset(tmp_path / "out", deep=True) == []
    dataset = open_dataset(tmp_path / "out")
    assert len(dataset.labels["euler_deg"]) == 28
    assert "exposure_ev" not in dataset.labels
    subset(tmp_path / "out", tmp_path / "back", "id >= 50")
    assert open_dataset(tmp_path / "back").labels["white_balance_mired"].tolist() == [3.0] * 4


def test_the_same_dataset_twice_is_refused(tiny: Path, tmp_path: Path):
    with pytest.raises(UsageError, match="24 ids"):
        merge([tiny, tiny], tmp_path / "out")


def test_one_dataset_is_nothing_to_merge(tiny: Path, tmp_path: Path):
    with pytest.raises(UsageError, match="two datasets or more"):
        merge([tiny], tmp_path / "out")


def test_people_of_other_heads_with_the_same_names_are_pointed_out(
    full: Path, make: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    make(tmp_path / "a", samples=4)
    make(tmp_path / "b", ids=range(4, 8), subject="m0000")
    with caplog.at_level(logging.WARNING):
        merge([tmp_path / "a", tmp_path / "b"], tmp_path / "same")
    assert not caplog.records
    _rename_pack(tmp_path / "b")
    with caplog.at_level(logging.WARNING):
        made = merge([tmp_path / "a", tmp_path / "b"], tmp_path / "out")
    assert "1 subjects (m0000, …) have the names of others" in caplog.text
    assert made.identities == 1
    assert len(made.manifest.heads) == 2


def _rename_pack(folder: Path) -> None:
    from synth.shard.manifest import HeadPackEntry, Manifest, write_manifest

    fields = {name: value for name, value in vars(read_manifest(folder)).items() if name != "recipe_sha256"}
    write_manifest(folder, Manifest(**{**fields, "heads": (HeadPackEntry("elsewhere", "2" * 64, "CC-BY-4.0"),)}))


@pytest.mark.parametrize(
    ("licenses", "expected"),
    [
        (["CC0-1.0", "CC0-1.0"], "CC0-1.0"),
        (["CC0-1.0", "CC-BY-4.0"], "CC0-1.0 AND CC-BY-4.0"),
        (["CC0-1.0 AND CC-BY-4.0", "CC-BY-4.0"], "CC0-1.0 AND CC-BY-4.0"),
        (["MIT OR CC0-1.0", "CC-BY-4.0"], "(MIT OR CC0-1.0) AND CC-BY-4.0"),
        (["CC0-1.0", ""], "CC0-1.0 AND NOASSERTION"),
        (["", ""], ""),
    ],
)
def test_every_licence_is_kept(licenses: list[str], expected: str):
    assert _licenses(licenses) == expected
