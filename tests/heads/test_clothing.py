"""Garments: cut cleanly, over the skin, without a gap at the neck, down to the shoes."""

from __future__ import annotations

import numpy as np
import pytest

from synth.heads.cut import clip_triangles
from synth.heads.mesh import vertex_normals
from synth.heads.part import Part
from synth.heads.person import Person, sample_person
from synth.heads.shape import head_box_m, shape_body
from synth.heads.worn.clothing import NECKLINES_M, SLEEVES, Cutting, cloth_field, garments, sleeve_field
from synth.heads.worn.drape import draped


def _person(sex: str, age: float, **changes: object) -> Person:
    return sample_person(np.random.default_rng(1), sex, age).with_(**changes)  # type: ignore[arg-type]


def _worn(person: Person) -> dict[str, Part]:
    return {part.name: part for part in garments(shape_body(person), np.random.default_rng(0))}


def test_a_clipped_triangle_ends_on_the_line() -> None:
    vertices = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0]])
    field = vertices[:, 0] - 0.25
    corners, shares, triangles = clip_triangles(np.array([[0, 1, 2]]), field)
    cut = vertices[corners[:, 0]] * shares[:, :1] + vertices[corners[:, 1]] * shares[:, 1:]
    assert cut[:, 0].min() == pytest.approx(0.25)
    area = 0.5 * np.cross(cut[triangles[:, 1]] - cut[triangles[:, 0]], cut[triangles[:, 2]] - cut[triangles[:, 0]])
    assert area[:, 2].sum() == pytest.approx(0.5 * 0.75**2)  # the winding is kept, the area is right


@pytest.mark.parametrize("neckline", [*NECKLINES_M, "turtle"])
def test_every_neckline_covers_the_shoulders_and_bares_the_face(neckline: str) -> None:
    body = shape_body(sample_person(np.random.default_rng(1)).with_(neckline=neckline))
    shoulder, chin = np.array([0.15, 0.53, 0.0]), np.array([0.0, 0.64, 0.14])
    assert cloth_field(shoulder[None], neckline)[0] > 0
    face = body.base.vertices[body.base.vertices[:, 1] > 0.66]
    assert neckline != "turtle" or (cloth_field(face, neckline) < 0).all()
    assert cloth_field(chin[None], neckline)[0] < 0
    part = garments(body, np.random.default_rng(0))[0]
    assert part.weights is not None
    np.testing.assert_allclose(part.weights.sum(1), 1, atol=1e-6)
    assert part.vertices[:, 1].max() < body.joints["head"][1]


@pytest.mark.parametrize(("sex", "age", "reach_m"), [("male", 40, 1.3), ("female", 30, 1.2), ("male", 5, 0.7)])
def test_the_clothed_body_reaches_to_the_shoes(sex: str, age: float, reach_m: float) -> None:
    person = _person(sex, age)
    body, worn = shape_body(person), _worn(person)
    low, high = head_box_m(body)
    lowest = min(part.vertices[:, 1].min() for part in worn.values())
    assert (low[1] + high[1]) / 2 - lowest > reach_m
    for above, below in (("garment", "garment.trousers"), ("garment.trousers", "garment.shoes")):
        assert worn[below].vertices[:, 1].max() > worn[above].vertices[:, 1].min() + 0.01, "bare skin between garments"


@pytest.mark.parametrize("sleeves", SLEEVES)
def test_skin_shows_from_the_sleeve_to_the_fingertips(sleeves: str) -> None:
    person = _person("female", 30, sleeves=sleeves, neckline="crew")
    base, worn = shape_body(person).base, _worn(person)
    fingertip = base.vertices[[np.abs(base.vertices[:, 0]).argmax()]]
    assert sleeve_field(fingertip, sleeves)[0] < 0
    assert sleeve_field(np.array([[0.0, 0.3, 0.1], [0.2, -0.7, 0.0]]), sleeves).min() > 0  # chest and foot are no arms
    length = np.ptp(worn["torso.arms"].vertices[:, 1])
    assert (length > 0.35) == (sleeves == "short")


def test_cloth_evens_out_the_chest_and_stays_put_at_the_neck() -> None:
    body = shape_body(_person("female", 30, weight=0.6))
    template, shell = body.base.vertices, body.base.body_shell
    cut = Cutting.of(body)
    rows = np.unique(shell)
    neck = rows[template[rows, 1] > 0.53]
    np.testing.assert_array_equal(draped(body, cut.normals)[neck], body.vertices[neck])
    edges = np.concatenate([shell[:, [0, 1]], shell[:, [1, 2]], shell[:, [2, 0]]])
    middle = template[edges].mean(1)
    chest = edges[(middle[:, 2] > 0.06) & (np.abs(middle[:, 0]) < 0.14) & (middle[:, 1] > 0.25) & (middle[:, 1] < 0.44)]

    def bend(vertices: np.ndarray) -> float:
        """Mean angle between the normals at an edge's ends."""
        normals = vertex_normals(vertices, shell)
        return float(np.arccos(np.clip((normals[chest[:, 0]] * normals[chest[:, 1]]).sum(1), -1, 1)).mean())

    assert bend(cut.draped) < 0.8 * bend(body.vertices)
