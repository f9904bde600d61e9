"""Teeth and tongue: hidden behind closed lips, seen where the mouth opens."""

from __future__ import annotations

import numpy as np
import pytest

from synth.heads.base import load_base
from synth.heads.face import face_template
from synth.heads.mesh import quads_to_triangles, split_by_uv
from synth.heads.mouth import PICTURE_H, PICTURE_W, teeth_picture, teeth_uv
from synth.heads.person import Person, sample_person
from synth.heads.shape import shape_body

BASE = load_base()


def _first_hit(vertices: np.ndarray, xy: np.ndarray, names: tuple[str, ...]) -> list[str]:
    """For rays that come from the front along -z through `xy` (N, 2): the island of the template that each meets."""
    depth = np.full((len(names), len(xy)), -np.inf)
    for row, name in enumerate(names):
        a, b, c = np.moveaxis(vertices[quads_to_triangles(BASE.quads[name])], 1, 0)
        area = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (b[:, 1] - a[:, 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            for column, (x, y) in enumerate(xy):
                of_b = ((x - a[:, 0]) * (c[:, 1] - a[:, 1]) - (c[:, 0] - a[:, 0]) * (y - a[:, 1])) / area
                of_c = ((b[:, 0] - a[:, 0]) * (y - a[:, 1]) - (x - a[:, 0]) * (b[:, 1] - a[:, 1])) / area
                inside = (of_b >= 0) & (of_c >= 0) & (of_b + of_c <= 1)
                z = a[:, 2] + of_b * (b[:, 2] - a[:, 2]) + of_c * (c[:, 2] - a[:, 2])
                depth[row, column] = z[inside].max(initial=-np.inf)
    return [names[int(row)] for row in depth.argmax(0)]


def _seen(person: Person, actions: dict[str, float], off_slit_m: float = 0.0) -> set[str]:
    """Which islands are seen from the front between nose and chin, at least so far from where the lips meet."""
    body = shape_body(person)
    vertices = body.vertices.copy()
    for name, weight in actions.items():
        vertices += weight * body.scale * BASE.delta(f"face:{name}")
    rows, _, _ = split_by_uv(BASE.quads["head"], BASE.uv_quads["head"])
    marks = face_template().landmarks(vertices[rows])
    x, y = np.linspace(-0.028, 0.028, 15), np.linspace(marks[8, 1] + 0.004, marks[33, 1], 36)
    off_edges = np.array([marks[62, 0] + 1e-5, 1e-5])
    xy = np.stack(np.meshgrid(x, y), -1).reshape(-1, 2) + off_edges
    xy = xy[np.abs(xy[:, 1] - marks[[62, 66], 1].mean()) >= off_slit_m]
    return set(_first_hit(vertices, xy, ("head", "mouth", "teeth_u", "teeth_l", "tongue")))


@pytest.mark.parametrize("age", [4, 9, 30, 75])
def test_no_tooth_comes_through_the_skin_of_a_resting_face(age: float) -> None:
    for seed in range(3):
        seen = _seen(sample_person(np.random.default_rng([3, seed]), "female", age), {}, off_slit_m=0.004)
        assert not seen & {"teeth_u", "teeth_l", "tongue"}, seed


@pytest.mark.parametrize("age", [6, 30, 75])
def test_teeth_show_when_the_jaw_drops(age: float) -> None:
    for seed in range(3):
        seen = _seen(sample_person(np.random.default_rng([4, seed]), "male", age), {"jawOpen": 0.4})
        assert seen & {"teeth_u", "teeth_l"}, seed
        assert "mouth" in seen or "tongue" in seen, seed


def test_the_picture_of_teeth_is_pink_above_and_white_with_dark_gaps_below() -> None:
    picture = teeth_picture(25, np.random.default_rng(0)).astype(float)
    assert picture.shape == (PICTURE_H, PICTURE_W, 3)
    gums, crowns = picture[:8], picture[-8:, PICTURE_W // 4 : -PICTURE_W // 4]
    assert gums[..., 0].mean() > 1.3 * gums[..., 1].mean()
    assert crowns.mean() > 150
    dark = crowns.mean((0, 2)) < 0.75 * np.median(crowns)
    assert 5 <= (np.diff(dark.astype(int)) == 1).sum() <= 12  # gaps between the front teeth
    assert teeth_picture(80, np.random.default_rng(0))[-8:, :, 2].mean() < crowns[..., 2].mean()


@pytest.mark.parametrize("arch", ["teeth_u", "teeth_l"])
def test_biting_edges_lie_at_the_foot_of_the_teeths_picture(arch: str) -> None:
    rows = np.unique(BASE.quads[arch])
    uv = teeth_uv(BASE, rows)
    assert uv.min() >= 0
    assert uv.max() <= 1
    edge, root = (uv[pick(BASE.vertices[rows, 1]), 1] for pick in (np.argmin, np.argmax))
    assert edge > root if arch == "teeth_u" else edge < root
