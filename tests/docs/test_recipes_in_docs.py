"""Every recipe and every command line that the README and the pages show is one that the program takes."""

from __future__ import annotations

import shlex

import click
import pytest
from commands import ROOT, Shown, command_lines, recipes, split_line

from synth.cli import main
from synth.errors import RecipeError
from synth.plan.heads import head_slot
from synth.recipe.files import recipe_names
from synth.recipe.load import load_recipe, parse_recipe

RECIPES = recipes()
COMMANDS = command_lines()


def named(shown: Shown) -> str:
    return shown.name


def parsed(words: list[str]) -> tuple[str, dict[str, object]]:
    """The command that the words name, and its options as click reads them; nothing is executed."""
    command: click.Command = main
    name, context = "synth", click.Context(main)
    while isinstance(command, click.Group) and words and (inner := command.get_command(context, words[0])):
        name, words, command = f"{name} {words[0]}", words[1:], inner
        context = click.Context(command, parent=context)
    if isinstance(command, click.Group) and words and not words[0].startswith("-"):
        raise click.UsageError(f"{name} has no command {words[0]}")
    if not words and isinstance(command, click.Group):
        return name, {}
    return name, command.make_context(name, list(words)).params


# ---------------------------------------------------------------- recipes


def test_the_pages_show_recipes():
    assert len(RECIPES) >= 6
    names = [shown.name for shown in RECIPES]
    assert len(set(names)) == len(names)
    assert not set(names) & set(recipe_names())


@pytest.mark.parametrize("shown", RECIPES, ids=named)
def test_a_recipe_on_a_page_loads(shown: Shown):
    recipe = parse_recipe(shown.text, "docs")
    assert recipe.name == shown.name


def test_a_thousand_samples_of_rgb_310k_show_as_many_heads_as_the_page_says():
    recipe = load_recipe("rgb_310k")
    shown = {head_slot(recipe.seed, recipe.heads, index) for index in range(1000)}
    page = " ".join((ROOT / "docs" / "recipes.md").read_text(encoding="utf-8").split())
    assert f"`rgb_310k` shows {len(shown)} of its {recipe.heads.count}" in page
    assert f"{recipe.samples:,} base renders" in page


# ---------------------------------------------------------------- command lines


def test_the_pages_show_commands():
    assert len(COMMANDS) >= 20


@pytest.mark.parametrize("shown", COMMANDS, ids=named)
def test_a_command_on_a_page_parses(shown: Shown):
    try:
        parsed(shlex.split(shown.text)[1:])
    except click.UsageError as error:
        if shown.whole or not isinstance(error, click.MissingParameter):
            pytest.fail(f"{shown.text}: {error.format_message()}")


@pytest.mark.parametrize("shown", [c for c in COMMANDS if "--recipe" in c.text or "recipes show" in c.text], ids=named)
def test_the_settings_of_a_command_on_a_page_are_settings(shown: Shown):
    _, options = parsed(shlex.split(shown.text)[1:])
    wanted = str(options.get("name") or options.get("recipe"))
    overrides = list(options["overrides"])
    if options.get("count") is not None:
        overrides.append(f"samples={options['count']}")
    own = {f"{recipe.name}.yaml": recipe.text for recipe in RECIPES}
    try:
        if wanted in recipe_names():
            load_recipe(wanted, overrides)
        else:
            parse_recipe(own.get(wanted, "name: my\nsamples: 64\n"), wanted, overrides)
    except RecipeError as error:
        pytest.fail(f"{shown.text}: {error}")


@pytest.mark.parametrize(
    "line", ["render --recipe demo --cuont 5", "render", "heads built", "verify", "render --recipe demo --device gpu"]
)
def test_the_check_itself_refuses_what_the_program_would_refuse(line: str):
    with pytest.raises(click.UsageError):
        parsed(line.split())


def test_a_command_is_found_in_front_of_what_the_shell_does():
    assert split_line("synth recipes show demo > my.yaml   # a comment") == ["synth recipes show demo"]
    assert split_line("synth info a && synth verify 'b c'") == ["synth info a", "synth verify 'b c'"]
    assert split_line("make demo") == []
