"""`synth convert`: a dataset in another stack's format."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click

from synth.cli.share import _FOLDER, _common, _loudness, _manner

_FORMATS = ("webdataset", "coco", "huggingface", "300wlp")
_EXAMPLES = """\b
Examples:
  synth convert datasets/demo --to webdataset --out demo_tars
  synth convert datasets/demo --to huggingface --pictures png --out demo_hf
  synth convert datasets/demo --to 300wlp --out demo_300wlp     with 6DRepNet's list, files.txt
"""


@click.command(epilog=_EXAMPLES)
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option("--to", type=click.Choice(_FORMATS), required=True, help="The format.")
@click.option("--pictures", type=click.Choice(["jpeg", "png"]), default="jpeg", show_default=True,
              help="A JPEG bends the noise in it a little; a PNG is exact, and about four times as large.")  # fmt: skip
@click.option("--clean", is_flag=True, help="Leave the sensor noise out; JPEGs are then the stored ones.")
@click.option("--shard-samples", type=click.IntRange(min=1), default=4096, show_default=True,
              help="Samples in a tar or a Parquet file.")  # fmt: skip
@_common
def convert(
    folder: Path,
    to: str,
    pictures: Literal["jpeg", "png"],
    clean: bool,
    shard_samples: int,
    out: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write the dataset in DIR for another stack: WebDataset, COCO, Hugging Face datasets, 300W-LP.

    Boxes and points are moved to the pixels of the exported picture, so that they and K are right for it. The sensor
    noise that the labels promise is put into the pictures, which are encoded anew for that. Each folder says in its
    README.md how it is read.
    """
    from synth.cli.plain import as_json_text, bytes_text
    from synth.cli.progress import count_progress, logged
    from synth.convert.convert import convert as write_converted
    from synth.convert.sample import How

    how = How(pictures, clean)
    with logged(_loudness(quiet)), count_progress(_manner(as_json, quiet), "samples") as progress:
        made = write_converted(folder, out, to, how=how, shard_samples=shard_samples, progress=progress)
    if as_json:
        click.echo(as_json_text(made))
    elif not quiet:
        size = bytes_text(sum(path.stat().st_size for path in made.folder.rglob("*") if path.is_file()))
        files = ", ".join(f"{count:,} {kind.replace('_', ' ')}" for kind, count in made.files.items() if count)
        click.echo(f"{made.folder}: {made.samples:,} samples, {files}, {size}. Noise: {made.noise}.")
        click.echo(f"How it is read: {made.folder / 'README.md'}")
