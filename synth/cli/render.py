"""`synth render`: from a recipe to a dataset, or to one sample of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from synth.cli.completing import recipe_or_file
from synth.cli.outcome import render_one, show_report
from synth.cli.place import PLACE, local
from synth.cli.progress import count_progress, logged
from synth.cli.run_options import (
    RunOptions,
    device_asked_for,
    ray_asked_for,
    repeat_with,
    run_options,
    span_asked_for,
    start_run,
)
from synth.errors import UsageError

if TYPE_CHECKING:
    from synth.recipe.schema import Recipe

_EXAMPLES = """\b
Examples:
  synth render --recipe demo
  synth render --recipe wide --set pose.yaw_deg=[-30,30] --count 1000 --workers 8
  synth render --recipe my.yaml --out /data/my --device optix
  synth render --recipe wide --shards 10:20 --out /shared/wide
"""


def _needed(context: click.Context, option: click.Parameter, name: str | None) -> str | None:
    """The recipe's name; without one the error says how to begin, as click's own doesn't."""
    if name is None and not context.resilient_parsing:
        mend = "Give --recipe demo to begin with; `synth recipes` lists what there is."
        raise click.MissingParameter(mend, context, option)
    return name


def _refuse_stored_pictures(recipe: Recipe) -> None:
    """Raise `UsageError` for a recipe that varies pictures of another dataset: rendered, they would be others."""
    if recipe.variants is not None and recipe.variants.source_sha256 is not None:
        raise UsageError(
            f"This recipe varies the stored pictures of a dataset ({recipe.variants.source_sha256[:12]}…); none are"
            " rendered.",
            where="variants.source_sha256",
            mend=f"Make it with `synth variants --{recipe.variants.kind} --of DIR`, with that dataset's folder. To"
            " render such pictures instead, add --set variants.source_sha256=null.",
        )


@click.command(epilog=_EXAMPLES)
@click.option("--recipe", "name", callback=_needed, metavar="NAME|FILE", shell_complete=recipe_or_file,
              help="Which recipe; see `synth recipes`.  [required]")  # fmt: skip
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a setting; can be repeated.")
@click.option("--out", metavar="DIR|s3://…", type=PLACE, help="[default: datasets/<recipe>]")
@click.option("--count", type=click.IntRange(min=1), help="Samples, instead of the recipe's.")
@click.option("--shards", metavar="FIRST:STOP", help="These shards alone; `synth merge-manifest` joins ranges.")
@click.option("--ray", "ray_address", metavar="auto|HOST:PORT", help="Render on the nodes of a Ray cluster.")
@run_options("Render this sample alone, as a PNG; see above.")
@click.pass_context
def render(
    ctx: click.Context,
    name: str,
    overrides: tuple[str, ...],
    out: Path | str | None,
    count: int | None,
    shards: str | None,
    ray_address: str | None,
    run: RunOptions,
) -> None:
    """Render a recipe into a dataset.

    Started again on the same folder it makes only what is missing and ends with the same bytes. Heads that the recipe
    needs are built once and kept. Ctrl-C stops it; what is finished stays.

    With --only ID one sample is rendered in this process: its clean picture goes to <recipe>-<ID>.png (or --out), its
    range map beside it, its labels to standard output. That repeats a sample that failed.
    """
    from synth.heads.pack import load_pack
    from synth.recipe.load import load_recipe
    from synth.run.machine import usable_cores
    from synth.run.prepare import pack_entry, prepare
    from synth.scenes.prepare import scene_options

    settings = [*overrides, *([f"samples={count}"] if count is not None else [])]
    asked = load_recipe(name, settings)
    _refuse_stored_pictures(asked)
    with logged(run.manner):
        device = device_asked_for(run, ray_address)
        with count_progress(run.manner, "heads") as built:
            recipe, pack = prepare(asked, workers=run.workers or usable_cores(), progress=built)
        options = {"pack": str(pack.absolute()), "device": device.kind, **scene_options(asked)}
        if run.only is not None:
            click.echo(render_one(recipe, run.only, local(out, "--out"), run.renderer, options))
            return
        folder = out or Path("datasets") / recipe.name
        loaded = load_pack(pack)
        report = start_run(
            run,
            recipe,
            [pack_entry(loaded, recipe)],
            folder,
            renderer=run.renderer,
            renderer_options=options,
            license_name=loaded.license,
            repeat=repeat_with(run, ["synth", "render", "--recipe", name], settings),
            span=span_asked_for(shards, recipe),
            ray=ray_asked_for(ray_address, device),
            device=device,
        )
    show_report(report, folder, run.manner, run.as_json)
    ctx.exit(report.exit_code)
