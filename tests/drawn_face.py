"""A face that OpenCV's cascades find, without a picture of anybody."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt


def drawn_face() -> npt.NDArray[np.uint8]:
    """Grey shapes that the frontal cascade takes for a face: (240, 240) uint8, 92 px wide, in the middle."""
    grey = np.full((240, 240), 90, np.uint8)
    cv2.ellipse(grey, (120, 120), (46, 60), 0, 0, 360, 200, -1)
    for x in (101, 139):
        cv2.ellipse(grey, (x, 104), (12, 6), 0, 0, 360, 70, -1)
        cv2.ellipse(grey, (x, 94), (14, 3), 0, 0, 360, 90, -1)
    cv2.ellipse(grey, (120, 130), (8, 4), 0, 0, 360, 150, -1)
    cv2.ellipse(grey, (120, 150), (18, 5), 0, 0, 360, 90, -1)
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), 2), dtype=np.uint8)
