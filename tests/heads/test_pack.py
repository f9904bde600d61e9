"""Packs: read strictly, built resumably, found by name."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from synth.errors import HeadError
from synth.heads import build as build_module
from synth.heads.build import BuildSpec, build_pack
from synth.heads.ensure import default_cache_dir, ensure_pack
from synth.heads.locate import assets_dir
from synth.heads.pack import bundled_packs, file_sha256, load_pack

SMALL = BuildSpec(males=1, females=1, seed=9, texture_px=256)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_pack(tmp_path_factory.mktemp("packs") / "two", SMALL)


@pytest.fixture
def pack(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "pack"))


def _edit(pack: Path, change: Callable[[dict[str, Any]], None]) -> None:
    content = json.loads((pack / "pack.json").read_text())
    change(content)
    (pack / "pack.json").write_text(json.dumps(content))


def test_a_built_pack_reads_back_with_every_checksum_right(built: Path) -> None:
    pack = load_pack(built, verify=True)
    assert [head.id for head in pack.heads] == ["m0001", "f0001"]
    assert [head.sex for head in pack.heads] == ["male", "female"]
    assert pack.license == "CC0-1.0"
    assert pack.pack_sha256 == file_sha256(built / "pack.json")
    assert load_pack(built / "pack.json").heads == pack.heads
    assert pack.head("f0001").sex == "female"
    with pytest.raises(HeadError, match="Did you mean f0001"):
        pack.head("f001")


def test_a_built_pack_holds_nothing_but_its_heads(built: Path) -> None:
    assert sorted(p.relative_to(built).as_posix() for p in built.rglob("*") if p.is_file()) == [
        "heads/f0001.glb",
        "heads/m0001.glb",
        "pack.json",
    ]


FAULTS: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "another format": (lambda c: c.update(format="other"), "format"),
    "a newer version": (lambda c: c.update(version=2), "version"),
    "an unknown key": (lambda c: c.update(colour="red"), "colour"),
    "no heads": (lambda c: c.update(heads=[]), "heads"),
    "a missing key": (lambda c: c["heads"][0].pop("head_center_m"), r"heads\[0\].head_center_m"),
    "a path out of the pack": (lambda c: c["heads"][0].update(file="../m0001.glb"), "inside the pack"),
    "an absolute path": (lambda c: c["heads"][0].update(file="/etc/passwd"), "inside the pack"),
    "a Windows path": (lambda c: c["heads"][0].update(file="C:\\m0001.glb"), "inside the pack"),
    "two heads of one id": (lambda c: c["heads"][1].update(id="m0001"), "share the id"),
    "two heads of one file": (lambda c: c["heads"][1].update(file="heads/m0001.glb"), "share the file"),
    "a wrong sex": (lambda c: c["heads"][0].update(sex="man"), "sex"),
    "a text for a number": (lambda c: c["heads"][0].update(age_years="30"), "age_years"),
    "a share above one": (lambda c: c["heads"][0].update(beard=1.5), "beard"),
    "a short checksum": (lambda c: c["heads"][0].update(sha256="abc"), "sha256"),
    "a box inside out": (lambda c: c["heads"][0]["head_box_m"].reverse(), "lowest corner"),
    "a centre outside the box": (lambda c: c["heads"][0].update(head_center_m=[9, 9, 9]), "inside head_box_m"),
    "an unknown rig": (lambda c: c["heads"][0].update(rig="mixamo"), "rig"),
    "a file that isn't there": (lambda c: c["heads"][0].update(file="heads/x.glb"), "is missing"),
    "a wrong size": (lambda c: c["heads"][0].update(bytes=7), "bytes instead of"),
    "a number that isn't one": (lambda c: c["heads"][0].update(head_center_m=[float("nan"), 0, 0]), "head_center_m"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_faulty_pack_is_refused_with_the_place(fault: str, pack: Path) -> None:
    change, message = FAULTS[fault]
    _edit(pack, change)
    with pytest.raises(HeadError, match=message) as caught:
        load_pack(pack)
    assert "pack.json" in str(caught.value)


def test_all_faults_are_named_at_once(pack: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["heads"][0]["sex"] = "man"
        content["heads"][1]["beard"] = -1

    _edit(pack, change)
    with pytest.raises(HeadError) as caught:
        load_pack(pack)
    assert "heads[0].sex" in str(caught.value)
    assert "heads[1].beard" in str(caught.value)


def test_packs_of_earlier_versions_are_read_their_unknown_fields_are_none(pack: Path) -> None:
    later = ("eye_colour", "freckles", "lipstick", "hat", "mask")
    later += ("hair_wave", "hair_grey", "eyeliner", "eye_shadow", "blush")

    def change(content: dict[str, Any]) -> None:
        for head in content["heads"]:
            assert head.keys() >= set(later)
            for name in later:
                del head[name]

    _edit(pack, change)
    found = load_pack(pack, verify=True).heads[0]
    assert [getattr(found, name) for name in later] == [None] * len(later)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00\x01"])
def test_a_pack_file_that_is_no_pack_is_refused(text: str, pack: Path) -> None:
    (pack / "pack.json").write_text(text)
    with pytest.raises(HeadError):
        load_pack(pack)


def test_changed_bytes_are_found_when_verifying(pack: Path) -> None:
    head = pack / "heads" / "m0001.glb"
    data = bytearray(head.read_bytes())
    data[-5] ^= 1
    head.write_bytes(data)
    load_pack(pack)
    with pytest.raises(HeadError, match="SHA-256"):
        load_pack(pack, verify=True)


def test_a_link_out_of_the_pack_is_refused(pack: Path, tmp_path: Path) -> None:
    head = pack / "heads" / "m0001.glb"
    outside = tmp_path / "outside.glb"
    head.rename(outside)
    head.symlink_to(outside)
    with pytest.raises(HeadError, match="leads out"):
        load_pack(pack)


def test_a_folder_without_a_pack_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HeadError, match="no head pack"):
        load_pack(tmp_path)


def test_a_build_makes_only_what_is_missing_and_ends_the_same(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {p: file_sha256(p) for p in pack.rglob("*.glb")} | {pack / "pack.json": file_sha256(pack / "pack.json")}
    (pack / "heads" / "f0001.glb").unlink()
    (pack / "pack.json").unlink()
    made: list[str] = []
    one = build_module._build_one
    monkeypatch.setattr(build_module, "_build_one", lambda out, order: made.append(order.id) or one(out, order))
    # Without pack.json or progress notes nothing is trusted: both heads are made again, to the same bytes.
    build_pack(pack, SMALL)
    assert made == ["m0001", "f0001"]
    assert {p: file_sha256(p) for p in before} == before
    made.clear()
    build_pack(pack, SMALL)
    assert made == []


def test_a_killed_build_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = build_module._build_one
    made: list[str] = []

    def fails_at_second(out: Path, order: build_module.Order) -> object:
        if made:
            raise KeyboardInterrupt
        made.append(order.id)
        return one(out, order)

    monkeypatch.setattr(build_module, "_build_one", fails_at_second)
    with pytest.raises(KeyboardInterrupt):
        build_pack(tmp_path / "p", SMALL)
    assert not (tmp_path / "p" / "pack.json").exists()
    monkeypatch.setattr(build_module, "_build_one", lambda out, order: made.append(order.id) or one(out, order))
    build_pack(tmp_path / "p", SMALL)
    assert made == ["m0001", "f0001"]


def test_what_a_killed_build_left_half_written_blocks_no_second_start_and_goes(pack: Path) -> None:
    (pack / "pack.json").rename(pack / ".pack.json.k3j_9abc")
    (pack / "heads" / ".m0001.glb.abcdefgh").write_bytes(b"half")
    (pack / "heads" / ".mine").write_bytes(b"a user's own")
    build_pack(pack, SMALL)
    assert sorted(path.name for path in pack.rglob(".*")) == [".mine"]
    load_pack(pack, verify=True)


def test_a_pack_of_an_older_builder_is_built_anew(pack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    one = build_module._build_one
    monkeypatch.setattr(build_module, "_build_one", lambda out, order: made.append(order.id) or one(out, order))
    build_pack(pack, SMALL)
    assert made == []
    _edit(pack, lambda content: content.update(builder_version=build_module.BUILDER_VERSION - 1))
    build_pack(pack, SMALL)
    assert sorted(made) == sorted(order.id for order in SMALL.orders())
    assert load_pack(pack, verify=True).builder_version == build_module.BUILDER_VERSION


def test_a_head_does_not_depend_on_how_many_are_built() -> None:
    few, many = BuildSpec(1, 1, seed=4), BuildSpec(5, 3, seed=4)
    orders = {order.id: order for order in many.orders()}
    assert all(orders[order.id] == order for order in few.orders())


def test_the_first_heads_of_a_pack_mix_men_and_women_evenly() -> None:
    ids = [order.id for order in BuildSpec(6, 3, seed=4).orders()]
    assert sorted(ids) == [f"f{n:04d}" for n in (1, 2, 3)] + [f"m{n:04d}" for n in range(1, 7)]
    for start in range(0, 9, 3):
        assert sum(identifier[0] == "f" for identifier in ids[start : start + 3]) == 1
    for letter in "mf":
        own = [identifier for identifier in ids if identifier[0] == letter]
        assert own == sorted(own)


def test_a_folder_with_another_pack_or_other_things_is_left_alone(pack: Path, tmp_path: Path) -> None:
    with pytest.raises(HeadError, match="holds the pack"):
        build_pack(pack, BuildSpec(1, 1, seed=10, texture_px=256))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("dear to me")
    with pytest.raises(HeadError, match="other things"):
        build_pack(tmp_path / "mine", SMALL)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({"count": 5}, (3, 2)),
        ({"count": 300, "males": 200}, (200, 100)),
        ({"males": 2}, (2, 0)),
        ({"count": 4, "females": 1}, (3, 1)),
    ],
)
def test_numbers_of_men_and_women_follow_from_what_is_given(numbers: dict[str, int], expected: tuple[int, int]) -> None:
    spec = BuildSpec.of(**numbers)
    assert (spec.males, spec.females) == expected


@pytest.mark.parametrize(
    "numbers",
    [
        {"count": 0},
        {"count": 5, "males": 2, "females": 2},
        {"count": 2, "males": 3},
        {"count": 2, "seed": -1},
        {"count": 2, "texture_px": 1000},
    ],
)
def test_impossible_builds_are_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(HeadError):
        BuildSpec.of(**numbers)


def test_the_bundled_pack_is_found_by_name_and_is_whole() -> None:
    folder = ensure_pack("demo8")
    pack = load_pack(folder, verify=True)
    assert "://" not in (folder / "pack.json").read_text()  # sources are named in words
    assert [head.id[0] for head in pack.heads] == ["m", "f"] * 4
    assert len(pack.heads) == 8
    assert sum(head.sex == "male" for head in pack.heads) == 4
    assert min(head.age_years or 99 for head in pack.heads) < 13
    assert max(head.age_years or 0 for head in pack.heads) > 60


def test_the_assets_stay_small() -> None:
    assert sum(p.stat().st_size for p in assets_dir().rglob("*") if p.is_file()) < 12e6


def test_a_mistyped_name_gets_a_proposal() -> None:
    assert "demo8" in bundled_packs()
    with pytest.raises(HeadError, match="Did you mean 'demo8'"):
        ensure_pack("demo")


def test_a_path_is_used_as_it_is(built: Path) -> None:
    assert ensure_pack(built) == built
    assert ensure_pack(str(built / "pack.json")) == built


def test_a_pack_is_built_once_into_the_cache(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SYNTH_CACHE", str(tmp_path / "cache"))
    assert default_cache_dir() == tmp_path / "cache"
    built_times: list[int] = []

    def copy(out: Path, spec: BuildSpec, **_: object) -> Path:
        built_times.append(1)
        return Path(shutil.copytree(built, out))

    monkeypatch.setattr("synth.heads.ensure.build_pack", copy)
    first = ensure_pack(build=SMALL)
    assert ensure_pack(build=SMALL) == first == tmp_path / "cache" / "heads" / SMALL.name
    assert len(built_times) == 1
    assert load_pack(first).name == SMALL.name


def test_the_second_of_two_builders_takes_the_first_ones_pack(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(out: Path, spec: BuildSpec, **_: object) -> Path:
        shutil.copytree(built, out.with_name(spec.name))
        raise FileNotFoundError(out)

    monkeypatch.setattr("synth.heads.ensure.build_pack", overtaken)
    assert load_pack(ensure_pack(build=SMALL, cache_dir=tmp_path)).name == SMALL.name
