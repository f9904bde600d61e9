"""A contact sheet of samples with normals, parts, alpha and landmarks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from synth.shard.commit import commit_bytes
from synth.shard.dataset import open_dataset
from synth.shard.header import ShardHeader
from synth.shard.manifest import Manifest, shard_entry, write_manifest
from synth.shard.write import build_shard_bytes
from synth.view.contact_sheet import contact_sheet
from tests.shard.test_further import full_record
from tests.tiny_dataset import TINY_ID, TINY_RECIPE


def dataset(folder: Path, **left_out: None):
    recipe = TINY_RECIPE | {"samples": 2}
    records = [replace(full_record(n), **left_out) for n in range(2)]
    data = build_shard_bytes(records, ShardHeader(0, TINY_ID, recipe["seed"], recipe))
    folder.mkdir()
    commit_bytes(folder / "shard-00000.h5", data)
    entry = shard_entry(0, "shard-00000.h5", data, range(2))
    write_manifest(folder, Manifest(TINY_ID, recipe["name"], recipe["seed"], recipe, (entry,)))
    return open_dataset(folder)


def test_each_kind_of_picture_gets_its_place(tmp_path: Path):
    everything = contact_sheet(dataset(tmp_path / "all"), count=2)
    without = contact_sheet(dataset(tmp_path / "less", normals=None, parts=None), count=2)
    assert everything.shape[0] > without.shape[0] + 300
    assert everything.shape[1] == without.shape[1]


def test_a_sample_of_nothing_but_alpha_can_be_shown(tmp_path: Path):
    alone = dataset(tmp_path / "alpha", rgb=None, range_mm=None, normals=None, parts=None)
    assert contact_sheet(alone, count=2).std() > 5
