"""A picture as what stands behind the head, and the light that it suggests."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_PANORAMA_PX = (64, 32)
# A photograph's brightest parts are lamps and skies that its 8 bits cut off.
_CLIPPED_FROM, _CLIPPED_TO = 0.7, 6.0
# What comes from the camera's side isn't in the picture: a blurred mirror image of it, as a room's other half.
_MIRROR_BLUR = 6.0


def behind(picture: Floats, frame_px: tuple[int, int], region: tuple[int, int, int, int], blur_px: float) -> Floats:
    """The part of a picture behind one region of the frame, out of focus by a Gaussian of σ = `blur_px` frame pixels.

    picture: (h, w, 3) linear RGB that fills the frame of `frame_px` (width, height); region: x0, y0, x1, y1 of the
    frame, which may reach beyond it. (y1 - y0, x1 - x0, 3) float32. A region shows the same as that part of the frame.
    """
    around = int(np.ceil(3 * blur_px)) + 1
    x0, y0, x1, y1 = region[0] - around, region[1] - around, region[2] + around, region[3] + around
    across, down = picture.shape[1] / frame_px[0], picture.shape[0] / frame_px[1]
    u = ((np.arange(x0, x1) + 0.5) * across - 0.5).astype(np.float32)
    v = ((np.arange(y0, y1) + 0.5) * down - 0.5).astype(np.float32)
    columns, rows = np.meshgrid(u, v)
    seen = cv2.remap(picture, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    if blur_px > 0:
        seen = cv2.GaussianBlur(seen, (2 * around - 1, 2 * around - 1), blur_px)
    return np.asarray(seen[around:-around, around:-around])


def panorama_of(picture: Floats) -> Floats:
    """An equirectangular panorama, (32, 64, 3) linear RGB, of the surroundings that the picture is a part of.

    The picture fills the half behind the head (its sides the sides, its top the sky or ceiling), and blurred and
    mirrored the half on the camera's side.
    """
    width, height = _PANORAMA_PX
    half = cv2.resize(picture, (width // 2, height), interpolation=cv2.INTER_AREA)
    bright = np.clip((half - _CLIPPED_FROM) / (1 - _CLIPPED_FROM), 0, 1)
    half = half + bright * (_CLIPPED_TO - 1) * np.clip(half, 0, 1)
    mirrored = cv2.GaussianBlur(half, (0, 0), _MIRROR_BLUR, borderType=cv2.BORDER_REFLECT)[:, ::-1]
    quarter = width // 4
    return np.ascontiguousarray(np.concatenate([mirrored[:, quarter:], half, mirrored[:, :quarter]], axis=1))
