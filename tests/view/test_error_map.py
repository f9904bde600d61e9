"""Maps of the error over pitch and yaw."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from synth.data.network_input import NetworkInput
from synth.data.source import PoseTable
from synth.errors import UsageError
from synth.evaluate.groups import pose_grid
from synth.evaluate.trial import Candidate, Estimates, JudgedSet, Reading, Trial
from synth.view.error_map import ErrorMap, error_maps_png, write_error_maps


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


def test_a_sets_name_stays_in_the_folder_and_no_map_takes_anothers_place(tmp_path):
    names = ("../../evil", "evil", "..", "a b", "a-b", "x/y")
    written = write_error_maps(tmp_path, [a_trial(name) for name in names])
    assert [path.name for path in written] == [
        "error-map-evil.png", "error-map-evil-2.png", "error-map-set.png", "error-map-a-b.png", "error-map-a-b-2.png",
        "error-map-x-y.png",
    ]  # fmt: skip
    assert sorted(tmp_path.iterdir()) == sorted(written)


def a_trial(name: str) -> Trial:
    angles = np.zeros((2, 3))
    R = np.tile(np.eye(3), (2, 1, 1))
    table = PoseTable(np.arange(2), np.array(["a", "b"]), R, angles, np.array(["base"] * 2))
    source = SimpleNamespace(name=name, table=table, about="", __len__=lambda: 2)
    candidate = Candidate("m", "m.safetensors", NetworkInput(32), lambda _: Reading(R, angles, None), "a test")
    return Trial(candidate, JudgedSet(source, "all", True, table), Estimates(R, angles, None))
