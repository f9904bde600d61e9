"""From a recipe and an index to a shot: pure, in any order, on any machine."""

from __future__ import annotations

import numpy as np

from synth.errors import UsageError
from synth.plan.expression import draw_expression
from synth.plan.heads import head_slot
from synth.plan.light import draw_key_light, draw_surroundings
from synth.plan.pose import camera_of, draw_euler_deg, draw_gaze_deg, draw_t_mm, draw_torso_lean_deg, draw_torso_yaw_deg
from synth.plan.shot import Shot
from synth.plan.streams import integer, stream, uniform
from synth.plan.variants import split_index, vary
from synth.recipe.schema import Recipe

_RENDER_SEEDS = 2**31  # Cycles takes a signed 32-bit seed


def plan_shot(recipe: Recipe, index: int) -> Shot:
    """What sample `index` of the recipe shows; index 0 … recipe.samples - 1.

    A pure function of (recipe, index), and of what the recipe says about that aspect alone: another number of samples
    or another light changes no pose. A recipe with `variants` shows the shots of the one without them. Raises
    UsageError for an index outside the recipe, or if the number of heads isn't known (see `heads_in_use`).
    """
    index = _checked(recipe, index)
    if recipe.variants is None:
        return _base_shot(recipe, index)
    base_index, condition = split_index(recipe.variants, index)
    return vary(_base_shot(recipe, base_index), recipe.variants, recipe.seed, index, condition)


def _base_shot(recipe: Recipe, index: int) -> Shot:
    """A shot as it is without variants; `index` may lie beyond the recipe's samples."""

    def draws(aspect: str) -> np.random.Generator:
        return stream(recipe.seed, aspect, index)

    camera = camera_of(recipe.camera)
    euler_deg = draw_euler_deg(draws("pose"), recipe.pose)
    gaze_deg = draw_gaze_deg(draws("gaze"), recipe.person)
    return Shot(
        index=index,
        head_slot=head_slot(recipe.seed, recipe.heads, index),
        euler_deg=euler_deg,
        t_mm=draw_t_mm(draws("distance"), draws("place"), recipe.camera, camera),
        camera=camera,
        gaze_deg=gaze_deg,
        expression=draw_expression(draws("expression"), draws("blink"), recipe.person, gaze_deg[0]),
        torso_yaw_deg=draw_torso_yaw_deg(draws("torso"), recipe.person, euler_deg[1]),
        key_light=draw_key_light(draws("key light"), recipe.scene),
        surroundings=draw_surroundings(draws("surroundings"), draws("picture"), draws("white balance"), recipe.scene),
        torso_lean_deg=draw_torso_lean_deg(draws("torso lean"), recipe.person, euler_deg[0]),
        noise_sigma=uniform(draws("noise"), recipe.noise.sigma_levels),
        render_seed=integer(draws("render"), _RENDER_SEEDS),
    )


def _checked(recipe: Recipe, index: int) -> int:
    if isinstance(index, bool) or not isinstance(index, int | np.integer):
        raise UsageError(f"A sample's index is a whole number, not {index!r}.", where="index")
    if not 0 <= index < recipe.samples:
        raise UsageError(
            f"Recipe {recipe.name} has no sample {index}.",
            where="index",
            mend=f"It has samples 0 to {recipe.samples - 1}; raise `samples` in the recipe for more.",
        )
    return int(index)
