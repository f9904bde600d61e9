"""Variants: the same shots under other conditions, and nothing else changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from synth.plan.plan import plan_shot
from synth.plan.shot import Blur, Occluder
from synth.recipe import load_recipe, parse_recipe
from synth.recipe.schema import Recipe
from synth.recipe.variants import LIGHT_COLORS

BASE = "name: base\nsamples: 500\nseed: 3\nheads: {count: 5, block: 4}\n"


def varied(text: str, samples: int = 500) -> Recipe:
    return parse_recipe(BASE.replace("500", str(samples)) + f"variants: {text}\n", "variant.yaml")


def without_variants(recipe: Recipe) -> Recipe:
    return recipe.model_copy(update={"variants": None})


@pytest.mark.parametrize("text", ["{illumination: {}}", "{blur: {}}", "{occlusion: {per_shot: 3}}"])
def test_a_variant_is_the_base_shot_with_one_thing_changed(text):
    recipe = varied(text)
    n = recipe.variants.conditions
    for index in (0, 1, n - 1, n, 5 * n + 2, 499):
        shot, base = plan_shot(recipe, index), plan_shot(without_variants(recipe), index // n)
        assert shot.base_index == index // n
        assert replace(shot, index=base.index, base_index=None, condition="base", studio=None, effect=None) == base
        assert (shot.studio is None) != (shot.effect is None)


def test_illumination_has_the_papers_31_conditions_in_order():
    conditions = [plan_shot(varied("{illumination: {}}"), 31 + k).condition for k in range(31)]
    assert conditions[:11] == [f"azimuth={a}" for a in range(-100, 101, 20)]
    assert conditions[11:21] == [f"intensity={v / 10:g}" for v in range(3, 13)]
    assert conditions[21:] == [f"color={name}" for name in LIGHT_COLORS]
    assert len(LIGHT_COLORS) == 10


def test_the_neutral_light_is_in_each_of_the_three_sets_and_is_the_same():
    shots = {s.condition: s for s in (plan_shot(varied("{illumination: {}}"), k) for k in range(31))}
    neutral = shots["azimuth=0"].studio
    assert neutral == shots["intensity=1"].studio == shots["color=white"].studio
    assert (neutral.azimuth_deg, neutral.intensity, neutral.color) == (0, 1, "white")


def test_a_condition_changes_its_own_axis_alone():
    shots = {s.condition: s.studio for s in (plan_shot(varied("{illumination: {}}"), k) for k in range(31))}
    neutral = shots["azimuth=0"]
    assert shots["azimuth=-40"] == replace(neutral, azimuth_deg=-40)
    dim = shots["intensity=0.5"]
    assert dim.irradiance == pytest.approx([v / 2 for v in neutral.irradiance])
    assert dim.ambient == pytest.approx([v / 2 for v in neutral.ambient])
    red = shots["color=red"]
    assert red.ambient == neutral.ambient
    assert red.irradiance == pytest.approx(
        [a * b for a, b in zip(neutral.irradiance, LIGHT_COLORS["red"], strict=True)]
    )


def test_lists_of_ones_own_are_the_conditions():
    recipe = varied("{illumination: {azimuth_deg: [30], intensity: [], colors: [blue, red]}}", 6)
    assert [plan_shot(recipe, k).condition for k in range(3)] == ["azimuth=30", "color=blue", "color=red"]
    assert [plan_shot(recipe, k).base_index for k in range(6)] == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    ("kind", "amounts"),
    [
        ("gaussian", lambda e: (1 <= e.sigma_px <= 4, e.length_px == 0, e.turn_deg == (0, 0))),
        ("motion", lambda e: (4 <= e.length_px <= 24, 0 <= e.angle_deg <= 180, e.sigma_px == 0)),
        ("turn", lambda e: (2 <= (e.turn_deg[0] ** 2 + e.turn_deg[1] ** 2) ** 0.5 <= 12.001, e.sigma_px == 0)),
    ],
)
def test_blur_has_the_amounts_of_its_kind_and_says_so(kind, amounts):
    effects = [plan_shot(varied(f"{{blur: {{kind: {kind}}}}}"), k).effect for k in range(50)]
    assert all(isinstance(e, Blur) and e.kind == kind and all(amounts(e)) for e in effects)
    assert len({e.condition for e in effects}) > 40
    assert all(e.condition.startswith(f"blur={kind}:") and len(e.condition) <= 32 for e in effects)


def test_occluders_are_the_papers_sizes_all_of_them():
    effects = [plan_shot(varied("{occlusion: {}}"), k).effect for k in range(60)]
    assert {(e.shape, e.width_px, e.height_px) for e in effects} == {
        ("square", 60, 60),
        ("tall", 60, 120),
        ("wide", 120, 60),
    }
    assert {e.fill for e in effects} == {(0, 0, 0)}
    assert len({e.seed for e in effects}) == 60


def test_an_occluder_of_another_colour_a_texture_and_a_hand_can_be_asked_for():
    recipe = varied("{occlusion: {shapes: [wide, hand], fills: [red, texture]}}")
    effects = [plan_shot(recipe, k).effect for k in range(60)]
    assert {e.shape for e in effects} == {"wide", "hand"}
    assert {e.fill for e in effects if e.shape == "wide"} == {LIGHT_COLORS["red"], None}
    assert {e.fill for e in effects if e.shape == "hand"} == {None}


def test_every_draw_of_a_shot_is_another():
    recipe = varied("{occlusion: {per_shot: 4}}")
    assert len({plan_shot(recipe, k).effect for k in range(4)}) == 4
    assert all(isinstance(plan_shot(recipe, k).effect, Occluder) for k in range(4))


def test_another_condition_leaves_the_other_draws_alone():
    a, b = varied("{blur: {sigma_px: [1, 4]}}"), varied("{blur: {sigma_px: [1, 4], length_px: [1, 2]}}")
    assert [plan_shot(a, k).effect for k in range(9)] == [plan_shot(b, k).effect for k in range(9)]


def test_recipes_without_variants_have_the_checksum_that_they_had_before_there_were_any():
    from synth.recipe import recipe_to_json

    assert '"variants"' not in recipe_to_json(load_recipe("demo"))
    assert '"variants"' in recipe_to_json(varied("{blur: {}}"))
