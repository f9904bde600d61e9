"""What a network is shown: where things come to lie, and what a mirrored or turned label means."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from synth.data.augment import Augmentation
from synth.data.crop import Crop, crop_around, cut_levels
from synth.data.labels import Poses, moved_poses
from synth.data.network_input import NetworkInput
from synth.data.source import PoseImage
from synth.errors import UsageError
from synth.geometry.pose import euler_from_rotation, rotation_from_euler


def spot(at_px: tuple[float, float], size: int = 200) -> np.ndarray:
    """A soft white spot, centre at `at_px` (pixel centres at integer + 0.5)."""
    y, x = np.mgrid[:size, :size] + 0.5
    levels = 255 * np.exp(-((x - at_px[0]) ** 2 + (y - at_px[1]) ** 2) / (2 * 3.0**2))
    return levels.astype(np.uint8)


def centroid(picture: np.ndarray) -> np.ndarray:
    y, x = np.mgrid[: picture.shape[0], : picture.shape[1]] + 0.5
    weight = picture.astype(float)
    return np.array([(x * weight).sum(), (y * weight).sum()]) / weight.sum()


@pytest.mark.parametrize("crop", [
    Crop(100, 100, 80), Crop(93.3, 107.1, 64), Crop(100, 100, 150), Crop(97, 105, 120, turn_deg=17),
    Crop(101.5, 99, 90, mirrored=True), Crop(95, 104, 130, turn_deg=-25, mirrored=True),
])  # fmt: skip
@pytest.mark.parametrize("size_px", [48, 96])
def test_a_spot_comes_to_lie_where_the_crop_says(crop, size_px):
    at = (108.0, 91.0)
    cut = cut_levels(spot(at), crop, size_px)
    assert centroid(cut) == pytest.approx(crop.to_output(at, size_px), abs=0.1)


def test_the_square_is_the_margin_times_the_longer_side_around_the_boxs_centre():
    crop = crop_around([10, 20, 50, 80], 1.5)
    assert (crop.center_x_px, crop.center_y_px, crop.side_px) == (30, 50, 90)


def test_outside_the_picture_its_edge_goes_on_and_depth_is_missing():
    rgb = np.full((40, 40, 3), 10, np.uint8)
    rgb[:, -1] = 200
    range_mm = np.full((40, 40), 900, np.float32)
    image = PoseImage(rgb, range_mm, np.array([30.0, 10, 50, 30]), {})
    grey = NetworkInput(20, "grey", 1.0).picture(image)[0]
    depth = NetworkInput(20, "depth", 1.0).picture(image)[0]
    assert (grey[:, 12:] == 200).all()
    assert (depth[:, 12:] == 0).all()
    assert (depth[:, :9] > 0).all()


def test_grey_is_the_usual_weighting_of_the_levels():
    rgb = np.zeros((10, 10, 3), np.uint8)
    rgb[:] = (200, 100, 50)
    image = PoseImage(rgb, None, np.array([0.0, 0, 10, 10]), {})
    assert (NetworkInput(16, "grey", 1.0).picture(image) == round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)).all()


def test_a_picture_without_what_the_network_is_shown_is_refused():
    image = PoseImage(np.zeros((8, 8, 3), np.uint8), None, np.array([0.0, 0, 8, 8]), {})
    with pytest.raises(UsageError, match="no depth map"):
        NetworkInput(16, "depth").picture(image)


@pytest.mark.parametrize("box", [[5, 5, 5, 9], [5, 5, float("nan"), 9], [1, 2, 3]])
def test_a_box_that_is_none_is_refused(box):
    with pytest.raises(UsageError, match="is no box"):
        crop_around(box, 1.2)


# ---------------------------------------------------------------- labels, against projected points

# Points of an asymmetric head, head frame, mm.
POINTS = np.array([[0, 0, -95], [-30, -35, -75], [30, -35, -75], [-25, 40, -80], [25, 40, -80], [0, 70, -60.0]])
LEFT_RIGHT = [0, 2, 1, 4, 3, 5]


def projected(R: np.ndarray) -> np.ndarray:
    """Orthographic, pixels of a 200 px picture with the head's centre in its middle."""
    return 100 + 0.5 * (POINTS @ R.T)[:, :2]


@pytest.mark.parametrize("euler_deg", [(20, 30, 10), (-50, -40, 15), (5, 0, -20)])
@pytest.mark.parametrize(("mirrored", "turn_deg"), [(True, 0.0), (False, 12.0), (True, -9.0)])
def test_moved_labels_project_to_where_the_moved_picture_shows_things(euler_deg, mirrored, turn_deg):
    R = rotation_from_euler(euler_deg)
    crop = Crop(100, 100, 200, turn_deg=turn_deg, mirrored=mirrored)
    shown = crop.to_output(projected(R), 200)
    moved = moved_poses(Poses(R[None], np.array([euler_deg], float)), np.array([mirrored]), np.array([turn_deg]))
    order = LEFT_RIGHT if mirrored else range(6)  # in a mirror the subject's left eye is a right one
    assert projected(moved.R[0])[order] == pytest.approx(shown, abs=1e-9)
    assert moved.euler_deg[0] == pytest.approx(euler_from_rotation(moved.R[0]), abs=1e-9)


def test_an_unlabelled_roll_stays_so_and_leaves_pitch_and_yaw_known():
    poses = Poses(np.full((1, 3, 3), np.nan), np.array([[10.0, 20.0, np.nan]]))
    moved = moved_poses(poses, np.array([True]), np.array([0.0]))
    assert moved.euler_deg[0, :2] == pytest.approx([10, -20])
    assert np.isnan(moved.euler_deg[0, 2])


# ---------------------------------------------------------------- augmentation


def test_what_is_drawn_follows_from_seed_sample_and_epoch_alone():
    varied = Augmentation(scale=(0.8, 1.2), shift=0.1, mirror=0.5, turn_deg=10, tone=1, contrast=(0.5, 2))
    assert varied.draw(1, 2, 3) == varied.draw(1, 2, 3)
    assert len({varied.draw(1, n, 3) for n in range(20)}) == 20


def test_an_augmentation_survives_json():
    from synth.data.default_augmentation import DEFAULT_AUGMENTATION

    assert Augmentation.from_dict(DEFAULT_AUGMENTATION.as_dict()) == DEFAULT_AUGMENTATION


def test_drawn_crops_keep_to_their_limits():
    varied, crop = Augmentation(scale=(0.8, 1.25), shift=0.1), Crop(50, 60, 100)
    moved = [varied.draw(0, n, 0).moved(crop) for n in range(300)]
    sides, xs = np.array([m.side_px for m in moved]), np.array([m.center_x_px for m in moved])
    assert 80 <= sides.min() < 85
    assert 118 < sides.max() <= 125
    assert 40 <= xs.min() < 42
    assert 58 < xs.max() <= 60


def test_a_much_smaller_picture_is_free_of_aliasing():
    stripes = np.tile(np.array([0, 255], np.uint8), (400, 200))  # a pixel wide
    cut = cut_levels(cv2.merge([stripes] * 3), Crop(200, 200, 390), 32)
    assert np.ptp(cut.astype(int)) < 12
