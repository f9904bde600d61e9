"""Lists of effects: read, checked, applied the same everywhere."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synth.effects.camera import expose, jpeg
from synth.effects.pipeline import Applied, Effects, apply, effects_from_yaml, read_effects
from synth.effects.sensor_noise import add_sensor_noise
from synth.errors import UsageError

RGB = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
Y, X = np.indices((96, 96)) - 48
RANGE = np.where(X**2 + Y**2 < 1200, 900 + (X**2 + Y**2) / 15, 0).astype(np.float32)
LABELS: dict[str, Any] = {
    "id": 5,
    "K": np.array([[580.0, 0, 48], [0, 580, 48], [0, 0, 1]]),
    "head_box_px": np.array([260.0, 180, 330, 260], np.float32),
    "crop_box_px": np.array([247, 172, 343, 268], np.int32),
    "noise_sigma": 3.0,
    "noise_seed": 77,
}
ALL = """
effects:
  - {kind: exposure, ev: [-1, 1]}
  - {kind: white_balance}
  - {kind: occluder, shape: hand, width_px: [40, 70], fill: skin}
  - {kind: occluder, shape: rectangle, width_px: [20, 40], height_px: 30, colour: null}
  - {kind: occluder, fill: texture}
  - {kind: gaussian_blur, sigma_px: [0.5, 2]}
  - {kind: motion_blur}
  - {kind: down_up}
  - {kind: grey, probability: 0.5}
  - {kind: jpeg}
  - {kind: shot_read_noise}
  - {kind: gaussian_noise}
  - {kind: stored_noise}
  - {kind: depth_motion_blur}
  - {kind: depth_gaussian_noise}
  - {kind: kinect}
"""


def run(effects: object, sample_id: int = 5, epoch: int = 0, seed: int = 1) -> Applied:
    return apply(read_effects(effects), RGB, RANGE, LABELS, seed, sample_id, epoch)


def test_every_effect_happens_and_says_what_was_drawn() -> None:
    done = apply(effects_from_yaml(ALL), RGB, RANGE, LABELS, 1, 5)
    assert {"exposure", "occluder", "occluder_2", "occluder_3", "kinect", "stored_noise"} <= set(done.drawn)
    assert -1 <= done.drawn["exposure"]["ev"] <= 1
    assert done.rgb is not None
    assert done.range_mm is not None
    assert (done.rgb.shape, done.rgb.dtype) == (RGB.shape, np.uint8)
    assert (done.range_mm.shape, done.range_mm.dtype) == (RANGE.shape, np.float32)


def test_what_is_written_is_read_as_the_same_effects() -> None:
    effects = effects_from_yaml(ALL)
    assert effects_from_yaml(effects.as_yaml()) == effects
    assert read_effects(effects.as_list()) == effects
    assert read_effects([]) == Effects()


def test_what_was_drawn_is_what_was_done() -> None:
    done = run([{"kind": "exposure", "ev": [-2, 2]}, {"kind": "jpeg", "quality": [20, 90]}])
    expected = jpeg(expose(RGB, done.drawn["exposure"]["ev"]), done.drawn["jpeg"]["quality"])
    assert np.array_equal(done.rgb, expected)


def test_stored_noise_is_the_noise_of_the_labels() -> None:
    assert np.array_equal(run([{"kind": "stored_noise"}]).rgb, add_sensor_noise(RGB, 3.0, 77, 5))


def test_the_covered_share_is_told_and_the_occluder_lies_where_it_says() -> None:
    done = run([{"kind": "occluder", "width_px": 60}])
    x0, y0, x1, y1 = done.drawn["occluder"]["occluder_box_px"]
    assert done.rgb is not None
    inside = done.rgb[max(0, y0 - 172) : y1 - 172, max(0, x0 - 247) : x1 - 247]
    assert inside.size > 0
    assert inside.max() == 0
    head = (min(x1, 330) - max(x0, 260)) * (min(y1, 260) - max(y0, 180))
    assert done.drawn["occluder"]["share"] == pytest.approx(head / (70 * 80))


def test_seed_sample_and_epoch_each_change_the_draws_and_nothing_else_does() -> None:
    effects = [{"kind": "exposure"}, {"kind": "gaussian_noise", "sigma_levels": 5}]
    first = run(effects)
    assert np.array_equal(first.rgb, run(effects).rgb)
    for other in (run(effects, seed=2), run(effects, sample_id=6), run(effects, epoch=1)):
        assert other.drawn["exposure"] != first.drawn["exposure"]
        assert not np.array_equal(other.rgb, first.rgb)


def test_another_process_makes_the_same_pictures() -> None:
    code = (
        f"import sys, hashlib; sys.path.insert(0, {str(Path(__file__).parent)!r}); import test_pipeline as t\n"
        "done = t.apply(t.effects_from_yaml(t.ALL), t.RGB, t.RANGE, t.LABELS, 1, 5, 3)\n"
        "print(hashlib.sha256(done.rgb.tobytes() + done.range_mm.tobytes()).hexdigest())"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    here = apply(effects_from_yaml(ALL), RGB, RANGE, LABELS, 1, 5, 3)
    assert here.rgb is not None
    assert here.range_mm is not None
    assert there.strip() == hashlib.sha256(here.rgb.tobytes() + here.range_mm.tobytes()).hexdigest()


def test_adding_an_effect_leaves_what_the_others_draw() -> None:
    alone = run([{"kind": "jpeg"}, {"kind": "kinect"}])
    among = run([{"kind": "exposure"}, {"kind": "motion_blur"}, {"kind": "jpeg"}, {"kind": "kinect"}])
    assert alone.drawn["jpeg"] == among.drawn["jpeg"]
    assert np.array_equal(alone.range_mm, among.range_mm)


def test_leaving_a_picture_out_leaves_the_other_as_it_was() -> None:
    effects = effects_from_yaml(ALL)
    both = apply(effects, RGB, RANGE, LABELS, 1, 5)
    only_rgb, only_range = (
        apply(effects, RGB, None, LABELS, 1, 5),
        apply(effects, None, RANGE, {"K": LABELS["K"]}, 1, 5),
    )
    assert only_rgb.range_mm is only_range.rgb is None
    assert np.array_equal(only_rgb.rgb, both.rgb)
    assert np.array_equal(only_range.range_mm, both.range_mm)


def test_an_effect_happens_as_often_as_its_probability() -> None:
    effects = read_effects([{"kind": "grey", "probability": 0.3}])
    small = RGB[:4, :4].copy()
    happened = sum("grey" in apply(effects, small, None, {}, 1, n).drawn for n in range(2000))
    assert happened == pytest.approx(600, abs=85)


def test_numbers_fill_their_range() -> None:
    effects = read_effects([{"kind": "exposure", "ev": [-3, 1]}])
    small = RGB[:2, :2].copy()
    values = [apply(effects, small, None, {}, 1, n).drawn["exposure"]["ev"] for n in range(800)]
    assert np.histogram(values, 4, (-3, 1))[0] == pytest.approx(200, abs=60)


def test_the_pictures_that_go_in_are_not_changed() -> None:
    rgb, range_mm = RGB.copy(), RANGE.copy()
    apply(effects_from_yaml(ALL), rgb, range_mm, LABELS, 1, 5)
    assert np.array_equal(rgb, RGB)
    assert np.array_equal(range_mm, RANGE)


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ([{"kind": "exposre"}], r"effects\[0\]: is of no known kind; there are exposure, white_balance"),
        ([{"ev": 1}], r"effects\[0\]: has no kind"),
        ([{"kind": "exposure", "evv": 1}], r"effects\[0\] \(exposure\).evv: is not a setting"),
        ([{"kind": "jpeg", "quality": [50, 200]}], r"\(jpeg\).quality: has to rise and to lie from 1 to 100"),
        ([{"kind": "jpeg", "quality": [90, 50]}], "has to rise"),
        ([{"kind": "jpeg", "quality": "90"}], "is neither a number nor"),
        ([{"kind": "jpeg", "quality": True}], "is neither a number nor"),
        ([{"kind": "exposure", "ev": [float("nan"), 1]}], "has to rise"),
        ([{"kind": "grey", "probability": 1.5}], r"\(grey\).probability: .*less than or equal to 1"),
        ([{"kind": "occluder", "width_px": 700}], "needs 700×700 pixels, the frame has 640×480"),
        ([{"kind": "occluder", "height_px": 50}], "a square has only width_px"),
        ([{"kind": "occluder", "fill": "skin"}], "Only a hand has skin"),
        ([{"kind": "occluder", "colour": [0, 0, 300]}], "occluder"),
        ([{"kind": "jpeg"}, {"kind": "exposure"}], "exposure stands after jpeg. The order is exposure"),
        ([{"kind": "stored_noise"}, {"kind": "gaussian_blur"}], "gaussian_blur stands after stored_noise"),
        ([{"kind": "kinect"}, {"kind": "depth_motion_blur"}], "depth_motion_blur stands after kinect"),
        ({"effect": []}, "one setting `effects`"),
        (3, "are a list"),
        ("exposure", "are a list"),
    ],
)
def test_a_list_that_cannot_be_says_where_and_why(value: object, what: str) -> None:
    with pytest.raises(UsageError, match=what):
        read_effects(value)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        read_effects([{"kind": "jpeg", "quality": 0, "size": 1}, {"kind": "blur"}])
    assert len(str(caught.value).splitlines()) == 3


def test_yaml_that_is_none_is_refused_with_its_line() -> None:
    with pytest.raises(UsageError, match="line 2"):
        effects_from_yaml("effects:\n\t- kind: jpeg\n")


@pytest.mark.parametrize(
    ("effect", "label"),
    [("kinect", "K"), ("stored_noise", "noise_sigma"), ("occluder", "head_box_px")],
)
def test_a_label_that_an_effect_needs_and_is_not_there_is_named(effect: str, label: str) -> None:
    with pytest.raises(UsageError, match=f"The label {label} is missing"):
        apply(read_effects([{"kind": effect}]), RGB, RANGE, {}, 1, 1)


def test_pictures_of_another_type_are_refused() -> None:
    with pytest.raises(UsageError, match="rgb"):
        apply(Effects(), RGB.astype(np.float32), None, {}, 1, 1)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="range_mm"):
        apply(Effects(), None, RANGE.astype(np.int32), {}, 1, 1)  # type: ignore[arg-type]
