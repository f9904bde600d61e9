"""What is made of datasets keeps what those are made of, and lists the people that are left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth.errors import UsageError
from synth.shard.accounts import AssetEntry, SubjectEntry
from synth.shard.dataset import open_dataset
from synth.shard.header import ACCOUNTS_SCHEMA_VERSION
from synth.shard.manifest import write_manifest
from synth.shard.read_manifest import read_manifest
from synth.share.derive import repack, split, subset
from synth.share.merge import merge

ASSETS = (AssetEntry("test-pack", "head pack", "CC0-1.0"), AssetEntry("photos", "photographs", "CC-BY-4.0"))


def people(folder: Path) -> set[str]:
    return set(open_dataset(folder).labels["subject"].tolist())


def give_accounts(folder: Path, assets: tuple[AssetEntry, ...] = ASSETS, **parameters: Any) -> Path:
    subjects = tuple(SubjectEntry(name, {"hat": "none", **parameters}) for name in sorted(people(folder)))
    write_manifest(folder, replace(read_manifest(folder), assets=assets, subjects=subjects))
    return folder


@pytest.fixture
def known(tiny: Path) -> Path:
    return give_accounts(tiny)


def test_a_subset_lists_the_assets_and_the_people_that_are_left(known: Path, tmp_path: Path) -> None:
    somebody = sorted(people(known))[0]
    made = subset(known, tmp_path / "out", f'subject == "{somebody}"').manifest
    assert made.assets == ASSETS
    assert [subject.id for subject in made.subjects] == [somebody]
    assert made.subjects[0].parameters == {"hat": "none"}
    assert made.schema_version == ACCOUNTS_SCHEMA_VERSION
    assert read_manifest(tmp_path / "out") == made


def test_parts_of_a_split_list_their_own_people(known: Path, tmp_path: Path) -> None:
    made = split(known, tmp_path / "out", shares=(0.5, 0.5), names=("a", "b"))
    listed = [{subject.id for subject in part.manifest.subjects} for part in made]
    assert [people(part.folder) for part in made] == listed
    assert listed[0].isdisjoint(listed[1])
    assert np.all([part.manifest.assets == ASSETS for part in made])


def test_a_repacked_dataset_lists_everyone(known: Path, tmp_path: Path) -> None:
    made = repack(known, tmp_path / "out", shard_samples=24).manifest
    assert (made.assets, made.subjects) == (ASSETS, read_manifest(known).subjects)


def test_a_merged_dataset_lists_the_assets_of_both_once(known: Path, tmp_path: Path) -> None:
    from tiny_dataset import make_tiny_dataset

    make_tiny_dataset(tmp_path / "other", ids=range(100, 112))
    other = give_accounts(tmp_path / "other", (ASSETS[0], AssetEntry("hdris", "HDRIs", "MIT")))
    made = merge([known, other], tmp_path / "out").manifest
    assert [asset.name for asset in made.assets] == ["test-pack", "photos", "hdris"]
    assert {subject.id for subject in made.subjects} == people(tmp_path / "out")


def test_of_people_that_two_datasets_tell_differently_nothing_is_said(known: Path, tmp_path: Path) -> None:
    from tiny_dataset import make_tiny_dataset

    make_tiny_dataset(tmp_path / "other", samples=12)
    other = give_accounts(tmp_path / "other", hair_style="afro")
    made = merge([known, other], tmp_path / "out", renumber=True, redraw_noise=True).manifest
    assert people(other) < people(known)
    assert {subject.id for subject in made.subjects} == people(known) - people(other)


def test_datasets_without_accounts_stay_without(tiny: Path, tmp_path: Path) -> None:
    made = repack(tiny, tmp_path / "out").manifest
    assert (made.assets, made.subjects) == ((), ())
    assert made.schema_version == "1.0"


def test_a_subset_may_ask_for_what_is_known_of_the_people(known: Path, tmp_path: Path) -> None:
    """The shards' labels don't say who wears a hat; the manifest's table does."""
    manifest = read_manifest(known)
    first, second, *rest = manifest.subjects
    hatted = (SubjectEntry(first.id, {"hat": "cap", "freckles": 0.8}), SubjectEntry(second.id, {"freckles": 0.1}))
    write_manifest(known, replace(manifest, subjects=(*hatted, *rest)))
    assert people(subset(known, tmp_path / "a", 'hat == "cap"').folder) == {first.id}
    assert people(subset(known, tmp_path / "b", "freckles < 0.5 and yaw_deg > -90").folder) == {second.id}
    assert people(subset(known, tmp_path / "c", 'known(hat) and hat != "cap"').folder) == {s.id for s in rest}
    with pytest.raises(UsageError, match="There is no label 'hats'"):
        subset(known, tmp_path / "d", 'hats == "cap"')


def test_a_label_goes_before_a_parameter_of_its_name(known: Path, tmp_path: Path) -> None:
    manifest = read_manifest(known)
    told = tuple(SubjectEntry(subject.id, {"yaw_deg": 1.0, "distance_mm": 1.0}) for subject in manifest.subjects)
    write_manifest(known, replace(manifest, subjects=told))
    with pytest.raises(UsageError, match="None of the"):
        subset(known, tmp_path / "a", "distance_mm == 1")


def test_age_may_be_written_short(known: Path, tmp_path: Path) -> None:
    assert len(open_dataset(subset(known, tmp_path / "a", "age > 12").folder)) == len(
        open_dataset(subset(known, tmp_path / "b", "age_years > 12").folder)
    )
