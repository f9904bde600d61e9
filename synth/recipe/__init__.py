"""Recipes: the schema of what a dataset holds, and its strict YAML form."""

from synth.recipe.load import list_recipes, load_recipe, parse_recipe
from synth.recipe.schema import Recipe

__all__ = ["Recipe", "list_recipes", "load_recipe", "parse_recipe"]
