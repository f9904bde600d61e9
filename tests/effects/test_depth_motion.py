"""Motion blur on range maps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from synth.effects.blur import motion_kernel
from synth.effects.depth_motion import motion_blur_depth
from synth.errors import UsageError

Range = npt.NDArray[np.float32]


def walls(near: float = 900, far: float = 1200) -> Range:
    """Near on the left of column 30, far on the right."""
    made = np.full((40, 60), far, dtype=np.float32)
    made[:, :30] = near
    return made


def beside_nothing() -> Range:
    made = walls()
    made[:, 30:] = 0
    return made


def test_a_slope_stays_that_slope() -> None:
    slope = np.tile(np.arange(900, 960, dtype=np.float32), (40, 1))
    for edges in ("mix", "nearest", "drop"):
        blurred = motion_blur_depth(slope, 9, 0, edges)  # type: ignore[arg-type]
        assert np.allclose(blurred[:, 6:-6], slope[:, 6:-6], atol=1e-2)


def test_across_an_edge_mixing_gives_what_passed_by_time() -> None:
    blurred = motion_blur_depth(walls(), 8, 0, "mix")[20]
    kernel = motion_kernel(8, 0)
    weights = kernel[kernel.shape[0] // 2]
    padded = np.pad(walls()[20], len(weights) // 2, mode="edge")
    assert np.allclose(blurred, np.convolve(padded, weights, "valid"), atol=1e-2)
    assert ((blurred > 950) & (blurred < 1150)).sum() >= 4  # flying pixels


def test_the_nearest_rule_makes_no_flying_pixels_and_widens_what_is_near() -> None:
    blurred = motion_blur_depth(walls(), 8, 0, "nearest")[20]
    assert set(np.round(blurred)) == {900, 1200}
    assert 30 < (np.round(blurred) == 900).sum() <= 35


def test_the_drop_rule_loses_the_pixels_that_an_edge_passes_and_no_others() -> None:
    blurred = motion_blur_depth(walls(), 8, 0, "drop")[20]
    lost = np.flatnonzero(blurred == 0)
    assert {28, 29, 30, 31} <= set(lost)
    assert min(lost) >= 24
    assert max(lost) <= 35


def test_a_motion_along_an_edge_leaves_it() -> None:
    for edges in ("mix", "nearest"):
        assert np.allclose(motion_blur_depth(walls(), 8, 90, edges), walls(), atol=1e-2)  # type: ignore[arg-type]


@pytest.mark.parametrize(("min_seen", "last"), [(1.0, 25), (0.5, 29), (0.0, 34)])
def test_a_pixel_counts_if_enough_of_the_motion_showed_something(min_seen: float, last: int) -> None:
    blurred = motion_blur_depth(beside_nothing(), 8, 0, min_seen=min_seen)[20]
    seen = np.flatnonzero(blurred)
    assert abs(int(seen.max()) - last) <= 1
    assert np.allclose(blurred[seen], 900, atol=1e-2)  # what is missing never pulls a range toward 0


def test_no_motion_gives_an_equal_map_that_is_another() -> None:
    same = motion_blur_depth(beside_nothing(), 0, 45)
    assert np.array_equal(same, beside_nothing())


def test_an_empty_map_stays_empty() -> None:
    for edges in ("mix", "nearest", "drop"):
        assert motion_blur_depth(np.zeros((9, 9), np.float32), 5, 30, edges, min_seen=0).max() == 0  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "settings",
    [{"edges": "keep"}, {"min_seen": 2}, {"edge_mm": -1}, {"length_px": -3}, {"angle_deg": float("nan")}],
)
def test_impossible_settings_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"(Give|There are)"):
        motion_blur_depth(walls(), **({"length_px": 5.0, "angle_deg": 0.0} | settings))  # type: ignore[arg-type]


def test_a_map_of_another_type_is_refused() -> None:
    with pytest.raises(UsageError, match="float32"):
        motion_blur_depth(walls().astype(np.float64), 5, 0)  # type: ignore[arg-type]
