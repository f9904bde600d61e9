"""The depth camera's effects against their models, on planes, steps and a sphere."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pytest

from synth.effects.depth import (
    axial_noise,
    axial_sigma_mm,
    drop_edges,
    drop_grazing,
    drop_shadow,
    gaussian_noise,
    incidence_deg,
    lateral_noise,
    lateral_sigma_px,
    quantise_disparity,
)
from synth.effects.kinect import KINECT, KinectModel, measure_depth
from synth.effects.randomness import effect_rng
from synth.errors import UsageError
from synth.geometry.camera import pixel_rays
from synth.geometry.depth import planar_to_range, range_to_planar

Range = npt.NDArray[np.float32]

WIDTH, HEIGHT = 200, 160
K = np.array([[580.0, 0, WIDTH / 2], [0, 580.0, HEIGHT / 2], [0, 0, 1]])
RAYS = pixel_rays(K, WIDTH, HEIGHT)
OFF = {"axial": 0, "lateral": 0, "step_px": 0, "grazing_start_deg": 90, "grazing_full_deg": 90,
       "edge_probability": 0, "shadow": False}  # fmt: skip


def plane(distance_mm: float, turn_deg: float = 0.0) -> Range:
    """A plane through the optical axis at that distance, turned about the vertical."""
    normal = np.array([math.sin(math.radians(turn_deg)), 0, math.cos(math.radians(turn_deg))])
    return (distance_mm * normal[2] / (RAYS @ normal)).astype(np.float32)


def step(near_mm: float = 900, far_mm: float = 1300, column: int = 100) -> Range:
    """Two frontal planes: the left one near."""
    z = np.full((HEIGHT, WIDTH), far_mm, dtype=np.float32)
    z[:, :column] = near_mm
    return planar_to_range(z, K)


def sphere(distance_mm: float = 1000, radius_mm: float = 110) -> tuple[Range, Range]:
    """(range, angle of incidence in degrees), nothing around it."""
    along = distance_mm * RAYS[..., 2]
    inside = radius_mm**2 - distance_mm**2 + along**2
    hit = inside > 0
    half = np.sqrt(np.where(hit, inside, 0))
    return np.where(hit, along - half, 0).astype(np.float32), np.degrees(np.arccos(half / radius_mm)).astype(np.float32)


# --- angle of incidence


@pytest.mark.parametrize("turn", [0, 30, 60, -75])
def test_a_plane_is_seen_at_its_own_angle(turn: float) -> None:
    normal = np.array([math.sin(math.radians(turn)), 0, math.cos(math.radians(turn))])
    assert incidence_deg(plane(1000, turn), K) == pytest.approx(np.degrees(np.arccos(np.abs(RAYS @ normal))), abs=0.3)


def test_a_spheres_angle_is_right_up_to_its_rim_and_missing_pixels_have_none() -> None:
    range_mm, angle = sphere()
    found = incidence_deg(range_mm, K)
    inner = (range_mm > 0) & (angle < 70)
    assert np.abs(found - angle)[inner].max() < 3
    assert (found[range_mm == 0] == 0).all()


def test_an_edge_between_two_frontal_planes_is_no_slope() -> None:
    assert incidence_deg(step(), K).max() < 13  # the rays' own angle; a slope would have nearly 90


def test_a_single_pixel_has_no_slope() -> None:
    lonely = np.zeros((5, 5), np.float32)
    lonely[2, 2] = 900
    assert incidence_deg(lonely, np.array([[500.0, 0, 2.5], [0, 500, 2.5], [0, 0, 1]])).max() == 0


# --- axial noise


def test_the_axial_model_gives_the_papers_numbers() -> None:
    assert float(axial_sigma_mm(400, 0)) == pytest.approx(1.2)
    assert float(axial_sigma_mm(1000, 30)) == pytest.approx(1.2 + 1.9 * 0.36)
    assert float(axial_sigma_mm(2400, 0)) == pytest.approx(1.2 + 1.9 * 4)
    theta = math.radians(75)
    extra = 1000 * 0.0001 / 1.0 * theta**2 / (math.pi / 2 - theta) ** 2
    assert float(axial_sigma_mm(1000, 75)) == pytest.approx(1.2 + 1.9 * 0.36 + extra, rel=1e-4)
    assert float(axial_sigma_mm(1000, 89.99)) == float(axial_sigma_mm(1000, 80))


@pytest.mark.parametrize(("distance", "turn"), [(800, 0), (1300, 0), (1000, 40), (1000, 70)])
def test_planar_depth_has_the_models_noise(distance: float, turn: float) -> None:
    clean = plane(distance, turn)
    noise = range_to_planar(axial_noise(clean, K, effect_rng(1, 1)), K) - range_to_planar(clean, K)
    sigma = axial_sigma_mm(range_to_planar(clean, K), incidence_deg(clean, K))
    assert (noise / sigma).std() == pytest.approx(1, abs=0.02)
    assert abs((noise / sigma).mean()) < 0.03


def test_strength_scales_the_noise_and_none_is_none() -> None:
    clean = plane(1000)
    assert np.allclose(axial_noise(clean, K, effect_rng(1, 1), 0), clean)
    double = axial_noise(clean, K, effect_rng(1, 1), 2) - clean
    assert np.allclose(double, 2 * (axial_noise(clean, K, effect_rng(1, 1), 1) - clean), atol=1e-3)


def test_gaussian_noise_has_its_sigma_and_leaves_missing_pixels() -> None:
    clean, _ = sphere()
    noise = (gaussian_noise(clean, effect_rng(1, 2), 4.0) - clean)[clean > 0]
    assert noise.std() == pytest.approx(4, rel=0.03)
    assert (gaussian_noise(clean, effect_rng(1, 2), 4.0)[clean == 0] == 0).all()


def test_noise_that_would_pass_the_camera_is_a_missing_pixel() -> None:
    near = np.full((50, 50), 5, np.float32)
    noisy = gaussian_noise(near, effect_rng(1, 1), 10)
    assert noisy.min() == 0
    assert 0.2 < (noisy == 0).mean() < 0.4


# --- lateral noise


def test_the_lateral_model_gives_the_papers_numbers() -> None:
    assert float(lateral_sigma_px(0)) == pytest.approx(0.8)
    assert float(lateral_sigma_px(45)) == pytest.approx(0.8 + 0.035)


@pytest.mark.parametrize("strength", [1.0, 3.0])
def test_an_edge_is_crossed_as_often_as_its_place_is_spread(strength: float) -> None:
    clean = step()
    jittered = np.concatenate([lateral_noise(clean, K, effect_rng(1, n), strength) for n in range(12)])
    near = jittered < 1100
    for column in (96, 98, 99, 100, 101, 103):
        shifts = NormalDist(0, 0.8 * strength)
        away = (100 - 0.5) - column  # a whole-pixel shift of more than this stays on or comes to the near side
        expected = shifts.cdf(away)
        assert near[:, column].mean() == pytest.approx(expected, abs=0.035)


def test_inside_a_surface_nothing_jitters() -> None:
    for smooth in (plane(1000), plane(1000, 50)):
        assert np.array_equal(lateral_noise(smooth, K, effect_rng(1, 1)), smooth)


def test_jitter_scales_with_the_focal_length() -> None:
    clean, fine = step(), K * np.array([[3.0], [3.0], [1.0]])
    changed = [(lateral_noise(clean, k, effect_rng(1, 1)) != clean).mean() for k in (K, fine)]
    assert changed[1] > 2 * changed[0]


def test_an_outline_frays_both_ways() -> None:
    clean, _ = sphere()
    jittered = lateral_noise(clean, K, effect_rng(1, 1))
    assert ((jittered == 0) & (clean > 0)).any()
    assert ((jittered > 0) & (clean == 0)).any()
    assert set(np.unique(jittered)) <= set(np.unique(clean))


# --- quantisation


@pytest.mark.parametrize(("z_mm", "step_mm"), [(1000, 2.85), (2000, 11.4), (500, 0.72)])
def test_depth_comes_in_the_steps_that_were_measured(z_mm: float, step_mm: float) -> None:
    z = np.linspace(0.97 * z_mm, 1.03 * z_mm, 20_000, dtype=np.float32).reshape(100, 200)
    small = np.array([[580.0, 0, 100], [0, 580, 50], [0, 0, 1]])
    quantised = range_to_planar(quantise_disparity(planar_to_range(z, small), small), small)
    levels = np.unique(np.round(quantised, 2))
    levels = levels[np.concatenate([[True], np.diff(levels) > 0.05])]
    middle = np.argmin(np.abs(levels - z_mm))
    assert levels[middle + 1] - levels[middle] == pytest.approx(step_mm, rel=0.03)
    assert np.abs(quantised - z).max() <= 0.54 * step_mm * 1.03**2


def test_quantised_disparity_is_a_whole_number_of_eighths() -> None:
    disparity = 75 * 580 / range_to_planar(quantise_disparity(plane(1000, 40), K), K)
    assert np.abs(disparity * 8 - np.rint(disparity * 8)).max() < 2e-3


def test_what_is_too_far_to_be_triangulated_is_missing() -> None:
    far = np.full((HEIGHT, WIDTH), 8 * 75 * 580 * 2.2, dtype=np.float32)
    assert quantise_disparity(far, K).max() == 0


# --- missing pixels


def test_only_grazing_pixels_are_lost_and_more_the_more_they_graze() -> None:
    clean, _ = sphere()
    angle = incidence_deg(clean, K)
    lost = np.mean([(drop_grazing(clean, K, effect_rng(1, n), 60, 80) == 0) & (clean > 0) for n in range(40)], axis=0)
    assert lost[angle <= 60].max() == 0
    assert lost[angle >= 80].min() == 1
    between = (angle > 60) & (angle < 80)
    assert np.abs(lost - (angle - 60) / 20)[between].mean() < 0.08
    assert lost[between].mean() == pytest.approx(((angle - 60) / 20)[between].mean(), abs=0.02)


def test_equal_limits_are_a_sharp_one() -> None:
    clean, _ = sphere()
    angle = incidence_deg(clean, K)
    assert np.array_equal(drop_grazing(clean, K, effect_rng(1, 1), 70, 70) > 0, (clean > 0) & (angle < 70))


@pytest.mark.parametrize(("width", "columns"), [(0.6, [99, 100]), (1.6, [98, 99, 100, 101]), (0.5, [])])
def test_only_pixels_at_an_edge_are_lost(width: float, columns: list[int]) -> None:
    lost = drop_edges(step(), effect_rng(1, 1), width, probability=1.0) == 0
    assert np.flatnonzero(lost.any(axis=0)).tolist() == columns
    assert lost[:, columns].all()


def test_edges_are_lost_with_the_given_probability_and_smooth_surfaces_not_at_all() -> None:
    lost = np.concatenate([drop_edges(step(), effect_rng(1, n), 0.6, 0.3) == 0 for n in range(10)])
    assert lost[:, 99:101].mean() == pytest.approx(0.3, abs=0.03)
    assert drop_edges(plane(1000, 60), effect_rng(1, 1), 5, 1.0).min() > 0


def test_the_shadow_is_as_wide_as_parallax_makes_it_and_on_the_far_side_of_the_projector() -> None:
    parallax = 580 * 75 * (1 / 900 - 1 / 1300)  # 14.9 pixels
    left_is_near = step()
    right_is_near = left_is_near[:, ::-1].copy()
    lost_right = drop_shadow(left_is_near, K, projector="left") == 0
    lost_left = drop_shadow(right_is_near, K, projector="right") == 0
    assert np.array_equal(lost_left, lost_right[:, ::-1])
    assert lost_right.sum(axis=1) == pytest.approx(parallax, abs=1)
    assert np.flatnonzero(lost_right.any(axis=0)).min() == 100
    assert drop_shadow(left_is_near, K, projector="right").min() > 0
    assert drop_shadow(left_is_near, K, baseline_mm=0, projector="left").min() > 0


def test_nothing_lies_in_the_shadow_of_a_missing_pixel() -> None:
    holed = plane(1000)
    holed[:, 50:60] = 0
    assert np.array_equal(drop_shadow(holed, K), holed)


# --- the whole camera, and what holds for all


def test_the_whole_camera_loses_edges_and_has_noise_and_steps_inside() -> None:
    clean, angle = sphere()
    measured = measure_depth(clean, K, effect_rng(1, 1))
    rim = (clean > 0) & (angle > 80)
    inner = (clean > 0) & (angle < 50)
    assert (measured[rim] == 0).mean() > 0.5
    assert (measured[inner] == 0).mean() < 0.02
    kept = inner & (measured > 0)
    error = range_to_planar(measured, K)[kept] - range_to_planar(clean, K)[kept]
    variance = np.mean(axial_sigma_mm(range_to_planar(clean, K)[kept], 0).astype(float) ** 2) + 2.3**2 / 12
    assert error.std() == pytest.approx(math.sqrt(variance), rel=0.05)
    disparity = 75 * 580 / range_to_planar(measured, K)[kept]
    assert np.abs(disparity * 8 - np.rint(disparity * 8)).max() < 2e-3


def test_a_camera_with_everything_switched_off_changes_nothing() -> None:
    clean, _ = sphere()
    assert np.array_equal(measure_depth(clean, K, effect_rng(1, 1), KinectModel(**OFF)), clean)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("part", "alone"),
    [
        ({"shadow": True, "baseline_mm": 60}, lambda d: drop_shadow(d, K, 60)),
        ({"step_px": 0.25}, lambda d: quantise_disparity(d, K, step_px=0.25)),
        ({"axial": 2}, lambda d: axial_noise(d, K, effect_rng(1, 1), 2)),
        ({"lateral": 2}, lambda d: lateral_noise(d, K, effect_rng(1, 1), 2)),
        ({"edge_probability": 0.4, "edge_width_px": 3}, lambda d: drop_edges(d, effect_rng(1, 1), 3, 0.4)),
        (
            {"grazing_start_deg": 50, "grazing_full_deg": 60},
            lambda d: drop_grazing(d, K, effect_rng(1, 1), 50, 60),
        ),
    ],
    ids=["shadow", "steps", "axial", "lateral", "edges", "grazing"],
)
def test_each_part_of_the_camera_works_in_it_as_alone(part: dict[str, float], alone) -> None:  # type: ignore[no-untyped-def]
    scene = np.where(sphere()[0] > 0, sphere()[0], plane(1400))
    measured = measure_depth(scene, K, effect_rng(1, 1), KinectModel(**(OFF | part)))  # type: ignore[arg-type]
    assert np.array_equal(measured, alone(scene))
    assert not np.array_equal(measured, scene)


EFFECTS = {
    "axial": lambda d: axial_noise(d, K, effect_rng(1, 1)),
    "gaussian": lambda d: gaussian_noise(d, effect_rng(1, 1), 3),
    "lateral": lambda d: lateral_noise(d, K, effect_rng(1, 1)),
    "quantise": lambda d: quantise_disparity(d, K),
    "grazing": lambda d: drop_grazing(d, K, effect_rng(1, 1)),
    "edges": lambda d: drop_edges(d, effect_rng(1, 1)),
    "shadow": lambda d: drop_shadow(d, K),
    "kinect": lambda d: measure_depth(d, K, effect_rng(1, 1)),
}


@pytest.mark.parametrize("name", EFFECTS)
def test_each_keeps_shape_and_type_its_input_and_empty_maps_and_is_the_same_again(name: str) -> None:
    clean, _ = sphere()
    before = clean.copy()
    made = EFFECTS[name](clean)
    assert made.shape == clean.shape
    assert made.dtype == np.float32
    assert np.isfinite(made).all()
    assert made.min() >= 0
    assert np.array_equal(before, clean)
    assert np.array_equal(made, EFFECTS[name](clean))
    assert EFFECTS[name](np.zeros_like(clean)).max() == 0


@pytest.mark.parametrize("name", EFFECTS)
@pytest.mark.parametrize(
    "bad",
    [np.full((HEIGHT, WIDTH), 900.0), np.full((HEIGHT, WIDTH), -1, np.float32), np.full((2, 2), np.nan, np.float32),
     np.zeros((HEIGHT, WIDTH, 1), np.float32), None],
    ids=["float64", "negative", "nan", "rank", "none"],
)  # fmt: skip
def test_each_refuses_what_is_no_range_map(name: str, bad: object) -> None:
    with pytest.raises(UsageError, match="range_mm"):
        EFFECTS[name](bad)


@pytest.mark.parametrize(
    "call",
    [
        lambda: axial_noise(plane(900), K, effect_rng(1, 1), -1),
        lambda: axial_noise(plane(900), np.eye(4), effect_rng(1, 1)),
        lambda: axial_noise(plane(900), K, effect_rng(1, 1), 1.0, np.zeros((2, 2), np.float32)),
        lambda: gaussian_noise(plane(900), effect_rng(1, 1), float("nan")),
        lambda: lateral_noise(plane(900), K, effect_rng(1, 1), 1, -5),
        lambda: quantise_disparity(plane(900), K, step_px=0),
        lambda: drop_grazing(plane(900), K, effect_rng(1, 1), 80, 70),
        lambda: drop_edges(plane(900), effect_rng(1, 1), 1, 1.5),
        lambda: drop_shadow(plane(900), K, projector="above"),
        lambda: KinectModel(axial=-1),
        lambda: KinectModel(grazing_start_deg=80, grazing_full_deg=70),
    ],
)
def test_impossible_settings_are_refused_with_what_is_possible(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError, match=r"(Give|There are)"):
        call()


def test_the_defaults_are_a_kinects() -> None:
    assert (KINECT.baseline_mm, KINECT.focal_px, KINECT.step_px) == (75, 580, 0.125)
