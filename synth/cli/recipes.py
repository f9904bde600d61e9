"""`synth recipes`: what can be rendered."""

from __future__ import annotations

import json

import click

from synth.cli.completing import recipe_or_file


@click.group(invoke_without_command=True, epilog="Example: synth recipes show demo > my.yaml")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def recipes(ctx: click.Context, as_json: bool) -> None:
    """List the recipes that come with synth, a line each."""
    if ctx.invoked_subcommand is not None:
        return
    from synth.recipe.load import list_recipes

    known = list_recipes()
    if as_json:
        click.echo(json.dumps([{"name": name, "description": text} for name, text in known], indent=1))
        return
    width = max((len(name) for name, _ in known), default=0)
    for name, text in known:
        click.echo(f"{name:<{width}}  {text}")
    click.echo("\nsynth recipes show NAME explains every setting; synth render --recipe NAME renders it.")


@recipes.command(epilog="Example: synth recipes show wide --set samples=1000 > my.yaml")
@click.argument("recipe", metavar="NAME|FILE", shell_complete=recipe_or_file)
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Lay a setting over the recipe.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of commented YAML.")
def show(recipe: str, overrides: tuple[str, ...], as_json: bool) -> None:
    """Print a recipe as YAML with every setting, its meaning, limits and default.

    What is printed is itself a recipe: save it, change it, render it.
    """
    from synth.recipe import load_recipe, recipe_to_yaml

    loaded = load_recipe(recipe, overrides)
    click.echo(json.dumps(loaded.model_dump(mode="json"), indent=1) if as_json else recipe_to_yaml(loaded), nl=as_json)
