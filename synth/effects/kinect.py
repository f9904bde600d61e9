"""A whole structured-light depth camera: the parts of `synth.effects.depth` in the order in which they happen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth.effects.checks import check_number, check_range
from synth.effects.depth import (
    BASELINE_MM,
    DISPARITY_STEP_PX,
    EDGE_MM,
    FOCAL_PX,
    axial_noise,
    drop_edges,
    drop_grazing,
    drop_shadow,
    incidence_deg,
    lateral_noise,
    quantise_disparity,
)


@dataclass(frozen=True)
class KinectModel:
    """The camera; the defaults are a Kinect of the first generation, sources in `synth.effects.depth`.

    `axial`, `lateral`: times the measured noise, 0 = none. `step_px`: step of disparity, 0 = no quantisation. Grazing
    angles are lost from `grazing_start_deg`, all from `grazing_full_deg`; 90 and 90 = none. `edge_probability`: of
    losing a pixel within `edge_width_px` of an edge. `shadow`: lose what the projector doesn't reach.
    Raises `UsageError`.
    """

    axial: float = 1.0
    lateral: float = 1.0
    baseline_mm: float = BASELINE_MM
    focal_px: float = FOCAL_PX
    step_px: float = DISPARITY_STEP_PX
    grazing_start_deg: float = 65.0
    grazing_full_deg: float = 85.0
    edge_probability: float = 0.5
    edge_width_px: float = 1.5
    edge_mm: float = EDGE_MM
    shadow: bool = True

    def __post_init__(self) -> None:
        check_number("kinect.axial", self.axial, 0, 10)
        check_number("kinect.lateral", self.lateral, 0, 10)
        check_number("kinect.baseline_mm", self.baseline_mm, 1, 10_000)
        check_number("kinect.focal_px", self.focal_px, 1, 100_000)
        check_number("kinect.step_px", self.step_px, 0, 100)
        check_number("kinect.grazing_start_deg", self.grazing_start_deg, 0, 90)
        check_number("kinect.grazing_full_deg", self.grazing_full_deg, self.grazing_start_deg, 90)
        check_number("kinect.edge_probability", self.edge_probability, 0, 1)
        check_number("kinect.edge_width_px", self.edge_width_px, 0.5, 64)
        check_number("kinect.edge_mm", self.edge_mm, 0, 1e6)


KINECT = KinectModel()


def measure_depth(
    range_mm: npt.NDArray[np.float32],
    K: npt.ArrayLike,
    rng: np.random.Generator,
    model: KinectModel = KINECT,
) -> npt.NDArray[np.float32]:
    """What the camera would give of the scene.

    `range_mm`: (H, W) float32, mm, 0 = missing, clean, and so is the result; `K`: intrinsics of this very map. What is
    lost (shadow, grazing angles, edges) is decided on the clean map, since noise has slopes of its own; then edges
    jitter, depth gets its noise and is quantised. Raises `UsageError`.
    """
    check_range(range_mm)
    angle = incidence_deg(range_mm, K)
    kept = drop_shadow(range_mm, K, model.baseline_mm) if model.shadow else range_mm
    if model.grazing_start_deg < 90:
        kept = drop_grazing(kept, K, rng, model.grazing_start_deg, model.grazing_full_deg, angle)
    lost = (range_mm > 0) & (kept == 0)
    if model.edge_probability > 0:
        at_edges = drop_edges(range_mm, rng, model.edge_width_px, model.edge_probability, model.edge_mm)
        lost |= (range_mm > 0) & (at_edges == 0)
    measured = range_mm
    if model.lateral > 0:
        measured = lateral_noise(measured, K, rng, model.lateral, model.edge_mm, angle)
    if model.axial > 0:
        measured = axial_noise(measured, K, rng, model.axial, angle)
    if model.step_px > 0:
        measured = quantise_disparity(measured, K, model.baseline_mm, model.focal_px, model.step_px)
    return np.where(lost, np.float32(0), measured)
