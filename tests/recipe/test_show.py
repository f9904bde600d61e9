"""A recipe written out loads as itself; two recipes can be told apart."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.recipe import Recipe, differences, load_recipe, parse_recipe, recipe_sha256, recipe_to_yaml
from synth.recipe.files import recipe_names
from synth.recipe.settings import settings as all_settings


def shown_and_loaded(recipe: Recipe) -> Recipe:
    return parse_recipe(recipe_to_yaml(recipe), "shown.yaml")


@pytest.mark.parametrize("name", recipe_names())
def test_a_shown_recipe_loads_as_the_same_recipe(name):
    assert shown_and_loaded(load_recipe(name)) == load_recipe(name)


def test_what_is_shown_names_every_setting_with_its_meaning_limits_and_default():
    shown = recipe_to_yaml(load_recipe("demo"))
    for path, info in all_settings().items():
        assert re.search(rf"^[ #]*{path[-1]}:", shown, re.MULTILINE), path
        assert not info.description or info.description in shown, path
    assert "# up is positive; [low, high] within [-90, 90]; default [-75, 75]" in shown
    assert re.search(r"denoise: fast +# .*; one of none, fast, balanced, high; the default$", shown, re.MULTILINE)
    assert re.search(r"gaze_deg: 18 +# .*; 0 to 35; the default$", shown, re.MULTILINE)
    assert all(len(line) < 180 for line in shown.splitlines())


floats = st.floats(-60, 60, allow_nan=False)
ranges = st.tuples(floats, floats).map(sorted)


@settings(max_examples=100, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "name": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True),
            "description": st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=60),
            "samples": st.integers(1, 10**9),
            "seed": st.integers(0, 2**63 - 1),
            "pose": st.fixed_dictionaries({"yaw_deg": ranges, "pitch_deg": ranges}),
            "camera": st.fixed_dictionaries({"fx_px": st.floats(1e-9, 1e5), "cy_px": st.none() | st.floats(0, 480)}),
            "heads": st.fixed_dictionaries({"pack": st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)}),
            "scene": st.fixed_dictionaries({"environments": st.sampled_from([[], ["city"], ["night", "studio"]])}),
        }
    )
)
def test_whatever_a_recipe_holds_it_is_shown_so_that_it_loads_again(values):
    recipe = Recipe.model_validate(values)
    assert shown_and_loaded(recipe) == recipe


@pytest.mark.parametrize("name", ["NAN", ".inf", "no", "1e3", "0640", "~", "2026-01-01", "a: b", "#a"])
def test_a_name_that_yaml_would_take_for_something_else_is_shown_in_quotes(name):
    recipe = Recipe.model_validate({"name": "r", "samples": 1, "heads": {"pack": name}})
    assert shown_and_loaded(recipe) == recipe


def test_equal_recipes_have_equal_digests_however_they_were_written():
    a = parse_recipe("name: x\nsamples: 100\ncamera: {fx_px: 525}\n", "a.yaml")
    b = parse_recipe("camera:\n  fx_px: 5.25e2\n  distance_mm: [800, 1300]\nsamples: 1e2\nname: 'x'\n", "b.yaml")
    assert a == b
    assert recipe_sha256(a) == recipe_sha256(b)
    assert re.fullmatch("[0-9a-f]{64}", recipe_sha256(a))


def test_every_setting_counts_in_the_digest():
    changes = ["seed=9", "pose.roll_deg=1", "heads.block=5", "noise.mode=baked", "shards.samples=9", "render.margin=2"]
    digests = {recipe_sha256(load_recipe("demo", [change])) for change in changes}
    assert len(digests | {recipe_sha256(load_recipe("demo"))}) == len(changes) + 1


def test_differences_are_told_field_by_field():
    there = load_recipe("demo")
    here = load_recipe("demo", ["pose.yaw_deg=[-30, 30]", "seed=7", "heads.build={count: 9, males: 4, females: 5}"])
    assert differences(there, here) == [
        "seed: 1 there, 7 here",
        "heads.build: null there, {count: 9, males: 4, females: 5, seed: 0, texture_px: 1024, shares: null} here",
        "pose.yaw_deg: [-50, 50] there, [-30, 30] here",
    ]
    assert differences(there, there) == []


def test_differences_in_a_section_that_both_have_name_its_settings():
    there = load_recipe("wide")
    here = load_recipe("wide", ["heads.build.seed=1"])
    assert differences(there, here) == ["heads.build.seed: 2019 there, 1 here"]
