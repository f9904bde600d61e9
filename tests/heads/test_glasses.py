"""Glasses: frames that sit on the nose and hook over the ears."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from scipy.spatial import cKDTree

from synth.errors import HeadError
from synth.heads.body import Body
from synth.heads.hair.scalp import EYE_HEIGHT_M
from synth.heads.part import Part
from synth.heads.person import sample_person
from synth.heads.shape import shape_body
from synth.heads.worn.glasses import FRAMES, glasses_parts, tube
from synth.heads.worn.looks import GLASSES, SUNGLASSES

WORN = tuple(FRAMES)


@functools.cache
def _body(kind: str, seed: int = 2, age: float = 40.0) -> Body:
    return shape_body(sample_person(np.random.default_rng(seed), age_years=age).with_(glasses=kind))


def _glasses(kind: str, seed: int = 2, age: float = 40.0) -> Part:
    part, *lenses = glasses_parts(_body(kind, seed, age), np.random.default_rng(seed))
    assert [lens.name for lens in lenses] == (["glasses.lenses"] if FRAMES[kind].dark else [])
    return part


def test_every_frame_that_people_draw_can_be_made() -> None:
    assert {*GLASSES, *SUNGLASSES} == set(FRAMES)


@pytest.mark.parametrize("kind", SUNGLASSES)
@pytest.mark.parametrize(("seed", "age"), [(2, 40.0), (5, 8.0)])
def test_dark_lenses_hide_the_pupils_and_stand_before_the_eyes(kind: str, seed: int, age: float) -> None:
    body = _body(kind, seed, age)
    _, lenses = glasses_parts(body, np.random.default_rng(seed))
    for side in ("eye.L", "eye.R"):
        eye = body.joints[side]
        near = np.hypot(*(lenses.vertices[:, :2] - eye[:2]).T) < 0.012 * body.scale
        assert near.any()
        assert (lenses.vertices[near, 2] > eye[2] + 0.017 * body.scale).all()
        sides = lenses.vertices[np.hypot(*(lenses.vertices[:, :2] - eye[:2]).T) < 0.035 * body.scale, 0] - eye[0]
        assert sides.min() < -0.010 * body.scale
        assert sides.max() > 0.010 * body.scale


def test_who_wears_none_gets_none() -> None:
    assert glasses_parts(_body("none"), np.random.default_rng(0)) == []


def test_an_unknown_frame_is_refused_with_the_known_ones() -> None:
    with pytest.raises(HeadError, match=r"monocle.*round"):
        glasses_parts(_body("monocle"), np.random.default_rng(0))


@pytest.mark.parametrize("kind", WORN)
def test_frames_are_light_rigid_and_finite(kind: str) -> None:
    part = _glasses(kind)
    assert part.joint == "head"
    assert 200 < len(part.triangles) <= 3000
    assert np.isfinite(part.vertices).all()
    assert 0.0 <= part.uv.min() <= part.uv.max() <= 1.0


@pytest.mark.parametrize("kind", WORN)
@pytest.mark.parametrize(("seed", "age"), [(2, 40.0), (5, 8.0), (9, 75.0)])
def test_temples_hook_over_the_ears(kind: str, seed: int, age: float) -> None:
    body, part = _body(kind, seed, age), _glasses(kind, seed, age)
    rows = np.unique(body.base.quads["head"])
    for side in (1.0, -1.0):
        ear_top = np.array([side * 0.079, EYE_HEIGHT_M + 0.007, 0.055])
        place = body.vertices[rows[np.linalg.norm(body.base.vertices[rows] - ear_top, axis=1).argmin()]]
        assert np.linalg.norm(part.vertices - place, axis=1).min() < 0.008
        behind = part.vertices[(part.vertices[:, 0] * side > 0) & (part.vertices[:, 2] < place[2])]
        assert len(behind) > 0
        assert behind[:, 1].min() < place[1]


@pytest.mark.parametrize("kind", WORN)
@pytest.mark.parametrize(("seed", "age"), [(2, 40.0), (5, 8.0), (9, 75.0)])
def test_lenses_surround_the_eyes_and_stand_before_them(kind: str, seed: int, age: float) -> None:
    body, part = _body(kind, seed, age), _glasses(kind, seed, age)
    for name in ("eye.L", "eye.R"):
        eye = body.joints[name]
        rim = part.vertices[(np.abs(part.vertices[:, 0] - eye[0]) < 0.03) & (part.vertices[:, 2] > eye[2])]
        assert rim[:, 0].min() < eye[0] - 0.01
        assert rim[:, 0].max() > eye[0] + 0.01
        assert rim[:, 1].max() > eye[1] + 0.005
        sight = np.hypot(*(rim[:, :2] - eye[:2]).T)
        assert sight.min() > 0.006


@pytest.mark.parametrize("kind", WORN)
@pytest.mark.parametrize(("seed", "age"), [(2, 40.0), (5, 8.0), (9, 75.0)])
def test_the_bridge_rests_on_the_nose(kind: str, seed: int, age: float) -> None:
    body, part = _body(kind, seed, age), _glasses(kind, seed, age)
    skin = body.vertices[np.unique(body.base.quads["head"])]
    middle = 0.5 * (body.joints["eye.L"] + body.joints["eye.R"])
    bridge = part.vertices[np.abs(part.vertices[:, 0] - middle[0]) < 0.002]
    distance, _ = cKDTree(skin).query(bridge)
    assert distance.min() < 0.007


@pytest.mark.parametrize("kind", WORN)
def test_the_same_generator_bends_the_same_frame(kind: str) -> None:
    assert _glasses(kind).vertices.tobytes() == _glasses(kind).vertices.tobytes()


def test_a_tube_is_closed_and_faces_outwards() -> None:
    path = np.c_[np.linspace(0, 1, 5), np.zeros(5), np.zeros(5)]
    vertices, triangles = tube(path, np.full(5, 0.1))
    corner = vertices[triangles]
    volume = np.einsum("ij,ij->i", corner[:, 0], np.cross(corner[:, 1], corner[:, 2])).sum() / 6
    # A hexagonal prism of radius 0.1 and length 1.
    assert volume == pytest.approx(1.5 * np.sqrt(3) * 0.01, rel=0.02)
