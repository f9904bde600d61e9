"""When are two recipes the same, and where do they differ?"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel

from synth.recipe.schema import Recipe
from synth.recipe.show import value_text


def recipe_sha256(recipe: Recipe) -> str:
    """64 hex digits over the recipe's canonical JSON; equal recipes, and only these, have equal digests."""
    return hashlib.sha256(recipe_to_json(recipe).encode()).hexdigest()


def recipe_to_json(recipe: Recipe) -> str:
    """Canonical: keys sorted, no blanks, ASCII; `Recipe.model_validate_json` reads it."""
    values = recipe.model_dump(mode="json")
    return json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def differences(there: Recipe, here: Recipe) -> list[str]:
    """A line for each setting that differs, in the schema's order: `pose.yaw_deg: [-50, 50] there, [-30, 30] here`."""
    return _differences(there, here, "")


def _differences(there: BaseModel, here: BaseModel, prefix: str) -> list[str]:
    lines: list[str] = []
    for name in type(here).model_fields:
        a: Any = getattr(there, name)
        b: Any = getattr(here, name)
        if isinstance(a, BaseModel) and isinstance(b, BaseModel):
            lines += _differences(a, b, f"{prefix}{name}.")
        elif a != b:
            lines.append(f"{prefix}{name}: {value_text(a)} there, {value_text(b)} here")
    return lines
