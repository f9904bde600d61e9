"""The forest's parts do what they say, and together they read the tilt of depth pictures."""

from __future__ import annotations

import numpy as np
import pytest
from ellipsoid_heads import depth, poses

from synth.errors import UsageError
from synth.evaluate.comparators.fanelli_forest import FanelliForest, offset_to_head_mm, seen_patches, vote
from synth.evaluate.comparators.forest_patches import PATCH_PX, Patches, draw_tests
from synth.evaluate.comparators.forest_tree import TreeSettings, _gain, grow_tree, join_forest


def planes(euler_deg: np.ndarray) -> np.ndarray:
    """Discs of depth, tilted by pitch and yaw: (N, 1, 64, 64) uint8; no disc, no depth."""
    x, y = np.meshgrid(np.arange(64) - 31.5, np.arange(64) - 31.5)
    slope = np.tan(np.radians(euler_deg[:, :2]))[:, :, None, None]
    level = 128 + 0.8 * (slope[:, 1] * x + slope[:, 0] * y)
    return np.where(np.hypot(x, y) < 26, level.clip(1, 255), 0).round().astype(np.uint8)[:, None]


def test_a_test_is_the_difference_of_two_rectangles_means():
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, (3, 1, 64, 64), dtype=np.uint8)
    image, top, left = rng.integers(0, 3, 20), rng.integers(0, 33, 20), rng.integers(0, 33, 20)
    patches, tests = Patches.of(pictures, image, top, left), draw_tests(7, rng)
    values = patches.values(np.arange(20)[:, None], tests)
    for p in range(20):
        patch = pictures[image[p], 0, top[p] : top[p] + PATCH_PX, left[p] : left[p] + PATCH_PX].astype(float)
        for t, (y, x, h, w, y2, x2, h2, w2) in enumerate(tests):
            expected = patch[y : y + h, x : x + w].mean() - patch[y2 : y2 + h2, x2 : x2 + w2].mean()
            assert values[p, t] == pytest.approx(expected)
    one_each = patches.values(np.arange(7), tests)
    np.testing.assert_array_equal(one_each, values[np.arange(7), np.arange(7)])


def test_tests_lie_within_a_patch():
    rectangles = draw_tests(500, np.random.default_rng(1)).reshape(-1, 4)
    assert rectangles.min() >= 0
    assert rectangles[:, 2:].min() >= 2
    assert (rectangles[:, :2] + rectangles[:, 2:] <= PATCH_PX).all()


def test_a_split_that_separates_the_head_gains_the_class_entropy():
    """Four patches, two on the head: splitting them apart gains log 2 at depth 0, splitting them evenly nothing."""
    row = lambda head: np.concatenate([[1.0, head], np.zeros(5), np.zeros(25)])  # noqa: E731
    total = 2 * row(1) + 2 * row(0)
    left = np.stack([2 * row(1), row(1) + row(0)])[None]
    np.testing.assert_allclose(_gain(left, total, depth=0), [[np.log(2), 0]], atol=1e-9)


def test_deeper_in_the_tree_the_poses_count():
    """Two groups of head patches at ±10° yaw: telling them apart gains nothing at the root, and the variance later."""
    outputs = np.zeros((6, 5))
    outputs[:4, 3] = [-10, -10, 10, 10]
    head = np.array([1.0, 1, 1, 1, 0, 0])[:, None]
    products = (outputs[:, :, None] * outputs[:, None, :]).reshape(6, -1)
    sums = np.concatenate([np.ones((6, 1)), head, outputs, products], axis=1)
    left = np.stack([sums[[0, 1, 4]].sum(0), sums[[0, 2, 4]].sum(0)])[None]  # each with one that isn't on the head
    everything = np.log(101)  # variance 100 + 1 against 0 + 1
    np.testing.assert_allclose(_gain(left, sums.sum(0), depth=0), 0, atol=1e-9)
    np.testing.assert_allclose(_gain(left, sums.sum(0), depth=5), [[(1 - np.exp(-1)) * everything, 0]], atol=1e-9)
    only_head = np.stack([sums[[0, 1]].sum(0), sums[[0, 2]].sum(0)])[None]
    np.testing.assert_allclose(_gain(only_head, sums[:4].sum(0), depth=0), [[everything, 0]], atol=1e-9)


def test_a_tree_finds_which_patches_are_on_the_head():
    rng = np.random.default_rng(2)
    pictures = rng.integers(90, 110, (40, 1, 64, 64), dtype=np.uint8)
    pictures[::2, :, :32] += 60  # the upper half nearer: what a head shall be here
    image, zeros = np.arange(40), np.zeros(40, np.int64)
    patches = Patches.of(pictures, image, zeros + 16, zeros + 16)
    tree = grow_tree(patches, image % 2 == 0, np.zeros((40, 5)), rng, TreeSettings(min_patches=5))
    head = tree.leaf_head[tree.leaves(patches, 0)]
    np.testing.assert_array_equal(head, image % 2 == 0)


def test_trees_joined_answer_as_each_alone():
    euler_deg = poses(60, seed=0)
    image, top, left = seen_patches(planes(euler_deg), stride_px=8)
    patches = Patches.of(planes(euler_deg), image, top, left)
    outputs = np.concatenate([offset_to_head_mm(top, left), euler_deg[image]], axis=1)
    settings = TreeSettings(tests=20, thresholds=3, min_patches=5)
    trees = [
        grow_tree(patches, np.ones(len(image), bool), outputs, np.random.default_rng(seed), settings) for seed in (1, 2)
    ]
    assert all(len(tree.test) > 5 for tree in trees)
    both = join_forest(trees)
    for i, tree in enumerate(trees):
        np.testing.assert_array_equal(both.leaf_mean[both.leaves(patches, i)], tree.leaf_mean[tree.leaves(patches, 0)])


def test_mean_shift_leaves_out_votes_for_another_place():
    rng = np.random.default_rng(0)
    here, there = rng.normal(0, 5, (70, 2)), rng.normal(0, 5, (30, 2)) + 150
    angles = np.concatenate([np.full((70, 3), 20.0), np.full((30, 3), -40.0)])
    assert vote(np.concatenate([here, there]), angles).tolist() == [20, 20, 20]
    assert vote(np.zeros((1, 2)), np.array([[1.0, 2, 3]])).tolist() == [1, 2, 3]


def turned(count: int, seed: int) -> np.ndarray:
    """Poses that differ in yaw alone."""
    return poses(count, seed) * [0, 1, 0]


def test_the_yaw_of_planes_is_read():
    train, test = turned(150, seed=1), turned(30, seed=2)
    forest = FanelliForest(stride_px=4)
    forest.fit_arrays(planes(train), train, seed=0, steps=1)
    assert np.abs(forest.predict(planes(test)) - test)[:, 1].mean() < 9  # always frontal: 26


@pytest.mark.slow
def test_the_pose_of_ellipsoid_heads_is_read():
    train, test = poses(800, seed=1), poses(40, seed=2)
    forest = FanelliForest()
    forest.fit_arrays(depth(train, 64), train, seed=0, steps=3)
    assert np.abs(forest.predict(depth(test, 64)) - test)[:, :2].mean() < 10  # always frontal: 22


@pytest.fixture(scope="module")
def small() -> FanelliForest:
    euler_deg = turned(80, seed=1)
    forest = FanelliForest(stride_px=6, patches_per_image=12)
    forest.fit_arrays(planes(euler_deg), euler_deg, seed=0, steps=2)
    return forest


def test_a_folder_keeps_it(small, tmp_path):
    small.save(tmp_path)
    pictures = planes(poses(6, seed=3))
    np.testing.assert_array_equal(FanelliForest.load(tmp_path).predict(pictures), small.predict(pictures))


def test_a_picture_without_depth_gets_the_mean_pose(small):
    empty = np.zeros((2, 1, 64, 64), np.uint8)
    np.testing.assert_array_equal(small.predict(empty), np.tile(small.mean_pose_deg, (2, 1)))
    with pytest.raises(UsageError, match="No picture has depth"):
        FanelliForest().fit_arrays(empty, np.zeros((2, 3)), seed=0)


def test_where_every_vote_is_uncertain_the_surest_count(small):
    strict = FanelliForest(stride_px=6, max_variance=0.0)
    strict.set_arrays(small.arrays())
    steep = planes(np.array([[0.0, 40, 0], [0, -40, 0]]))
    estimate = strict.predict(steep)
    assert estimate[0, 1] > estimate[1, 1] + 8


@pytest.mark.parametrize(
    ("name", "index", "value"),
    [("children", (0, 0), 0), ("children", (0, 1), -999), ("test", (0, 2), 40), ("root", 0, 999)],
)
def test_trees_that_loop_or_lead_nowhere_are_refused(small, name, index, value):
    arrays = {key: array.copy() for key, array in small.arrays().items()}
    arrays[name][index] = value
    with pytest.raises(UsageError, match="aren't trees"):
        FanelliForest().set_arrays(arrays)
