"""`synth render`: from a recipe to a dataset, or to one sample of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from synth.cli.outcome import render_one, repeat_command, show_report
from synth.cli.progress import Manner, count_progress, logged, manner_of, render_progress

if TYPE_CHECKING:
    from synth.recipe.schema import Recipe
    from synth.run.report import RunReport

_DEVICES = ("auto", "cpu", "cuda", "optix", "hip", "metal", "oneapi")
_EXAMPLES = """\b
Examples:
  synth render --recipe demo
  synth render --recipe wide --set pose.yaw_deg=[-30,30] --count 1000 --workers 8
  synth render --recipe my.yaml --out /data/my --device optix
"""


@click.command(epilog=_EXAMPLES)
@click.option("--recipe", "name", required=True, metavar="NAME|FILE", help="Which recipe; see `synth recipes`.")
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a setting; can be repeated.")
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path), help="[default: datasets/<recipe>]")
@click.option("--count", type=click.IntRange(min=1), help="Samples, instead of the recipe's.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes.  [default: one a core]")
@click.option("--device", type=click.Choice(_DEVICES), default="cpu", show_default=True, help="What renders.")
@click.option("--only", metavar="ID", type=click.IntRange(min=0), help="Render this sample alone, as a PNG; see above.")
@click.option("--retry-failed", is_flag=True, help="Try again the samples that earlier runs gave up.")
@click.option("--log", type=click.Choice(["auto", "text", "json"]), default="auto", show_default=True,
              help="auto: a bar on a terminal, JSON lines elsewhere.")  # fmt: skip
@click.option("--quiet", "-q", is_flag=True, help="Print errors only.")
@click.option("--renderer", default="synth.render:make_renderer", hidden=True)
@click.pass_context
def render(
    ctx: click.Context,
    name: str,
    overrides: tuple[str, ...],
    out: Path | None,
    count: int | None,
    workers: int | None,
    device: str,
    only: int | None,
    retry_failed: bool,
    log: str,
    quiet: bool,
    renderer: str,
) -> None:
    """Render a recipe into a dataset.

    Started again on the same folder it makes only what is missing and ends with the same bytes. Heads that the recipe
    needs are built once and kept. Ctrl-C stops it; what is finished stays.

    With --only ID one sample is rendered in this process: its clean picture goes to <recipe>-<ID>.png (or --out), its
    range map beside it, its labels to standard output. That repeats a sample that failed.
    """
    from synth.recipe.load import load_recipe
    from synth.run.machine import usable_cores
    from synth.run.prepare import prepare

    manner = manner_of(log, quiet)
    given = [*overrides, *([f"samples={count}"] if count is not None else [])]
    asked = load_recipe(name, given)
    with logged(manner):
        with count_progress(manner, "heads") as built:
            recipe, pack = prepare(asked, workers=workers or usable_cores(), progress=built)
        options = {"pack": str(pack.absolute()), "device": device}
        if only is not None:
            click.echo(render_one(recipe, only, out, renderer, options))
            return
        folder = out or Path("datasets") / recipe.name
        repeat = _repeat(name, given, device)
        report = _render_all(recipe, folder, workers, renderer, options, manner, repeat, retry_failed)
    show_report(report, folder, manner)
    ctx.exit(report.exit_code)


def _repeat(name: str, overrides: list[str], device: str) -> str:
    words = ["synth", "render", "--recipe", name, *(word for setting in overrides for word in ("--set", setting))]
    return repeat_command(words + ([] if device == "cpu" else ["--device", device]))


def _render_all(
    recipe: Recipe,
    folder: Path,
    workers: int | None,
    renderer: str,
    options: dict[str, str],
    manner: Manner,
    repeat: str,
    retry_failed: bool,
) -> RunReport:
    from synth.heads.pack import load_pack
    from synth.run.prepare import pack_entry
    from synth.run.supervise import render_dataset

    pack = load_pack(options["pack"])
    with render_progress(manner) as progress:
        return render_dataset(
            recipe,
            [pack_entry(pack)],
            folder,
            workers=workers,
            renderer=renderer,
            renderer_options=options,
            progress=progress,
            license_name=pack.license,
            repeat=repeat,
            retry_lost=retry_failed,
        )
