"""Recipes: the schema of what a dataset holds, and its strict YAML form."""

from synth.recipe.compare import differences, recipe_sha256, recipe_to_json
from synth.recipe.load import list_recipes, load_recipe, parse_recipe
from synth.recipe.schema import Recipe
from synth.recipe.show import recipe_to_yaml

__all__ = [
    "Recipe",
    "differences",
    "list_recipes",
    "load_recipe",
    "parse_recipe",
    "recipe_sha256",
    "recipe_to_json",
    "recipe_to_yaml",
]
