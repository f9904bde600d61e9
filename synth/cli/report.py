"""`synth report`: a dataset, and what trained models make of it, as one HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from synth.cli.place import LOCAL, PLACE, local
from synth.cli.progress import Manner, count_progress, logged, manner_of
from synth.errors import EXIT_FAULTS

if TYPE_CHECKING:
    from synth.data.shards import ShardSource
    from synth.evaluate.sets import Split
    from synth.evaluate.trial import Trial

_EXAMPLES = """\b
Examples:
  synth report datasets/demo
  synth report datasets/rgb_310k --checkpoint training/rgb_310k-c2f --out rgb_310k.html
  synth report datasets/rgb_310k --checkpoint ours=training/rgb_310k-c2f --checkpoint training/rgb_310k-direct6d
"""


@click.command(epilog=_EXAMPLES)
@click.argument("folder", metavar="DIR", type=PLACE)
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    metavar="[NAME=]RUN",
    help="A trained model whose errors are shown; can be repeated.",
)
@click.option("--out", metavar="HTML", type=LOCAL, help="[default: DIR/report.html]")
@click.option(
    "--pictures",
    type=click.IntRange(1, 4000),
    default=720,
    show_default=True,
    help="How many samples are shown; all are counted. Fewer where the page would pass 15 MB.",
)
@click.option(
    "--split",
    type=click.Choice(["test", "validation", "all"]),
    default="test",
    show_default=True,
    help="Which part a model that was trained on this dataset is judged on.",
)
@click.option("--batch", type=click.IntRange(1, 4096), default=64, show_default=True, help="Pictures at a time.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 or mps.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--quiet", "-q", is_flag=True, help="Print errors only.")
@click.pass_context
def report(
    ctx: click.Context,
    folder: Path | str,
    checkpoints: tuple[str, ...],
    out: Path | None,
    pictures: int,
    split: Split,
    batch: int,
    device: str,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write a page about the dataset in DIR: its pictures, poses and people, to be filtered; what it is made of.

    One HTML file of at most 15 MB that needs no network and no server. All samples are counted; those that are shown
    are spread over the dataset and over the poses. With --checkpoint also where trained models err, and their worst 50.
    DIR may be an address as s3://bucket/prefix, if --out is given.
    """
    from synth.cli.plain import as_json_text, bytes_text
    from synth.data.shards import ShardSource
    from synth.view.report.report import REPORT_NAME, require_html, write_report

    if out is None:
        local(folder, "DIR, without --out,")
    path = require_html(Path(folder) / REPORT_NAME if out is None else out)
    source = ShardSource(folder)
    trials = _judged(source, checkpoints, split, batch, device, quiet) if checkpoints else []
    written = write_report(source, path, trials, pictures)
    if as_json:
        damaged = [str(error) for error in written.damaged]
        fields = {"report": written.path, "bytes": written.bytes, "pictures": written.pictures}
        click.echo(as_json_text({**fields, "samples": written.samples, "damaged": damaged}))
    elif not quiet:
        shown = f"{written.pictures:,} of {written.samples:,} samples shown"
        click.echo(f"{written.path}: {shown}, {bytes_text(written.bytes)}. Open it in a browser.")
    for error in written.damaged:
        click.echo(f"damaged: {error}", err=True)
    if written.damaged:
        ctx.exit(EXIT_FAULTS)


def _judged(
    source: ShardSource, checkpoints: tuple[str, ...], split: Split, batch: int, device: str, quiet: bool
) -> list[Trial]:
    from synth.evaluate.candidates import distinct, open_candidate
    from synth.evaluate.judge import judge

    manner = manner_of("auto", quiet)
    candidates = distinct([open_candidate(word, device) for word in checkpoints])
    with logged(manner), count_progress(manner if manner is Manner.BAR else Manner.QUIET, "pictures") as progress:
        return judge(candidates, [source], split, batch_size=batch, time_batches=(), workers=None, progress=progress)
