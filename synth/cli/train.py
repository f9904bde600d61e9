"""`synth train`: from datasets to a checkpoint."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from synth.cli.completing import PRESETS, comparator, words
from synth.cli.progress import Manner, logged, manner_of, training_progress

if TYPE_CHECKING:
    from synth.train.loop import TrainReport
    from synth.train.plan import TrainPlan
    from synth.train.settings import TrainSettings

_FOR_COMPARATORS = ("data.split", "data.shares", "seed")
_EXAMPLES = """\b
Examples:
  synth train                                            the newest dataset under datasets/
  synth train --data datasets/wide --preset direct6d
  synth train --data datasets/rgb_310k --init imagenet --set precision=bf16 --set batch=256
  torchrun --nproc-per-node 4 -m synth train --data datasets/rgb_310k
  synth train --model gllim --data datasets/wide         a method that the paper compares with
"""


@click.command(epilog=_EXAMPLES)
@click.option(
    "--data",
    "data",
    multiple=True,
    metavar="DIR|NAME=DIR",
    help="A rendered dataset, or a real one by name (biwi=DIR); can be repeated.  [default: the newest]",
)
@click.option(
    "--weight",
    "weights",
    multiple=True,
    type=click.FloatRange(min=0, min_open=True),
    help="How often each --data's samples come, in their order.  [default: by their numbers]",
)
@click.option("--preset", default="c2f", show_default=True, metavar="NAME", shell_complete=words(*PRESETS),
              help="paper, c2f or direct6d.")  # fmt: skip
@click.option("--set", "overrides", multiple=True, metavar="PATH=VALUE", help="Change a setting; can be repeated.")
@click.option("--out", metavar="DIR", type=click.Path(path_type=Path), help="[default: training/<data>-<preset>]")
@click.option("--init", metavar="imagenet|FILE", help="Weights that the trunk begins with.")
@click.option("--model", metavar="NAME", shell_complete=comparator,
              help="Fit one of the paper's comparators instead; see docs/comparators.md.")  # fmt: skip
@click.option(
    "--steps", type=click.IntRange(min=1), help="Steps in all, instead of the preset's or the comparator's own."
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--workers", type=click.IntRange(min=0), help="Processes that prepare pictures.  [default: by the cores]")
@click.option(
    "--cache-gb",
    type=click.FloatRange(min=0),
    help="Memory for decoded pictures; 0 decodes them anew each time.  [default: 4, or half of what is free]",
)
@click.option("--show-settings", is_flag=True, help="Print the settings as JSON and stop.")
@click.option("--log", type=click.Choice(["auto", "text", "json"]), default="auto", show_default=True,
              help="auto: a bar on a terminal, JSON lines elsewhere.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the report as one line of JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print errors only.")
@click.pass_context
def train(
    ctx: click.Context,
    data: tuple[str, ...],
    weights: tuple[float, ...],
    preset: str,
    overrides: tuple[str, ...],
    out: Path | None,
    init: str | None,
    model: str | None,
    steps: int | None,
    device: str,
    workers: int | None,
    cache_gb: float | None,
    show_settings: bool,
    log: str,
    as_json: bool,
    quiet: bool,
) -> None:
    """Train a head-pose network on rendered (or real) datasets.

    People that are judged on are never trained on. Started again with the same settings it goes on where it stopped;
    Ctrl-C saves first. In the folder: best.safetensors and last.safetensors, each with its JSON; curves.csv and
    curves.png; TensorBoard's events.
    """
    from synth.train.presets import load_settings

    manner = manner_of(log, quiet)
    given = [*overrides, *([f"steps={steps}"] if steps is not None and model is None else [])]
    settings = load_settings(preset, given)
    if show_settings:
        click.echo(json.dumps(settings.model_dump(mode="json"), indent=2))
        return
    with logged(manner):
        if model is not None:
            _check_suits_a_comparator(model, overrides, weights)
        data = _named(data, manner)
        folder = out or _usual_folder(data, model or preset)
        if model is not None:
            _fit_comparator(model, data, settings, folder, steps, init, device, manner)
            _show_fitted(folder, manner, as_json)
            return
        plan = _plan(settings, preset, data, weights, init, workers, cache_gb)
        report = _run(plan, folder, device, manner)
    if report is not None:
        _show(report, settings, manner, as_json)
        ctx.exit(report.stopped_by or 0)


def _plan(
    settings: TrainSettings,
    preset: str,
    data: tuple[str, ...],
    weights: tuple[float, ...],
    init: str | None,
    workers: int | None,
    cache_gb: float | None,
) -> TrainPlan:
    from synth.data.opening import open_source
    from synth.errors import UsageError
    from synth.run.machine import usable_cores
    from synth.train.batching import usual_cache_gb
    from synth.train.plan import plan_training
    from synth.train.starting import starting_weights

    if weights and len(weights) != len(data):
        raise UsageError(f"{len(weights)} weights for {len(data)} datasets.", where="--weight", mend="Give one each.")
    sources = [open_source(name, fresh_noise=settings.data.noise == "fresh") for name in data]
    return plan_training(
        settings,
        sources,
        weights=weights or None,
        preset=preset,
        start=starting_weights(init, settings.network) if init is not None else None,
        workers=max(0, usable_cores() - 1) if workers is None else workers,
        cache_gb=usual_cache_gb() if cache_gb is None else cache_gb,
    )


def _named(data: tuple[str, ...], manner: Manner) -> tuple[str, ...]:
    """The datasets that were given, or the newest one, which is said."""
    if data:
        return data
    from synth.data.opening import newest_dataset

    newest = str(newest_dataset())
    if manner is not Manner.QUIET:
        line = json.dumps({"event": "data", "newest": newest}) if manner is Manner.JSON else f"training on {newest}"
        click.echo(line, err=True)
    return (newest,)


def _run(plan: TrainPlan, folder: Path, device: str, manner: Manner) -> TrainReport | None:
    """The report; None in a process of torchrun that isn't the first."""
    from synth.train.distributed import joined
    from synth.train.loop import train as run_training

    with joined(device) as ranks, training_progress(manner if ranks.first else Manner.QUIET) as progress:
        report = run_training(plan, folder, device=device, ranks=ranks, progress=progress)
        return report if ranks.first else None


def _show(report: TrainReport, settings: TrainSettings, manner: Manner, as_json: bool) -> None:
    if as_json or manner is Manner.JSON:
        from synth.cli.plain import as_json_text

        click.echo(json.dumps(json.loads(as_json_text({"event": "trained", "report": report}))))
        return
    if manner is Manner.QUIET:
        return
    best = "" if report.best_mean_deg is None else f", best {report.best_mean_deg:.2f}° after {report.best_step}"
    click.echo(f"{report.step} of {settings.steps} steps in {report.seconds:.0f} s on {report.device}{best}")
    if report.scores is not None:
        s = report.scores
        right = "" if s.category_accuracy is None else f", category {s.category_accuracy:.1%} right"
        click.echo(
            f"on {s.samples} unseen samples: pitch {s.pitch_deg:.2f}°, yaw {s.yaw_deg:.2f}°, roll {s.roll_deg:.2f}°, "
            f"geodesic {s.geodesic_deg:.2f}°{right}"
        )
    if report.stopped_by is not None:
        click.echo("stopped; the same command goes on")
    else:
        click.echo(f"next: synth evaluate {report.folder}")


def _check_suits_a_comparator(name: str, overrides: tuple[str, ...], weights: tuple[float, ...]) -> None:
    """A comparator brings its own network, input and optimiser; only who is trained on can be set."""
    from synth.errors import UsageError
    from synth.evaluate.comparators.run import comparator_class

    comparator_class(name)  # one that there isn't is said first
    idle = [text.partition("=")[0].strip() for text in overrides]
    idle = [setting for setting in idle if setting not in _FOR_COMPARATORS]
    if idle or weights:
        raise UsageError(
            "A comparator's training doesn't take it.",
            where=f"--set {idle[0]}" if idle else "--weight",
            mend=f"Leave it out; with --model only {', '.join(_FOR_COMPARATORS)} can be set.",
        )


def _fit_comparator(
    name: str,
    data: tuple[str, ...],
    settings: TrainSettings,
    folder: Path,
    steps: int | None,
    init: str | None,
    device: str,
    manner: Manner,
) -> None:
    from synth.cli.progress import count_progress
    from synth.data.mix import Mixture
    from synth.data.opening import open_source
    from synth.evaluate.comparators.run import fit_comparator
    from synth.train.parts import describe_split, split_sources

    sources = [open_source(text) for text in data]
    parts = split_sources(sources, settings)
    training = parts[0][0] if len(parts) == 1 else Mixture([split[0] for split in parts if len(split[0])])
    info = describe_split(sources, parts, settings)
    with count_progress(manner, name) as progress:
        fit_comparator(
            name, training, folder,
            seed=settings.seed, steps=steps, init=init, device=device, info=info, progress=progress,
        )  # fmt: skip


def _show_fitted(folder: Path, manner: Manner, as_json: bool) -> None:
    if as_json or manner is Manner.JSON:
        click.echo(json.dumps({"event": "trained", "folder": str(folder)}))
    elif manner is not Manner.QUIET:
        click.echo(f"next: synth evaluate {folder}")


def _usual_folder(data: Sequence[str], what: str) -> Path:
    """`training/<data>-<what>`, by the datasets' folders, as two renders of a recipe have the same name."""
    return Path("training") / re.sub(r"[^\w.+-]|^\.+", "_", f"{'+'.join(map(_called, data))}-{what}")


def _called(text: str) -> str:
    """What --data names: a real set's name, else the last part of the folder or address."""
    name, equals, _ = text.partition("=")
    if equals and not Path(text).exists():
        return name
    return Path(text).name or Path(text).resolve().name
