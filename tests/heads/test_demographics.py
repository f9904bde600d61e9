"""Who a pack's heads are: evenly spread from the first head on."""

from __future__ import annotations

import numpy as np
import pytest

from synth.errors import HeadError
from synth.heads.build import BuildSpec
from synth.heads.demographics import AGE_BANDS, TONES, Demographics, age_at, demographics, origin_at

SEEDS = (0, 1, 7, 2019)
LIGHT_HAIR = {"blond", "red", "lightbrown"}


def people(seed: int, count: int, stream: int = 0) -> list[Demographics]:
    return [demographics(seed, stream, number) for number in range(1, count + 1)]


def tenths(tones: list[float]) -> np.ndarray:
    places = (np.array(tones) - TONES[0]) / (TONES[1] - TONES[0])
    return np.bincount((places * 10).astype(int), minlength=10)


def bands(ages: list[float]) -> np.ndarray:
    """People in each of AGE_BANDS; the two that meet at 60 part there."""
    return np.array([sum(low <= age <= high for age in ages) for _, low, high in AGE_BANDS])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("count", [48, 77, 100, 200])
def test_every_beginning_of_a_pack_has_every_skin_tone_about_equally_often(seed: int, count: int) -> None:
    found = tenths([person.skin_tone for person in people(seed, count)])
    assert found.min() >= 0.7 * count / 10 - 1
    assert found.max() <= 1.3 * count / 10 + 1


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("count", [48, 100, 200])
def test_every_beginning_has_the_intended_shares_of_ages(seed: int, count: int) -> None:
    found = bands([person.age_years for person in people(seed, count)]) / count
    assert found == pytest.approx([share for share, _, _ in AGE_BANDS], abs=1.5 / count + 0.02)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_three_origins_have_a_third_each(seed: int) -> None:
    who = people(seed, 100)
    means = np.mean([(p.african, p.asian, p.european) for p in who], axis=0)
    assert means == pytest.approx([1 / 3] * 3, abs=0.04)
    assert all(p.african + p.asian + p.european == pytest.approx(1) for p in who)


@pytest.mark.parametrize("seed", SEEDS)
def test_light_and_dark_skin_is_there_at_every_age(seed: int) -> None:
    """A third of the tones within a band of ages is nowhere a matter of luck."""
    who = people(seed, 200)
    for _, low, high in AGE_BANDS:
        tones = [(p.skin_tone - TONES[0]) / (TONES[1] - TONES[0]) for p in who if low <= p.age_years <= high]
        thirds = np.bincount((np.array(tones) * 3).astype(int), minlength=3)
        assert thirds.min() >= 0.15 * len(tones)


def test_no_tone_belongs_to_one_origin_alone() -> None:
    who = people(2019, 400)
    main = np.argmax([(p.african, p.asian, p.european) for p in who], axis=1)
    tones = np.array([p.skin_tone for p in who])
    middle = (tones > 0.42) & (tones < 0.58)
    assert set(main[middle]) == {0, 1, 2}
    for origin, most in ((0, 0.3), (1, 0.15), (2, 0.15)):  # african down to light, the others up to dark
        found = tones[main == origin]
        assert found.max() - found.min() > 0.6, origin
        assert min(abs(found.min() - TONES[0]), abs(found.max() - TONES[1])) < most


def test_a_head_depends_on_seed_stream_and_number_alone() -> None:
    assert people(5, 10) == people(5, 40)[:10]
    assert demographics(5, 0, 3) != demographics(6, 0, 3)
    assert demographics(5, 0, 3) != demographics(5, 1, 3)
    assert len({p.skin_tone for p in people(5, 200)}) == 200


def test_the_same_numbers_give_the_same_person_as_ever() -> None:
    """Packs are named by what fixes their bytes, so the sequence must be the same on every machine and in years."""
    person = demographics(2019, 0, 1)
    assert (person.age_years, person.skin_tone) == pytest.approx((60.81120252795518, 0.6195706652989611), abs=1e-9)


def test_there_is_no_head_number_zero() -> None:
    with pytest.raises(HeadError, match="no head number 0"):
        demographics(1, 0, 0)


def test_ages_and_origins_reach_their_ends() -> None:
    assert (age_at(0.0), age_at(0.9999999)) == pytest.approx((3, 88), abs=1e-3)
    assert age_at(1.0) == 88
    for tone in (0.0, 1.0):
        for place in (0.0, 1.0):
            shares = origin_at(tone, place, 1 - place)
            assert min(shares) >= 0
            assert sum(shares) == pytest.approx(1)


def test_a_pack_takes_its_people_from_here() -> None:
    orders = list(BuildSpec(6, 3, seed=4).orders())
    men = [order.person for order in orders if order.person.sex == "male"]
    assert [(p.age_years, p.skin_tone, p.african) for p in men] == [
        (p.age_years, p.skin_tone, p.african) for p in people(4, 6)
    ]
    women = [order.person.skin_tone for order in orders if order.person.sex == "female"]
    assert women == [p.skin_tone for p in people(4, 3, stream=1)]


def test_hair_and_freckles_agree_with_the_skin() -> None:
    """Blond hair, red hair and freckles belong to light skin; nobody of dark skin gets them by luck."""
    persons = [order.person for order in BuildSpec(200, 100, seed=2019).orders()]
    assert {p.hair_colour for p in persons if p.skin_tone > 0.5}.isdisjoint(LIGHT_HAIR)
    assert {p.hair_colour for p in persons if p.skin_tone < 0.33} >= LIGHT_HAIR
    assert all(p.freckles == 0 for p in persons if p.skin_tone > 0.4)
    assert {p.iris for p in persons if p.skin_tone > 0.5} <= {"darkbrown", "brown", "hazel"}
