"""From a recipe to one of its variants: the same shots, with one thing varied as the source paper does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

from synth.errors import UsageError
from synth.recipe.load import load_recipe, recipe_from
from synth.recipe.schema import Recipe

Kind = Literal["illumination", "blur", "occlusion"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_SHIPPED: dict[Kind, str] = {"illumination": "illumination_30k", "blur": "blur_10k", "occlusion": "occlusion_10k"}
BASE_NAME = "rgb_310k"


def variant_recipe(base: Recipe, kind: Kind, overrides: Sequence[str] = (), source_sha256: str | None = None) -> Recipe:
    """The recipe that varies the shots of `base`; of rgb_310k it is the one that comes with the package.

    As many samples as that has, or as `base` gives; `source_sha256` is the checksum of the stored pictures that are
    varied. Raises UsageError for a base that is itself one of variants or has too few shots, RecipeError as
    `load_recipe`.
    """
    if base.variants is not None:
        raise UsageError(
            f"{base.name} holds variants itself ({base.variants.kind}); one thing is varied at a time.",
            where="--of",
            mend="Give what it is made of.",
        )
    shipped = load_recipe(_SHIPPED[kind])
    tree = base.model_dump(mode="json") | {
        "name": shipped.name if base.name == BASE_NAME else f"{base.name[: 63 - len(kind)]}_{kind}",
        "description": shipped.description if base.name == BASE_NAME else f"{kind} variants of {base.name}",
        "samples": 1,
        "variants": shipped.model_dump(mode="json")["variants"] | {"source_sha256": source_sha256},
    }
    recipe = recipe_from(tree, f"{kind} of {base.name}", overrides)
    if recipe.variants is None:
        raise UsageError("Nothing is left to vary.", where="--set variants", mend="Leave that away.")
    conditions = recipe.variants.conditions
    possible = base.samples * conditions
    if not any(text.partition("=")[0].strip() == "samples" for text in overrides):
        recipe = recipe_from(recipe.model_dump(mode="json") | {"samples": min(shipped.samples, possible)}, recipe.name)
    if recipe.samples > possible:
        raise UsageError(
            f"{base.name} has {base.samples:,} shots with {conditions} conditions each: {possible:,}"
            f" samples, not {recipe.samples:,}.",
            where="--count",
            mend=f"Ask for {possible:,} or fewer.",
        )
    return recipe


def concerns(override: str) -> str | None:
    """The kind whose settings `variants.blur.…=…` concerns; None for any other setting."""
    path = [part.strip() for part in override.partition("=")[0].split(".")]
    return path[1] if path[0] == "variants" and len(path) > 1 and path[1] in KINDS else None
