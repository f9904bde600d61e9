"""A pack in counts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from known_pack import SIZES, known_heads, record, write_pack

from synth.heads.census import beard_name, census, derived
from synth.heads.pack import load_pack
from synth.heads.sizes import mean_interpupillary_mm


def test_numbers_and_words_are_counted(tmp_path: Path) -> None:
    found = census(load_pack(write_pack(tmp_path / "known", known_heads())))
    ages = found.numbers["age_years"]
    assert (ages.known, ages.least, ages.greatest) == (4, 7, 81)
    assert ages.median == pytest.approx((34.2 + 50) / 2)
    assert found.words["sex"] == {"male": 3, "female": 1}
    assert list(found.words["glasses"].items()) == [("none", 2), ("round", 1), ("sun_wide", 1)]
    assert found.words["hat"] == {"none": 3, "cap": 1}
    assert found.words["main_origin"] == {"african": 2, "asian": 1, "european": 1}
    assert (found.heads, found.triangles, found.seed) == (4, 4800, 3)


def test_sizes_are_held_against_the_means_of_their_sex_and_age(tmp_path: Path) -> None:
    heads = known_heads()
    found = census(load_pack(write_pack(tmp_path / "known", heads)))
    means = [mean_interpupillary_mm(str(head.sex), float(head.age_years or 0)) for head in heads]
    assert found.larger_than_mean["interpupillary_mm"] == pytest.approx(
        sum(SIZES["interpupillary_mm"] / mean for mean in means) / 4
    )


def test_what_grows_on_a_chin_has_a_name_and_women_have_none() -> None:
    kinds = {head.id: derived(head).get("beard_kind") for head in known_heads()}
    assert kinds == {"m1": "shaven", "f1": None, "m2": "beard", "m3": "goatee"}


def test_sparse_beards_are_called_what_they_look_like() -> None:
    assert [beard_name(fullness) for fullness in (0, 0.13, 0.3, 0.45, 1)] == [
        "",
        "moustache",
        "goatee",
        "beard",
        "beard",
    ]


def test_of_imported_heads_only_the_files_are_counted(tmp_path: Path) -> None:
    found = census(load_pack(write_pack(tmp_path / "scans", [record("a", rig="none", age_years=30.0), record("b")])))
    assert found.words == {}
    assert found.numbers.keys() == {"age_years", "bytes", "triangles"}
    assert found.numbers["age_years"].known == 1
    assert found.larger_than_mean == {}
