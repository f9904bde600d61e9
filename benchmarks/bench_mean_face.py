"""The mean face that 300W-LP exports without landmarks use: `MEAN_FACE_MM` anew, and how far faces lie from it.

    synth render --recipe ground_truth --count 32
    python -m benchmarks.bench_mean_face datasets/ground_truth

Prints the table of `synth/convert/face_points.py`, mm in the head's frame, for a head box of `HEAD_SIDE_MM`; then the
mean distance of single heads' points from it, and of that table from the one in the package.
"""

from __future__ import annotations

import sys

import numpy as np

from synth.convert.face_points import MEAN_FACE_MM
from synth.data.face_boxes import HEAD_SIDE_MM
from synth.shard.dataset import Item, open_dataset

# The point on the other side of the face, by iBUG's numbers.
_MIRRORED = np.array(
    [*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, *range(35, 30, -1),
     45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
     54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65]
)  # fmt: skip


def main() -> int:
    if len(sys.argv) != 2:
        print("python -m benchmarks.bench_mean_face DATASET", file=sys.stderr)
        return 2
    dataset = open_dataset(sys.argv[1], rgb=False, depth=False, further=False)
    points = np.stack([_scaled(item, item.landmarks_mm) for item in dataset if item.landmarks_mm is not None])
    points = points[np.isfinite(points).all(axis=(1, 2))]
    mean = points.mean(axis=0)
    mean = np.rint((mean + mean[_MIRRORED] * [-1, 1, 1]) / 2) + 0.0
    for start in range(0, 68, 4):
        print(" ".join(f"[{x:.0f}, {y:.0f}, {z:.0f}]," for x, y, z in mean[start : start + 4]))
    print(f"{len(points)} samples; their points lie {_apart(points, mean):.1f} mm from the mean face on average")
    print(f"the table in the package: {_apart(points, MEAN_FACE_MM):.1f} mm")
    return 0


def _scaled(item: Item, landmarks_mm: np.ndarray) -> np.ndarray:
    """(68, 3) mm in the head's frame, as of a head whose box is as large as others'."""
    head = (landmarks_mm - item.t_mm) @ item.R_camera_from_head
    box = item.head_box_px
    return np.asarray(head * HEAD_SIDE_MM / (float((box[2:] - box[:2]).max()) * item.t_mm[2] / item.K[0, 0]))


def _apart(points: np.ndarray, mean: np.ndarray) -> float:
    return float(np.linalg.norm(points - mean, axis=2).mean())


if __name__ == "__main__":
    sys.exit(main())
