"""`synth render --shards` and `synth merge-manifest` with a stand-in for Blender."""

from __future__ import annotations

import json

import pytest

from synth.shard.verify import verify_dataset

FAKE = ("--renderer", "fake_renderer:make_fake")


def test_ranges_rendered_into_one_folder_are_joined_to_a_dataset_that_verifies(synth, recipe, tmp_path):
    command = ("render", "--recipe", recipe, "--set", "shards.samples=4", "--out", tmp_path / "out", *FAKE)
    first = synth(*command, "--shards", "0:2")
    assert json.loads(first.stdout)["samples_made"] == 8
    unfinished = synth("verify", tmp_path / "out")
    assert unfinished.exit_code == 1
    assert "join them with `synth merge-manifest`" in unfinished.stdout
    too_early = synth("merge-manifest", tmp_path / "out")
    assert too_early.exit_code == 1
    assert "1 of 3 shards are missing: 2:3" in too_early.stderr
    second = synth(*command, "--shards", "2:", "--log", "text")
    assert "4 of 4 samples of shards 2:3" in second.stdout
    assert f"Next, when all ranges are done: synth merge-manifest {tmp_path / 'out'}" in second.stdout
    done = synth("merge-manifest", tmp_path / "out")
    assert done.exit_code == 0
    assert "12 samples in 3 shards" in done.stdout
    assert verify_dataset(tmp_path / "out", deep=True) == []


@pytest.mark.parametrize(("shards", "said"), [("3:9", "There is no shard 3"), ("nine", "is not a range")])
def test_a_range_that_is_none_ends_with_2(synth, recipe, tmp_path, shards, said):
    done = synth(
        "render", "--recipe", recipe, "--set", "shards.samples=4", "--shards", shards, "--out", tmp_path, *FAKE
    )
    assert done.exit_code == 2
    assert said in done.stderr
