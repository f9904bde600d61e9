"""Where a sample's CPU time goes: Blender's render call against everything else. Target: the rest at most 15 %.

Runs the worker's own code on the demo recipe: plan, pose, light, render, raycast, encode, labels, shard, commit.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.table import print_table
from synth.heads.pack import bundled_packs, load_pack
from synth.recipe.load import load_recipe
from synth.render import renderer as renderer_module
from synth.run.make import ShardMaker
from synth.run.task import ShardTask

SAMPLES = 64


class _Silent:
    def begin(self, sample: int, previous_s: float | None) -> None: ...

    def fail(self, sample: int, error: Exception) -> None:
        raise error

    def write(self, previous_s: float | None) -> None: ...


@contextmanager
def timed(spent: Counter[str], owner: Any, name: str) -> Iterator[None]:
    """Count the CPU seconds spent inside `owner.name`."""
    original: Callable[..., Any] = getattr(owner, name)

    def measured(*arguments: Any, **named: Any) -> Any:
        begun = time.process_time()
        try:
            return original(*arguments, **named)
        finally:
            spent[name] += time.process_time() - begun

    setattr(owner, name, measured)
    try:
        yield
    finally:
        setattr(owner, name, original)


def main() -> None:
    pack = bundled_packs()["demo8"]
    settings = [f"heads.count={len(load_pack(pack).heads)}", "heads.block=8", f"shards.samples={SAMPLES}"]
    rows = []
    for title, extra in (("picture", ["outputs.depth=false"]), ("picture and depth", [])):
        recipe = load_recipe("demo", [*settings, *extra])
        spent: Counter[str] = Counter()
        with tempfile.TemporaryDirectory() as folder:
            from synth.render import make_renderer

            maker = ShardMaker(recipe, Path(folder), make_renderer, {"pack": str(pack)})
            maker._render(0)
            renderer = renderer_module.Renderer
            with (
                timed(spent, renderer_module, "render_region"),
                timed(spent, renderer_module, "_range_map"),
                timed(spent, renderer, "_load"),
            ):
                begun = time.process_time()
                maker.make(ShardTask(0, 0, SAMPLES), _Silent())
                total = time.process_time() - begun
        rest = total - spent["render_region"]
        per_sample = [1000 * seconds / SAMPLES for seconds in (total, spent["render_region"], rest)]
        rows.append(
            (title, *per_sample, 1000 * spent["_range_map"] / SAMPLES, 1000 * spent["_load"] / SAMPLES, rest / total)
        )
    head = ("sample", "all ms", "Blender's render ms", "rest ms", "of it depth", "of it loading heads", "rest / all")
    print_table(f"CPU time of a sample ({SAMPLES} samples of the demo recipe, 8 a head)", head, rows)


if __name__ == "__main__":
    main()
