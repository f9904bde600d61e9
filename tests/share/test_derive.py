"""Subset, split and repack: what comes out is whole, is the same bytes, and says where it came from."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from stored import files_of, stored_samples

from synth.errors import DatasetError, ShardError, UsageError
from synth.shard import layout
from synth.shard.check import check_shard
from synth.shard.dataset import open_dataset
from synth.shard.manifest import shard_entry, write_manifest
from synth.shard.read_manifest import read_manifest
from synth.shard.verify import verify_dataset
from synth.share.derive import repack, split, subset
from synth.share.provenance import read_steps

EVERYTHING = "id >= 0"


def shares_of(parts: object) -> list[int]:
    return [part.manifest.samples for part in parts]  # type: ignore[attr-defined]


# ---------------------------------------------------------------- subset


def test_a_subset_holds_the_samples_that_meet_the_condition_and_no_others(tiny: Path, tmp_path: Path):
    made = subset(tiny, tmp_path / "out", "abs(yaw_deg) < 30 and age_years > 35")
    labels = open_dataset(tiny).labels
    expected = labels["id"][(np.abs(labels["euler_deg"][:, 1]) < 30) & (labels["age_years"] > 35)]
    assert 3 < len(expected) < 20
    assert open_dataset(tmp_path / "out").ids.tolist() == expected.tolist()
    assert made.manifest.samples == len(expected)
    assert made.identities == len(set(open_dataset(tmp_path / "out").labels["subject"].tolist()))
    assert verify_dataset(tmp_path / "out", deep=True) == []


def test_every_picture_and_label_is_carried_over_byte_for_byte(full: Path, tmp_path: Path):
    subset(full, tmp_path / "out", "id > 3 and id != 8")
    before, after = stored_samples(full), stored_samples(tmp_path / "out")
    assert sorted(after) == [4, 5, 6, 7, 9, 10, 11]
    assert after == {sample_id: before[sample_id] for sample_id in after}
    assert set(before[4][2]) == {"normals", "parts", "alpha"}
    assert set(before[5][2]) == {"normals", "parts"}
    assert verify_dataset(tmp_path / "out", deep=True) == []


def test_columns_that_this_version_does_not_know_keep_their_meaning(full: Path, tmp_path: Path):
    subset(full, tmp_path / "out", "known(sharpness[0]) and not known(sharpness[1])")
    column = next(c for c in check_shard(tmp_path / "out/shard-00000.h5").columns if c.name == "sharpness")
    assert (column.unit, column.order, column.description) == ("1", "near, far", "not known here")


def test_pictures_read_from_a_subset_have_the_same_noise(tiny: Path, tmp_path: Path):
    subset(tiny, tmp_path / "out", "id in (5, 17)")
    whole, part = open_dataset(tiny), open_dataset(tmp_path / "out")
    for sample_id in (5, 17):
        np.testing.assert_array_equal(part.by_id(sample_id).rgb, whole.by_id(sample_id).rgb)
        assert not np.array_equal(part.by_id(sample_id).rgb, open_dataset(tiny, noise=False).by_id(sample_id).rgb)


@pytest.mark.parametrize("name", ["../../evil", "Mine, all mine", "two\nlines", ".", "a" * 201])
def test_a_name_that_could_not_be_read_back_is_refused(tiny: Path, tmp_path: Path, name: str):
    with pytest.raises(UsageError, match="can't be a dataset's name"):
        subset(tiny, tmp_path / "out", "id > 3", name=name)


def test_a_damaged_subset_is_not_sent_back_to_the_renderer(tiny: Path, tmp_path: Path):
    subset(tiny, tmp_path / "out", "id > 3")
    shard = next((tmp_path / "out").glob("shard-*.h5"))
    shard.write_bytes(shard.read_bytes()[:-1])
    (fault,) = verify_dataset(tmp_path / "out")
    assert fault.mend == "Fetch it again, or delete the dataset and make it again with the same `synth subset`."
    shard = next(tiny.glob("shard-*.h5"))
    shard.write_bytes(shard.read_bytes()[:-1])
    (fault,) = verify_dataset(tiny)
    assert fault.mend == "Fetch it again, or delete it and start the same `synth render` again."


def test_a_subset_says_what_it_was_made_of(full: Path, tmp_path: Path):
    made = subset(full, tmp_path / "out", EVERYTHING, name="Mine-all.mine")
    old, new = read_manifest(full), read_manifest(tmp_path / "out")
    assert made.manifest == new
    assert (new.recipe, new.seed, new.heads, new.license) == (old.recipe, old.seed, old.heads, "CC-BY-4.0")
    assert new.name == "Mine-all.mine"
    assert new.dataset_id.startswith("Mine-all.mine-")
    (step,) = read_steps(tmp_path / "out")
    options = {"where": EVERYTHING, "name": "Mine-all.mine"}
    assert (step.operation, step.options, step.dataset_id) == ("subset", options, new.dataset_id)
    (origin,) = step.sources
    assert (origin.dataset_id, origin.samples, origin.recipe_sha256) == (old.dataset_id, 12, old.recipe_sha256)
    assert new.schema_version == "1.1"
    assert new.failed == ()


def test_what_was_made_of_what_is_remembered_over_several_steps(tiny: Path, tmp_path: Path):
    subset(tiny, tmp_path / "a", "id < 20")
    subset(tmp_path / "a", tmp_path / "b", "id > 3")
    repack(tmp_path / "b", tmp_path / "c", shard_samples=3)
    steps = read_steps(tmp_path / "c")
    assert [step.operation for step in steps] == ["subset", "subset", "repack"]
    assert [step.sources[0].dataset_id for step in steps[1:]] == [step.dataset_id for step in steps[:2]]
    assert read_steps(tiny) == ()


def test_the_same_subset_is_the_same_bytes(full: Path, tmp_path: Path):
    subset(full, tmp_path / "one", "id > 3")
    subset(full, tmp_path / "deep/other", "id > 3")
    assert files_of(tmp_path / "one") == files_of(tmp_path / "deep/other")
    subset(full, tmp_path / "less", "id > 4")
    assert read_manifest(tmp_path / "less").dataset_id != read_manifest(tmp_path / "one").dataset_id


@pytest.mark.parametrize(("where", "said"), [("id > 99", "None of the 24 samples"), ("yaw < 3", "Did you mean")])
def test_a_refused_condition_leaves_nothing(tiny: Path, tmp_path: Path, where: str, said: str):
    with pytest.raises(UsageError, match=said):
        subset(tiny, tmp_path / "new/out", where)
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == []


def test_a_damaged_source_is_refused_before_anything_of_it_is_taken(tiny: Path, tmp_path: Path):
    """A flipped bit in the labels has no checksum but the file's: copied, it would be whole by the new manifest."""
    path = tiny / "shard-00001.h5"
    place = check_shard(path).places[5]
    data = bytearray(path.read_bytes())
    data[place.offset + 3] ^= 1
    path.write_bytes(data)
    with pytest.raises(DatasetError, match="SHA-256"):
        subset(tiny, tmp_path / "out", EVERYTHING)
    assert not (tmp_path / "out").exists()


def test_a_picture_whose_checksum_is_wrong_is_refused_though_the_file_is_as_listed(tiny: Path, tmp_path: Path):
    manifest, path = read_manifest(tiny), tiny / "shard-00001.h5"
    data = bytearray(path.read_bytes())
    data[check_shard(path).rgb.start + 300] ^= 1
    path.write_bytes(data)
    entry = shard_entry(1, path.name, bytes(data), manifest.shards[1].ids)
    write_manifest(tiny, type(manifest)(**{**_fields(manifest), "shards": _with(manifest.shards, 1, entry)}))
    with pytest.raises(ShardError, match="don't match their checksum"):
        subset(tiny, tmp_path / "out", EVERYTHING)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tiny"]


def _fields(manifest: object) -> dict[str, object]:
    return {name: value for name, value in vars(manifest).items() if name != "recipe_sha256"}


def _with(entries: tuple[object, ...], place: int, entry: object) -> tuple[object, ...]:
    return (*entries[:place], entry, *entries[place + 1 :])


def test_a_stray_shard_beside_the_dataset_is_no_hindrance(tiny: Path, tmp_path: Path):
    (tiny / "shard-00077.h5").write_bytes(b"stray")
    assert subset(tiny, tmp_path / "out", EVERYTHING).manifest.samples == 24


@pytest.mark.parametrize("provenance", [3, [3], [{"operation": "x"}], [{}], "text", [["deep"]]])
def test_a_manifest_with_odd_provenance_is_refused(tiny: Path, tmp_path: Path, provenance: object):
    from synth.shard.manifest import content_sha256

    content = json.loads((tiny / "manifest.json").read_text()) | {"provenance": provenance}
    content["manifest_sha256"] = content_sha256(content)
    (tiny / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(DatasetError, match="what it was made of"):
        subset(tiny, tmp_path / "out", EVERYTHING)


# ---------------------------------------------------------------- split


def test_parts_share_no_person_and_together_are_everything(tiny: Path, tmp_path: Path):
    parts = split(tiny, tmp_path / "parts", shares=(0.5, 0.25, 0.25), seed=3)
    assert [part.folder.name for part in parts] == ["train", "validation", "test"]
    datasets = [open_dataset(part.folder) for part in parts]
    people = [set(dataset.labels["subject"].tolist()) for dataset in datasets]
    assert all(not people[i] & people[j] for i in range(3) for j in range(i))
    assert [len(p) for p in people] == [part.identities for part in parts]
    assert sorted(i for dataset in datasets for i in dataset.ids.tolist()) == list(range(24))
    assert abs(shares_of(parts)[0] - 12) <= 4
    for part in parts:
        assert verify_dataset(part.folder, deep=True) == []
    before = stored_samples(tiny)
    assert {k: v for part in parts for k, v in stored_samples(part.folder).items()} == before


def test_a_split_follows_its_seed_alone(tiny: Path, tmp_path: Path):
    one = split(tiny, tmp_path / "one", seed=1, shares=(0.5, 0.5), names=("a", "b"))
    split(tiny, tmp_path / "again", seed=1, shares=(0.5, 0.5), names=("a", "b"))
    other = split(tiny, tmp_path / "other", seed=2, shares=(0.5, 0.5), names=("a", "b"))
    assert files_of(tmp_path / "one") == files_of(tmp_path / "again")
    ids = [open_dataset(parts[0].folder).ids.tolist() for parts in (one, other)]
    assert ids[0] != ids[1]


def test_a_split_by_image_mixes_people(tiny: Path, tmp_path: Path):
    parts = split(tiny, tmp_path / "parts", by="image", shares=(0.75, 0.25), names=("a", "b"))
    assert shares_of(parts) == [18, 6]
    people = [set(open_dataset(part.folder).labels["subject"].tolist()) for part in parts]
    assert people[0] & people[1]


def test_a_split_by_image_keeps_the_variants_of_a_shot_together(make: object, tmp_path: Path):
    from tiny_dataset import TINY_ID, TINY_RECIPE, make_record

    from synth.shard.commit import commit_bytes
    from synth.shard.header import ShardHeader, shard_name
    from synth.shard.manifest import Manifest
    from synth.shard.write import build_shard_bytes

    source = tmp_path / "variants"
    source.mkdir()
    records = [make_record(n, base_id=n // 4) for n in range(24)]
    data = build_shard_bytes(records, ShardHeader(0, TINY_ID, 7, TINY_RECIPE))
    commit_bytes(source / shard_name(0), data)
    entry = shard_entry(0, shard_name(0), data, range(24))
    write_manifest(source, Manifest(TINY_ID, "tiny", 7, TINY_RECIPE, (entry,)))
    parts = split(source, tmp_path / "parts", by="image", shares=(0.5, 0.5), names=("a", "b"), seed=4)
    bases = [set(open_dataset(part.folder).labels["base_id"].tolist()) for part in parts]
    assert not bases[0] & bases[1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"shares": (0.5, 0.6), "names": ("a", "b")}, "no shares"),
        ({"shares": (1.5, -0.5), "names": ("a", "b")}, "no shares"),
        ({"shares": (0.5, 0.5)}, "3 names for 2 shares"),
        ({"shares": (0.5, 0.5), "names": ("a", "a")}, "A name is there twice"),
        ({"shares": (0.5, 0.5), "names": ("a", "../b")}, "can't be a folder's name"),
        ({"shares": (0.5, 0.5), "names": ("a", "")}, "can't be a folder's name"),
        ({"shares": (0.1,) * 10, "names": tuple("abcdefghij")}, "6 identities can't be split into 10 parts"),
    ],
)
def test_a_split_that_cannot_be_is_refused_and_leaves_nothing(tiny: Path, tmp_path: Path, options: dict, said: str):
    with pytest.raises(UsageError, match=said):
        split(tiny, tmp_path / "parts", **options)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tiny"]


def test_either_all_parts_are_there_or_none(tiny: Path, tmp_path: Path):
    def stop(done: int, total: int) -> None:
        if done > 12:  # in the second part
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        split(tiny, tmp_path / "parts", shares=(0.5, 0.5), names=("a", "b"), progress=stop)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["tiny"]


# ---------------------------------------------------------------- repack


def test_repacking_changes_the_shards_and_nothing_else(full: Path, tmp_path: Path):
    made = repack(full, tmp_path / "out", shard_samples=5)
    assert [entry.samples for entry in made.manifest.shards] == [5, 5, 2]
    assert stored_samples(tmp_path / "out") == stored_samples(full)
    assert made.manifest.failed == read_manifest(full).failed
    assert made.manifest.name == "full"
    assert verify_dataset(tmp_path / "out", deep=True) == []


def test_repacked_by_way_of_other_sizes_it_is_the_same_shards(full: Path, tmp_path: Path):
    """What a shard holds follows from the samples, not from the way they went; its dataset's id is another."""
    repack(full, tmp_path / "small", shard_samples=2)
    repack(tmp_path / "small", tmp_path / "back", shard_samples=7)
    assert [e.id_runs for e in read_manifest(tmp_path / "back").shards] == [
        e.id_runs for e in read_manifest(full).shards
    ]
    assert stored_samples(tmp_path / "back") == stored_samples(full)


def test_ids_ascend_over_the_whole_of_a_repacked_dataset(make: object, tmp_path: Path):
    make(tmp_path / "odd", ids=[40, 41, 42, 43, 3, 4, 9, 11, 20, 21], shard_samples=4)  # type: ignore[operator]
    repack(tmp_path / "odd", tmp_path / "out", shard_samples=6)
    assert open_dataset(tmp_path / "out").ids.tolist() == [3, 4, 9, 11, 20, 21, 40, 41, 42, 43]
    assert verify_dataset(tmp_path / "out", deep=True) == []


@pytest.mark.parametrize("size", [0, -1, 131_073])
def test_a_shard_of_a_size_that_no_reader_takes_is_refused(tiny: Path, tmp_path: Path, size: int):
    with pytest.raises(UsageError, match=r"Give 1 to 131,072"):
        repack(tiny, tmp_path / "out", shard_samples=size)


def test_a_shard_gets_no_more_labels_than_a_reader_takes(full: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(layout, "MAX_LABEL_BYTES", 19_000)
    with pytest.raises(UsageError, match=r"with these labels. Give 1 to 10\."):
        repack(full, tmp_path / "out", shard_samples=11)
    repack(full, tmp_path / "out", shard_samples=10)
    assert verify_dataset(tmp_path / "out") == []


@pytest.mark.parametrize("picture", [{"depth": False}, {"rgb": False}, {"noise_baked": True}])
def test_what_a_dataset_lacks_its_parts_lack(make: object, tmp_path: Path, picture: dict):
    make(tmp_path / "some", **picture)  # type: ignore[operator]
    repack(tmp_path / "some", tmp_path / "out")
    assert stored_samples(tmp_path / "out") == stored_samples(tmp_path / "some")
    baked = check_shard(tmp_path / "out/shard-00000.h5").noise_baked
    assert baked is bool(picture.get("noise_baked"))
    assert verify_dataset(tmp_path / "out", deep=True) == []
