"""The fake renderer, whose workers note their GPU; none begins before all are there, so that each gets work.

Options besides the fake's: `notes` (a file that gets a line from each worker: its process, CUDA_VISIBLE_DEVICES, the
GPU that it was told) · `together` (how many must be there). As long as there is a file `hold` beside the notes all
wait; one that comes after those removes it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from fake_renderer import FakeRenderer, make_fake

from synth.plan.shot import Shot
from synth.recipe.schema import Recipe
from synth.shard.record import Record

_MOST_S = 100.0


class Gathered:
    """Renders when nobody is awaited."""

    def __init__(self, renderer: FakeRenderer, hold: Path) -> None:
        self._renderer, self._hold, self.device_text = renderer, hold, renderer.device_text

    def render(self, shot: Shot) -> Record:
        _wait_while(self._hold.exists)
        return self._renderer.render(shot)


def make(recipe: Recipe, options: Mapping[str, Any]) -> Gathered:
    notes, together = Path(options["notes"]), options["together"]
    with notes.open("a") as file:
        file.write(f"{os.getpid()} {os.environ.get('CUDA_VISIBLE_DEVICES')} {options.get('gpu')}\n")
    hold = notes.with_name("hold")
    if len(noted(notes)) > together:
        hold.unlink(missing_ok=True)
    _wait_while(lambda: len(noted(notes)) < together)
    return Gathered(make_fake(recipe, options), hold)


def noted(notes: Path) -> list[tuple[int, str, str]]:
    """What each worker noted, in the order in which they came."""
    lines = [line.split() for line in notes.read_text().splitlines()] if notes.exists() else []
    return [(int(pid), seen, told) for pid, seen, told in lines]


def _wait_while(so: Callable[[], bool]) -> None:
    deadline = monotonic() + _MOST_S
    while so() and monotonic() < deadline:
        sleep(0.01)
