"""The range map against shapes whose distance can be written down."""

import numpy as np
import pytest
import trimesh

from synth.geometry.camera import pixel_rays
from synth.geometry.depth import range_to_planar
from synth.render.raycast import RayTarget, Surface, range_map

K = np.array([[525.0, 0, 80.0], [0, 525.0, 60.0], [0, 0, 1]])
WIDTH, HEIGHT = 160, 120


def at(x_mm, y_mm, z_mm, rotation=None):
    matrix = np.eye(4)
    matrix[:3, 3] = x_mm, y_mm, z_mm
    if rotation is not None:
        matrix[:3, :3] = rotation
    return matrix


def surface(mesh):
    return Surface(np.asarray(mesh.vertices), np.asarray(mesh.faces, np.int32))


def test_a_sphere_is_hit_where_geometry_says():
    radius, center = 100.0, np.array([12.0, -7.0, 1000.0])
    ball = surface(trimesh.creation.icosphere(subdivisions=6, radius=radius))
    found = range_map([(RayTarget([ball]), at(*center))], K, WIDTH, HEIGHT)
    rays = pixel_rays(K, WIDTH, HEIGHT)
    along = rays @ center
    inside = radius**2 - (center @ center - along**2)
    expected = np.where(inside > 0, along - np.sqrt(np.maximum(inside, 0)), 0)
    certain = (inside > 0.1 * radius**2) & (found > 0)  # away from the rim, where the facets' tangent error is large
    assert certain.sum() > 5000
    assert np.abs(found - expected)[certain].max() < 0.1
    assert not found[inside < 0].any()


def test_a_tilted_plane_is_exact_to_a_tenth_of_a_millimetre():
    corners = np.array([[-400.0, -400, 0], [400, -400, 0], [400, 400, 0], [-400, 400, 0]])
    tilt = trimesh.transformations.rotation_matrix(0.5, [1, 1, 0])[:3, :3]
    plane = Surface(corners, np.array([[0, 1, 2], [0, 2, 3]], np.int32))
    found = range_map([(RayTarget([plane]), at(0, 0, 900, tilt))], K, WIDTH, HEIGHT)
    rays, normal = pixel_rays(K, WIDTH, HEIGHT), tilt @ [0, 0, 1]
    expected = (normal @ [0, 0, 900]) / (rays @ normal)
    assert np.abs(found - expected).max() < 0.1
    assert np.abs(range_to_planar(found, K) - expected * rays[..., 2]).max() < 0.1


def test_the_nearest_of_several_targets_counts():
    near, far = (surface(trimesh.creation.icosphere(subdivisions=3, radius=50)) for _ in range(2))
    both = range_map([(RayTarget([far]), at(0, 0, 1200)), (RayTarget([near]), at(0, 0, 800))], K, WIDTH, HEIGHT)
    assert both[60, 80] == pytest.approx(750, abs=1)


def test_rays_that_meet_nothing_are_zero_and_an_empty_target_is_no_error():
    empty = RayTarget([Surface(np.zeros((0, 3)), np.zeros((0, 3), np.int32))])
    assert not range_map([(empty, np.eye(4))], K, WIDTH, HEIGHT).any()
