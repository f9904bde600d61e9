"""`render.quality` sets what isn't given; what is given wins."""

from __future__ import annotations

import pytest

from synth.errors import RecipeError
from synth.recipe import load_recipe, parse_recipe
from synth.recipe.load import recipe_from
from synth.recipe.schema import QUALITIES, Render
from synth.recipe.show import recipe_to_yaml
from synth.recipe.vary import variant_recipe


@pytest.mark.parametrize("quality", QUALITIES)
def test_a_quality_sets_samples_threshold_and_denoiser(quality):
    render = load_recipe("demo", [f"render.quality={quality}"]).render
    assert {name: getattr(render, name) for name in QUALITIES[quality]} == QUALITIES[quality]


def test_settings_that_are_given_win_whatever_the_quality():
    render = load_recipe("demo", ["render.quality=high", "render.samples=7"]).render
    assert (render.samples, render.noise_threshold) == (7, QUALITIES["high"]["noise_threshold"])
    assert load_recipe("train_8k").render.samples == 12


def test_without_one_it_is_the_standard():
    assert Render() == Render(quality="standard")
    assert load_recipe("demo").render.quality == "standard"


def test_a_recipe_written_out_in_full_loads_as_the_same():
    recipe = load_recipe("demo", ["render.quality=draft"])
    assert parse_recipe(recipe_to_yaml(recipe), "shown.yaml") == recipe


@pytest.mark.parametrize("value", ["best", "3", "[high]", "null"])
def test_another_quality_is_refused(value):
    with pytest.raises(RecipeError, match=r"render\.quality"):
        load_recipe("demo", [f"render.quality={value}"])


def test_variants_of_a_recipe_can_have_another_quality():
    varied = variant_recipe(load_recipe("demo"), "blur", ["render.quality=draft"])
    assert (varied.render.samples, varied.render.noise_threshold) == (4, 0.0)


def test_another_quality_of_variants_wins_over_what_the_varied_recipe_gave_itself():
    """Which of them came of its quality, a recipe that is written out doesn't tell."""
    base = load_recipe("demo", ["render.samples=12"])
    assert variant_recipe(base, "blur").render.samples == 12
    assert variant_recipe(base, "blur", ["render.quality=draft"]).render.samples == 4
    assert variant_recipe(base, "blur", ["render.quality=draft", "render.samples=9"]).render.samples == 9


@pytest.mark.parametrize("quality", QUALITIES)
def test_a_recipe_written_out_by_an_older_version_takes_another_quality(quality):
    """What was `standard` then were 48 paths and a threshold of 0.09."""
    tree = load_recipe("demo").model_dump(mode="json")
    tree["render"] |= {"quality": "standard", "samples": 48, "noise_threshold": 0.09, "denoise": "balanced"}
    assert recipe_from(tree, "old").render.samples == 48
    render = recipe_from(tree, "old", [f"render.quality={quality}"]).render
    assert {name: getattr(render, name) for name in QUALITIES[quality]} == QUALITIES[quality]
    mixed = recipe_from(tree, "old", ["render.noise_threshold=0.5", f"render.quality={quality}"]).render
    assert (mixed.samples, mixed.noise_threshold) == (QUALITIES[quality]["samples"], 0.5)
