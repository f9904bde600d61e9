"""Hats and head scarves: they fit every head, hide the hair under them, and leave the face free."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from synth.errors import HeadError
from synth.heads.assemble import streams
from synth.heads.body import Body
from synth.heads.gltf import write_glb
from synth.heads.hair.hair import hair_parts
from synth.heads.hair.looks import HAIR_STYLES
from synth.heads.mesh import vertex_normals
from synth.heads.part import Part
from synth.heads.person import sample_person
from synth.heads.shape import shape_body
from synth.heads.worn.clothing import torso_parts
from synth.heads.worn.dome import Dome
from synth.heads.worn.headwear import EDGES, headwear
from synth.heads.worn.looks import HATS, HEADSCARVES
from synth.heads.worn.skull import Skull

WORN = (*HATS, *HEADSCARVES)
PEOPLE = {"man": (3, "male", 35.0), "child": (8, "female", 4.0), "old woman": (11, "female", 80.0)}


def _body(who: str, hat: str, style: str) -> Body:
    seed, sex, age = PEOPLE[who]
    person = sample_person(np.random.default_rng(seed), sex, age)  # type: ignore[arg-type]
    return shape_body(person.with_(hat=hat, hair_style=style, mask="none", beard=0.0))


@functools.cache
def _clothes(who: str) -> tuple[Body, list[Part]]:
    body = _body(who, "none", "bald")
    rng = streams(1)
    return body, torso_parts(body, streams(1)["ground"], rng["clothing"])


@functools.cache
def _worn(who: str, hat: str, style: str = "bald") -> tuple[Body, list[Part]]:
    body, rng = _body(who, hat, style), streams(1)
    return body, headwear(body, hair_parts(body, rng["hair"]), _clothes(who)[1], rng["hat"])


def _hat(parts: list[Part]) -> list[Part]:
    return [part for part in parts if part.name.split(".")[0] == "hat"]


def covers(parts: list[Part], place: NDArray[np.float64]) -> bool:
    """Whether something lies before `place` (3,) seen from straight ahead."""
    for part in parts:
        corner = part.vertices[part.triangles]
        a, b, c = (corner[:, i, :2] - place[:2] for i in range(3))
        areas = np.stack([np.cross(b, c), np.cross(c, a), np.cross(a, b)], 1)
        inside = (areas >= 0).all(1) | (areas <= 0).all(1)
        if (corner[inside].max(1)[:, 2] > place[2]).any():
            return True
    return False


@pytest.mark.parametrize("hat", WORN)
@pytest.mark.parametrize("who", PEOPLE)
def test_no_hat_reaches_into_the_skull(who: str, hat: str) -> None:
    body, parts = _worn(who, hat)
    skull = Skull(body)
    for part in _hat(parts):
        polar = skull.polar(part.vertices)
        on_skull = polar.elevation_deg > 20
        skin = skull.radius(polar.azimuth_deg, polar.elevation_deg)
        # The root of a peak is hidden between cap and forehead.
        least = -0.003 if part.name == "hat.peak" else -0.0006
        assert (polar.radius_m[on_skull] - skin[on_skull] > least).all(), part.name


@pytest.mark.parametrize("who", PEOPLE)
def test_a_head_scarf_stays_out_of_neck_and_ears(who: str) -> None:
    body, (scarf,) = _worn(who, "hijab")
    quads = np.concatenate([body.base.quads["head"], body.base.quads["torso"]])
    rows, normals = np.unique(quads), vertex_normals(body.vertices, quads)
    distance, nearest = cKDTree(body.vertices[rows]).query(scarf.vertices)
    height = ((scarf.vertices - body.vertices[rows[nearest]]) * normals[rows[nearest]]).sum(1)
    assert np.mean(height[distance < 0.02] < -0.003) < 0.02
    template = body.base.vertices[rows]
    ears = rows[(np.abs(template[:, 0]) > 0.083) & (template[:, 1] > 0.68)]
    outer = np.abs(body.vertices[ears, 0]).max()
    near = np.abs(scarf.vertices[:, 1:] - body.vertices[ears, 1:].mean(0)).max(1) < 0.015
    assert np.abs(scarf.vertices[near, 0]).max() > outer


@pytest.mark.parametrize("hat", WORN)
@pytest.mark.parametrize("who", PEOPLE)
def test_the_eyes_stay_free(who: str, hat: str) -> None:
    body, parts = _worn(who, hat)
    for side in ("eye.L", "eye.R"):
        assert not covers(_hat(parts), body.joints[side] + np.array([0.0, 0.006, 0.0]))


@pytest.mark.parametrize("style", HAIR_STYLES)
@pytest.mark.parametrize("hat", [hat for hat in WORN if hat != "hijab"])
def test_no_hair_comes_through_a_hat(hat: str, style: str) -> None:
    body, parts = _worn("man", hat, style)
    dome = Dome.of(body, EDGES[hat])
    up = np.linspace(0, 1, 40)
    for part in parts:
        if part.name.split(".")[0] != "hair":
            continue
        polar = dome.skull.polar(part.vertices)
        edge = np.interp(polar.azimuth_deg, dome.azimuth_deg, dome.edge_deg)
        above = polar.elevation_deg > edge + 0.3
        row = np.clip((polar.elevation_deg - edge) / (90 - edge), 0, 1) * 39
        column = np.rint((polar.azimuth_deg + 180) / 5).astype(int)
        limit = dome.pressed_m(up)[np.rint(row).astype(int), column] + 0.0025
        assert (polar.radius_m[above] < limit[above]).all(), part.name
        assert (polar.elevation_deg < edge + 1.0).all(), "hair that nobody sees is left out"


@pytest.mark.parametrize("hat", [hat for hat in WORN if hat != "hijab"])
def test_the_cloth_lies_over_the_pressed_hair(hat: str) -> None:
    body, parts = _worn("man", hat, "afro")
    dome = Dome.of(body, EDGES[hat])
    cloth = np.concatenate([part.vertices for part in _hat(parts) if part.name in ("hat", "hat.cuff")])
    polar = dome.skull.polar(cloth)
    edge = np.interp(polar.azimuth_deg, dome.azimuth_deg, dome.edge_deg)
    share = np.clip((polar.elevation_deg - edge) / (90 - edge), 0, 1)
    column = np.rint((polar.azimuth_deg + 180) / 5).astype(int)
    least = dome.pressed_m(np.linspace(0, 1, 40))[np.rint(share * 39).astype(int), column]
    high = share > 0.5
    assert (polar.radius_m[high] > least[high]).all()


@pytest.mark.parametrize("style", ["long", "afro", "bun"])
def test_a_head_scarf_hides_all_hair(style: str) -> None:
    _, parts = _worn("old woman", "hijab", style)
    assert [part.name for part in parts] == ["hat.scarf"]


def test_long_hair_hangs_out_below_a_hat() -> None:
    body, parts = _worn("old woman", "beanie", "long")
    hair = np.concatenate([part.vertices for part in parts if part.name.startswith("hair")])
    assert hair[:, 1].min() < body.joints["neck02"][1]


@pytest.mark.parametrize("hat", WORN)
def test_hats_are_light_and_finite(hat: str) -> None:
    body, parts = _worn("man", hat)
    worn = _hat(parts)
    assert sum(len(part.triangles) for part in worn) <= 6000
    assert all(np.isfinite(part.vertices).all() and np.isfinite(part.uv).all() for part in worn)
    moves = {part.name: part.moves for part in worn if part.moves}
    assert len(write_glb(worn, body.joints, moves)) < 150_000


@pytest.mark.parametrize("hat", WORN)
def test_hats_are_wound_outwards(hat: str) -> None:
    _, parts = _worn("man", hat)
    for part in _hat(parts):
        if part.name in ("hat", "hat.scarf"):
            normals = vertex_normals(part.vertices, part.triangles)
            outward = part.vertices - part.vertices.mean(0)
            assert np.mean((normals * outward).sum(1) > 0) > 0.75, part.name


@pytest.mark.parametrize("hat", ["beanie", "hijab"])
def test_the_same_seed_gives_the_same_bytes(hat: str) -> None:
    _, one = _worn("man", hat)
    _worn.cache_clear()
    _, other = _worn("man", hat)
    assert [part.vertices.tobytes() for part in one] == [part.vertices.tobytes() for part in other]


def test_hats_are_rigid_and_a_scarf_follows_neck_and_jaw() -> None:
    for hat in WORN:
        body, parts = _worn("man", hat)
        if hat != "hijab":
            assert all(part.joint == "head" for part in _hat(parts))
            continue
        (scarf,) = parts
        assert scarf.weights is not None
        assert scarf.moves is not None
        on_top = scarf.vertices[:, 1] > body.joints["head.tail"][1]
        low = scarf.vertices[:, 1] < body.joints["neck01"][1] - 0.02
        assert (scarf.weights[on_top, 4] > 0.95).all()
        assert scarf.weights[low, 4].mean() < 0.05
        assert (scarf.weights[low, 4] < 0.4).all()
        assert np.abs(scarf.moves["jawOpen"]).max() > 0.005


def test_an_unknown_hat_is_refused_with_the_known_ones() -> None:
    body = _body("man", "crown", "bald")
    with pytest.raises(HeadError, match=r"crown[\s\S]*beanie"):
        headwear(body, [], [], np.random.default_rng(0))


def test_a_cap_turned_back_has_its_peak_behind_and_a_bare_forehead() -> None:
    for hat, ahead in (("cap", True), ("cap_back", False)):
        body, parts = _worn("man", hat)
        peak = next(part for part in parts if part.name == "hat.peak")
        assert (peak.vertices[:, 2].mean() > body.joints["head"][2]) == ahead
        corner = peak.vertices[peak.triangles]
        flat = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        upper = flat[:, 1] * (peak.vertices[peak.triangles].mean(1)[:, 1] > np.median(peak.vertices[:, 1]))
        assert upper.sum() > 0  # turned, not mirrored: its upper side still faces up


@pytest.mark.parametrize("style", ["long", "afro", "short_side"])
def test_a_turban_holds_all_hair_of_the_head_and_no_beard(style: str) -> None:
    _, parts = _worn("man", "turban", style)
    assert not [part for part in parts if part.name.split(".")[0] == "hair"]
