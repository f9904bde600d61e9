"""Shares of what heads wear: they hold, they move nothing else, and packs of other shares have other names."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from synth.errors import HeadError
from synth.heads.build import BuildSpec
from synth.heads.person import Person, sample_person
from synth.heads.worn.looks import HATS, HEADSCARVES, SUNGLASSES, sample_glasses, sample_headwear
from synth.heads.worn.shares import DEFAULT_SHARES, Shares
from synth.recipe.schema import HeadShares

DRAWS = 2500


def _heads(sex: str, age: float, shares: Shares) -> list[dict[str, object]]:
    made = []
    for seed in range(DRAWS):
        glasses = sample_glasses(np.random.default_rng([seed, 0]), shares)
        made.append(glasses | sample_headwear(np.random.default_rng([seed, 1]), sex, age, glasses["glasses"], shares))
    return made


@pytest.mark.parametrize(
    "shares",
    [DEFAULT_SHARES, Shares.of({"hats": 0.4, "headscarves": 0.3, "masks": 0.2, "sunglasses": 0.3, "glasses": 0.1})],
)
def test_shares_hold(shares: Shares) -> None:
    women, men = _heads("female", 35.0, shares), _heads("male", 35.0, shares)

    def near(heads: list[dict[str, object]], field: str, kinds: tuple[str, ...] | None) -> float:
        return float(np.mean([head[field] in kinds if kinds else head[field] != "none" for head in heads]))

    slack = 4 * (0.25 / DRAWS) ** 0.5
    for heads in (women, men):
        assert near(heads, "hat", HATS) == pytest.approx(shares.hats, abs=slack)
        assert near(heads, "mask", None) == pytest.approx(shares.masks, abs=slack)
        worn_down = shares.sunglasses * (1 - shares.masks)
        assert near(heads, "glasses", SUNGLASSES) == pytest.approx(worn_down, abs=slack)
        assert near(heads, "glasses", None) == pytest.approx(shares.glasses + worn_down, abs=slack)
    assert near(women, "hat", HEADSCARVES) == pytest.approx(shares.headscarves, abs=slack)
    assert near(men, "hat", HEADSCARVES) == 0


def test_small_children_wear_neither_masks_nor_head_scarves() -> None:
    everything = Shares(masks=1.0, headscarves=1.0, hats=0.0)
    for head in _heads("female", 4.0, everything)[:300]:
        assert (head["hat"], head["mask"]) == ("none", "none")
    for head in _heads("female", 30.0, everything)[:300]:
        assert head["hat"] in HEADSCARVES
        assert head["mask"] != "none"
        assert head["glasses"] not in SUNGLASSES


@pytest.mark.parametrize(("share", "fields"), [
    ("hats", {"hat"}), ("headscarves", {"hat"}), ("masks", {"mask", "mask_rgb", "glasses"}), ("glasses", {"glasses"}),
    ("sunglasses", {"glasses"}), ("beards", {"beard"}),
])  # fmt: skip
def test_one_share_moves_nothing_else(share: str, fields: set[str]) -> None:
    changed = dataclasses.replace(DEFAULT_SHARES, **{share: 0.7})
    seen = set()
    for seed in range(60):
        one, other = (sample_person(np.random.default_rng(seed), shares=s) for s in (DEFAULT_SHARES, changed))
        seen |= {f.name for f in dataclasses.fields(Person) if getattr(one, f.name) != getattr(other, f.name)}
    assert seen <= fields
    assert seen


def test_other_shares_are_another_pack() -> None:
    plain, hats = BuildSpec(2, 1, 7), BuildSpec(2, 1, 7, shares=Shares(hats=0.5))
    assert plain.name == BuildSpec(2, 1, 7, shares=Shares(hats=DEFAULT_SHARES.hats)).name
    assert len({plain.name, hats.name, BuildSpec(2, 1, 7, shares=Shares(hats=0.51)).name}) == 3
    assert len(BuildSpec(100_000, 100_000, 2**63 - 1, 1024, Shares(hats=0.5)).name) <= 64
    wearing = [order.person.hat != "none" for order in BuildSpec(20, 0, shares=Shares(hats=1.0)).orders()]
    assert all(wearing)


@pytest.mark.parametrize(("given", "said"), [
    ({"hat": 0.1}, "Did you mean hats"), ({"crowns": 0.1}, "headscarves"), ({"hats": 1.5}, "1.5 is no share of hats"),
    ({"masks": -0.1}, "no share of masks"), ({"masks": float("nan")}, "nan is no share"),
])  # fmt: skip
def test_shares_that_can_not_be_are_refused(given: dict[str, float], said: str) -> None:
    with pytest.raises(HeadError, match=said):
        Shares.of(given)


def test_the_recipe_has_the_same_shares_and_defaults() -> None:
    assert HeadShares().model_dump() == dataclasses.asdict(DEFAULT_SHARES)
