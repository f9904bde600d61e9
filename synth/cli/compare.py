"""`synth compare`: what renders are worth beside photographs, by three trainings."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from synth.cli.completing import PRESETS, words
from synth.cli.progress import Manner, logged, manner_of, training_progress

if TYPE_CHECKING:
    from synth.evaluate.train_on import TrainedOn
    from synth.train.loop import ProgressCallback
    from synth.train.settings import TrainSettings

_EXAMPLES = """\b
Examples:
  synth compare --synthetic datasets/rgb_310k --real biwi=/data/hpdb
  synth compare --synthetic datasets/wide --real 300wlp=/data/300W_LP --preset direct6d --steps 2000
"""
_SET = "DIR|NAME=DIR"


@click.command(epilog=_EXAMPLES)
@click.option("--synthetic", multiple=True, required=True, metavar=_SET, help="A rendered dataset; can be repeated.")
@click.option("--real", multiple=True, required=True, metavar=_SET, help="A real set by name; can be repeated.")
@click.option("--preset", default="c2f", show_default=True, metavar="NAME", shell_complete=words(*PRESETS),
              help="paper, c2f or direct6d.")  # fmt: skip
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a setting; can be repeated.")
@click.option("--steps", type=click.IntRange(min=1), help="Steps of each training, instead of the preset's.")
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path), help="[default: training/compare-<preset>]")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--workers", type=click.IntRange(min=0), help="Processes that prepare pictures.  [default: by the cores]")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--log", type=click.Choice(["auto", "text", "json"]), default="auto", show_default=True,
              help="auto: a bar on a terminal, JSON lines elsewhere.")  # fmt: skip
@click.option("--quiet", "-q", is_flag=True, help="Print errors and the table only.")
@click.pass_context
def compare(
    ctx: click.Context,
    synthetic: tuple[str, ...],
    real: tuple[str, ...],
    preset: str,
    overrides: tuple[str, ...],
    steps: int | None,
    out: Path | None,
    device: str,
    workers: int | None,
    as_json: bool,
    log: str,
    quiet: bool,
) -> None:
    """Train one network on renders only, on real pictures only and on both, and judge all three on the same people.

    The source paper's Table 5. Each training stands in a folder of its own in DIR, beside results.md, results.csv and
    results.json; started again, the command goes on where it stopped.
    """
    from synth.evaluate.report import write_results
    from synth.train.presets import load_settings

    manner = manner_of(log, quiet)
    settings = load_settings(preset, [*overrides, *([f"steps={steps}"] if steps is not None else [])])
    folder = out or Path("training") / f"compare-{preset}"
    with logged(manner):
        done = _compared(settings, synthetic, real, folder, preset, device, workers, manner)
    if done.table is None:
        click.echo("stopped; the same command goes on", err=True)
        ctx.exit(done.stopped_by or 0)
    if as_json:
        from synth.cli.plain import as_json_text

        click.echo(as_json_text({"tables": [done.table.as_json()]}))
    else:
        from synth.evaluate.table import settings_text

        click.echo(f"{done.table.as_text()}\n{settings_text([done.table])}", nl=False)
    files = write_results(folder, [done.table])
    if manner is not Manner.QUIET and not as_json:
        click.echo("\n".join(f"wrote {file}" for file in files), err=True)


def _compared(
    settings: TrainSettings,
    synthetic: tuple[str, ...],
    real: tuple[str, ...],
    folder: Path,
    preset: str,
    device: str,
    workers: int | None,
    manner: Manner,
) -> TrainedOn:
    from synth.data.opening import open_source
    from synth.evaluate.train_on import compare_training
    from synth.run.machine import usable_cores
    from synth.train.batching import usual_cache_gb

    with ExitStack() as shown:

        def show(name: str) -> ProgressCallback | None:
            shown.close()  # the bar of the training before
            if manner is not Manner.QUIET:
                click.echo(f"training on {name}", err=True)
            return shown.enter_context(training_progress(manner))

        is_fresh = settings.data.noise == "fresh"
        return compare_training(
            settings,
            [open_source(word, fresh_noise=is_fresh) for word in synthetic],
            [open_source(word, fresh_noise=is_fresh) for word in real],
            folder,
            judged_on=[open_source(word) for word in (*synthetic, *real)],
            preset=preset,
            device=device,
            workers=max(0, usable_cores() - 1) if workers is None else workers,
            cache_gb=usual_cache_gb(),
            show=show,
        )
