"""`synth render`: from a recipe to a dataset, or to one sample of it."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

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
            click.echo(_render_one(recipe, only, out, renderer, options))
            return
        folder = out or Path("datasets") / recipe.name
        repeat = _command(name, given, device) + " --only {id}"
        report = _render_all(recipe, folder, workers, renderer, options, manner, repeat, retry_failed)
    if manner is Manner.JSON:
        click.echo(json.dumps(_as_fields(report)))
    elif manner is not Manner.QUIET:
        click.echo(_summary(report, folder))
    ctx.exit(report.exit_code)


def _command(name: str, overrides: list[str], device: str) -> str:
    """The command line that asks for the same recipe, braces doubled since it is a format."""
    words = ["synth", "render", "--recipe", name, *(word for setting in overrides for word in ("--set", setting))]
    return shlex.join(words + ([] if device == "cpu" else ["--device", device])).replace("{", "{{").replace("}", "}}")


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


def _render_one(recipe: Recipe, sample: int, out: Path | None, renderer: str, options: dict[str, str]) -> str:
    """Render and write one sample; its labels as JSON."""
    from synth.cli.own_output import blender_to_stderr
    from synth.cli.plain import as_json_text
    from synth.plan.plan import plan_shot
    from synth.run.make import renderer_factory
    from synth.shard.commit import commit_bytes
    from synth.shard.encode import encode_range
    from synth.view.preview import require_png, write_png

    path = require_png(out or Path(f"{recipe.name}-{sample}.png"))
    shot = plan_shot(recipe, sample)
    with blender_to_stderr():
        record = renderer_factory(renderer)(recipe, options).render(shot)
    written: dict[str, Any] = {}
    if record.rgb is not None:
        write_png(path, record.rgb)
        written["picture"] = path
    if record.range_mm is not None:
        written["range_map"] = path.with_name(f"{path.stem}-range.png")
        commit_bytes(written["range_map"], encode_range(record.range_mm))
    return as_json_text({"files": written, "labels": dict(record.labels), "shot": shot})


def _as_fields(report: RunReport) -> dict[str, Any]:
    return {
        "event": "stopped" if report.stopped_by else "done",
        "out_dir": str(report.out_dir),
        "samples_total": report.samples_total,
        "samples_kept": report.samples_kept,
        "samples_made": report.samples_made,
        "failed": [{"id": lost.id, "cause": lost.cause, "command": lost.command} for lost in report.lost],
        "worker_deaths": report.worker_deaths,
        "seconds": round(report.seconds, 3),
        "exit_code": report.exit_code,
    }


def _summary(report: RunReport, folder: Path) -> str:
    """The last word: what is there, how fast it was made, what comes next."""
    from synth.run.progress import duration_text

    held = report.samples_kept + report.samples_made
    rate = f", {report.samples_made / report.seconds:.3g} a second" if report.samples_made and report.seconds else ""
    before = f"; {report.samples_kept:,} were there before" if report.samples_kept else ""
    lines = [f"{folder}: {held:,} of {report.samples_total:,} samples."]
    if report.samples_made:
        lines.append(f"{report.samples_made:,} made in {duration_text(report.seconds)}{rate}{before}.")
    else:
        lines.append("There was nothing left to make." if report.complete else "None were made.")
    if report.shards_damaged:
        lines.append(f"Damaged and made again: {', '.join(report.shards_damaged[:5])}.")
    if report.worker_deaths:
        lines.append(f"{report.worker_deaths} worker processes died and were replaced.")
    if report.lost:
        lines.append(f"{len(report.lost):,} failed and were left out. The first: {report.lost[0].cause}")
        lines.append(f"To see it again: {report.lost[0].command}")
    if report.stopped_by:
        lines.append("Stopped. Start the same command again to go on; what is finished is kept.")
    else:
        where = shlex.quote(str(folder))
        lines.append(f"Next: synth verify {where}, synth preview {where}")
    return "\n".join(lines)
