"""A stand-in for Blender: a ball for each shot, at the pace that is asked for."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from synth.plan.shot import Shot
from synth.recipe.schema import Recipe
from synth.shard.record import Record
from tests.tiny_dataset import make_record

_SIDE_PX = 16


class BallRenderer:
    """Takes `sample_s` for each picture, sleeping."""

    def __init__(self, sample_s: float) -> None:
        self._sample_s = sample_s

    def render(self, shot: Shot) -> Record:
        """Any picture will do: it is the supervisor that is measured."""
        done_s = time.monotonic() + self._sample_s
        record = make_record(shot.index, side_px=_SIDE_PX)
        time.sleep(max(0.0, done_s - time.monotonic()))
        return record


def make_balls(recipe: Recipe, options: Mapping[str, Any]) -> BallRenderer:
    """options: "sample_s"."""
    return BallRenderer(options["sample_s"])
