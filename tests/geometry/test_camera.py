"""Projection, rays, crops and the two depths agree with each other and with hand-made numbers."""

import numpy as np
import pytest

from synth.errors import UsageError
from synth.geometry.camera import Box, Camera, bounding_box, crop_intrinsics, pixel_rays, project, square_crop
from synth.geometry.depth import planar_to_range, range_to_planar

CAMERA = Camera(640, 480, 525.0, 525.0, 320.0, 240.0)


def test_a_point_on_the_axis_falls_on_the_principal_point():
    assert np.allclose(project(CAMERA.K, [0, 0, 1000]), [320, 240])


def test_right_is_right_and_down_is_down():
    assert np.allclose(project(CAMERA.K, [100, 50, 1000]), [372.5, 266.25])


def test_the_ray_of_a_pixel_projects_onto_its_centre():
    rays = pixel_rays(CAMERA.K, 640, 480)
    assert np.allclose(np.linalg.norm(rays, axis=-1), 1)
    assert np.allclose(project(CAMERA.K, rays[100, 37]), [37.5, 100.5])


def test_a_crop_moves_only_the_principal_point_and_keeps_the_rays():
    crop = Box(200, 90, 420, 310)
    K = crop_intrinsics(CAMERA.K, crop)
    whole, part = pixel_rays(CAMERA.K, 640, 480), pixel_rays(K, crop.width, crop.height)
    assert np.allclose(part, whole[90:310, 200:420])


def test_a_plane_facing_the_camera_has_constant_planar_depth_and_growing_range():
    planar = np.full((480, 640), 900.0)
    range_mm = planar_to_range(planar, CAMERA.K)
    assert range_mm[239, 319] == pytest.approx(900, abs=1e-3)
    assert range_mm[0, 0] == pytest.approx(900 * np.sqrt(1 + (319.5 / 525) ** 2 + (239.5 / 525) ** 2), rel=1e-6)
    assert np.allclose(range_to_planar(range_mm, CAMERA.K), planar, atol=1e-3)


def test_pixels_that_hit_nothing_stay_zero():
    assert not range_to_planar(np.zeros((4, 4)), CAMERA.K).any()


def test_a_crop_is_a_square_around_the_head_and_stays_in_the_frame():
    assert square_crop((270, 180, 370, 300), 1.5, CAMERA.frame).as_tuple() == (230, 150, 410, 330)
    assert square_crop((-20, -20, 80, 100), 1.5, CAMERA.frame).as_tuple() == (0, 0, 180, 180)
    huge = square_crop((0, 0, 640, 480), 1.5, CAMERA.frame)
    assert huge.width == huge.height == 480


def test_the_bounding_box_is_tight():
    assert bounding_box([[1, 5], [3, 2], [2, 9]]).tolist() == [1, 2, 3, 9]


def test_an_empty_box_is_refused():
    with pytest.raises(UsageError, match="x0 < x1"):
        Box(3, 0, 3, 5)
