"""A recipe that extends another: its settings first, one's own on top, each fault at its own file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth.errors import RecipeError
from synth.recipe import load_recipe, parse_recipe, recipe_to_yaml
from synth.recipe.extends import MAX_FILES

BASE = """\
name: base
description: what others begin with
samples: 100
seed: 5
pose:
  yaw_deg: [-10, 10]
  roll_deg: 3
scene: {environments: [city, night]}
heads:
  count: 4
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "base.yaml").write_text(BASE)
    return tmp_path


def load(folder: Path, text: str, *overrides: str):
    path = folder / "own.yaml"
    path.write_text(text)
    return load_recipe(path, overrides)


def faults(folder: Path, text: str, *overrides: str) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        load(folder, text, *overrides)
    return [fault.replace(f"{folder}/", "") for fault in caught.value.faults]


def test_settings_come_from_the_base_and_ones_own_lie_on_top(folder):
    recipe = load(folder, "name: own\nextends: base.yaml\nsamples: 7\npose: {yaw_deg: 0}\n")
    assert (recipe.name, recipe.description, recipe.samples, recipe.seed) == ("own", "", 7, 5)
    assert (recipe.pose.yaw_deg, recipe.pose.roll_deg) == ((0, 0), (3, 3))
    assert recipe.scene.environments == ("city", "night")


def test_a_list_replaces_the_bases_list(folder):
    assert load(folder, "name: own\nextends: base.yaml\nscene: {environments: [studio]}\n").scene.environments == (
        "studio",
    )


def test_null_takes_a_section_away(folder):
    (folder / "mid.yaml").write_text("name: mid\nextends: base.yaml\nvariants: {blur: {}}\n")
    assert load(folder, "name: own\nextends: mid.yaml\nvariants: null\n").variants is None
    kind = "variants: {blur: null, occlusion: {}}"
    assert load(folder, f"name: own\nextends: mid.yaml\n{kind}\n").variants.kind == "occlusion"


def test_a_shipped_recipe_is_extended_by_its_name(folder):
    recipe = load(folder, "name: own\nextends: rgb_310k\nsamples: 10\n")
    assert recipe == load_recipe("rgb_310k").model_copy(update={"name": "own", "samples": 10, "description": ""})


def test_the_base_is_looked_for_beside_the_file_that_names_it(folder, monkeypatch):
    (folder / "deep").mkdir()
    (folder / "deep" / "mid.yaml").write_text("name: mid\nextends: ../base.yaml\n")
    monkeypatch.chdir("/")
    assert load(folder, "name: own\nextends: deep/mid.yaml\n").seed == 5


def test_overrides_lie_on_top_of_all(folder):
    assert load(folder, "name: own\nextends: base.yaml\nseed: 6\n", "seed=7", "pose.roll_deg=9").seed == 7


def test_what_is_shown_stands_alone(folder):
    recipe = load(folder, "name: own\nextends: base.yaml\n")
    assert parse_recipe(recipe_to_yaml(recipe), "shown.yaml") == recipe


def test_a_fault_points_to_the_file_and_line_where_it_stands(folder):
    (folder / "base.yaml").write_text(BASE.replace("roll_deg: 3", "rol_deg: 3").replace("count: 4", "count: 0"))
    assert faults(folder, "name: own\nextends: base.yaml\n\nseed: -1\n", "noise.mode=never") == [
        "own.yaml:4: seed: -1 is too small; write 0 or more.",
        "base.yaml:7: pose.rol_deg is not a setting. Did you mean roll_deg?",
        "base.yaml:10: heads.count: 0 is too small; write 1 or more.",
        "--set noise.mode: never is none of on_read, baked.",
    ]


def test_what_replaces_a_faulty_value_of_the_base_mends_it(folder):
    (folder / "base.yaml").write_text(BASE.replace("roll_deg: 3", "roll_deg: [9, 3]"))
    assert load(folder, "name: own\nextends: base.yaml\npose: {roll_deg: 1}\n").pose.roll_deg == (1, 1)


def test_a_base_that_is_no_yaml_is_named_with_its_line(folder):
    (folder / "base.yaml").write_text("name: base\npose: [1, 2\n")
    (fault,) = faults(folder, "name: own\nextends: base.yaml\n")
    assert fault.startswith("base.yaml:3: this isn't YAML")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("rgb_300k", "own.yaml:2: extends: there is no recipe rgb_300k. Did you mean rgb_310k?"),
        ("nosuch.yaml", "own.yaml:2: extends: nosuch.yaml: there is no such file."),
        ("3", "own.yaml:2: extends needs the name of a recipe or the path of a .yaml file."),
        ("[demo, wide]", "own.yaml:2: extends needs the name of a recipe or the path of a .yaml file."),
        ("own.yaml", "own.yaml:2: extends: own.yaml extends this file in turn; let one of them stand alone."),
    ],
)
def test_a_base_that_is_none_is_refused_and_nothing_else_is_said(folder, value, said):
    (fault,) = faults(folder, f"name: own\nextends: {value}\n")
    assert fault.startswith(said)


def test_a_circle_is_refused(folder):
    (folder / "base.yaml").write_text("name: base\nextends: own.yaml\n")
    (fault,) = faults(folder, "name: own\nextends: base.yaml\n")
    assert "extends this file in turn" in fault


def test_a_tower_of_files_is_refused(folder):
    for k in range(MAX_FILES):
        (folder / f"r{k + 1}.yaml").write_text(f"name: r\nextends: r{k}.yaml\n")
    (folder / "r0.yaml").write_text(BASE)
    assert load(folder, f"name: own\nextends: r{MAX_FILES - 2}.yaml\n").seed == 5
    (fault,) = faults(folder, f"name: own\nextends: r{MAX_FILES - 1}.yaml\n")
    assert f"more than {MAX_FILES} files" in fault


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("extend: demo", "own.yaml:2: extend is not a setting. Did you mean extends?"),
        ("pose: {extends: demo}", "own.yaml:2: pose.extends is not a setting. It stands in a file, at the top level."),
    ],
)
def test_extends_in_the_wrong_place_is_explained(folder, text, said):
    assert said in faults(folder, f"name: own\n{text}\nsamples: 3\n")


def test_extends_is_not_for_overrides(folder):
    (fault,) = faults(folder, "name: own\nsamples: 3\n", "extends=demo")
    assert fault == "--set extends is not a setting. It stands in a file; here single settings do."


def test_a_recipe_needs_a_name_of_its_own(folder):
    assert faults(folder, "extends: base.yaml\n") == ["own.yaml:1: name is missing; add it (letters, digits, . _ -)."]
