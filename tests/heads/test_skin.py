"""Painted skin: make-up on grown women only, no seam at the neck, oily noses, wrinkles with age."""

from __future__ import annotations

import numpy as np

from synth.heads.assemble import streams
from synth.heads.base import load_base
from synth.heads.colour import srgb_to_linear
from synth.heads.part import ByteArray
from synth.heads.person import Person, sample_person
from synth.heads.shape import shape_body
from synth.heads.skin.features import spot
from synth.heads.skin.makeup import make_up
from synth.heads.skin.material import ground_colour, paint_colour, paint_detail
from synth.heads.skin.uvmap import head_surface, picture_uv

SIZE = 256
BARE = {"lipstick": 0.0, "eyeliner": 0.0, "eye_shadow": 0.0, "blush": 0.0}


def _person(seed: int, age: float = 30, **changes: object) -> Person:
    return sample_person(np.random.default_rng(seed), "female", age).with_(**changes)


def _painted(person: Person) -> ByteArray:
    rng = streams(1)
    return paint_colour(shape_body(person), head_surface(SIZE), rng["skin"], rng["ground"])


def test_only_women_of_seventeen_and_more_wear_make_up() -> None:
    people = [sample_person(np.random.default_rng(seed)) for seed in range(300)]
    made_up = [p for p in people if p.lipstick or p.eyeliner or p.eye_shadow or p.blush]
    assert all(p.sex == "female" and p.age_years >= 17 for p in made_up)
    grown = [p for p in people if p.sex == "female" and p.age_years >= 17]
    assert 0.4 < len(made_up) / len(grown) < 0.95


def test_liner_darkens_the_lids_and_blush_reddens_the_cheeks_and_nothing_else_changes() -> None:
    surface = head_surface(SIZE)
    bare = np.full((len(surface.x), 3), 0.4, np.float32)
    lined = make_up(bare, surface, _person(1, **BARE | {"eyeliner": 1.0}))
    assert lined[(surface.lid_m < 0.0005) & (surface.y > 0.003)].mean() < 0.2
    assert (lined[surface.lid_m > 0.008] == bare[0]).all()
    blushed = make_up(bare, surface, _person(1, **BARE | {"blush": 1.0}))
    cheeks = spot(surface, 0.045, -0.030, 0.01, 0.01) > 0.8
    assert (blushed[cheeks, 0] / blushed[cheeks, 1]).mean() > 1.15
    assert np.allclose(blushed[surface.y > 0.05], bare[0], atol=1e-3)
    assert make_up(bare, surface, _person(1, **BARE)) is bare


def test_no_seam_shows_where_the_head_meets_the_torso() -> None:
    base = load_base()
    person = _person(4, skin_tone=0.5, hair_style="bald", stubble=0.0, moles=0, freckles=0.0)
    picture = srgb_to_linear(_painted(person) / 255)
    border = np.intersect1d(base.quads["head"], base.quads["torso"])
    quads, uv_quads = base.quads["head"].ravel(), base.uv_quads["head"].ravel()
    uv = picture_uv(base.uv[[uv_quads[np.flatnonzero(quads == row)[0]] for row in border]], "head")
    columns, rows = np.clip((uv * SIZE).astype(int), 0, SIZE - 1).T
    head = picture[rows, columns]
    torso = ground_colour(base.vertices[border], person, streams(1)["ground"])
    assert len(border) > 20
    assert np.abs(head - torso).mean() < 0.02
    assert np.abs(head.mean(0) / torso.mean(0) - 1).max() < 0.06


def test_a_darker_tone_gives_a_darker_face() -> None:
    means = [_painted(_person(2, skin_tone=tone, **BARE)).mean() for tone in (0.1, 0.5, 0.9)]
    assert means[0] > means[1] + 15 > means[2] + 30


def test_noses_of_oily_skin_shine_and_old_skin_is_lined() -> None:
    surface = head_surface(SIZE)
    nose = surface.uv_map.texel[spot(surface, 0, -0.03, 0.01, 0.01) > 0.7]
    cheeks = surface.uv_map.texel[spot(surface, 0.06, -0.03, 0.008, 0.01) > 0.7]

    def detail(person: Person) -> tuple[np.ndarray, np.ndarray]:
        return paint_detail(person, surface, np.random.default_rng(3))

    oily, dry = (detail(_person(3, skin_oil=oil))[0].ravel().astype(float) for oil in (1.0, 0.1))
    assert oily[nose].mean() < dry[nose].mean() - 15
    assert abs(oily[cheeks].mean() - dry[cheeks].mean()) < 8
    young, old = (detail(_person(3, age))[1].astype(float) for age in (20, 80))
    assert old[..., :2].std() > 1.15 * young[..., :2].std()


def test_equal_people_are_painted_alike_and_others_are_not() -> None:
    assert (_painted(_person(5)) == _painted(_person(5))).all()
    assert (_painted(_person(5)) != _painted(_person(6))).any()
