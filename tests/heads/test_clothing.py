"""Garments: cut cleanly, over the skin, without a gap at the neck."""

from __future__ import annotations

import numpy as np
import pytest

from synth.heads.clothing import NECKLINES_M, clip_triangles, cloth_field, garment
from synth.heads.person import sample_person
from synth.heads.shape import shape_body


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
    part = garment(body, np.random.default_rng(0))
    assert part.weights is not None
    np.testing.assert_allclose(part.weights.sum(1), 1, atol=1e-6)
    assert part.vertices[:, 1].max() < body.joints["head"][1]
