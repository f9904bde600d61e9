"""`synth recipes`."""

from __future__ import annotations

import json

import pytest
import yaml


def test_recipes_are_listed_with_a_line_each(synth):
    done = synth("recipes")
    assert done.exit_code == 0
    for name in ("demo", "rgb_310k", "depth_60k", "wide"):
        assert any(line.startswith(f"{name} ") and len(line) > 30 for line in done.stdout.splitlines())


def test_the_list_can_be_json(synth):
    listed = json.loads(synth("recipes", "--json").stdout)
    assert {"demo", "rgb_310k"} <= {entry["name"] for entry in listed}
    assert all(entry["description"] for entry in listed)


def test_what_show_prints_is_a_recipe_that_gives_the_same_again(synth, tmp_path):
    shown = synth("recipes", "show", "demo", "--set", "pose.yaw_deg=[-30,30]")
    assert shown.exit_code == 0
    path = tmp_path / "mine.yaml"
    path.write_text(shown.stdout)
    assert yaml.safe_load(shown.stdout)["pose"]["yaw_deg"] == [-30, 30]
    again = synth("recipes", "show", path, "--json")
    assert json.loads(again.stdout) == json.loads(
        synth("recipes", "show", "demo", "--set", "pose.yaw_deg=[-30,30]", "--json").stdout
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["dem"], "Did you mean demo?"),
        (["nowhere/my.yaml"], "there is no such file"),
        (["demo", "--set", "pose.yaw=[0,1]"], "Did you mean yaw_deg?"),
        (["demo", "--set", "pose.yaw_deg=[30,-30]"], "inverted; write [-30, 30]"),
    ],
)
def test_a_users_mistake_is_answered_with_its_mend(synth, arguments, said):
    done = synth("recipes", "show", *arguments)
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
