"""How OpenCV's face boxes relate to head boxes: measures anew, on a rendered dataset, what `face_boxes.py` states.

    python -m benchmarks.bench_face_boxes datasets/rgb_310k 1000

For each cascade: the head side over the box's width (median and spread), and, by least squares over the poses, where
the head's centre lies against the box's: at a frontal face (x, y), and per unit of R[0, 2] and R[1, 2] (depth), all in
head sides. Pictures with |pitch| over 45° are left out. Detections that are far off any head count as false.
"""

from __future__ import annotations

import sys

import cv2
import numpy as np

from synth.data.face_boxes import FACE_BOXES
from synth.data.haar import find_faces
from synth.data.shards import ShardSource

_SEED = 1
_FALSE_SHIFT, _FALSE_SCALE = 0.6, 1.35


def main() -> int:
    if len(sys.argv) not in (2, 3):
        print("python -m benchmarks.bench_face_boxes DATASET [PICTURES]", file=sys.stderr)
        return 2
    source = ShardSource(sys.argv[1], depth=False)
    rows = np.flatnonzero(np.abs(source.table.euler_deg[:, 0]) <= 45)
    count = min(len(rows), int(sys.argv[2]) if len(sys.argv) == 3 else 1000)
    chosen = np.sort(np.random.default_rng(_SEED).choice(rows, count, replace=False))
    found: dict[str, list[tuple[float, ...]]] = {kind: [] for kind in FACE_BOXES if kind.startswith("haar")}
    for row in chosen:
        image, R = source[int(row)], source.table.R_camera_from_head[row]
        x0, y0, x1, y1 = image.head_box_px
        side = max(x1 - x0, y1 - y0)
        for face in find_faces(cv2.cvtColor(image.rgb, cv2.COLOR_RGB2GRAY))[:1]:
            a0, b0, a1, b1 = face.face_box_px
            shift = (x0 + x1 - a0 - a1) / 2 / side, (y0 + y1 - b0 - b1) / 2 / side
            found[face.kind].append((side / (a1 - a0), *shift, R[0, 2], R[1, 2]))
    for kind, values in found.items():
        print(f"{kind}: {_summary(np.array(values).reshape(-1, 5))}; of {count} pictures; stated {FACE_BOXES[kind]}")
    return 0


def _summary(values: np.ndarray) -> str:
    if len(values) < 10:
        return f"{len(values)} found, too few"
    ratio, shift = values[:, 0], values[:, 1:3]
    usual = np.median(ratio)
    true = (np.linalg.norm(shift, axis=1) < _FALSE_SHIFT) & (np.abs(np.log(ratio / usual)) < np.log(_FALSE_SCALE))
    ones = np.ones(int(true.sum()))
    x, *_ = np.linalg.lstsq(np.column_stack([ones, values[true, 3]]), shift[true, 0], rcond=None)
    y, *_ = np.linalg.lstsq(np.column_stack([ones, values[true, 4]]), shift[true, 1], rcond=None)
    return (
        f"{len(values)} found, {1 - true.mean():.0%} false, side {np.median(ratio[true]):.2f} ± {ratio[true].std():.2f}"
        f" widths, middle ({x[0]:+.2f}, {y[0]:+.2f}), depth {x[1]:.2f} across, {y[1]:.2f} down"
    )


if __name__ == "__main__":
    sys.exit(main())
