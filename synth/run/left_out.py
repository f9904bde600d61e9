"""What a recipe asks of heads that they can't do, to be said before the run: heads come from anywhere."""

from __future__ import annotations

from collections.abc import Iterator

from synth.heads.abilities import Abilities, abilities
from synth.heads.pack import HeadPack
from synth.plan.expression import ACTIONS
from synth.recipe.schema import Recipe

_NAMED = 3  # heads that are named of a larger group


def left_out(pack: HeadPack, recipe: Recipe) -> list[str]:
    """One line for each group of heads that lack the same: "a: no rig: turns as a whole; no eyes: gaze left out"."""
    heads = pack.heads[: recipe.heads.count or len(pack.heads)]
    groups: dict[str, list[str]] = {}
    for head in heads:
        found = abilities(pack, head)
        if found is not None and (lacking := "; ".join(_lacking(found, head.rig, recipe))):
            groups.setdefault(lacking, []).append(head.id)
    return [f"{_who(names, len(heads))}: {lacking}" for lacking, names in groups.items()]


def _lacking(found: Abilities, rig: str, recipe: Recipe) -> Iterator[str]:
    if not found.neck:
        yield "no rig: turns as a whole"
    if not found.eyes and recipe.person.gaze_deg > 0:
        yield "no eyes that turn: gaze left out"
    if max(recipe.person.expression) > 0:
        missing = sorted(set(ACTIONS) - found.actions)
        if len(missing) == len(ACTIONS):
            yield "no facial actions: expression left out"
        elif missing:
            yield f"{len(missing)} of {len(ACTIONS)} facial actions missing ({missing[0]}, …): left out of expressions"
    if recipe.outputs.landmarks and rig == "none":
        yield "not of our template: landmarks unknown"
    if recipe.outputs.parts and found.parts <= {"skin"}:
        yield "no named parts: the part map says skin everywhere"


def _who(names: list[str], heads: int) -> str:
    if len(names) == 1:
        return names[0]
    if len(names) == heads:
        return f"all {heads:,} heads"
    shown = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    return f"{len(names):,} of {heads:,} heads ({shown})"
