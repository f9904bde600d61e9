"""`synth variants`: the same shots under other light, blurred or occluded."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from synth.cli.outcome import render_one, repeat_command, show_report
from synth.cli.progress import Manner, count_progress, logged, manner_of, render_progress

if TYPE_CHECKING:
    from synth.recipe.vary import Kind
    from synth.run.report import RunReport
    from synth.run.variant_sources import OfPictures
    from synth.run.variants import VariantJob

_DEVICES = ("auto", "cpu", "cuda", "optix", "hip", "metal", "oneapi")
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
@click.option("--of", metavar="RECIPE|DIR", help="What is varied.  [default: datasets/rgb_310k, else recipe rgb_310k]")
@click.option("--count", type=click.IntRange(min=1), help="Samples of each.  [default: the paper's, or all there are]")
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a setting; can be repeated.")
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path),
              help="[default: datasets/<name>; several kinds go into DIR/<kind>]")  # fmt: skip
@click.option("--workers", type=click.IntRange(min=1), help="Processes.  [default: one a core]")
@click.option("--device", type=click.Choice(_DEVICES), default="cpu", show_default=True, help="What renders.")
@click.option("--only", metavar="ID", type=click.IntRange(min=0), help="Make this sample alone, as a PNG.")
@click.option("--retry-failed", is_flag=True, help="Try again the samples that earlier runs gave up.")
@click.option("--log", type=click.Choice(["auto", "text", "json"]), default="auto", show_default=True,
              help="auto: a bar on a terminal, JSON lines elsewhere.")  # fmt: skip
@click.option("--quiet", "-q", is_flag=True, help="Print errors only.")
@click.option("--renderer", default="synth.render:make_renderer", hidden=True)
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
    workers: int | None,
    device: str,
    only: int | None,
    retry_failed: bool,
    log: str,
    quiet: bool,
    renderer: str,
) -> None:
    """Make the same shots under other light, blurred or occluded, as the source paper's test sets are.

    One dataset for each kind asked for. Every sample names its source (base_id) and its condition. --of names a recipe,
    whose shots are rendered; a dataset, whose stored pictures are blurred or occluded (light is rendered again, from
    its recipe); or a folder of real pictures with a labels.csv (columns file, pitch, yaw, roll and x0, y0, x1, y1, the
    head's box), of which JPEGs and a labels.csv are made.

    Started again on the same folder it makes only what is missing.
    """
    from synth.run.variant_sources import OfPictures, find_source

    asked = {"illumination": illumination, "blur": blur, "occlusion": occlusion}
    kinds: list[Any] = [kind for kind, wanted in asked.items() if wanted]
    if not kinds:
        raise click.UsageError("Say what is varied: --illumination, --blur, --occlusion, or several.")
    if only is not None and len(kinds) > 1:
        raise click.UsageError("--only makes one sample: give one of --illumination, --blur, --occlusion.")
    manner = manner_of(log, quiet)
    settings = [*overrides, *([f"samples={count}"] if count is not None else [])]
    with logged(manner):
        source = find_source(of)
        if isinstance(source, OfPictures):
            if only is not None:
                raise click.UsageError("--only isn't for real pictures.")
            _vary_pictures(source, kinds, settings, out, workers or 1, manner)
            return
        with count_progress(manner, "heads") as built:
            jobs = _jobs(source, kinds, settings, workers, built, renderer, device)
        if only is not None:
            (job,) = jobs.values()
            click.echo(render_one(job.recipe, only, out, job.renderer, job.options))
            return
        worst = 0
        for kind, job in jobs.items():
            folder = _folder(out, kind, len(jobs), job.recipe.name)
            words = _words(kind, of, settings, device)
            report = _run(job, folder, workers, manner, repeat_command(words), retry_failed)
            show_report(report, folder, manner)
            worst = max(worst, report.exit_code)
            if report.stopped_by:
                break
    ctx.exit(worst)


def _jobs(
    source: Any, kinds: list[Kind], settings: list[str], workers: int | None, built: Any, renderer: str, device: str
) -> dict[Kind, VariantJob]:
    """All of them before the first is begun, so that a mistake in the last costs nothing."""
    from synth.run.machine import usable_cores
    from synth.run.prepare import prepare
    from synth.run.variants import plan_variants

    ready = partial(prepare, workers=workers or usable_cores(), progress=built)
    return {
        kind: plan_variants(
            source, kind, _settings_of(kind, kinds, settings), prepare=ready, renderer=renderer,
            options={"device": device},
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


def _words(kind: Kind, of: str | None, settings: list[str], device: str) -> list[str]:
    words = ["synth", "variants", f"--{kind}", *(["--of", of] if of else [])]
    words += [word for setting in settings for word in ("--set", setting)]
    return words + ([] if device == "cpu" else ["--device", device])


def _run(
    job: VariantJob, folder: Path, workers: int | None, manner: Manner, repeat: str, retry_failed: bool
) -> RunReport:
    from synth.run.supervise import render_dataset

    with render_progress(manner) as progress:
        return render_dataset(
            job.recipe,
            job.heads,
            folder,
            workers=workers,
            renderer=job.renderer,
            renderer_options=job.options,
            progress=progress,
            license_name=job.license_name,
            repeat=repeat,
            retry_lost=retry_failed,
        )


def _vary_pictures(
    source: OfPictures, kinds: list[Kind], settings: list[str], out: Path | None, workers: int, manner: Manner
) -> None:
    from synth.run.picture_folder import pictures_recipe, read_pictures, vary_pictures

    pictures = read_pictures(source.folder, source.label_file)
    recipes = {
        kind: pictures_recipe(source.folder, pictures, kind, _settings_of(kind, kinds, settings)) for kind in kinds
    }
    for kind, recipe in recipes.items():
        folder = _folder(out, kind, len(kinds), recipe.name)
        with count_progress(manner, "pictures") as progress:
            vary_pictures(pictures, recipe, folder, workers=workers, progress=progress)
        if manner is not Manner.QUIET:
            click.echo(
                f"{folder}: {recipe.samples:,} JPEGs and labels.csv. They are no dataset of shards: where these heads"
                " are in millimetres isn't known."
            )
