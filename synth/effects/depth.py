"""What a structured-light depth camera (Kinect, first generation) does to a range map.

All take and give (H, W) float32 in mm along each pixel's ray, 0 = missing; what was missing stays missing unless said
otherwise. The models are stated for planar depth z, so most need `K`, the intrinsics of this very map.

Sources: Nguyen, Izadi & Lovell, "Modeling Kinect sensor noise for improved 3D reconstruction and tracking", 3DIMPVT
2012; Khoshelham & Oude Elberink, "Accuracy and resolution of Kinect depth data for indoor mapping applications",
Sensors 12(2), 2012; Konolige & Mihelich, "Technical description of Kinect calibration", ROS wiki.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from synth.effects.checks import check_choice, check_K, check_number, check_range
from synth.effects.randomness import draw_normals
from synth.errors import UsageError
from synth.geometry.camera import pixel_rays

Range = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

BASELINE_MM = 75.0  # projector to infrared camera
FOCAL_PX = 580.0  # of the 640×480 infrared picture
DISPARITY_STEP_PX = 1 / 8
EDGE_MM = 30.0  # a jump between neighbours that counts as an edge: more than a head's surface has outside its outline
# Nguyen et al. could measure up to about here; their term in θ has a pole at 90°.
MAX_MODEL_ANGLE_DEG = 80.0

_FAR = np.float32(np.inf)


def incidence_deg(range_mm: Range, K: npt.ArrayLike) -> Range:
    """The angle between each pixel's ray and the surface's normal, (H, W) float32, degrees: 0 = head on, 0 if missing.

    Along rows and columns the difference to the nearer of the two neighbours is taken, so that an edge doesn't count as
    a slope. A pixel without neighbours has 0. Raises `UsageError`.
    """
    check_range(range_mm)
    rays = _rays(K, range_mm)
    points = rays * range_mm[..., None]
    seen = range_mm > 0
    across, down = _surface_step(points, range_mm, seen, 1), _surface_step(points, range_mm, seen, 0)
    (ax, ay, az), (dx, dy, dz) = (np.moveaxis(step, -1, 0) for step in (across, down))
    nx, ny, nz = ay * dz - az * dy, az * dx - ax * dz, ax * dy - ay * dx
    length = np.sqrt(nx * nx + ny * ny + nz * nz)
    along_ray = np.abs(nx * rays[..., 0] + ny * rays[..., 1] + nz * rays[..., 2])
    cosine = along_ray / np.where(length > 0, length, 1)
    angle = np.degrees(np.arccos(np.clip(cosine, 0, 1)))
    return np.where(seen & (length > 0), angle, 0).astype(np.float32)


def _surface_step(points: Range, range_mm: Range, seen: Mask, axis: int) -> Range:
    """(H, W, 3): from each point to a neighbour along `axis`, or from it, whichever is nearer; 0 without one."""
    ahead = np.diff(points, axis=axis)
    jump = np.abs(np.diff(range_mm, axis=axis))
    both = _pair(seen, axis, 0) & _pair(seen, axis, 1)
    jump = np.where(both, jump, _FAR)
    pad_end = [(0, 0)] * 2
    pad_start = [(0, 0)] * 2
    pad_end[axis], pad_start[axis] = (0, 1), (1, 0)
    jump_ahead, jump_behind = (np.pad(jump, pad, constant_values=_FAR) for pad in (pad_end, pad_start))
    step_ahead, step_behind = (np.pad(ahead, [*pad, (0, 0)]) for pad in (pad_end, pad_start))
    nearer = np.where((jump_ahead <= jump_behind)[..., None], step_ahead, step_behind)
    exists = np.minimum(jump_ahead, jump_behind) < _FAR
    return np.where(exists[..., None], nearer, 0).astype(np.float32)


def _pair(values: npt.NDArray[Any], axis: int, which: int) -> npt.NDArray[Any]:
    """The first (0) or second (1) of each pair of neighbours along `axis`."""
    part = slice(None, -1) if which == 0 else slice(1, None)
    return values[part] if axis == 0 else values[:, part]


def axial_sigma_mm(planar_mm: npt.ArrayLike, angle_deg: npt.ArrayLike) -> Range:
    """σ of the Kinect's planar depth in mm, float32, for planar depth in mm and angle of incidence in degrees.

    0.0012 + 0.0019 (z - 0.4)² + [θ > 60°] 0.0001/√z · θ²/(π/2 - θ)², in metres and radians (Nguyen et al. 2012);
    θ is taken as at most 80°. It was measured on z from 0.4 to 3 m, with the quantisation of the device within.
    """
    z = np.maximum(np.asarray(planar_mm, dtype=np.float64), 1.0) / 1000
    theta = np.radians(np.minimum(np.asarray(angle_deg, dtype=np.float64), MAX_MODEL_ANGLE_DEG))
    grazing = 0.0001 / np.sqrt(z) * theta**2 / (math.pi / 2 - theta) ** 2
    sigma = 0.0012 + 0.0019 * (z - 0.4) ** 2 + np.where(theta > math.radians(60), grazing, 0)
    return (1000 * sigma).astype(np.float32)


def axial_noise(
    range_mm: Range,
    K: npt.ArrayLike,
    rng: np.random.Generator,
    strength: float = 1.0,
    angle_deg: Range | None = None,
) -> Range:
    """Add normal noise of `strength` (0 … 10) times `axial_sigma_mm` to the planar depth.

    `angle_deg`: `incidence_deg` of the clean map, if this one isn't clean. Raises `UsageError`.
    """
    angle = _angle(range_mm, K, angle_deg)
    check_number("strength", strength, 0, 10)
    ray_z = _ray_z(K, range_mm)
    sigma = np.float32(strength) * axial_sigma_mm(range_mm * ray_z, angle) / ray_z
    return _seen_only(range_mm, range_mm + sigma * draw_normals(rng, range_mm.shape))


def gaussian_noise(range_mm: Range, rng: np.random.Generator, sigma_mm: float) -> Range:
    """Add normal noise of the same σ, 0 … 1000 mm, to every range. Raises `UsageError`."""
    check_range(range_mm)
    sigma = np.float32(check_number("sigma_mm", sigma_mm, 0, 1000))
    return _seen_only(range_mm, range_mm + sigma * draw_normals(rng, range_mm.shape))


def lateral_sigma_px(angle_deg: npt.ArrayLike) -> Range:
    """σ of an edge's place in pixels of the Kinect's 640×480 picture (Nguyen et al. 2012): 0.8 + 0.035 θ/(π/2 - θ)."""
    theta = np.radians(np.minimum(np.asarray(angle_deg, dtype=np.float64), MAX_MODEL_ANGLE_DEG))
    return (0.8 + 0.035 * theta / (math.pi / 2 - theta)).astype(np.float32)


def lateral_noise(
    range_mm: Range,
    K: npt.ArrayLike,
    rng: np.random.Generator,
    strength: float = 1.0,
    edge_mm: float = EDGE_MM,
    angle_deg: Range | None = None,
) -> Range:
    """Let edges jitter: near one, a pixel may show what is on its other side, or nothing.

    Each pixel looks at one that is displaced by normal noise of `strength` (0 … 10) times `lateral_sigma_px`, scaled
    from the Kinect's focal length to this map's. It takes that one's value only if there is an edge between them, a
    difference of more than `edge_mm` or a missing pixel: inside a surface the axial model holds all noise there is.
    Missing pixels next to a surface may get its range. `angle_deg`: as in `axial_noise`. Raises `UsageError`.
    """
    angle = _angle(range_mm, K, angle_deg)
    check_number("strength", strength, 0, 10)
    check_number("edge_mm", edge_mm, 0, 1e6)
    height, width = range_mm.shape
    sigma = lateral_sigma_px(angle) * np.float32(strength * float(check_K(K)[0, 0]) / FOCAL_PX)
    shift = np.rint(sigma * draw_normals(rng, (2, height, width))).astype(np.int64)
    row = np.clip(np.arange(height)[:, None] + shift[0], 0, height - 1)
    column = np.clip(np.arange(width)[None] + shift[1], 0, width - 1)
    other = range_mm[row, column]
    crosses = (np.abs(other - range_mm) > edge_mm) | ((other > 0) != (range_mm > 0))
    return np.where(crosses, other, range_mm).astype(np.float32)


def quantise_disparity(
    range_mm: Range,
    K: npt.ArrayLike,
    baseline_mm: float = BASELINE_MM,
    focal_px: float = FOCAL_PX,
    step_px: float = DISPARITY_STEP_PX,
) -> Range:
    """Round the disparity baseline · focal / z to whole steps.

    The steps of z are z² · step / (baseline · focal): 2.9 mm at 1 m with the Kinect's 75 mm, 580 px and 1/8 px
    (Konolige & Mihelich; Khoshelham & Oude Elberink 2012 measured 2.85 mm). Beyond half a step of disparity nothing is
    measured: missing. Raises `UsageError`.
    """
    check_range(range_mm)
    check_number("baseline_mm", baseline_mm, 1, 10_000)
    check_number("focal_px", focal_px, 1, 100_000)
    check_number("step_px", step_px, 1e-4, 100)
    ray_z = _ray_z(K, range_mm).astype(np.float64)
    planar = np.where(range_mm > 0, range_mm * ray_z, np.inf)
    steps = np.rint(baseline_mm * focal_px / planar / step_px)
    quantised = baseline_mm * focal_px / step_px / np.where(steps > 0, steps, np.inf)
    return np.where(range_mm > 0, quantised / ray_z, 0).astype(np.float32)


def drop_grazing(
    range_mm: Range,
    K: npt.ArrayLike,
    rng: np.random.Generator,
    start_deg: float = 65.0,
    full_deg: float = 85.0,
    angle_deg: Range | None = None,
) -> Range:
    """Lose pixels that are seen at a grazing angle: none up to `start_deg`, all from `full_deg`, evenly more between.

    The defaults are ours; Nguyen et al. got no data on planes turned by more than about 80°. `angle_deg`: as in
    `axial_noise`. Raises `UsageError`.
    """
    check_range(range_mm)
    start = check_number("start_deg", start_deg, 0, 90)
    full = check_number("full_deg", full_deg, start, 90)
    angle = _angle(range_mm, K, angle_deg)
    chance = np.clip((angle - start) / (full - start), 0, 1) if full > start else (angle >= full).astype(np.float32)
    lost = rng.random(range_mm.shape, dtype=np.float32) < chance
    return np.where(lost, np.float32(0), range_mm)


def drop_edges(
    range_mm: Range,
    rng: np.random.Generator,
    width_px: float = 1.5,
    probability: float = 0.5,
    edge_mm: float = EDGE_MM,
) -> Range:
    """Lose pixels at depth edges, each independently with `probability` (0 … 1).

    An edge lies between two neighbours of which one is missing or whose ranges differ by more than `edge_mm`; both are
    at it, and so is every pixel whose centre is less than `width_px` (0.5 … 64) from the border between them. The
    parameters are ours: a correlation window of 9 pixels spans both surfaces there. Raises `UsageError`.
    """
    check_range(range_mm)
    check_number("width_px", width_px, 0.5, 64)
    check_number("probability", probability, 0, 1)
    near = _edge_distance_px(range_mm, check_number("edge_mm", edge_mm, 0, 1e6)) < width_px
    lost = near & (rng.random(range_mm.shape, dtype=np.float32) < probability)
    return np.where(lost, np.float32(0), range_mm)


def drop_shadow(
    range_mm: Range,
    K: npt.ArrayLike,
    baseline_mm: float = BASELINE_MM,
    projector: str = "right",
) -> Range:
    """Lose what the projector doesn't light: to the side of whatever stands in front.

    `projector`: on which side of the camera it stands, seen in its picture; "right", as in the Kinect, makes shadows on
    the left. In each row a pixel in column u has the projector's column u ∓ focal · baseline / z, and the nearest one
    along that hides the others. No chance is involved. Raises `UsageError`.
    """
    check_range(range_mm)
    check_number("baseline_mm", baseline_mm, 0, 10_000)
    check_choice("projector", projector, ("left", "right"))
    planar = range_mm * _ray_z(K, range_mm)
    seen = range_mm > 0
    shift = np.float32(float(check_K(K)[0, 0]) * baseline_mm) / np.where(seen, planar, 1)
    if projector == "left":  # mirrored, it is the same
        seen, shift = seen[:, ::-1], shift[:, ::-1]
    column = np.where(seen, np.arange(range_mm.shape[1], dtype=np.float32) - shift, _FAR)
    least_from = np.minimum.accumulate(column[:, ::-1], axis=1)[:, ::-1]
    lit = np.ones_like(seen)
    lit[:, :-1] = column[:, :-1] < least_from[:, 1:]
    return np.where(lit[:, ::-1] if projector == "left" else lit, range_mm, np.float32(0))


def _angle(range_mm: Range, K: npt.ArrayLike, angle_deg: Range | None) -> Range:
    if angle_deg is None:
        return incidence_deg(range_mm, K)
    check_range(range_mm)
    if angle_deg.shape != range_mm.shape:
        raise UsageError(
            f"The angles are {angle_deg.shape}, the range map {range_mm.shape}.",
            where="angle_deg",
            mend="Give incidence_deg of the clean map.",
        )
    return angle_deg


def _ray_z(K: npt.ArrayLike, range_mm: Range) -> Range:
    """The z of each pixel's unit ray: planar depth over range."""
    return _rays(K, range_mm)[..., 2]


def _rays(K: npt.ArrayLike, range_mm: Range) -> Range:
    """The unit ray of each pixel, (H, W, 3) float32, read-only."""
    return _rays_of(check_K(K).tobytes(), *range_mm.shape)


@lru_cache(maxsize=2)  # the parts of one camera ask for the same
def _rays_of(K_bytes: bytes, height: int, width: int) -> Range:
    rays = pixel_rays(np.frombuffer(K_bytes).reshape(3, 3), width, height).astype(np.float32)
    rays.flags.writeable = False
    return rays


def _seen_only(before: Range, after: Range) -> Range:
    """`after` where there was a value and still is a positive one."""
    return np.where((before > 0) & (after > 0), after, 0).astype(np.float32)


def _edge_distance_px(range_mm: Range, edge_mm: float) -> Range:
    """From each pixel's centre to the nearest edge, about: 0.5 for the two pixels at it; infinite without edges."""
    at_edge = np.zeros(range_mm.shape, dtype=np.uint8)
    seen = range_mm > 0
    for axis in (0, 1):
        jumps = (np.abs(np.diff(range_mm, axis=axis)) > edge_mm) | np.diff(seen, axis=axis)
        for which in (0, 1):
            _pair(at_edge, axis, which)[jumps] = 1
    if not at_edge.any():
        return np.full(range_mm.shape, _FAR, dtype=np.float32)
    return np.asarray(cv2.distanceTransform(1 - at_edge, cv2.DIST_L2, cv2.DIST_MASK_PRECISE), dtype=np.float32) + 0.5
