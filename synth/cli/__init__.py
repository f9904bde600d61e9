"""The command line: parse, call, report. What a command does lives in the packages to the left of this one.

Errors become exit codes here and nowhere else; `synth.errors` lists the codes.
"""

from __future__ import annotations

import io
import os
import sys
import traceback
from typing import Any

import click

from synth.cli.lazy import Lazy, LazyGroup
from synth.errors import EXIT_INTERRUPTED, RecipeError, SynthError

_COMMANDS = {
    "render": Lazy("synth.cli.render", "render", "Render a recipe into a dataset; started again, it goes on."),
    "merge-manifest": Lazy("synth.cli.merge_manifest", "merge_manifest", "Join what `render --shards` made."),
    "variants": Lazy("synth.cli.variants", "variants", "Make the same shots under other light, blurred or occluded."),
    "train": Lazy("synth.cli.train", "train", "Train a head-pose network on datasets; started again, it goes on."),
    "evaluate": Lazy("synth.cli.evaluate", "evaluate", "Judge trained networks on labelled sets: errors, categories."),
    "compare": Lazy("synth.cli.compare", "compare", "Train on renders, on photographs, on both; judge all three."),
    "predict": Lazy("synth.cli.predict", "predict", "Say where heads look in pictures, films or before a camera."),
    "export": Lazy("synth.cli.export", "export", "Write a trained network as ONNX, held against the original."),
    "recipes": Lazy("synth.cli.recipes", "recipes", "List the recipes, or show one with every setting explained."),
    "heads": Lazy("synth.cli.heads", "heads", "Build head packs, look at them, import meshes of your own."),
    "info": Lazy("synth.cli.dataset", "info", "Say what a dataset holds."),
    "verify": Lazy("synth.cli.dataset", "verify", "Check that a dataset is whole; a line a fault."),
    "preview": Lazy("synth.cli.dataset", "preview", "Draw a contact sheet and histograms of a dataset."),
    "report": Lazy("synth.cli.report", "report", "Write a page to look through a dataset and a model's errors."),
    "subset": Lazy("synth.cli.share", "subset", "Take the samples that meet a condition as a dataset."),
    "split": Lazy("synth.cli.share", "split", "Take disjoint parts, by person or by image, as datasets."),
    "merge": Lazy("synth.cli.share", "merge", "Put several datasets into one."),
    "repack": Lazy("synth.cli.share", "repack", "Write a dataset with larger or smaller shards."),
    "extract": Lazy("synth.cli.share", "extract", "Write a dataset as pictures and a table of labels."),
    "card": Lazy("synth.cli.card", "card", "Write a dataset's card: README, licence, table, pictures, checksums."),
    "convert": Lazy("synth.cli.convert", "convert", "Write a dataset for another stack: WebDataset, COCO, …"),
    "doctor": Lazy("synth.cli.doctor", "doctor", "Check this machine: versions, devices, room; say how to mend it."),
}

_FIRST_STEPS = """\
synth makes pictures of synthetic heads with exact pose and depth labels.

  synth doctor                    is everything here that rendering needs?
  synth render --recipe demo      a first dataset: 64 samples in datasets/demo
  synth preview datasets/demo     look at it
  synth recipes                   what else can be made
  synth --help                    all commands
"""


_EPILOG = """\b
Example: synth render --recipe demo && synth preview datasets/demo
Completion in bash (zsh and fish alike): eval "$(_SYNTH_COMPLETE=bash_source synth)"
"""


class _Main(LazyGroup):
    """The group at the top: the one place where errors turn into messages and exit codes."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SynthError as error:
            if ctx.params["debug"]:
                traceback.print_exc()
            for line in error.faults if isinstance(error, RecipeError) else (str(error),):
                click.echo(f"{click.style('error:', fg='red', bold=True)} {line}", err=True)
            ctx.exit(error.exit_code)
        except KeyboardInterrupt:
            if ctx.params["debug"]:
                traceback.print_exc()
            click.echo("interrupted", err=True)
            ctx.exit(EXIT_INTERRUPTED)


@click.group(
    cls=_Main,
    lazy=_COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_EPILOG,
)
@click.option("--version", is_flag=True, help="Show the version and exit.")
@click.option("--debug", is_flag=True, envvar="SYNTH_DEBUG", help="Show where in the program an error arose.")
@click.pass_context
def main(ctx: click.Context, version: bool, debug: bool) -> None:
    """Render synthetic heads with exact pose and depth labels.

    A recipe says what a dataset holds; `synth render` makes it, on any machine, and goes on where it was stopped.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal without − or → shows ? instead of failing
            stream.reconfigure(errors="replace")
    if os.environ.get("NO_COLOR"):
        ctx.color = False
    if version:
        from synth import __version__

        click.echo(f"synth {__version__}")
        ctx.exit()
    if ctx.invoked_subcommand is None:
        click.echo(_FIRST_STEPS, nl=False)
