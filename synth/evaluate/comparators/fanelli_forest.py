"""Fanelli et al.'s random forest on depth, as a comparator."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from synth.data.network_input import NetworkInput
from synth.errors import UsageError
from synth.evaluate.comparators.base import Arrays, Comparator, Progress, fitted, report_of
from synth.evaluate.comparators.forest_patches import PATCH_PX, Ints, Patches
from synth.evaluate.comparators.forest_tree import Forest, TreeSettings, grow_tree, join_forest
from synth.evaluate.comparators.storage import check_arrays

FACE_DIAMETER_MM = 236.4  # the average that the released code takes
_SIDE_PX, _MARGIN = 64, 1.5
_MM_PER_PX = FACE_DIAMETER_MM * _MARGIN / _SIDE_PX
_HEAD_RADIUS_MM = 0.4 * FACE_DIAMETER_MM
_KERNEL_MM = FACE_DIAMETER_MM / 6
_MEAN_SHIFTS = 10
_ROWS = 64

_LAYOUT = {
    "root": "T int32",
    "test": "N 8 int32",
    "threshold": "N",
    "children": "N 2 int32",
    "leaf_head": "L",
    "leaf_mean": "L 5",
    "leaf_cov": "L 5 5",
    "mean_pose_deg": "3",
}


class FanelliForest(Comparator):
    """Patches vote for where the head is and how it stands; uncertain votes are dropped, the rest clustered.

    G. Fanelli, J. Gall, L. Van Gool, "Real time head pose estimation with random regression forests", CVPR 2011, and
    Fanelli et al., "Random forests for real time 3D face analysis", IJCV 2013. Defaults as released: 10 trees, depth
    15, stride 5 px of a 100 px patch, head share ≥ 1, variance (trace of the leaf's covariance, mm² and degrees²)
    ≤ 400; each tree sees `images_per_tree` pictures. `forest_tree` states the split, `vote` the clustering.

    Approximate: the patch is 32 px of a 64 px crop (three quarters of a head, as 100 px of a Kinect's head at 1 m).
    The head has been found already, so that its offset is 2-D, within the crop, and in mm by an average head; a patch
    is on the head if its centre is within 0.4 head diameters of the crop's and has depth; one head a picture. Fewer
    random splits a node than the 20,000 published. Where no vote passes, the surest tenth of all votes counts; where
    no patch has depth, the mean pose of the training pictures.

    `steps` counts trees.
    """

    name = "fanelli_forest"
    about = "Random forest on depth patches (Fanelli et al., CVPR 2011, IJCV 2013)"
    approximate = "the head is given by the crop, so votes for its place are 2-D; fewer splits are tried"
    estimates = "angles"
    input = NetworkInput(size_px=_SIDE_PX, content="depth", margin=_MARGIN)
    default_steps = 10
    default_samples = 20_000

    def __init__(
        self,
        *,
        images_per_tree: int = 3000,
        patches_per_image: int = 20,
        stride_px: int = 2,
        min_head_share: float = 1.0,
        max_variance: float = 400.0,
    ) -> None:
        self.images_per_tree, self.patches_per_image, self.stride_px = images_per_tree, patches_per_image, stride_px
        self.min_head_share, self.max_variance = min_head_share, max_variance
        self.forest: Forest | None = None
        self.mean_pose_deg = np.zeros(3)

    def fit_arrays(
        self,
        pictures: npt.NDArray[np.uint8],
        euler_deg: npt.NDArray[np.float64],
        *,
        seed: int,
        steps: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.check_pictures(pictures)
        count = steps or self.default_steps
        trees, report = [], report_of(progress, count, "leaves")
        for tree, rng in enumerate(np.random.default_rng(seed).spawn(count)):
            chosen = rng.permutation(len(pictures))[: self.images_per_tree]
            trees.append(self._tree(pictures[chosen], euler_deg[chosen], rng))
            report(tree + 1, float(len(trees[-1].leaf_head)))
        self.forest, self.mean_pose_deg = join_forest(trees), euler_deg.mean(axis=0)

    def _tree(
        self, pictures: npt.NDArray[np.uint8], euler_deg: npt.NDArray[np.float64], rng: np.random.Generator
    ) -> Forest:
        image, top, left = seen_patches(pictures, stride_px=1)
        order = rng.permutation(len(image))
        rank = np.empty(len(image), np.int64)  # of a patch among its picture's, in random order
        by_image = order[np.argsort(image[order], kind="stable")]
        starts = np.searchsorted(image[by_image], np.arange(len(pictures)))
        rank[by_image] = np.arange(len(image)) - starts[image[by_image]]
        kept = np.flatnonzero(rank < self.patches_per_image)
        if not len(kept):
            raise UsageError("No picture has depth at its patches' centres.", where=self.name)
        image, top, left = image[kept], top[kept], left[kept]
        offset_mm = offset_to_head_mm(top, left)
        on_head = np.hypot(*offset_mm.T) < _HEAD_RADIUS_MM
        outputs = np.concatenate([offset_mm, euler_deg[image]], axis=1)
        return grow_tree(Patches.of(pictures, image, top, left), on_head, outputs, rng, TreeSettings())

    def predict(self, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        self.check_pictures(pictures)
        parts = [self._predict(pictures[start : start + _ROWS]) for start in range(0, len(pictures), _ROWS)]
        return np.concatenate(parts) if parts else np.empty((0, 3))

    def _predict(self, pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
        forest = fitted(self.name, self.forest)
        image, top, left = seen_patches(pictures, self.stride_px)
        patches = Patches.of(pictures, image, top, left)
        leaf = np.stack([forest.leaves(patches, tree) for tree in range(len(forest.root))], axis=1)  # (P, T)
        # Where a patch, seen from the crop's centre, says that the head's centre is.
        place = (forest.leaf_mean[leaf, :2] - offset_to_head_mm(top, left)[:, None]).reshape(-1, 2)
        flat, of_vote = leaf.ravel(), np.repeat(image, leaf.shape[1])
        variance = np.trace(forest.leaf_cov, axis1=1, axis2=2)
        passes = (forest.leaf_head[flat] >= self.min_head_share - 1e-9) & (variance[flat] <= self.max_variance)
        poses = np.tile(self.mean_pose_deg, (len(pictures), 1))
        for i in range(len(pictures)):
            mine = np.flatnonzero(of_vote == i)
            chosen = mine[passes[mine]]
            if not len(chosen):
                unsure = np.where(forest.leaf_head[flat[mine]] > 0, variance[flat[mine]], np.inf)
                chosen = mine[np.argsort(unsure, kind="stable")[: -(-len(mine) // 10)]]
            if len(chosen):
                poses[i] = vote(place[chosen], forest.leaf_mean[flat[chosen], 2:])
        return poses

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        return {**vars(fitted(self.name, self.forest)), "mean_pose_deg": self.mean_pose_deg}

    def set_arrays(self, arrays: Arrays) -> None:
        check_arrays(arrays, _LAYOUT)
        rest = {name: array for name, array in arrays.items() if name != "mean_pose_deg"}
        forest = Forest(**rest)
        _check_links(forest)
        self.forest, self.mean_pose_deg = forest, arrays["mean_pose_deg"]


def seen_patches(pictures: npt.NDArray[np.uint8], stride_px: int) -> tuple[Ints, Ints, Ints]:
    """All patches on the grid whose centre has depth: which picture, top, left, each (P,)."""
    half = PATCH_PX // 2
    last = pictures.shape[-1] - half
    centres = pictures[:, 0, half : last + 1 : stride_px, half : last + 1 : stride_px]
    image, row, column = np.nonzero(centres)
    return image, row * stride_px, column * stride_px


def offset_to_head_mm(top: Ints, left: Ints) -> npt.NDArray[np.float64]:
    """(P, 2) x, y from a patch's centre to the crop's, which is the head's."""
    centre = np.stack([left, top], axis=1) + PATCH_PX / 2
    return np.asarray((_SIDE_PX / 2 - centre) * _MM_PER_PX)


def vote(place_mm: npt.NDArray[np.float64], angles_deg: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The mean angles of the votes around the mode of their places, found by mean shift from the median.

    place_mm: (V, 2), angles_deg: (V, 3), V ≥ 1. A flat kernel of a sixth of a face's diameter, as released.
    """
    centre = np.median(place_mm, axis=0)
    near = np.ones(len(place_mm), bool)
    for _ in range(_MEAN_SHIFTS):
        inside = np.hypot(*(place_mm - centre).T) < _KERNEL_MM
        if not inside.any() or (inside == near).all():
            break
        near, centre = inside, place_mm[inside].mean(axis=0)
    return np.asarray(angles_deg[near].mean(axis=0))


def _check_links(forest: Forest) -> None:
    """Children come after their parents and leaves exist, so that every descent ends; tests lie within a patch."""
    nodes, leaves = len(forest.test), len(forest.leaf_head)
    links = np.concatenate([forest.children.ravel(), forest.root])
    before = np.concatenate([np.repeat(np.arange(nodes), 2), np.full(len(forest.root), -1)])
    linked = ((links < nodes) & (links >= -leaves) & ((links < 0) | (links > before))).all()
    rectangles = forest.test.reshape(-1, 4)
    inside = (rectangles >= [0, 0, 1, 1]).all() and (rectangles[:, :2] + rectangles[:, 2:] <= PATCH_PX).all()
    if not (linked and inside and leaves and len(forest.root)):
        raise UsageError("These aren't trees.", where="children", mend="Train it again.")
