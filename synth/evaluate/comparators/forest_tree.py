"""A tree that sorts depth patches by whether they lie on the head and how the head stands, and its leaves' Gaussians.

A split is the best of many random ones. At depth d its gain is

    U_C + (1 − exp(−d / 5)) · U_R,

with U_C the drop in entropy of head or not, and U_R the drop in log|Σ_offset| + log|Σ_angles| of the head's patches,
both weighed by the children's shares: first find the head, then its pose. A node with only head patches has no more
to find: there U_R counts in full.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from synth.evaluate.comparators.forest_patches import Ints, Patches, draw_tests

Array = npt.NDArray[np.float64]

OUTPUTS = 5  # offset x, y in mm; pitch, yaw, roll in degrees
_STEEPNESS = 5.0
# What a variance can't fall below: (2 mm)², (1°)².
_RIDGE = np.array([4.0, 4.0, 1.0, 1.0, 1.0])
# A split is chosen on at most so many of a node's patches, and applied to all.
_JUDGES = 2000


@dataclass(frozen=True)
class TreeSettings:
    """max_depth and min_patches as Fanelli released them; tests × thresholds random splits are tried at a node."""

    max_depth: int = 15
    min_patches: int = 20
    tests: int = 200
    thresholds: int = 10


@dataclass(frozen=True, eq=False)
class Forest:
    """Trees as arrays. root: (T,) int32; test (N, 8) int32, threshold (N,), children (N, 2) int32 of the N inner nodes;
    leaf_head (L,) share of head patches, leaf_mean (L, 5), leaf_cov (L, 5, 5). A child < 0 is the leaf −1 − child.
    """

    root: npt.NDArray[np.int32]
    test: npt.NDArray[np.int32]
    threshold: Array
    children: npt.NDArray[np.int32]
    leaf_head: Array
    leaf_mean: Array
    leaf_cov: Array

    def leaves(self, patches: Patches, tree: int) -> Ints:
        """The leaf that each patch reaches, (P,)."""
        node = np.full(len(patches), self.root[tree], np.int64)
        while len(rows := np.flatnonzero(node >= 0)):
            inner = node[rows]
            right = patches.values(rows, self.test[inner].astype(np.int64)) > self.threshold[inner]
            node[rows] = self.children[inner, right.astype(np.int64)]
        return -1 - node


def join_forest(trees: Sequence[Forest]) -> Forest:
    """One forest of all these trees."""
    inner = np.cumsum([0, *(len(tree.test) for tree in trees)])
    leaf = np.cumsum([0, *(len(tree.leaf_head) for tree in trees)])
    moved = [
        (
            np.where(t.root >= 0, t.root + inner[i], t.root - leaf[i]),
            np.where(t.children >= 0, t.children + inner[i], t.children - leaf[i]),
        )
        for i, t in enumerate(trees)
    ]
    rest = {
        f.name: np.concatenate([getattr(tree, f.name) for tree in trees])
        for f in fields(Forest)
        if f.name not in ("root", "children")
    }
    return Forest(
        root=np.concatenate([root for root, _ in moved]).astype(np.int32),
        children=np.concatenate([children for _, children in moved]).astype(np.int32),
        **rest,
    )


def grow_tree(
    patches: Patches,
    on_head: npt.NDArray[np.bool_],
    outputs: Array,
    rng: np.random.Generator,
    settings: TreeSettings | None = None,
) -> Forest:
    """A forest of one tree. on_head: (P,), outputs: (P, 5) mm and degrees, used where on_head."""
    return _Grower(patches, on_head, outputs, rng, settings or TreeSettings()).grow()


class _Grower:
    def __init__(
        self,
        patches: Patches,
        on_head: npt.NDArray[np.bool_],
        outputs: Array,
        rng: np.random.Generator,
        settings: TreeSettings,
    ) -> None:
        self.patches, self.on_head, self.outputs, self.rng, self.settings = patches, on_head, outputs, rng, settings
        # Columns whose sums tell all that a gain needs: 1, head, head·y, head·y yᵀ. Centred, so that nothing cancels.
        y = (outputs - outputs[on_head].mean(axis=0)) * on_head[:, None] if on_head.any() else np.zeros_like(outputs)
        products = (y[:, :, None] * y[:, None, :]).reshape(len(y), -1)
        self.sums = np.concatenate([np.ones((len(y), 1)), on_head[:, None], y, products], axis=1)
        self.test: list[Ints] = []
        self.threshold: list[float] = []
        self.children: list[list[int]] = []
        self.leaf: list[tuple[float, Array, Array]] = []

    def grow(self) -> Forest:
        # (rows, depth, parent, side); the parent's link is set when the child is made.
        todo: list[tuple[Ints, int, int, int]] = [(np.arange(len(self.patches)), 0, -1, 0)]
        root = -1
        while todo:
            rows, depth, parent, side = todo.pop()
            split = self._best_split(rows, depth)
            if split is None:
                link = -1 - len(self.leaf)
                self.leaf.append(self._leaf(rows))
            else:
                link = len(self.test)
                test, threshold, right = split
                self.test.append(test)
                self.threshold.append(threshold)
                self.children.append([0, 0])
                todo += [(rows[right], depth + 1, link, 1), (rows[~right], depth + 1, link, 0)]
            if parent >= 0:
                self.children[parent][side] = link
            else:
                root = link
        return self._forest(root)

    def _best_split(self, rows: Ints, depth: int) -> tuple[Ints, float, npt.NDArray[np.bool_]] | None:
        settings = self.settings
        if depth >= settings.max_depth or len(rows) < 2 * settings.min_patches:
            return None
        judges = rows if len(rows) <= _JUDGES else self.rng.choice(rows, _JUDGES, replace=False)
        tests = draw_tests(settings.tests, self.rng)
        values = self.patches.values(judges[:, None], tests)  # (R, T)
        # Thresholds at random patches' own values: each cuts where there is something to cut.
        thresholds = values[
            self.rng.integers(0, len(judges), (settings.thresholds, settings.tests)), np.arange(settings.tests)
        ]
        sums = self.sums[judges]
        left = np.stack([(values <= threshold).T.astype(np.float64) @ sums for threshold in thresholds])  # (H, T, F)
        gain = _gain(left, sums.sum(axis=0), depth)
        share = settings.min_patches * len(judges) / len(rows)
        gain[(left[..., 0] < share) | (len(judges) - left[..., 0] < share)] = -np.inf
        h, t = np.unravel_index(int(gain.argmax()), gain.shape)
        if not gain[h, t] > 1e-9:
            return None
        threshold = float(thresholds[h, t])
        return tests[t], threshold, self.patches.values(rows, tests[t]) > threshold

    def _leaf(self, rows: Ints) -> tuple[float, Array, Array]:
        head = rows[self.on_head[rows]]
        if not len(head):
            return 0.0, np.zeros(OUTPUTS), np.zeros((OUTPUTS, OUTPUTS))
        y = self.outputs[head]
        mean = y.mean(axis=0)
        return len(head) / len(rows), mean, (y - mean).T @ (y - mean) / len(y)

    def _forest(self, root: int) -> Forest:
        return Forest(
            root=np.array([root], np.int32),
            test=np.array(self.test, np.int32).reshape(-1, 8),
            threshold=np.array(self.threshold, np.float64),
            children=np.array(self.children, np.int32).reshape(-1, 2),
            leaf_head=np.array([head for head, _, _ in self.leaf]),
            leaf_mean=np.array([mean for _, mean, _ in self.leaf]),
            leaf_cov=np.array([cov for _, _, cov in self.leaf]),
        )


def _gain(left: Array, total: Array, depth: int) -> Array:
    """The module's gain of every split from the sums of its left children: (H, T, F), (F,) → (H, T)."""
    right = total - left
    everything = total[None, None]
    counts = [side[..., 0] for side in (left, right)]
    share = [count / total[0] for count in counts]
    classes = _entropy(everything) - sum(s * _entropy(side) for s, side in zip(share, (left, right), strict=True))
    heads = max(total[1], 1.0)
    spread = _spread(everything) - sum(side[..., 1] / heads * _spread(side) for side in (left, right))
    weight = 1.0 if total[1] == total[0] else 1 - np.exp(-depth / _STEEPNESS)
    return np.asarray(classes + weight * spread)


def _entropy(sums: Array) -> Array:
    p = sums[..., 1] / np.maximum(sums[..., 0], 1)
    return np.asarray(-sum(q * np.log(np.maximum(q, 1e-12)) for q in (p, 1 - p)))


def _spread(sums: Array) -> Array:
    """log|Σ_offset| + log|Σ_angles| of the head's patches."""
    count = np.maximum(sums[..., 1], 1)[..., None]
    mean = sums[..., 2 : 2 + OUTPUTS] / count
    second = (sums[..., 2 + OUTPUTS :] / count).reshape(*mean.shape, OUTPUTS)
    cov = second - mean[..., :, None] * mean[..., None, :] + np.diag(_RIDGE)
    return np.asarray(np.linalg.slogdet(cov[..., :2, :2])[1] + np.linalg.slogdet(cov[..., 2:, 2:])[1])
