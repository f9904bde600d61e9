"""A recipe is tied to the head pack that it is rendered with."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path
from typing import get_args

import pytest

from synth.errors import HeadError
from synth.heads.build import BuildSpec
from synth.heads.ensure import ensure_pack
from synth.heads.pack import HeadRecord, bundled_packs, load_pack, pack_json
from synth.heads.worn.shares import Shares
from synth.plan.plan import plan_shot
from synth.recipe.compare import recipe_to_json
from synth.recipe.load import load_recipe
from synth.recipe.schema import HeadBuild, Recipe
from synth.run import prepare as prepare_module
from synth.run.prepare import pack_entry, prepare


def make_pack(folder: Path, heads: int) -> Path:
    """A pack whose files nobody reads."""
    (folder / "heads").mkdir(parents=True)
    records = []
    for number in range(heads):
        data = b"glTF" + bytes([number])
        (folder / f"heads/m{number}.glb").write_bytes(data)
        shape = {
            "head_center_m": (0, 0, 0),
            "head_box_m": ((-1, -1, -1), (1, 1, 1)),
            "rig": "none",
            "license": "CC0-1.0",
        }
        digest = hashlib.sha256(data).hexdigest()
        records.append(
            HeadRecord(
                id=f"m{number}", file=f"heads/m{number}.glb", sha256=digest, bytes=len(data), triangles=1, **shape
            )
        )
    (folder / "pack.json").write_bytes(pack_json("some", records, []))
    return folder


def recipe_with(**heads):
    return Recipe.model_validate({"name": "r", "samples": 100, "heads": heads})


def test_all_heads_of_the_pack_are_used_unless_the_recipe_says_how_many(tmp_path):
    pack = make_pack(tmp_path / "pack", 5)
    every, _ = prepare(recipe_with(pack=str(pack)))
    some, _ = prepare(recipe_with(pack=str(pack), count=3))
    assert (every.heads.count, some.heads.count) == (5, 3)


def test_a_prepared_recipe_can_be_planned_and_names_its_pack(tmp_path):
    pack = make_pack(tmp_path / "pack", 5)
    recipe, path = prepare(recipe_with(pack=str(pack), block=2))
    assert path == pack
    assert {plan_shot(recipe, index).head_slot for index in range(10)} == set(range(5))
    assert recipe.heads.pack_sha256 == load_pack(pack).pack_sha256
    assert pack_entry(load_pack(pack), recipe).sha256 == recipe.heads.pack_sha256


def test_where_the_pack_lies_is_no_part_of_the_recipe(tmp_path, monkeypatch):
    here, _ = prepare(recipe_with(pack=str(make_pack(tmp_path / "here", 2))))
    there, _ = prepare(recipe_with(pack=str(make_pack(tmp_path / "there" / "other", 2))))
    assert here == there
    assert here.heads.pack == load_pack(tmp_path / "here").name == "some"
    assert str(tmp_path) not in recipe_to_json(here)
    monkeypatch.chdir(tmp_path)
    make_pack(Path("some"), 2)
    assert prepare(here)[0] == here  # named alike, it is found again


def test_the_recipe_of_a_bundled_pack_is_prepared_to_itself():
    once, _ = prepare(recipe_with(pack="demo8"))
    assert (once.heads.pack, once.heads.count) == ("demo8", 8)
    assert prepare(once)[0] == once


def test_too_few_heads_are_refused(tmp_path):
    with pytest.raises(HeadError, match="wants 6 heads, the pack some has 5"):
        prepare(recipe_with(pack=str(make_pack(tmp_path / "pack", 5)), count=6))


def test_another_pack_than_the_stated_one_is_refused(tmp_path):
    with pytest.raises(HeadError, match=r"leave heads\.pack_sha256 out"):
        prepare(recipe_with(pack=str(make_pack(tmp_path / "pack", 2)), pack_sha256="0" * 64))


def test_what_the_recipe_says_how_to_build_is_built_into_the_cache(tmp_path, monkeypatch):
    asked = {}

    def ensure(name=None, *, build=None, cache_dir=None, workers=1, progress=None):
        asked.update(name=name, build=build, cache_dir=cache_dir, workers=workers)
        return make_pack(tmp_path / "built", build.count)

    monkeypatch.setattr(prepare_module, "ensure_pack", ensure)
    build = {"count": 3, "males": 2, "females": 1, "seed": 9, "texture_px": 512}
    recipe, path = prepare(recipe_with(pack="people", build=build), tmp_path / "cache", workers=2)
    assert (asked["name"], asked["build"]) == (None, BuildSpec(2, 1, 9, 512))
    assert (asked["cache_dir"], asked["workers"]) == (tmp_path / "cache", 2)
    assert (recipe.heads.count, path) == (3, tmp_path / "built")


def test_a_stated_pack_that_another_builder_built_is_refused_before_hours_of_building(tmp_path, monkeypatch):
    made = itertools.count()
    monkeypatch.setattr(prepare_module, "ensure_pack", lambda **_: make_pack(tmp_path / str(next(made)), 3))
    build, name = {"count": 3, "males": 2, "females": 1}, BuildSpec(2, 1).name
    older = name.rpartition("-v")[0] + "-v1"
    with pytest.raises(HeadError, match=rf"wants the pack {older}; this version would build {name}") as refused:
        prepare(recipe_with(pack=older, build=build, pack_sha256="0" * 64))
    assert next(made) == 0
    assert "--set heads.pack=FOLDER" in refused.value.mend
    assert prepare(recipe_with(pack=older, build=build))[0].heads.count == 3
    with pytest.raises(HeadError, match="has the checksum"):
        prepare(recipe_with(pack=name, build=build, pack_sha256="0" * 64))


def test_shares_of_the_recipe_reach_the_builder(tmp_path, monkeypatch):
    asked = {}

    def ensure(name=None, *, build=None, **_):
        asked.update(build=build)
        return make_pack(tmp_path / "built", build.count)

    monkeypatch.setattr(prepare_module, "ensure_pack", ensure)
    build = {"count": 3, "males": 2, "females": 1, "seed": 9, "texture_px": 512, "shares": {"hats": 0.5}}
    prepare(recipe_with(pack="people", build=build))
    assert asked["build"] == BuildSpec(2, 1, 9, 512, Shares(hats=0.5))


def test_every_size_of_texture_that_a_recipe_may_ask_for_can_be_built():
    sizes = get_args(HeadBuild.model_fields["texture_px"].annotation)
    assert [BuildSpec(1, 1, texture_px=size).texture_px for size in sizes] == [256, 512, 1024, 2048]


@pytest.fixture
def nothing_is_built(monkeypatch):
    def ensure(name=None, build=None, **_):
        assert build is None, "something is built"
        return ensure_pack(name)

    monkeypatch.setattr(prepare_module, "ensure_pack", ensure)


BUILD = {"count": 300, "males": 200, "females": 100}


@pytest.mark.usefixtures("nothing_is_built")
def test_a_pack_that_is_there_wins_over_building(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_pack(Path("mine"), 2)
    for name in (str(tmp_path / "mine"), "mine", "./mine", "mine/pack.json"):
        recipe, path = prepare(recipe_with(pack=name, build=BUILD))
        assert path.resolve() == tmp_path / "mine"
        assert (recipe.heads.pack, recipe.heads.count, recipe.heads.build) == ("some", 2, None)


@pytest.mark.usefixtures("nothing_is_built")
def test_a_bundled_pack_wins_over_building():
    recipe, path = prepare(load_recipe("wide", ["heads.pack=demo8", "heads.count=8"]))
    assert path == bundled_packs()["demo8"]
    assert (recipe.heads.pack, recipe.heads.count) == ("demo8", 8)
    assert plan_shot(recipe, 0).head_slot < 8


@pytest.mark.usefixtures("nothing_is_built")
@pytest.mark.parametrize("name", ["./mine", "~/mine", "packs/mine", "mine"])
def test_a_path_without_a_pack_is_said_and_nothing_is_built_in_its_place(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    Path("mine").mkdir()
    with pytest.raises(HeadError, match=r"no head pack.*pack\.json"):
        prepare(recipe_with(pack=name, build=BUILD))


def test_a_head_that_was_exchanged_for_another_of_the_same_size_is_refused_before_rendering(tmp_path):
    pack = make_pack(tmp_path / "pack", 3)
    (pack / "heads/m0.glb").write_bytes((pack / "heads/m1.glb").read_bytes())
    with pytest.raises(HeadError, match=r"m0\.glb has the SHA-256"):
        prepare(recipe_with(pack=str(pack)))
