"""Normals, parts and alpha against shapes whose answer can be written down."""

from __future__ import annotations

import numpy as np
import pytest
import trimesh
from scipy.spatial.transform import Rotation

from synth.geometry.camera import pixel_rays
from synth.render.coverage import alpha_map
from synth.render.maps import MeshTruth, normal_map, part_map
from synth.render.parts import part_codes
from synth.render.raycast import RayTarget, Surface, first_hits, range_map, window
from synth.shard.layout import PART_NAMES

K = np.array([[525.0, 0, 80.0], [0, 525.0, 60.0], [0, 0, 1]])
WIDTH, HEIGHT = 160, 120


def at(x_mm, y_mm, z_mm, rotation=None):
    matrix = np.eye(4)
    matrix[:3, 3] = x_mm, y_mm, z_mm
    if rotation is not None:
        matrix[:3, :3] = rotation
    return matrix


def ball(radius_mm, subdivisions=4):
    mesh = trimesh.creation.icosphere(subdivisions=subdivisions, radius=radius_mm)
    return Surface(np.asarray(mesh.vertices), np.asarray(mesh.faces, np.int32))


def truth(surface, name="skin", rigid=False):
    return MeshTruth.of(surface, part_codes(name, len(surface.triangles)), rigid=rigid)


def angles_deg(a, b):
    return np.degrees(np.arccos(np.clip((a * b).sum(-1), -1, 1)))


def test_first_hits_show_exactly_the_range_map_and_the_points_that_they_name():
    tilt = Rotation.from_euler("xyz", [20, 30, 40], degrees=True).as_matrix()
    targets = [(RayTarget([ball(50), ball(60)]), at(-30, 0, 900, tilt)), (RayTarget([ball(40)]), at(60, 10, 850))]
    hits = first_hits(targets, K, WIDTH, HEIGHT)
    assert np.array_equal(hits.range_mm, range_map(targets, K, WIDTH, HEIGHT))
    assert set(np.unique(hits.target)) == {-1, 0, 1}
    assert (hits.surface[hits.target == 0] == 1).all()  # the ball of 60 hides the one of 50 inside
    for number, (target, pose) in enumerate(targets):
        where = hits.target == number
        surface = target.surfaces[1 if number == 0 else 0]
        a, b, c = (surface.vertices_mm[surface.triangles[hits.triangle[where], k]] for k in range(3))
        u, v = hits.u[where, None], hits.v[where, None]
        points = ((1 - u - v) * a + u * b + v * c) @ pose[:3, :3].T + pose[:3, 3]
        expected = pixel_rays(K, WIDTH, HEIGHT)[where] * hits.range_mm[where, None]
        assert np.abs(points - expected).max() < 0.01


@pytest.mark.parametrize("rigid", [True, False])
def test_normals_of_a_ball_point_from_its_centre(rigid):
    tilt = Rotation.from_euler("xyz", [20, 30, 40], degrees=True).as_matrix()
    surface, centre = ball(100), np.array([12.0, -7.0, 1000.0])
    targets = [(RayTarget([surface]), at(*centre, tilt))]
    hits = first_hits(targets, K, WIDTH, HEIGHT)
    normals = normal_map(hits, targets, [[truth(surface, rigid=rigid)]], K)
    hit = hits.range_mm > 0
    assert hit.sum() > 5000
    assert not normals[~hit].any()
    assert np.allclose(np.linalg.norm(normals[hit], axis=1), 1, atol=1e-6)
    points = pixel_rays(K, WIDTH, HEIGHT)[hit] * hits.range_mm[hit, None]
    outward = (points - centre) / np.linalg.norm(points - centre, axis=1, keepdims=True)
    assert angles_deg(normals[hit], outward).max() < 0.5


def test_a_sheet_shows_the_normal_of_the_side_that_the_camera_sees():
    corners = np.array([[-400.0, -400, 0], [400, -400, 0], [400, 400, 0], [-400, 400, 0]])
    for triangles in ([[0, 1, 2], [0, 2, 3]], [[0, 2, 1], [0, 3, 2]]):
        sheet = Surface(corners, np.array(triangles, np.int32))
        targets = [(RayTarget([sheet]), at(0, 0, 900))]
        normals = normal_map(first_hits(targets, K, WIDTH, HEIGHT), targets, [[truth(sheet)]], K)
        assert np.allclose(normals, [0, 0, -1], atol=1e-6)


def test_vertices_that_only_texture_coordinates_tell_apart_show_no_crease():
    roof = np.array([[-100.0, -100, 30], [0, -100, 0], [0, 100, 0], [-100, 100, 30], [100, -100, 30], [100, 100, 30]])
    whole = Surface(roof, np.array([[0, 1, 2], [0, 2, 3], [1, 4, 5], [1, 5, 2]], np.int32))
    split = Surface(
        np.concatenate([roof, roof[[1, 2]]]), np.array([[0, 1, 2], [0, 2, 3], [6, 4, 5], [6, 5, 7]], np.int32)
    )
    maps = []
    for surface in (whole, split):
        targets = [(RayTarget([surface]), at(0, 0, 900))]
        maps.append(normal_map(first_hits(targets, K, WIDTH, HEIGHT), targets, [[truth(surface)]], K))
    assert np.allclose(*maps, atol=1e-6)
    assert angles_deg(maps[0][60, 79], maps[0][60, 80]) < 1


def test_parts_are_those_of_the_mesh_that_is_hit_also_where_only_some_of_its_triangles_were_kept():
    near, far = ball(30), ball(90)
    codes = part_codes("hair", len(far.triangles))
    codes[far.vertices_mm[far.triangles].mean(1)[:, 0] > 0] = PART_NAMES.index("clothes")
    facing = far.kept(far.vertices_mm[far.triangles].mean(1)[:, 2] < 20)
    targets = [(RayTarget([facing]), at(0, 0, 1000)), (RayTarget([near]), at(0, 0, 800))]
    truths = [[MeshTruth.of(far, codes, rigid=False)], [truth(near, "eye.L.mesh")]]
    parts = part_map(first_hits(targets, K, WIDTH, HEIGHT), targets, truths)
    assert PART_NAMES[parts[60, 80]] == "eyes"
    assert PART_NAMES[parts[60, 45]] == "hair"
    assert PART_NAMES[parts[60, 115]] == "clothes"
    assert PART_NAMES[parts[2, 2]] == "background"


def test_a_mesh_of_an_unknown_name_counts_as_skin():
    assert set(part_codes("Head_scan.001", 4)) == {PART_NAMES.index("skin")}


def test_a_target_is_cast_at_only_where_it_can_be_seen_and_everywhere_if_it_reaches_the_camera():
    inside, beside, around = at(0, 0, 900), at(900, 0, 900), at(0, 0, 10)
    target = RayTarget([ball(20)])
    rows, columns = window((target, inside), K, WIDTH, HEIGHT)
    assert 20 < rows.stop - rows.start < 30
    assert 20 < columns.stop - columns.start < 30
    rows, columns = window((target, beside), K, WIDTH, HEIGHT)
    assert columns.start == columns.stop
    assert window((target, around), K, WIDTH, HEIGHT) == (slice(0, HEIGHT), slice(0, WIDTH))
    assert (range_map([(target, around)], K, WIDTH, HEIGHT) > 0).all()


def test_alpha_of_a_ball_is_the_share_of_each_pixel_that_it_covers():
    radius, centre = 80.0, np.array([3.0, -5.0, 1000.0])
    targets = [(RayTarget([ball(radius, 6)]), at(*centre))]
    alpha = alpha_map(targets, K, range_map(targets, K, WIDTH, HEIGHT) > 0)
    fine = 24  # rays a pixel's side, against the sphere's equation
    larger = np.array([[fine, 1, fine], [1, fine, fine], [1, 1, 1]]) * K
    along = pixel_rays(larger, WIDTH * fine, HEIGHT * fine) @ centre
    exact = (along**2 > centre @ centre - radius**2).reshape(HEIGHT, fine, WIDTH, fine).mean((1, 3))
    error = alpha / 255 - exact
    mixed = (exact > 0.01) & (exact < 0.99)
    assert mixed.sum() > 200
    assert np.abs(error).max() < 0.16
    assert np.sqrt(np.mean(error[mixed] ** 2)) < 0.05
    assert abs(error.sum()) < 0.005 * exact.sum()


def test_a_strand_thinner_than_a_pixel_is_followed_to_its_end():
    thick = ball(40)
    strand = Surface(np.array([[0.0, 0, 0], [0, 0.5, 0], [100, 0.3, 0]]), np.array([[0, 1, 2]], np.int32))
    targets = [(RayTarget([thick]), at(-60, 0, 900)), (RayTarget([strand]), at(-40, 0.13, 850))]
    alpha = alpha_map(targets, K, range_map(targets, K, WIDTH, HEIGHT) > 0)
    row = alpha[59:62].astype(float).sum(0) / 255
    end = int(80 + 525 * 60 / 850)
    assert (row[80 : end - 12] > 0).all()
    assert row[80 : end - 12].max() < 0.5
    assert not row[end + 2 :].any()


def test_alpha_of_nothing_is_nothing_and_of_a_full_picture_full():
    wall = Surface(np.array([[-900.0, -900, 0], [900, -900, 0], [0, 2000, 0]]), np.array([[0, 1, 2]], np.int32))
    full = [(RayTarget([wall]), at(0, 0, 900))]
    assert (alpha_map(full, K, range_map(full, K, WIDTH, HEIGHT) > 0) == 255).all()
    assert not alpha_map([], K, np.zeros((HEIGHT, WIDTH), bool)).any()
