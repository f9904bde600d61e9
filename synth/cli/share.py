"""`synth subset`, `split`, `merge`, `repack`, `extract`: datasets made of others, for sharing."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from synth.cli.place import LOCAL
from synth.cli.plain import as_json_text, bytes_text
from synth.cli.progress import Manner, count_progress, logged

if TYPE_CHECKING:
    from synth.share.derive import Made

_FOLDER = LOCAL
_Command = TypeVar("_Command", bound=Callable[..., Any])

_SUBSET_EXAMPLES = """\b
Examples:
  synth subset datasets/demo --where "abs(yaw_deg) < 30 and age_years > 12" --out datasets/frontal
  synth subset datasets/demo --where "sex in ('female') or not known(age_years)" --out datasets/some
  synth subset datasets/demo --where "-10 < pitch_deg < 10 and starts_with(subject, 'm')" --out datasets/level
"""
_SPLIT_EXAMPLES = """\b
Examples:
  synth split datasets/demo --out datasets/parts
  synth split datasets/demo --shares 0.5,0.5 --names a,b --seed 3 --out datasets/halves
"""
_MERGE_EXAMPLES = """\b
Examples:
  synth merge datasets/parts/train datasets/parts/test --out datasets/both
  synth merge datasets/one datasets/other --renumber --redraw-noise --out datasets/both
"""
_EXTRACT_EXAMPLES = """\b
Examples:
  synth extract datasets/demo --out demo_files
  synth extract datasets/demo --format jpeg --clean --out demo_jpegs
"""


def _common(command: _Command) -> _Command:
    """--out, --json and --quiet."""
    options = (
        click.option("--out", metavar="DIR", type=_FOLDER, required=True, help="A new folder, or an empty one."),
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        click.option("--quiet", "-q", is_flag=True, help="Print errors only."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _shard_samples(default: int | None, shown: str) -> Callable[[_Command], _Command]:
    return click.option(
        "--shard-samples", type=click.IntRange(min=1), default=default, help=f"Samples in a shard.  [default: {shown}]"
    )


def _manner(as_json: bool, quiet: bool) -> Manner:
    if quiet or as_json:
        return Manner.QUIET
    return Manner.BAR if sys.stderr.isatty() else Manner.TEXT


def _loudness(quiet: bool) -> Manner:
    """Warnings are shown beside JSON too."""
    return Manner.QUIET if quiet else Manner.TEXT


@click.command(epilog=_SUBSET_EXAMPLES)
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option("--where", metavar="CONDITION", required=True, help="Which samples, by their labels.")
@click.option("--name", help="The new dataset's name.  [default: the old one's with -subset]")
@_shard_samples(None, "as it is")
@_common
def subset(
    folder: Path, where: str, name: str | None, shard_samples: int | None, out: Path, as_json: bool, quiet: bool
) -> None:
    """Write the samples of DIR that meet a condition as a dataset of their own.

    A condition compares labels (< <= > >= == != in), computes with them (+ - * / abs min max) and joins comparisons
    (and, or, not). `synth info` lists the labels; of those with several values the single ones are named like yaw_deg,
    t_z_mm, head_box_x0_px, or euler_deg[1]. What isn't known meets no comparison; known(age_years) asks for it.
    Pictures, ids and noise stay what they are.
    """
    from synth.share.derive import subset as write_subset

    manner = _manner(as_json, quiet)
    with logged(_loudness(quiet)), count_progress(manner, "samples") as progress:
        made = write_subset(folder, out, where, name=name, shard_samples=shard_samples, progress=progress)
    _show([made], as_json, quiet)


@click.command(epilog=_SPLIT_EXAMPLES)
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option("--by", type=click.Choice(["subject", "image"]), default="subject", show_default=True,
              help="subject: no person is in two parts.")  # fmt: skip
@click.option("--shares", default="0.8,0.1,0.1", show_default=True, help="How much goes to each part; adds up to 1.")
@click.option("--names", default="train,validation,test", show_default=True, help="The parts' folders in --out.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Another one, another split.")
@_shard_samples(None, "as it is")
@_common
def split(
    folder: Path,
    by: Literal["subject", "image"],
    shares: str,
    names: str,
    seed: int,
    shard_samples: int | None,
    out: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write disjoint parts of the dataset in DIR, each a dataset of its own in a folder of --out.

    By subject, people are dealt out, so that a part can be judged with people that no other one shows; with few of them
    the parts can be far from their shares. By image, people may be in several parts; a shot's variants stay together.
    """
    from synth.share.derive import split as write_split

    manner = _manner(as_json, quiet)
    with logged(_loudness(quiet)), count_progress(manner, "samples") as progress:
        parts = write_split(
            folder,
            out,
            by=by,
            shares=_numbers(shares),
            names=[part.strip() for part in names.split(",")],
            seed=seed,
            shard_samples=shard_samples,
            progress=progress,
        )
    _show(list(parts), as_json, quiet)


@click.command(epilog=_MERGE_EXAMPLES)
@click.argument("folders", metavar="DIR DIR...", type=_FOLDER, nargs=-1, required=True)
@click.option("--renumber", is_flag=True, help="Give ids that collide new ones, where no picture changes by that.")
@click.option("--redraw-noise", is_flag=True, help="With --renumber: also where sensor noise is drawn anew by that.")
@click.option("--name", help="The new dataset's name.  [default: the names of all]")
@_shard_samples(None, "the largest of them")
@_common
def merge(
    folders: tuple[Path, ...],
    renumber: bool,
    redraw_noise: bool,
    name: str | None,
    shard_samples: int | None,
    out: Path,
    as_json: bool,
    quiet: bool,
) -> None:
    """Write the samples of several datasets as one.

    They must hold the same labels and pictures. A sample keeps its id, because its sensor noise is drawn from that; so
    ids that collide are refused. --renumber changes them where the noise is baked in or zero; with --redraw-noise also
    where it is added on reading: the same strength, another draw.
    """
    if redraw_noise and not renumber:
        raise click.UsageError("--redraw-noise goes with --renumber.")
    from synth.share.merge import merge as write_merged

    manner = _manner(as_json, quiet)
    with logged(_loudness(quiet)), count_progress(manner, "samples") as progress:
        made = write_merged(
            folders, out, renumber=renumber, redraw_noise=redraw_noise, name=name, shard_samples=shard_samples,
            progress=progress,
        )  # fmt: skip
    _show([made], as_json, quiet)


@click.command(epilog="Example: synth repack datasets/demo --shard-samples 8192 --out datasets/demo_packed")
@click.argument("folder", metavar="DIR", type=_FOLDER)
@_shard_samples(8192, "8192")
@_common
def repack(folder: Path, shard_samples: int, out: Path, as_json: bool, quiet: bool) -> None:
    """Write the dataset in DIR with other shards: small ones suit rendering, large ones sharing.

    A shard is built in memory, which takes about four times its size.
    """
    from synth.share.derive import repack as write_repacked

    manner = _manner(as_json, quiet)
    with logged(_loudness(quiet)), count_progress(manner, "samples") as progress:
        made = write_repacked(folder, out, shard_samples=shard_samples, progress=progress)
    _show([made], as_json, quiet)


@click.command(epilog=_EXTRACT_EXAMPLES)
@click.argument("folder", metavar="DIR", type=_FOLDER)
@click.option("--format", "picture_format", type=click.Choice(["png", "jpeg"]), default="png", show_default=True,
              help="Of the colour pictures. A JPEG bends the noise in it.")  # fmt: skip
@click.option("--clean", is_flag=True, help="Leave the sensor noise out; JPEGs are then the stored ones.")
@_common
def extract(
    folder: Path, picture_format: Literal["png", "jpeg"], clean: bool, out: Path, as_json: bool, quiet: bool
) -> None:
    """Write the dataset in DIR as ordinary files: pictures by id, labels.csv, and about.json, which explains them.

    Range maps are 16-bit PNGs in steps of 0.1 mm, 0 = nothing hit.
    """
    from synth.share.extract import extract as write_files

    manner = _manner(as_json, quiet)
    with logged(_loudness(quiet)), count_progress(manner, "samples") as progress:
        made = write_files(folder, out, picture_format=picture_format, clean=clean, progress=progress)
    if as_json:
        click.echo(as_json_text(made))
    elif not quiet:
        files = ", ".join(f"{count:,} in {kind}/" for kind, count in made.files.items())
        click.echo(f"{made.folder}: {made.samples:,} samples; {files}; labels.csv, about.json. Noise: {made.noise}.")


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise click.UsageError(f"--shares {text!r}: give numbers with commas between, such as 0.8,0.2.") from None


def _show(made: list[Made], as_json: bool, quiet: bool) -> None:
    if as_json:
        click.echo(as_json_text({"datasets": [_as_fields(one) for one in made]}))
        return
    if quiet:
        return
    for one in made:
        size = bytes_text(sum(entry.bytes for entry in one.manifest.shards))
        shards = "1 shard" if len(one.manifest.shards) == 1 else f"{len(one.manifest.shards):,} shards"
        people = "1 person" if one.identities == 1 else f"{one.identities:,} people"
        click.echo(f"{one.folder}: {one.manifest.samples:,} samples of {people}, {shards}, {size}.")
    click.echo(f"Next: synth verify {shlex.quote(str(made[0].folder))} --deep")


def _as_fields(made: Made) -> dict[str, Any]:
    manifest = made.manifest
    return {
        "folder": made.folder,
        "name": manifest.name,
        "dataset_id": manifest.dataset_id,
        "samples": manifest.samples,
        "identities": made.identities,
        "shards": len(manifest.shards),
        "bytes": sum(entry.bytes for entry in manifest.shards),
        "license": manifest.license,
    }
