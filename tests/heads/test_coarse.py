"""Coarser meshes: fewer of the same vertices, the same closed shape."""

from __future__ import annotations

import numpy as np
import trimesh

from synth.heads.coarse import coarsened


def _ball() -> tuple[np.ndarray, np.ndarray]:
    ball = trimesh.creation.icosphere(subdivisions=3)
    return np.asarray(ball.vertices), np.asarray(ball.faces)


def test_a_ball_stays_a_closed_ball() -> None:
    vertices, triangles = _ball()
    fewer = coarsened(vertices, triangles, np.zeros(len(vertices), bool), np.ones(len(vertices)), 100)
    assert len(np.unique(fewer)) == 100
    ball = trimesh.Trimesh(vertices, fewer)
    assert ball.is_watertight
    assert ball.is_winding_consistent
    assert ball.volume > 0.9 * trimesh.Trimesh(vertices, triangles).volume


def test_locked_vertices_stay_and_dear_places_keep_more() -> None:
    vertices, triangles = _ball()
    locked, dear = vertices[:, 2] > 0.8, np.where(vertices[:, 0] > 0, 100.0, 1.0)
    left = np.unique(coarsened(vertices, triangles, locked, dear, 250))
    assert np.isin(np.flatnonzero(locked), left).all()
    assert (vertices[left, 0] > 0.1).sum() > 1.5 * (vertices[left, 0] < -0.1).sum()


def test_it_stops_where_nothing_more_can_go() -> None:
    vertices, triangles = _ball()
    fewer = coarsened(vertices, triangles, np.zeros(len(vertices), bool), np.ones(len(vertices)), 1)
    assert len(np.unique(fewer)) >= 4
    assert trimesh.Trimesh(vertices, fewer).is_watertight
