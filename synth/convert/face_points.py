"""68 points of a mean face, for heads whose own points weren't labelled.

Head-pose code needs the points for one thing: a box to crop by. So a mean face is laid on the labelled pose, as large
as the head box says. The pose isn't touched by that, and a `.mat` says whose points it has.

The table is the mean of `landmarks_mm` over the 32 samples of `synth render --recipe ground_truth --count 32` (8
people), in the head's frame, scaled to a head box of `HEAD_SIDE_MM` and made symmetric. The single heads' points lie 10
mm from it on average. `python -m benchmarks.bench_mean_face DATASET` computes it anew.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synth.data.face_boxes import HEAD_SIDE_MM
from synth.geometry.camera import project

MEAN_FACE_MM = np.array(
    [
        [-77, -7, -13], [-77, 15, -13], [-73, 36, -21], [-68, 55, -32],
        [-61, 72, -40], [-49, 87, -54], [-33, 98, -69], [-18, 101, -86],
        [0, 102, -92], [18, 101, -86], [33, 98, -69], [49, 87, -54],
        [61, 72, -40], [68, 55, -32], [73, 36, -21], [77, 15, -13],
        [77, -7, -13], [-62, -28, -63], [-50, -33, -79], [-38, -35, -88],
        [-25, -34, -92], [-14, -31, -94], [14, -31, -94], [25, -34, -92],
        [38, -35, -88], [50, -33, -79], [62, -28, -63], [0, -13, -94],
        [0, 2, -99], [0, 13, -109], [0, 27, -118], [-14, 35, -100],
        [-8, 37, -104], [0, 37, -106], [8, 37, -104], [14, 35, -100],
        [-47, -8, -78], [-37, -15, -85], [-29, -15, -85], [-19, -8, -82],
        [-30, -5, -85], [-38, -5, -84], [19, -8, -82], [29, -15, -85],
        [37, -15, -85], [47, -8, -78], [38, -5, -84], [30, -5, -85],
        [-27, 58, -94], [-17, 50, -104], [-7, 47, -108], [0, 47, -110],
        [7, 47, -108], [17, 50, -104], [27, 58, -94], [17, 68, -101],
        [9, 70, -105], [0, 70, -106], [-9, 70, -105], [-17, 68, -101],
        [-24, 58, -94], [-9, 56, -105], [0, 57, -106], [9, 56, -105],
        [24, 58, -94], [10, 59, -104], [0, 59, -106], [-10, 59, -104],
    ],
    dtype=np.float64,
)  # fmt: skip
"""(68, 3) mm, head frame, in iBUG's order."""


def mean_face_px(
    R_camera_from_head: npt.ArrayLike, t_mm: npt.ArrayLike, K: npt.ArrayLike, head_box_px: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """(68, 2) pixels: the mean face in this pose, R (3, 3), t (3,) mm, seen by K (3, 3).

    head_box_px: x0, y0, x1, y1 of the head in the same pixels; its longer side says how large the head is.
    """
    R, t, camera = (np.asarray(value, dtype=np.float64) for value in (R_camera_from_head, t_mm, K))
    box = np.asarray(head_box_px, dtype=np.float64)
    side_mm = float((box[2:] - box[:2]).max()) * t[2] / camera[0, 0]
    return project(camera, t + side_mm / HEAD_SIDE_MM * MEAN_FACE_MM @ R.T)
