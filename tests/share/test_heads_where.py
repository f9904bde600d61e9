"""Conditions on heads."""

from __future__ import annotations

import pytest
from known_pack import known_heads, record

from synth.errors import UsageError
from synth.share.heads_where import heads_where


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("age_years > 40", [1, 3]),
        ('sex == "male" and skin_tone >= 0.5', [2, 3]),
        ('hat != "none" or mask != "none"', [0, 1]),
        ("african > asian + european", [1, 3]),
        ('id == "m2"', [2]),
        ('starts_with(glasses, "sun")', [2]),
    ],
)
def test_heads_that_meet_a_condition_are_found(text: str, places: list[int]) -> None:
    assert heads_where(text, known_heads()) == places


def test_what_is_unknown_of_a_head_meets_no_condition() -> None:
    heads = [*known_heads(), record("x")]
    assert heads_where("not (age_years > 40)", heads) == [0, 2]
    assert heads_where("known(sex)", heads) == [0, 1, 2, 3]


def test_mistakes_are_named() -> None:
    with pytest.raises(UsageError, match="None of the 4 heads"):
        heads_where("age_years > 100", known_heads())
    with pytest.raises(UsageError, match="hairstyle"):
        heads_where('hairstyle == "afro"', known_heads())
