"""`synth variants`: the same shots under other light, blurred or occluded."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from synth.cli.completing import recipe_or_file
from synth.cli.outcome import render_one, show_report
from synth.cli.progress import Manner, count_progress, logged
from synth.cli.run_options import RunOptions, device_asked_for, repeat_with, run_options, start_run

if TYPE_CHECKING:
    from synth.recipe.vary import Kind
    from synth.run.devices import RunDevice
    from synth.run.report import RunReport
    from synth.run.variant_sources import OfPictures
    from synth.run.variants import VariantJob

_EXAMPLES = """\b
Examples:
  synth variants --illumination --blur --occlusion
  synth variants --blur --of datasets/demo --out datasets/demo_blurred
  synth variants --blur --of demo --set variants.blur.kind=motion
  synth variants --occlusion --of my_photos --set variants.occlusion.shapes=[hand]
"""


@click.command(epilog=_EXAMPLES)
@click.option("--illumination", is_flag=True, help="Light from other sides, weaker, stronger, coloured; rendered.")
@click.option("--blur", is_flag=True, help="Gaussian blur, or motion blur by --set variants.blur.kind=motion.")
@click.option("--occlusion", is_flag=True, help="Black squares and rectangles before the head; see --set below.")
@click.option("--of", metavar="RECIPE|DIR", shell_complete=recipe_or_file,
              help="What is varied.  [default: datasets/rgb_310k, else recipe rgb_310k]")  # fmt: skip
@click.option("--count", type=click.IntRange(min=1), help="Samples of each.  [default: the paper's, or all there are]")
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a setting; can be repeated.")
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path),
              help="[default: datasets/<name>; several kinds go into DIR/<kind>]")  # fmt: skip
@run_options("Make this sample alone, as a PNG.")
@click.pass_context
def variants(
    ctx: click.Context,
    illumination: bool,
    blur: bool,
    occlusion: bool,
    of: str | None,
    count: int | None,
    overrides: tuple[str, ...],
    out: Path | None,
    run: RunOptions,
) -> None:
    """Make the same shots under other light, blurred or occluded, as the source paper's test sets are.

    One dataset for each kind asked for. Every sample names its source (base_id) and its condition. --of names a recipe,
    whose shots are rendered; a dataset, whose stored pictures are blurred or occluded (light is rendered again, from
    its recipe); or a folder of real pictures with a labels.csv (columns file, pitch, yaw, roll and x0, y0, x1, y1, the
    head's box), of which JPEGs and a labels.csv are made.

    Started again on the same folder it makes only what is missing.
    """
    from synth.run.variant_sources import OfDataset, OfPictures, find_source
    from synth.share.restaged import note_source

    asked = {"illumination": illumination, "blur": blur, "occlusion": occlusion}
    kinds: list[Any] = [kind for kind, wanted in asked.items() if wanted]
    if not kinds:
        raise click.UsageError("Say what is varied: --illumination, --blur, --occlusion, or several.")
    if run.only is not None and len(kinds) > 1:
        raise click.UsageError("--only makes one sample: give one of --illumination, --blur, --occlusion.")
    settings = [*overrides, *([f"samples={count}"] if count is not None else [])]
    with logged(run.manner):
        source = find_source(of)
        if isinstance(source, OfPictures):
            if run.only is not None:
                raise click.UsageError("--only isn't for real pictures.")
            _vary_pictures(source, kinds, settings, out, run)
            return
        device = device_asked_for(run)
        jobs = _jobs(source, kinds, settings, run, device)
        if run.only is not None:
            (job,) = jobs.values()
            click.echo(render_one(job.recipe, run.only, out, job.renderer, job.options))
            return
        worst = 0
        for kind, job in jobs.items():
            folder = _folder(out, kind, len(jobs), job.recipe.name)
            repeat = repeat_with(run, ["synth", "variants", f"--{kind}", *(["--of", of] if of else [])], settings)
            report = _make(job, folder, run, repeat, device)
            if isinstance(source, OfDataset) and kind != "illumination":
                note_source(folder, source.folder, source.manifest, kind, _settings_of(kind, kinds, settings))
            show_report(report, folder, run.manner, run.as_json)
            worst = max(worst, report.exit_code)
            if report.stopped_by:
                break
    ctx.exit(worst)


def _jobs(
    source: Any, kinds: list[Kind], settings: list[str], run: RunOptions, device: RunDevice
) -> dict[Kind, VariantJob]:
    """All of them before the first is begun, so that a mistake in the last costs nothing."""
    from synth.run.machine import usable_cores
    from synth.run.prepare import prepare
    from synth.run.variants import plan_variants

    with count_progress(run.manner, "heads") as built:
        ready = partial(prepare, workers=run.workers or usable_cores(), progress=built)
        return {
            kind: plan_variants(
                source, kind, _settings_of(kind, kinds, settings), prepare=ready, renderer=run.renderer,
                options={"device": device.kind},
            )
            for kind in kinds
        }  # fmt: skip


def _settings_of(kind: Kind, kinds: list[Kind], settings: list[str]) -> list[str]:
    """Without those of another kind that is made as well; of one that isn't, the recipe will say what is wrong."""
    from synth.recipe.vary import concerns

    return [text for text in settings if concerns(text) in (kind, None) or concerns(text) not in kinds]


def _folder(out: Path | None, kind: Kind, many: int, name: str) -> Path:
    if out is None:
        return Path("datasets") / name
    return out if many == 1 else out / kind


def _make(job: VariantJob, folder: Path, run: RunOptions, repeat: str, device: RunDevice) -> RunReport:
    return start_run(
        run,
        job.recipe,
        job.heads,
        folder,
        renderer=job.renderer,
        renderer_options=job.options,
        license_name=job.license_name,
        repeat=repeat,
        device=device if "device" in job.options else None,  # stored pictures are varied without one
    )


def _vary_pictures(
    source: OfPictures, kinds: list[Kind], settings: list[str], out: Path | None, run: RunOptions
) -> None:
    from synth.run.picture_folder import pictures_recipe, read_pictures, vary_pictures

    pictures = read_pictures(source.folder, source.label_file)
    recipes = {
        kind: pictures_recipe(source.folder, pictures, kind, _settings_of(kind, kinds, settings)) for kind in kinds
    }
    for kind, recipe in recipes.items():
        folder = _folder(out, kind, len(kinds), recipe.name)
        with count_progress(run.manner, "pictures") as progress:
            vary_pictures(pictures, recipe, folder, workers=run.workers or 1, progress=progress)
        if run.as_json:
            click.echo(json.dumps({"event": "done", "out_dir": str(folder), "pictures": recipe.samples}))
        elif run.manner is not Manner.QUIET:
            click.echo(
                f"{folder}: {recipe.samples:,} JPEGs and labels.csv. They are no dataset of shards: where these heads"
                " are in millimetres isn't known."
            )
