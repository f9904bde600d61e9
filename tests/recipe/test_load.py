"""Recipes load as they are meant: the shipped ones, a user's file, settings laid over."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth.errors import RecipeError
from synth.recipe import Recipe, list_recipes, load_recipe, parse_recipe
from synth.recipe.files import recipe_names, recipes_dir
from synth.recipe.settings import settings
from synth.recipe.strict_yaml import parse

GOOD = "name: mine\nsamples: 10\n"


def test_every_shipped_recipe_loads_under_the_name_of_its_file():
    assert recipe_names() == [
        "blur_10k",
        "demo",
        "depth_60k",
        "gallery",
        "ground_truth",
        "illumination_30k",
        "occlusion_10k",
        "rgb_310k",
        "train_8k",
        "wide",
    ]
    for name in recipe_names():
        assert load_recipe(name).name == name
        assert load_recipe(recipes_dir() / f"{name}.yaml") == load_recipe(name)


def test_the_list_has_a_line_for_each():
    listed = dict(list_recipes())
    assert list(listed) == recipe_names()
    assert all(20 < len(description) < 100 for description in listed.values())


def test_rgb_310k_is_the_papers_dataset():
    recipe = load_recipe("rgb_310k")
    assert recipe.samples == 310_000
    assert (recipe.outputs.rgb, recipe.outputs.depth) == (True, False)
    assert recipe.heads.build is not None
    assert (recipe.heads.build.males, recipe.heads.build.females, recipe.heads.count) == (200, 100, 300)
    assert recipe.pose.pitch_deg == (-75, 75)
    assert recipe.pose.yaw_deg == (-50, 50)
    assert recipe.pose.roll_deg == (-20, 20)
    assert recipe.camera.distance_mm == (800, 1300)
    assert (recipe.camera.width_px, recipe.camera.height_px, recipe.camera.fx_px) == (640, 480, 525)
    assert recipe.camera.off_axis == 0
    assert recipe.noise.sigma_levels == (2, 2)


def test_depth_60k_holds_depth_alone_of_the_same_people_in_other_poses():
    depth, rgb = load_recipe("depth_60k"), load_recipe("rgb_310k")
    assert depth.samples == 60_000
    assert (depth.outputs.rgb, depth.outputs.depth) == (False, True)
    assert depth.heads == rgb.heads
    assert depth.seed != rgb.seed


@pytest.mark.parametrize(
    ("name", "samples", "conditions"),
    [("illumination_30k", 30_000, 31), ("blur_10k", 10_000, 1), ("occlusion_10k", 10_000, 1)],
)
def test_the_papers_variants_are_those_of_rgb_310k(name, samples, conditions):
    recipe, base = load_recipe(name), load_recipe("rgb_310k")
    assert recipe.samples == samples
    assert recipe.variants is not None
    assert recipe.variants.conditions == conditions
    same = {"name": base.name, "description": base.description, "samples": base.samples, "variants": None}
    assert recipe.model_copy(update=same) == base


def test_wide_turns_to_the_profile_and_off_the_axis():
    recipe = load_recipe("wide")
    assert (recipe.pose.yaw_deg, recipe.pose.pitch_deg, recipe.pose.roll_deg) == ((-90, 90), (-75, 75), (-45, 45))
    assert recipe.camera.off_axis == 0.5


def test_demo_shows_whole_rounds_of_its_heads_in_whole_shards():
    recipe = load_recipe("demo")
    assert recipe.heads.count == 8
    assert recipe.samples == 64
    assert recipe.samples % (recipe.heads.count * recipe.heads.block) == 0
    assert recipe.samples % recipe.shards.samples == 0
    assert recipe.outputs.rgb
    assert recipe.outputs.depth


def test_a_users_file_loads_by_its_path(tmp_path: Path):
    path = tmp_path / "mine.yml"
    path.write_text(f"\ufeff{GOOD}description: café\n", encoding="utf-8")
    assert load_recipe(str(path)).description == "café"
    assert load_recipe(path).samples == 10


def test_the_name_of_a_shipped_recipe_wins_over_a_folder_of_that_name(tmp_path, monkeypatch):
    (tmp_path / "demo").mkdir()
    monkeypatch.chdir(tmp_path)
    assert load_recipe("demo").name == "demo"


# --- values


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1E3", 1000),
        ("310_000", 310_000),
        ("-.5", -0.5),
        ("+3", 3),
        ("5.", 5.0),
        ("yes", True),
        ("OFF", False),
        ("~", None),
        ("2019-01-01", "2019-01-01"),
        ("12:30:00", "12:30:00"),
        ("1.2.3", "1.2.3"),
        ("0x10", "0x10"),
        ("e5", "e5"),
        (".", "."),
        ("1_", 1),
        ("_1", "_1"),
        ("'1e-3'", "1e-3"),
        ('"null"', "null"),
        ("|-\n  two\n  lines", "two\nlines"),
        ("[1, 2.5, a]", [1, 2.5, "a"]),
        ("{}", {}),
        ("=", "="),
    ],
)
def test_yaml_values_are_what_people_mean(text, value):
    document = parse(f"x: {text}\n")
    assert document.faults == []
    assert document.value == {"x": value}
    assert type(document.value["x"]) is type(value)


def test_lines_are_those_of_the_keys_and_items():
    document = parse("a: 1\n\nb:\n  c: 2\n  d:\n    - 3\n    - 4\n")
    assert document.lines == {("a",): 1, ("b",): 3, ("b", "c"): 4, ("b", "d"): 5, ("b", "d", 0): 6, ("b", "d", 1): 7}


def test_one_number_stands_for_a_range_of_that_number():
    assert parse_recipe(GOOD + "pose: {yaw_deg: 30}", "r.yaml").pose.yaw_deg == (30.0, 30.0)


def test_whole_numbers_may_be_written_with_an_exponent():
    assert parse_recipe("name: x\nsamples: 1e5", "r.yaml").samples == 100_000


def test_a_setting_written_as_null_where_that_means_something_is_null():
    recipe = parse_recipe(GOOD + "heads: {count: null}\ncamera: {cx_px: ~}", "r.yaml")
    assert recipe.heads.count is None
    assert recipe.camera.cx_px is None


def test_no_environments_means_plain_backgrounds_only():
    assert parse_recipe(GOOD + "scene: {environments: []}", "r.yaml").scene.environments == ()


# --- overrides


def test_overrides_win_over_the_file_and_over_defaults():
    recipe = load_recipe("demo", ["pose.yaw_deg=[-30, 30]", "samples=1_000", "heads.pack=../mine", "outputs.rgb=no"])
    assert recipe.pose.yaw_deg == (-30, 30)
    assert recipe.pose.pitch_deg == load_recipe("demo").pose.pitch_deg
    assert recipe.samples == 1000
    assert recipe.heads.pack == "../mine"
    assert recipe.outputs.rgb is False


def test_an_override_may_bring_or_drop_a_whole_section():
    recipe = load_recipe("demo", ["heads.build={count: 9, males: 4, females: 5}"])
    assert recipe.heads.build is not None
    assert recipe.heads.build.count == 9
    assert load_recipe("wide", ["heads.build=null"]).heads.build is None


def test_what_is_missing_in_a_section_that_overrides_brought_is_named_as_theirs():
    with pytest.raises(RecipeError, match=r"^--set heads\.build\.males is missing; add it \(of which male\)\.$"):
        load_recipe("demo", ["heads.build.count=9", "heads.build.females=5"])


def test_an_override_of_a_setting_makes_the_section_it_stands_in():
    assert parse_recipe(GOOD, "r.yaml", ["noise.sigma_levels=[0, 4]"]).noise.sigma_levels == (0, 4)


def test_the_text_after_the_first_equals_sign_is_the_value():
    assert parse_recipe(GOOD, "r.yaml", ["description='a=b'"]).description == "a=b"


# --- the schema


def test_every_setting_says_what_it_means():
    for path, info in settings().items():
        if info.default_factory is None:
            assert info.description, ".".join(path)


def test_a_recipe_can_not_be_changed_in_place():
    with pytest.raises(ValueError, match="frozen"):
        load_recipe("demo").pose.yaw_deg = (0.0, 1.0)  # type: ignore[misc]


def test_a_recipe_comes_back_from_its_own_json():
    for name in recipe_names():
        recipe = load_recipe(name)
        assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe
