"""The options that all commands have which make samples, and the run that is started with them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from synth.cli.outcome import repeat_command
from synth.cli.progress import Manner, manner_of, render_progress

if TYPE_CHECKING:
    from synth.recipe.schema import Recipe
    from synth.run.devices import RunDevice
    from synth.run.ray_workers import RayEngine
    from synth.run.report import RunReport
    from synth.run.span import Span
    from synth.shard.manifest import HeadPackEntry

Command = Callable[..., None]
_DEVICES = ("auto", "cpu", "cuda", "optix", "hip", "metal", "oneapi")


@dataclass(frozen=True)
class RunOptions:
    """How samples are to be made, as the user asked for it.

    workers: processes, None for one a core or, on GPUs, one a GPU. only: the one sample that is wanted. as_json: the
    report, too, whatever the manner. renderer: its factory's name.
    """

    workers: int | None
    device: str
    only: int | None
    retry_failed: bool
    manner: Manner
    as_json: bool
    renderer: str


def run_options(only_help: str) -> Callable[[Command], Command]:
    """Decorates a command with these options; it gets them as one `RunOptions`, its argument `run`.

    only_help: what --only does in this command.
    """
    options = (
        click.option("--workers", type=click.IntRange(min=1), help="Processes.  [default: one a core, or a GPU]"),
        click.option("--device", type=click.Choice(_DEVICES), default="cpu", show_default=True, help="What renders."),
        click.option("--only", metavar="ID", type=click.IntRange(min=0), help=only_help),
        click.option("--retry-failed", is_flag=True, help="Try again the samples that earlier runs gave up."),
        click.option("--log", type=click.Choice(["auto", "text", "json"]), default="auto", show_default=True,
                     help="auto: a bar on a terminal, JSON lines elsewhere."),
        click.option("--json", "as_json", is_flag=True, help="Print the report as one line of JSON."),
        click.option("--quiet", "-q", is_flag=True, help="Print errors only."),
        click.option("--renderer", default="synth.render:make_renderer", hidden=True),
    )  # fmt: skip

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def gathered(
            *args: Any,
            workers: int | None,
            device: str,
            only: int | None,
            retry_failed: bool,
            log: str,
            as_json: bool,
            quiet: bool,
            renderer: str,
            **own: Any,
        ) -> None:
            run = RunOptions(workers, device, only, retry_failed, manner_of(log, quiet), as_json, renderer)
            command(*args, run=run, **own)

        for option in reversed(options):  # as if they stood above the command, one below the other
            gathered = option(gathered)
        return gathered

    return decorate


def repeat_with(run: RunOptions, words: Sequence[str], settings: Sequence[str]) -> str:
    """The command that makes one sample again: `words` with the settings and the device of this run."""
    given = [word for setting in settings for word in ("--set", setting)]
    return repeat_command([*words, *given, *([] if run.device == "cpu" else ["--device", run.device])])


def span_asked_for(text: str | None, recipe: Recipe) -> Span | None:
    """`--shards 10:20` of this recipe; None for all. Raises `UsageError`."""
    from synth.run.span import parse_span
    from synth.run.task import shard_count

    return None if text is None else parse_span(text, shard_count(recipe.samples, recipe.shards.samples))


def device_asked_for(run: RunOptions, ray_address: str | None = None) -> RunDevice:
    """`--device`, held against what is there before anything is made. Raises `DeviceError`."""
    from synth.run.devices import settled_device, settled_on_ray

    return settled_device(run.device) if ray_address is None else settled_on_ray(run.device)


def ray_asked_for(address: str | None, device: RunDevice) -> RayEngine | None:
    """`--ray ADDRESS`, with a GPU a worker if the device is one."""
    from synth.run.ray_workers import RayEngine

    return None if address is None else RayEngine(address, gpus=1 if device.on_gpu else 0)


def start_run(
    run: RunOptions,
    recipe: Recipe,
    heads: Sequence[HeadPackEntry],
    folder: Path | str,
    *,
    renderer: str,
    renderer_options: Mapping[str, Any],
    license_name: str,
    repeat: str,
    span: Span | None = None,
    ray: RayEngine | None = None,
    device: RunDevice | None = None,
) -> RunReport:
    """Make what is missing in `folder` and show how it goes on; the keywords are those of `render_dataset`."""
    from synth.run.supervise import render_dataset

    with render_progress(run.manner) as progress:
        return render_dataset(
            recipe,
            heads,
            folder,
            workers=run.workers,
            renderer=renderer,
            renderer_options=renderer_options,
            progress=progress,
            license_name=license_name,
            repeat=repeat,
            retry_lost=run.retry_failed,
            span=span,
            ray=ray,
            device=device,
        )
