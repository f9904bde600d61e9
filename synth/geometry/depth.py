"""The two meanings of depth.

*Range* is the Euclidean distance from the camera centre to the first hit of the ray through a pixel's centre; it is
what a raycast gives and what shards store. *Planar* depth is that point's z. Both in mm, 0 = nothing hit.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.geometry.camera import pixel_rays


def _ray_z(K: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    height, width = shape[-2:]
    return pixel_rays(K, width, height)[..., 2]


def range_to_planar(range_mm: ArrayLike, K: ArrayLike) -> NDArray[np.float32]:
    """(..., H, W) range → planar depth, mm, float32. K: (3, 3), of the picture that the map belongs to."""
    values = np.asarray(range_mm, dtype=np.float64)
    return (values * _ray_z(K, values.shape)).astype(np.float32)


def planar_to_range(planar_mm: ArrayLike, K: ArrayLike) -> NDArray[np.float32]:
    """(..., H, W) planar depth → range, mm, float32. K: (3, 3), of the picture that the map belongs to."""
    values = np.asarray(planar_mm, dtype=np.float64)
    return (values / _ray_z(K, values.shape)).astype(np.float32)
