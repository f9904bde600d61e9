"""Maps of the error over pitch and yaw."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from synth.errors import UsageError
from synth.evaluate.groups import pose_grid
from synth.view.error_map import ErrorMap, error_maps_png


def a_map(name: str, errors_deg: float) -> ErrorMap:
    pitch, yaw = np.meshgrid(np.arange(-30, 15, 10.0), np.arange(-30, 15, 10.0))
    euler = np.stack([pitch.ravel(), yaw.ravel(), np.zeros(pitch.size)], axis=1)
    return ErrorMap(name, errors_deg, pose_grid(euler, np.full(pitch.size, errors_deg), 15))


def decoded(png: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)


@pytest.mark.parametrize("count", [1, 4])
def test_a_panel_a_model_in_one_scale(count):
    picture = decoded(error_maps_png([a_map(f"m{n}", 5.0 + 10 * n) for n in range(count)], "tiny"))
    assert picture.shape[1] > picture.shape[0] / 2
    colours = {tuple(colour) for colour in picture.reshape(-1, 3)[:: picture.shape[0] // 7]}
    assert len(colours) > count + 2


def test_a_greater_error_has_another_colour():
    light, dark = (decoded(error_maps_png([a_map("a", e), a_map("b", 40.0)], "t")) for e in (2.0, 40.0))
    assert light.shape == dark.shape
    assert (light != dark).mean() > 0.05


def test_the_same_numbers_give_the_same_bytes():
    assert error_maps_png([a_map("a", 3.0)], "t") == error_maps_png([a_map("a", 3.0)], "t")


def test_cells_without_samples_are_drawn_as_empty():
    grid = pose_grid([[5.0, 5, 0], [40, 40, 0]], [1.0, 2.0], 15)
    assert decoded(error_maps_png([ErrorMap("a", 1.5, grid)], "t")) is not None


def test_nothing_to_draw_is_refused():
    with pytest.raises(UsageError, match="no model to draw"):
        error_maps_png([], "t")
