"""People: pure functions of their seed, of the right size, with natural eyes."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from synth.heads.base import load_base
from synth.heads.eyes.eyes import eye_parts
from synth.heads.eyes.lids import SIDES, fit_sphere, margins_deg
from synth.heads.frontal import frontal_pitch_deg
from synth.heads.hair.beard import LEAST_BEARD
from synth.heads.hair.scalp import GOATEE_BELOW, MOUSTACHE_BELOW
from synth.heads.person import Person, Sex, sample_person
from synth.heads.shape import macro_weights, shape_body


def _person(seed: int, sex: Sex | None = None, age: float | None = None) -> Person:
    return sample_person(np.random.default_rng(seed), sex, age)


def test_a_person_is_a_pure_function_of_the_seed() -> None:
    assert _person(5) == _person(5)
    assert _person(5) != _person(6)


def test_fixing_the_age_moves_no_other_draw_of_the_origin() -> None:
    drawn, fixed = _person(5), _person(5, age=70)
    assert (drawn.african, drawn.asian, drawn.european) == (fixed.african, fixed.asian, fixed.european)
    assert fixed.age_years == 70


def test_a_person_can_not_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        _person(5).age_years = 3  # type: ignore[misc]


def test_macro_weights_of_a_person_sum_to_one_body_and_one_origin() -> None:
    base = load_base()
    for seed in range(10):
        amounts = macro_weights(base, _person(seed))
        universal = sum(a for name, a in amounts.items() if name.startswith("macro:universal"))
        origin = sum(a for name, a in amounts.items() if not name.startswith("macro:universal"))
        # The body that is average in muscle and weight is the template itself and so has no target.
        assert universal <= 1 + 1e-9
        assert origin == pytest.approx(1, abs=0.02)


def test_the_eyes_stand_exactly_as_far_apart_as_the_person_says() -> None:
    for seed in range(8):
        body = shape_body(_person(seed))
        centres = [fit_sphere(body.vertices[np.unique(body.base.quads[eye])])[0] for eye in ("eye_l", "eye_r")]
        assert 1000 * (centres[0][0] - centres[1][0]) == pytest.approx(body.person.interpupillary_mm, abs=0.5)


def test_lids_cover_the_top_of_the_iris_and_never_the_pupil() -> None:
    for seed in range(24):
        body = shape_body(_person(seed))
        iris, down = body.person.iris_half_deg, frontal_pitch_deg(body.base, body.vertices)
        for side, eyeball, upper in SIDES:
            above, below = margins_deg(body.base, body.vertices, eyeball, upper, down)
            _, radius = fit_sphere(body.vertices[np.unique(body.base.quads[eyeball])])
            covered_mm = 1000 * radius * (np.sin(np.radians(iris)) - np.sin(np.radians(above)))
            assert 0.3 < covered_mm < 4.0, (seed, side)
            assert above > iris * body.person.pupil_ratio, (seed, side)
            assert below == pytest.approx(-iris, abs=5.0), (seed, side)


def test_eyeballs_lie_in_their_sockets_behind_the_lids() -> None:
    for seed in range(6):
        body = shape_body(_person(seed))
        eyes = {part.name: part for part in eye_parts(body, np.random.default_rng(0))}
        for name, socket in (("eye.L.mesh", "socket_l"), ("eye.R.mesh", "socket_r")):
            ball, walls = eyes[name].vertices, body.vertices[np.unique(body.base.quads[socket])]
            assert (ball.min(0)[:2] > walls.min(0)[:2] - 0.004).all()
            assert (ball.max(0)[:2] < walls.max(0)[:2] + 0.004).all()
            face = body.vertices[np.unique(body.base.quads["head"])]
            assert ball[:, 2].max() < face[:, 2].max()


def test_origins_and_ages_vary() -> None:
    people = [_person(seed) for seed in range(200)]
    assert 0.35 < np.mean([person.sex == "male" for person in people]) < 0.65
    assert min(person.age_years for person in people) < 13
    assert max(person.age_years for person in people) > 75
    assert all(person.african + person.asian + person.european == pytest.approx(1) for person in people)
    assert len({person.hair_style for person in people}) >= 9
    assert 0.15 < np.mean([person.glasses != "none" for person in people]) < 0.35


def test_no_child_wears_a_beard_and_no_woman_either() -> None:
    people = [_person(seed) for seed in range(300)]
    assert all(person.sex == "male" and person.age_years > 20 for person in people if person.beard)
    assert all(person.sex == "male" and person.adult for person in people if person.stubble)


def test_hair_styles_go_with_origin() -> None:
    people = [_person(seed) for seed in range(400)]
    afros = [person for person in people if person.hair_style == "afro"]
    assert len(afros) > 5
    assert all(person.african > 0.45 for person in afros)


def test_some_men_wear_goatees_and_moustaches() -> None:
    beards = [person.beard for person in (_person(seed, "male", 40) for seed in range(300)) if person.beard]
    assert 0.05 < np.mean([beard < GOATEE_BELOW for beard in beards]) < 0.4
    assert any(beard < MOUSTACHE_BELOW for beard in beards)
    assert all(beard > LEAST_BEARD for beard in beards)


def test_women_have_finer_jaws_and_noses_than_the_same_draw_of_a_man() -> None:
    for seed in range(5):
        woman, man = dict(_person(seed, "female", 30).features), dict(_person(seed, "male", 30).features)
        for part in ("chin:chin-width", "nose:nose-hump", "neck:neck-scale-horiz"):
            wide, narrow = f"{part}-incr", f"{part}-decr"
            assert woman.get(wide, 0) - woman.get(narrow, 0) < man.get(wide, 0) - man.get(narrow, 0)


def test_a_turtleneck_has_long_sleeves() -> None:
    people = [_person(seed) for seed in range(100)]
    assert {person.sleeves for person in people} == {"long", "short"}
    assert all(person.sleeves == "long" for person in people if person.neckline == "turtle")
