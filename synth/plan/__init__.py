"""Plans: what each sample of a recipe shows, as a pure function of the recipe and the sample's index."""

from synth.plan.plan import plan_shot
from synth.plan.shot import Shot

__all__ = ["Shot", "plan_shot"]
