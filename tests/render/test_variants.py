"""Real renders of variants: the light's measured effect, and the motion of a turning head."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from synth.heads.pack import bundled_packs, load_pack
from synth.plan.plan import plan_shot
from synth.plan.shot import Blur
from synth.recipe.load import load_recipe
from synth.recipe.variants import LIGHT_COLORS

pytestmark = pytest.mark.render

FRONTAL = ("pose.pitch_deg=[-3,3]", "pose.yaw_deg=[-3,3]", "pose.roll_deg=0", "person.torso_turn=0", "scene.plain=1")


def make(variants: str, *more: str, samples: int = 16):
    from synth.render.renderer import Renderer

    pack = load_pack(bundled_packs()["demo8"])
    settings = [f"heads.count={len(pack.heads)}", "heads.block=1", f"render.samples={samples}", f"variants={variants}"]
    chosen = load_recipe("demo", [*settings, *FRONTAL, *more])
    return chosen, Renderer(chosen, pack)


def linear(rgb):
    level = rgb / 255.0
    return np.where(level <= 0.04045, level / 12.92, ((level + 0.055) / 1.055) ** 2.4)


def face(record):
    """The middle of the head's box, (h, w, 3) linear: skin, without hair and background."""
    x0, y0, x1, y1 = record.labels["head_box_px"] - np.tile(record.labels["crop_box_px"][:2], 2)
    w, h = x1 - x0, y1 - y0
    return linear(record.rgb)[int(y0 + 0.35 * h) : int(y0 + 0.85 * h), int(x0 + 0.2 * w) : int(x1 - 0.2 * w)]


@pytest.fixture(scope="module")
def lit():
    chosen, renderer = make("{illumination: {}}", samples=4)
    shots = {shot.condition: shot for shot in (plan_shot(chosen, k) for k in range(31))}
    wanted = [f"azimuth={azimuth}" for azimuth in (-100, -60, -20, 0, 20, 60, 100)]
    wanted += [f"intensity={intensity}" for intensity in (0.3, 0.6, 1.2)] + [f"color={name}" for name in LIGHT_COLORS]
    return {name: renderer.render(shots[name]) for name in wanted}


def right_over_left(record):
    """How much brighter the half of the face on the picture's right is than the other."""
    picture = face(record).mean(axis=(0, 2))
    return picture[picture.size // 2 :].mean() / picture[: picture.size // 2].mean()


def test_the_brighter_half_of_the_face_is_on_the_azimuths_side(lit):
    neutral = right_over_left(lit["azimuth=0"])
    for azimuth, least in ((20, 1.05), (60, 1.15), (100, 1.15)):
        assert right_over_left(lit[f"azimuth={azimuth}"]) > least * neutral
        assert right_over_left(lit[f"azimuth={-azimuth}"]) < neutral / least
    for azimuth in (60, 100):
        assert right_over_left(lit[f"azimuth={azimuth}"]) > 1.15
        assert right_over_left(lit[f"azimuth={-azimuth}"]) < 1 / 1.15


def test_brightness_rises_with_the_intensity_in_proportion(lit):
    levels = {v: face(lit[f"intensity={v:g}"]).mean() for v in (0.3, 0.6, 1.2)}
    neutral = face(lit["azimuth=0"]).mean()
    for intensity, level in levels.items():
        assert level == pytest.approx(intensity * neutral, rel=0.03)


@pytest.mark.parametrize("color", [name for name in LIGHT_COLORS if name != "white"])
def test_the_mean_colour_follows_the_lights(lit, color):
    ratio = face(lit[f"color={color}"]).mean(axis=(0, 1)) / face(lit["color=white"]).mean(axis=(0, 1))
    # The ambient, about three tenths of the light on a frontal face, stays white.
    for got, passed in zip(ratio, LIGHT_COLORS[color], strict=True):
        assert got == pytest.approx(passed + 0.3 * (1 - passed), abs=0.07)
    strongest, weakest = int(np.argmax(LIGHT_COLORS[color])), int(np.argmin(LIGHT_COLORS[color]))
    assert ratio[strongest] >= ratio[weakest]


def test_the_neutral_light_is_the_same_picture_in_both_sets(lit):
    assert np.array_equal(lit["azimuth=0"].rgb, lit["color=white"].rgb)


def test_labels_of_geometry_are_the_same_under_every_light(lit):
    first = lit["azimuth=0"].labels
    for record in lit.values():
        assert np.array_equal(record.labels["R_camera_from_head"], first["R_camera_from_head"])
        assert np.array_equal(record.labels["head_box_px"], first["head_box_px"])
        assert (record.labels["base_id"], record.labels["subject"]) == (first["base_id"], first["subject"])


def sharpness(record, axis):
    return float(np.abs(np.diff(face(record).mean(axis=2), axis=axis)).mean())


def test_a_turning_head_blurs_along_its_motion_and_leaves_no_trace_on_the_next_shot():
    chosen, renderer = make("{blur: {kind: turn}}", "outputs.depth=true")
    shot = plan_shot(chosen, 4)  # bald: no hair to disturb the measure
    still = renderer.render(dataclasses.replace(shot, effect=None))
    sideways = renderer.render(dataclasses.replace(shot, effect=Blur("turn", turn_deg=(0.0, 12.0))))
    upward = renderer.render(dataclasses.replace(shot, effect=Blur("turn", turn_deg=(12.0, 0.0))))
    again = renderer.render(dataclasses.replace(shot, effect=None))
    assert sharpness(sideways, 1) < 0.75 * sharpness(still, 1)
    assert sharpness(upward, 0) < 0.75 * sharpness(still, 0)
    assert sharpness(sideways, 1) / sharpness(sideways, 0) < sharpness(upward, 1) / sharpness(upward, 0)
    assert np.array_equal(again.rgb, still.rgb)
    assert np.array_equal(sideways.range_mm, still.range_mm)
    assert np.array_equal(sideways.labels["head_box_px"], still.labels["head_box_px"])
    assert sideways.labels["blur_turn_deg"].tolist() == [0, 12]


def test_a_turn_of_nothing_is_the_still_picture():
    chosen, renderer = make("{blur: {kind: turn}}")
    shot = plan_shot(chosen, 1)
    still = renderer.render(dataclasses.replace(shot, effect=None))
    assert np.array_equal(
        renderer.render(dataclasses.replace(shot, effect=Blur("turn", turn_deg=(0.0, 0.0)))).rgb, still.rgb
    )


def test_keys_and_actions_do_not_pile_up():
    import bpy

    chosen, renderer = make(
        "{blur: {kind: turn}}", "camera.width_px=64", "camera.height_px=48", "camera.fx_px=52", "camera.fy_px=52"
    )
    shot = plan_shot(chosen, 1)
    counts = []
    for _ in range(3):
        renderer.render(shot)
        counts.append(len(bpy.data.actions))
    assert counts[0] == counts[-1]
